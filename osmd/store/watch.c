/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/buf.h"
#include "osmd/store/hours.h"
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
	WATCH_HOUR_ADD,
	WATCH_HOUR_PRUNE,
	WATCH_HOURS,
	WATCH_ADD,
	WATCH_HAS,
	WATCH_PRUNE,
	WATCH_PACKET_ADD,
	WATCH_PACKET_EACH,
	WATCH_PACKET_PRUNE,
	WATCH_PACKET_CROWD
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
	uint64_t packets_crowded; /* by the transaction under way */
	struct hours hours;
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
	"ALTER TABLE position ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;" HOURS_SCHEMA,
};

static const struct db_schema schema = {schema_steps,
					sizeof(schema_steps) / sizeof(schema_steps[0])};

static struct watch *open_as(const char *path, enum db_mode mode, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w) {
		err_set(e, ENOMEM, "%s: out of memory", path);
		return NULL;
	}
	if (!db_open(&w->db, path, mode, &schema, e)) {
		free(w);
		return NULL;
	}
	buf_init(&w->packets, PACKETS_BYTES_MAX);
	return w;
}

struct watch *watch_open_reading(const char *path, struct err *e)
{
	return open_as(path, DB_READ, e);
}

struct watch *watch_open(const char *path, struct err *e)
{
	/* NORMAL: after a power cut the position may be an older one, and the lines since then
	 * are read again. That is what the ids of reports and the journal are there for. */
	struct watch *w = open_as(path, DB_WRITE_NORMAL, e);

	if (!w)
		return NULL;
	/* No line is read while we wait; what can't be written now is kept for the next time. */
	sqlite3_busy_timeout(w->db.h, LOCK_WAIT_MS);
	return w;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	watch_flush(w, NULL);
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
	st = db_statement(&w->db, WATCH_GET,
			  "SELECT dev, inode, offset, fingerprint, fingerprint_n, ahead"
			  " FROM position",
			  e);
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
			out->ahead = (uint64_t)sqlite3_column_int64(st, 5);
		}
	} else if (rc != SQLITE_DONE) {
		db_fail(&w->db, "read the position", e);
	}
	db_done(st);
	return ok;
}

static bool set_position(struct watch *w, const struct watch_position *p, struct err *e)
{
	sqlite3_stmt *st = db_statement(
		&w->db, WATCH_SET,
		"INSERT OR REPLACE INTO position (one, dev, inode, offset, fingerprint,"
		" fingerprint_n, ahead) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
		e);

	if (!st)
		return false;
	/* SQLite's numbers are signed; the bits are the same both ways. */
	sqlite3_bind_int64(st, 1, (sqlite3_int64)p->dev);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)p->inode);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)p->offset);
	sqlite3_bind_blob(st, 4, p->fingerprint, sizeof(p->fingerprint), SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, p->fingerprint_n);
	sqlite3_bind_int64(st, 6, (sqlite3_int64)p->ahead);
	return db_run(&w->db, st, "write the position", e);
}

