/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/store/store_db.h"

#define EACH_BATCH 64 /* rows held while fn is called for them */
#define COLUMNS                                                                          \
	"id, report_id, action, account, target, state, created, changed, expires, "     \
	"detail, "                                                                       \
	"before"

const char *action_state_name(enum action_state s)
{
	switch (s) {
	case ACTION_PENDING:
		return "pending";
	case ACTION_DONE:
		return "done";
	case ACTION_FAILED:
		return "failed";
	case ACTION_SKIPPED:
		return "skipped";
	case ACTION_UNDONE:
		return "undone";
	case ACTION_EXPIRED:
		return "expired";
	}
	return "unknown";
}

static enum action_state state_of(const char *name)
{
	for (int s = ACTION_PENDING; s <= ACTION_EXPIRED; s++)
		if (strcmp(name, action_state_name((enum action_state)s)) == 0)
			return (enum action_state)s;
	return ACTION_FAILED; /* the schema's CHECK lets no other word in */
}

static void read_row(sqlite3_stmt *st, struct action_row *row)
{
	char state[16];

	row->id = sqlite3_column_int64(st, 0);
	db_column_text(st, 1, row->report_id, sizeof(row->report_id));
	db_column_text(st, 2, row->action, sizeof(row->action));
	db_column_text(st, 3, row->account, sizeof(row->account));
	db_column_text(st, 4, row->target, sizeof(row->target));
	db_column_text(st, 5, state, sizeof(state));
	row->state = state_of(state);
	row->created_s = sqlite3_column_int64(st, 6);
	row->changed_s = sqlite3_column_int64(st, 7);
	row->expires_s = sqlite3_column_int64(st, 8);
	db_column_text(st, 9, row->detail, sizeof(row->detail));
	db_column_text(st, 10, row->before, sizeof(row->before));
}

/* The one row of a statement that is bound already. */
static bool one_row(struct store *s, sqlite3_stmt *st, struct action_row *row,
		    struct err *e)
{
	int rc = sqlite3_step(st);
	bool ok = rc == SQLITE_ROW;

	if (ok)
		read_row(st, row);
	else if (rc == SQLITE_DONE)
		err_set(e, ENOENT, "%s: no such action", s->db.path);
	else
		db_fail(&s->db, "read the journal", e);
	db_done(st);
	return ok;
}

static bool find_row(struct store *s, struct action_row *row, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ACTION_FIND,
			     "SELECT " COLUMNS " FROM action WHERE report_id = ?1 AND"
			     " report_id <> '' AND action = ?2 AND target = ?3",
			     e);
	struct action_row wanted = *row;

	if (!st)
		return false;
	db_bind_text(st, 1, wanted.report_id);
	db_bind_text(st, 2, wanted.action);
	db_bind_text(st, 3, wanted.target);
	return one_row(s, st, row, e);
}

bool store_action_begin(struct store *s, struct action_row *row, bool *fresh,
			struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ACTION_BEGIN,
			     "INSERT INTO action (report_id, action, account, target,"
			     " state, created, changed, expires, detail, before)"
			     " VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?8, ?9)"
			     " ON CONFLICT DO NOTHING",
			     e);

	*fresh = false;
	if (!st)
		return false;
	db_bind_text(st, 1, row->report_id);
	db_bind_text(st, 2, row->action);
	db_bind_text(st, 3, row->account);
	db_bind_text(st, 4, row->target);
	sqlite3_bind_int64(st, 5, row->created_s);
	sqlite3_bind_int64(st, 6, row->changed_s ? row->changed_s : row->created_s);
	sqlite3_bind_int64(st, 7, row->expires_s);
	db_bind_text(st, 8, row->detail);
	db_bind_text(st, 9, row->before);
	if (!db_run(&s->db, st, "write the journal", e))
		return false;
	if (sqlite3_changes(s->db.h) == 0)
		return find_row(s, row, e);
	row->id = sqlite3_last_insert_rowid(s->db.h);
	row->state = ACTION_PENDING;
	if (!row->changed_s)
		row->changed_s = row->created_s;
	*fresh = true;
	return true;
}

