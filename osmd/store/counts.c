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

	memset(counts, 0, n * sizeof(*counts));
	if (step_s < 1 || n > INT32_MAX)
		return err_set(e, EINVAL, "count the reports: no such steps");
	st = db_statement(&s->db, STORE_COUNTS,
			  "SELECT (time - ?1) / ?2, count(*) FROM report"
			  " WHERE time >= ?1 AND time < ?1 + ?2 * ?3 GROUP BY 1",
			  e);
	return st &&
	       db_counts(&s->db, st, since_s, step_s, counts, n, "count the reports", e);
}