void watch_confirmed_add(struct watch *w, struct slice message_id, int64_t at_s)
{
	struct confirmed *c;

	if (message_id.n == 0 || message_id.n > MESSAGE_ID_MAX)
		return;
	if (w->waiting_n == WAITING_MAX && !watch_flush(w, NULL)) {
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

static bool prune_packets(struct watch *w, int64_t before_s, struct err *e)
{
	sqlite3_stmt *st = db_statement(&w->db, WATCH_PACKET_PRUNE,
					"DELETE FROM packet WHERE at < ?1", e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, before_s);
	return db_run(&w->db, st, "remove old connections", e);
}

/* *lost: how many went that were not old. */
static bool prune_crowd(struct watch *w, uint64_t *lost, struct err *e)
{
	sqlite3_stmt *st = db_statement(&w->db, WATCH_PACKET_CROWD,
					"DELETE FROM packet WHERE id <= "
					"(SELECT max(id) FROM packet) - ?1",
					e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, WATCH_PACKETS_MAX);
	if (!db_run(&w->db, st, "remove connections that are too many", e))
		return false;
	*lost = (uint64_t)sqlite3_changes(w->db.h);
	return true;
}

static bool prune(struct watch *w, const struct watch_progress *p, struct err *e)
{
	sqlite3_stmt *st;

	if (p->ids_before_s > 0) {
		st = db_statement(&w->db, WATCH_PRUNE,
				  "DELETE FROM confirmed WHERE at < ?1", e);
		if (!st)
			return false;
		sqlite3_bind_int64(st, 1, p->ids_before_s);
		if (!db_run(&w->db, st, "remove old ids", e))
			return false;
	}
	return prune_packets(w, p->packets_before_s, e) &&
	       prune_crowd(w, &w->packets_crowded, e) &&
	       (p->now_s == 0 || hours_prune(&w->db, WATCH_HOUR_PRUNE, p->now_s, e));
}

/* Ids, and connections with their hours: the hours of the log's lines go with its position. */
static bool write_batches(struct watch *w, struct err *e)
{
	return write_waiting(w, e) && write_packets(w, e) &&
	       hours_write(&w->hours, EVENT_PACKET, &w->db, WATCH_HOUR_ADD, e);
}

static bool write_progress(struct watch *w, const struct watch_progress *p, struct err *e)
{
	return set_position(w, &p->at, e) &&
	       hours_write(&w->hours, EVENT_LOGLINE, &w->db, WATCH_HOUR_ADD, e) &&
	       hours_write(&w->hours, EVENT_CWDCHECK, &w->db, WATCH_HOUR_ADD, e) &&
	       prune(w, p, e);
}

static void batches_written(struct watch *w)
{
	w->waiting_n = w->packets_n = 0;
	buf_reset(&w->packets);
	hours_written(&w->hours, EVENT_PACKET);
}

/* All of it or nothing. p NULL: the batches alone. */
static bool write_all(struct watch *w, const struct watch_progress *p, struct err *e)
{
	if (!db_exec(&w->db, "BEGIN IMMEDIATE", "write", e))
		return false;
	if (write_batches(w, e) && (!p || write_progress(w, p, e)) &&
	    db_exec(&w->db, "COMMIT", "write", e))
		return true;
	sqlite3_exec(w->db.h, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool watch_save(struct watch *w, const struct watch_progress *p, struct err *e)
{
	if (!write_all(w, p, e))
		return false;
	w->packets_lost += w->packets_crowded;
	batches_written(w);
	hours_written(&w->hours, EVENT_LOGLINE);
	hours_written(&w->hours, EVENT_CWDCHECK);
	return true;
}

bool watch_flush(struct watch *w, struct err *e)
{
	if (w->waiting_n == 0 && w->packets_n == 0)
		return true;
	if (!write_all(w, NULL, e))
		return false;
	batches_written(w);
	return true;
}

void watch_hour_add(struct watch *w, enum event_type type, int64_t at_s)
{
	hours_add(&w->hours, type, at_s);
}

bool watch_hours(struct watch *w, enum event_type type, int64_t since_s, int64_t step_s,
		 uint32_t *counts, size_t n, struct err *e)
{
	return hours_read(&w->db, WATCH_HOURS, type, since_s, step_s, counts, n, e);
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

/* false: it can't be kept. */
static bool packet_keep(struct watch *w, struct slice line, int64_t at_s)
{
	if ((w->packets_n == PACKETS_WAITING_MAX ||
	     w->packets.n + line.n + 1 > PACKETS_BYTES_MAX) &&
	    !watch_flush(w, NULL))
		return false;
	buf_slice(&w->packets, line);
	buf_putc(&w->packets, '\n');
	if (buf_ok(&w->packets)) {
		w->packet_at[w->packets_n++] = at_s;
		return true;
	}
	w->packets_lost += w->packets_n; /* no memory */
	w->packets_n = 0;
	buf_reset(&w->packets);
	return false;
}

void watch_packet_add(struct watch *w, struct slice line, int64_t at_s)
{
	w->packets_lost += !packet_keep(w, line, at_s);
	hours_add(&w->hours, EVENT_PACKET, at_s);
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

uint64_t watch_packets_lost(const struct watch *w)
{
	return w->packets_lost;
}