static bool refuse_step(struct store *s, int64_t id, enum action_state state,
			struct err *e)
{
	struct action_row row;

	if (!store_action_get(s, id, &row, e))
		return false;
	return err_set(e, EPROTO, "%s: action %lld is %s, it can't become %s", s->db.path,
		       (long long)id, action_state_name(row.state),
		       action_state_name(state));
}

bool store_action_end(struct store *s, int64_t id, enum action_state state,
		      const char *detail, const char *before, int64_t now_s,
		      struct err *e)
{
	sqlite3_stmt *st = db_statement(
		&s->db, STORE_ACTION_END,
		"UPDATE action SET state = ?2, changed = ?3, detail = coalesce(?4, "
		"detail),"
		" before = coalesce(?5, before),"
		" done = CASE WHEN state = 'pending' AND ?2 = 'done' THEN ?3 ELSE done "
		"END"
		" WHERE id = ?1 AND"
		" ((state = 'pending' AND ?2 IN ('pending', 'done', 'failed', 'skipped'))"
		" OR (state = 'done' AND ?2 IN ('done', 'undone', 'expired')))",
		e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, id);
	db_bind_text(st, 2, action_state_name(state));
	sqlite3_bind_int64(st, 3, now_s);
	if (detail)
		db_bind_text(st, 4, detail);
	if (before)
		db_bind_text(st, 5, before);
	if (!db_run(&s->db, st, "write the journal", e))
		return false;
	return sqlite3_changes(s->db.h) > 0 || refuse_step(s, id, state, e);
}

bool store_action_get(struct store *s, int64_t id, struct action_row *row, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ACTION_GET,
			     "SELECT " COLUMNS " FROM action WHERE id = ?1", e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, id);
	return one_row(s, st, row, e);
}

static sqlite3_stmt *each_statement(struct store *s, int state, int64_t after,
				    struct err *e)
{
	sqlite3_stmt *st;

	if (state < 0)
		st = db_statement(&s->db, STORE_ACTION_HOLDING,
				  "SELECT " COLUMNS
				  " FROM action WHERE state = ?1 AND id > ?2"
				  " AND " ACTION_HOLDS " ORDER BY id LIMIT ?3",
				  e);
	else
		st = db_statement(&s->db, STORE_ACTION_STATE,
				  "SELECT " COLUMNS
				  " FROM action WHERE state = ?1 AND id > ?2"
				  " ORDER BY id LIMIT ?3",
				  e);
	if (!st)
		return NULL;
	db_bind_text(
		st, 1,
		action_state_name(state < 0 ? ACTION_DONE : (enum action_state)state));
	sqlite3_bind_int64(st, 2, after);
	sqlite3_bind_int64(st, 3, EACH_BATCH);
	return st;
}

static bool read_batch(struct store *s, sqlite3_stmt *st, struct action_row *rows,
		       size_t *n, struct err *e)
{
	int rc = SQLITE_ROW;
	bool ok;

	while (*n < EACH_BATCH && (rc = sqlite3_step(st)) == SQLITE_ROW)
		read_row(st, &rows[(*n)++]);
	ok = rc == SQLITE_ROW || rc == SQLITE_DONE ||
	     db_fail(&s->db, "read the journal", e);
	db_done(st);
	return ok;
}

/* fn may end the actions that it is given: rows are read in batches, none while it runs. */
bool store_action_each(struct store *s, int state,
		       void (*fn)(const struct action_row *, void *), void *ctx,
		       struct err *e)
{
	struct action_row *rows = calloc(EACH_BATCH, sizeof(*rows));
	size_t n = EACH_BATCH;
	int64_t after = 0;
	bool ok = rows || err_set(e, ENOMEM, "read the journal: out of memory");

	while (ok && n == EACH_BATCH) {
		sqlite3_stmt *st = each_statement(s, state, after, e);

		n = 0;
		ok = st && read_batch(s, st, rows, &n, e);
		for (size_t i = 0; ok && i < n; i++)
			fn(&rows[i], ctx);
		after = n ? rows[n - 1].id : after;
	}
	free(rows);
	return ok;
}

