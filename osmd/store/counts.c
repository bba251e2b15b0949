/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* counts: how many reports there are, by time, for drawing. */
#include <errno.h>
#include <string.h>

#include "osmd/store/store.h"
#include "osmd/store/store_db.h"

bool store_report_counts(struct store *s, int64_t since_s, int64_t step_s,
			 uint32_t *counts, size_t n, struct err *e)
{
	sqlite3_stmt *st;
	int rc = SQLITE_ROW;

	memset(counts, 0, n * sizeof(*counts));
	if (step_s < 1 || n > INT32_MAX)
		return err_set(e, EINVAL, "count the reports: no such steps");
	st = db_statement(&s->db, STORE_COUNTS,
			  "SELECT (time - ?1) / ?2, count(*) FROM report"
			  " WHERE time >= ?1 AND time < ?1 + ?2 * ?3 GROUP BY 1",
			  e);
	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, since_s);
	sqlite3_bind_int64(st, 2, step_s);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)n);
	while (rc == SQLITE_ROW && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		sqlite3_int64 at = sqlite3_column_int64(st, 0);

		if (at >= 0 && (size_t)at < n)
			counts[at] = (uint32_t)sqlite3_column_int64(st, 1);
	}
	if (rc != SQLITE_DONE)
		db_fail(&s->db, "count the reports", e);
	db_done(st);
	return rc == SQLITE_DONE;
}
