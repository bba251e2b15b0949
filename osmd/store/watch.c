/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/buf.h"
#include "osmd/store/store_db.h"

#define MESSAGE_ID_MAX 416 /* an id, and for whom it was confirmed */
#define WAITING_MAX 256
#define LOCK_WAIT_MS 50

/* A burst of a second or so; beyond it they are written at once. */
#define PACKETS_WAITING_MAX 8192
#define PACKETS_BYTES_MAX (4 * 1024 * 1024)

enum watch_statement {
	WATCH_GET,
	WATCH_SET,
	WATCH_ADD,
	WATCH_HAS,
	WATCH_PRUNE,
	WATCH_PACKET_ADD,
	WATCH_PACKET_EACH,
	WATCH_PACKET_PRUNE
};

struct confirmed {
	char id[MESSAGE_ID_MAX];
	size_t n;
	int64_t at_s;
};

struct watch {
	struct db db;
	struct confirmed waiting[WAITING_MAX];
	size_t waiting_n;
	int64_t packet_at[PACKETS_WAITING_MAX]; /* of each line in packets */
	struct buf packets;			/* a LF behind each */
	size_t packets_n;
	uint64_t packets_lost;
};

static const char *const schema_steps[] = {
	"CREATE TABLE position ("
	" one INTEGER PRIMARY KEY CHECK (one = 1), dev INTEGER NOT NULL, inode INTEGER "
	"NOT NULL,"
	" offset INTEGER NOT NULL, fingerprint BLOB NOT NULL, fingerprint_n INTEGER NOT "
	"NULL);"
	"CREATE TABLE confirmed (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX confirmed_at ON confirmed (at);",
	"CREATE TABLE packet (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
	" line TEXT NOT NULL);"
	"CREATE INDEX packet_at ON packet (at);",
};

static const struct db_schema schema = {schema_steps,
					sizeof(schema_steps) / sizeof(schema_steps[0])};

struct watch *watch_open(const char *path, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w) {
		err_set(e, ENOMEM, "%s: out of memory", path);
		return NULL;
	}
	/* NORMAL: after a power cut the position may be an older one, and the lines since then
	 * are read again. That is what the ids of reports and the journal are there for. */
	if (!db_open(&w->db, path, DB_WRITE_NORMAL, &schema, e)) {
		free(w);
		return NULL;
	}
	buf_init(&w->packets, PACKETS_BYTES_MAX);
	/* No line is read while we wait; what can't be written now is kept for the next time. */
	sqlite3_busy_timeout(w->db.h, LOCK_WAIT_MS);
	return w;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	watch_flush(w, 0, NULL);
	db_close(&w->db);
	buf_clear(&w->packets);
	free(w);
}

bool watch_position_get(struct watch *w, struct watch_position *out, struct err *e)
{
	sqlite3_stmt *st;
	bool ok = false;
	int rc;

	if (e)
		*e = (struct err){0};
	memset(out, 0, sizeof(*out));
	st = db_statement(
		&w->db, WATCH_GET,
		"SELECT dev, inode, offset, fingerprint, fingerprint_n FROM position", e);
	if (!st)
		return false;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const void *fingerprint = sqlite3_column_blob(st, 3);

		/* A row that makes no sense is no position: the log is read from its start. */
		ok = fingerprint &&
		     sqlite3_column_bytes(st, 3) == sizeof(out->fingerprint);
		if (ok) {
			memcpy(out->fingerprint, fingerprint, sizeof(out->fingerprint));
			out->dev = (uint64_t)sqlite3_column_int64(st, 0);
			out->inode = (uint64_t)sqlite3_column_int64(st, 1);
			out->offset = (uint64_t)sqlite3_column_int64(st, 2);
			out->fingerprint_n = (uint32_t)sqlite3_column_int64(st, 4);
		}
	} else if (rc != SQLITE_DONE) {
		db_fail(&w->db, "read the position", e);
	}
	db_done(st);
	return ok;
}

bool watch_position_set(struct watch *w, const struct watch_position *p, struct err *e)
{
	sqlite3_stmt *st = db_statement(
		&w->db, WATCH_SET,
		"INSERT OR REPLACE INTO position (one, dev, inode, offset, fingerprint,"
		" fingerprint_n) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
		e);

	if (!st)
		return false;
	/* SQLite's numbers are signed; the bits are the same both ways. */
	sqlite3_bind_int64(st, 1, (sqlite3_int64)p->dev);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)p->inode);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)p->offset);
	sqlite3_bind_blob(st, 4, p->fingerprint, sizeof(p->fingerprint), SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, p->fingerprint_n);
	return db_run(&w->db, st, "write the position", e);
}

void watch_confirmed_add(struct watch *w, struct slice message_id, int64_t at_s)
{
	struct confirmed *c;

	if (message_id.n == 0 || message_id.n > MESSAGE_ID_MAX)
		return;
	if (w->waiting_n == WAITING_MAX && !watch_flush(w, 0, NULL)) {
		/* A full disk: the oldest go back to being claims after a restart. */
		memmove(w->waiting, w->waiting + 1,
			(WAITING_MAX - 1) * sizeof(w->waiting[0]));
		w->waiting_n--;
	}
	c = &w->waiting[w->waiting_n++];
	memcpy(c->id, message_id.p, message_id.n);
	c->n = message_id.n;
	c->at_s = at_s;
}