bool store_action_expiring(struct store *s, int64_t until_s,
			   bool (*fn)(const struct action_row *, void *), void *ctx,
			   struct err *e)
{
	struct action_row *rows = calloc(EACH_BATCH, sizeof(*rows));
	struct action_row last = {0};
	size_t n = EACH_BATCH;
	bool ok = rows || err_set(e, ENOMEM, "read the journal: out of memory"),
	     more = true;

	while (ok && more && n == EACH_BATCH) {
		sqlite3_stmt *st =
			db_statement(&s->db, STORE_ACTION_EXPIRING,
				     "SELECT " COLUMNS " FROM action WHERE state = 'done'"
				     " AND expires > 0 AND (expires, id) > (?1, ?2)"
				     " AND expires <= ?3 ORDER BY expires, id LIMIT ?4",
				     e);

		if (st) {
			sqlite3_bind_int64(st, 1, last.expires_s);
			sqlite3_bind_int64(st, 2, last.id);
			sqlite3_bind_int64(st, 3, until_s);
			sqlite3_bind_int64(st, 4, EACH_BATCH);
		}
		n = 0;
		ok = st && read_batch(s, st, rows, &n, e);
		for (size_t i = 0; ok && more && i < n; i++)
			more = fn(&rows[i], ctx);
		if (n)
			last = rows[n - 1];
	}
	free(rows);
	return ok;
}

bool store_action_any(struct store *s, const char *action)
{
	sqlite3_stmt *st = db_statement(
		&s->db, STORE_ACTION_ANY,
		"SELECT 1 FROM action WHERE action = ?1 AND state = 'done' LIMIT 1",
		NULL);
	bool any;

	if (!st)
		return false;
	db_bind_text(st, 1, action);
	any = sqlite3_step(st) == SQLITE_ROW;
	db_done(st);
	return any;
}

bool store_action_in_force(struct store *s, const char *action, const char *target,
			   struct action_row *row)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ACTION_IN_FORCE,
			     "SELECT " COLUMNS " FROM action WHERE target = ?1 AND"
			     " action = ?2 AND state = 'done' ORDER BY id DESC LIMIT 1",
			     NULL);

	if (!st)
		return false;
	db_bind_text(st, 1, target);
	db_bind_text(st, 2, action);
	return one_row(s, st, row, NULL);
}

unsigned store_action_count_since(struct store *s, int64_t since_s,
				  const struct action_row *but)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ACTION_COUNT,
			     "SELECT count(DISTINCT report_id || ' ' || action)"
			     " FROM action WHERE ((done > 0 AND done >= ?1) OR"
			     " (state = 'pending' AND created >= ?1))"
			     " AND report_id <> '' AND " ACTION_HOLDS
			     " AND NOT (report_id = ?2 AND action = ?3)",
			     NULL);
	unsigned n = UINT_MAX;

	if (!st)
		return n;
	sqlite3_bind_int64(st, 1, since_s);
	db_bind_text(st, 2, but ? but->report_id : "");
	db_bind_text(st, 3, but ? but->action : "");
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int64(st, 0) < UINT_MAX)
		n = (unsigned)sqlite3_column_int64(st, 0);
	db_done(st);
	return n;
}

bool store_released_each(struct store *s, int64_t since_s,
			 void (*fn)(const char *account, int64_t at_s, void *ctx),
			 void *ctx, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_RELEASED,
			     "SELECT account, max(changed) FROM action WHERE changed >= ?1"
			     " AND state = 'undone' GROUP BY account",
			     e);
	int rc;

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, since_s);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		fn((const char *)sqlite3_column_text(st, 0), sqlite3_column_int64(st, 1), ctx);
	if (rc != SQLITE_DONE)
		db_fail(&s->db, "read the journal", e);
	db_done(st);
	return rc == SQLITE_DONE;
}
