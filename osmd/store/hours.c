/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/hours.h"

#include <errno.h>
#include <string.h>

void hours_add(struct hours *h, enum event_type type, int64_t at_s)
{
	const int64_t start_s = at_s - at_s % HOURS_S;
	size_t i;

	if (at_s < 0)
		return;
	i = (size_t)(start_s / HOURS_S % HOURS_KEPT);
	if (start_s < h->slot[i].start_s)
		return;
	if (start_s > h->slot[i].start_s) {
		memset(&h->slot[i], 0, sizeof(h->slot[i]));
		h->slot[i].start_s = start_s;
	}
	h->slot[i].n[type]++;
	h->waits[type] = true;
}

bool hours_write(const struct hours *h, enum event_type type, struct db *db, unsigned slot,
		 struct err *e)
{
	for (size_t i = 0; h->waits[type] && i < HOURS_KEPT; i++) {
		sqlite3_stmt *st;

		if (h->slot[i].n[type] == 0)
			continue;
		st = db_statement(db, slot,
				  "INSERT INTO hour (start, type, n) VALUES (?1, ?2, ?3)"
				  " ON CONFLICT (start, type) DO UPDATE SET n = n + excluded.n",
				  e);
		if (!st)
			return false;
		sqlite3_bind_int64(st, 1, h->slot[i].start_s);
		db_bind_text(st, 2, event_type_name(type));
		sqlite3_bind_int64(st, 3, h->slot[i].n[type]);
		if (!db_run(db, st, "count the hours", e))
			return false;
	}
	return true;
}

void hours_written(struct hours *h, enum event_type type)
{
	for (size_t i = 0; h->waits[type] && i < HOURS_KEPT; i++)
		h->slot[i].n[type] = 0;
	h->waits[type] = false;
}

bool hours_prune(struct db *db, unsigned slot, int64_t now_s, struct err *e)
{
	sqlite3_stmt *st = db_statement(db, slot, "DELETE FROM hour WHERE start <= ?1", e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, now_s - (int64_t)HOURS_KEPT * HOURS_S);
	return db_run(db, st, "remove old hours", e);
}

bool hours_read(struct db *db, unsigned slot, enum event_type type, int64_t since_s,
		int64_t step_s, uint32_t *counts, size_t n, struct err *e)
{
	sqlite3_stmt *st;

	memset(counts, 0, n * sizeof(*counts));
	if (step_s < HOURS_S || step_s % HOURS_S || since_s % HOURS_S || n > INT32_MAX)
		return err_set(e, EINVAL, "count the hours: no such steps");
	st = db_statement(db, slot,
			  "SELECT (start - ?1) / ?2, sum(n) FROM hour WHERE type = ?4"
			  " AND start >= ?1 AND start < ?1 + ?2 * ?3 GROUP BY 1",
			  e);
	if (!st)
		return false;
	db_bind_text(st, 4, event_type_name(type));
	return db_counts(db, st, since_s, step_s, counts, n, "read the hours", e);
}