static bool write_waiting(struct watch *w, struct err *e)
{
	sqlite3_stmt *st;

	for (size_t i = 0; i < w->waiting_n; i++) {
		st = db_statement(
			&w->db, WATCH_ADD,
			"INSERT INTO confirmed (id, at) VALUES (?1, ?2)"
			" ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)",
			e);
		if (!st)
			return false;
		sqlite3_bind_text(st, 1, w->waiting[i].id, (int)w->waiting[i].n,
				  SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, w->waiting[i].at_s);
		if (!db_run(&w->db, st, "write confirmed ids", e))
			return false;
	}
	return true;
}

static bool write_packets(struct watch *w, struct err *e)
{
	struct slice rest = buf_view(&w->packets), line;
	sqlite3_stmt *st;

	for (size_t i = 0; i < w->packets_n && slice_cut(&rest, '\n', &line); i++) {
		st = db_statement(&w->db, WATCH_PACKET_ADD,
				  "INSERT INTO packet (at, line) VALUES (?1, ?2)", e);
		if (!st)
			return false;
		sqlite3_bind_int64(st, 1, w->packet_at[i]);
		sqlite3_bind_text(st, 2, line.p, (int)line.n, SQLITE_STATIC);
		if (!db_run(&w->db, st, "write connections", e))
			return false;
	}
	return true;
}

static bool prune(struct watch *w, int64_t before_s, struct err *e)
{
	sqlite3_stmt *st;

	if (before_s <= 0)
		return true;
	st = db_statement(&w->db, WATCH_PRUNE, "DELETE FROM confirmed WHERE at < ?1", e);
	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, before_s);
	return db_run(&w->db, st, "remove old ids", e);
}

bool watch_flush(struct watch *w, int64_t prune_before_s, struct err *e)
{
	if (w->waiting_n == 0 && w->packets_n == 0 && prune_before_s <= 0)
		return true;
	if (!db_exec(&w->db, "BEGIN IMMEDIATE", "write confirmed ids", e))
		return false;
	if (write_waiting(w, e) && write_packets(w, e) && prune(w, prune_before_s, e) &&
	    db_exec(&w->db, "COMMIT", "write confirmed ids", e)) {
		w->waiting_n = w->packets_n = 0;
		buf_reset(&w->packets);
		return true;
	}
	sqlite3_exec(w->db.h, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool watch_confirmed_has(struct watch *w, struct slice message_id)
{
	sqlite3_stmt *st;
	bool has;

	if (message_id.n == 0 || message_id.n > MESSAGE_ID_MAX)
		return false;
	for (size_t i = w->waiting_n; i-- > 0;)
		if (slice_eq(message_id,
			     (struct slice){w->waiting[i].id, w->waiting[i].n}))
			return true;
	st = db_statement(&w->db, WATCH_HAS, "SELECT 1 FROM confirmed WHERE id = ?1",
			  NULL);
	if (!st)
		return false;
	sqlite3_bind_text(st, 1, message_id.p, (int)message_id.n, SQLITE_STATIC);
	has = sqlite3_step(st) == SQLITE_ROW;
	db_done(st);
	return has;
}

void watch_packet_add(struct watch *w, struct slice line, int64_t at_s)
{
	if ((w->packets_n == PACKETS_WAITING_MAX ||
	     w->packets.n + line.n + 1 > PACKETS_BYTES_MAX) &&
	    !watch_flush(w, 0, NULL)) {
		w->packets_lost++;
		return;
	}
	buf_slice(&w->packets, line);
	buf_putc(&w->packets, '\n');
	if (buf_ok(&w->packets)) {
		w->packet_at[w->packets_n++] = at_s;
		return;
	}
	w->packets_lost += w->packets_n + 1; /* no memory */
	w->packets_n = 0;
	buf_reset(&w->packets);
}

bool watch_packet_each(struct watch *w, int64_t since_s,
		       void (*fn)(struct slice line, void *ctx), void *ctx, struct err *e)
{
	sqlite3_stmt *st = db_statement(&w->db, WATCH_PACKET_EACH,
					"SELECT line FROM packet WHERE at >= ?1"
					" ORDER BY id",
					e);
	int rc;

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, since_s);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		fn((struct slice){text, (size_t)sqlite3_column_bytes(st, 0)}, ctx);
	}
	if (rc != SQLITE_DONE)
		db_fail(&w->db, "read connections", e);
	db_done(st);
	return rc == SQLITE_DONE;
}

bool watch_packet_prune(struct watch *w, int64_t before_s, struct err *e)
{
	sqlite3_stmt *st = db_statement(&w->db, WATCH_PACKET_PRUNE,
					"DELETE FROM packet WHERE at < ?1 OR id <= "
					"(SELECT max(id) FROM packet) - ?2",
					e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, before_s);
	sqlite3_bind_int64(st, 2, WATCH_PACKETS_MAX);
	return db_run(&w->db, st, "remove old connections", e);
}

uint64_t watch_packets_lost(const struct watch *w)
{
	return w->packets_lost;
}
