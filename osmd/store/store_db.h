/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * store_db: what osm.db and watch.db have in common: opening with the right durability,
 * stepping a schema forward, statements that are prepared once, and errors in words. For the
 * files of this room (and their tests) only.
 *
 * Both use WAL: readers never wait for the writer. The -wal and -shm files stay when the
 * writer goes, so that a reader without the right to make files can always open.
 */
#ifndef OSM_STORE_STORE_DB_H
#define OSM_STORE_STORE_DB_H

#include <limits.h>
#include <sqlite3.h>

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

#define DB_STATEMENTS 48

enum db_mode {
	DB_READ,
	DB_WRITE_FULL,	/* a commit is on the disk when it returns */
	DB_WRITE_NORMAL /* a commit may be lost by a power cut, never torn */
};

/* step[i] takes the schema from version i (PRAGMA user_version) to i + 1. Before the first step a
 * database that holds something is copied to PATH.vN, N its version; all steps are one
 * transaction. A database of a newer version is refused untouched. */
struct db_schema {
	const char *const *step;
	unsigned n;
};

struct db {
	sqlite3 *h; /* owned */
	char path[PATH_MAX];
	sqlite3_stmt *statement[DB_STATEMENTS]; /* owned; prepared at first use */
};

bool db_open(struct db *d, const char *path, enum db_mode mode,
	     const struct db_schema *schema, struct err *e);
void db_close(struct db *d); /* what db_open left half done as well */
/* The statement of a slot, ready for binding; NULL with *e set. Who steps it calls db_done. */
sqlite3_stmt *db_statement(struct db *d, unsigned slot, const char *sql, struct err *e);
void db_done(sqlite3_stmt *st); /* ends its read, forgets what was bound; NULL is fine */
/* Run a statement that gives no rows, and db_done it. what: "store report X". */
bool db_run(struct db *d, sqlite3_stmt *st, const char *what, struct err *e);
bool db_exec(struct db *d, const char *sql, const char *what, struct err *e);
/* The last failure in words, with the path; always returns false. */
bool db_fail(struct db *d, const char *what, struct err *e);
/* Counts by time: st gives rows (index, count), bound from here: ?1 since, ?2 step, ?3 n; and
 * db_done it. What does not fit an uint32_t is its largest. what: for the error. */
bool db_counts(struct db *d, sqlite3_stmt *st, int64_t since_s, int64_t step_s,
	       uint32_t *counts, size_t n, const char *what, struct err *e);
/* Text that stays where it is until db_done. */
void db_bind_text(sqlite3_stmt *st, int at, const char *text);
/* A column into a fixed field, cut if needed. */
void db_column_text(sqlite3_stmt *st, int column, char *out, size_t size);

/* osm.db: every slot, so that store.c and journal.c can't take the same one. */
enum store_statement {
	STORE_ADD_REPORT,
	STORE_ADD_DOCUMENT,
	STORE_READ,
	STORE_READ_ACTIONS,
	STORE_AFTER,
	STORE_NEWEST,
	STORE_LIST, /* and the seven after it: one for each way of narrowing */
	STORE_LIST_LAST = STORE_LIST + 7,
	STORE_ACTIONS_NAMED,
	STORE_COUNTS,
	STORE_LAST,
	STORE_EACH,
	STORE_PRUNE_DOCUMENTS,
	STORE_PRUNE_REPORTS,
	STORE_PRUNE_ACTIONS,
	STORE_ACTION_BEGIN,
	STORE_ACTION_FIND,
	STORE_ACTION_END,
	STORE_ACTION_GET,
	STORE_ACTION_STATE,
	STORE_ACTION_HOLDING,
	STORE_ACTION_IN_FORCE,
	STORE_ACTION_EXPIRING,
	STORE_ACTION_ANY,
	STORE_ACTION_COUNT,
	STORE_RELEASED,
	STORE_AUDIT,
	STORE_AUDIT_PRUNE,
	STORE_AUDIT_LIST,
	STORE_STRIKE_COUNT,
	STORE_STRIKE_ADD,
	STORE_STRIKE_FORGET,
	STORE_STATEMENTS
};
_Static_assert(STORE_STATEMENTS <= DB_STATEMENTS, "too few slots");

struct store {
	struct db db;
	bool gathers; /* between store_gather and store_settle */
};

/* Journal rows that keep something from a customer until they are undone. */
#define ACTION_HOLDS "action NOT IN ('email', 'store', 'custom')"

#endif
