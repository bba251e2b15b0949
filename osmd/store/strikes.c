/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* strikes: how often a mailbox or an account was reported of late, for the steps of actions. */
#include "osmd/store/store.h"
#include "osmd/store/store_db.h"

#define KEPT_S (31 * 86400) /* longer than any STEPS_TIME */

/* What is kept of it within the time; *same: this one, or one that this one is a part of. */
static bool count(struct store *s, const struct strike *k, unsigned time_s, unsigned *n,
		  bool *same, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_STRIKE_COUNT,
			     "SELECT total(last <= ?5), max(report = ?3 OR (first <= ?5 "
			     "AND last >= ?4)) FROM strike"
			     " WHERE type = ?1 AND target = ?2 AND last > ?5 - ?6",
			     e);
	bool ok;

	if (!st)
		return false;
	db_bind_text(st, 1, k->type);
	db_bind_text(st, 2, k->target);
	db_bind_text(st, 3, k->report_id);
	sqlite3_bind_int64(st, 4, k->first_s);
	sqlite3_bind_int64(st, 5, k->last_s);
	sqlite3_bind_int64(st, 6, time_s);
	ok = sqlite3_step(st) == SQLITE_ROW || db_fail(&s->db, "count strikes", e);
	if (ok) {
		*n = (unsigned)sqlite3_column_int64(st, 0);
		*same = sqlite3_column_int(st, 1) > 0;
	}
	db_done(st);
	return ok;
}

static bool add(struct store *s, const struct strike *k, struct err *e)
{
	sqlite3_stmt *st = db_statement(
		&s->db, STORE_STRIKE_ADD,
		"INSERT INTO strike (report, type, account, target, first, last)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
		e);

	if (!st)
		return false;
	db_bind_text(st, 1, k->report_id);
	db_bind_text(st, 2, k->type);
	db_bind_text(st, 3, k->account);
	db_bind_text(st, 4, k->target);
	sqlite3_bind_int64(st, 5, k->first_s);
	sqlite3_bind_int64(st, 6, k->last_s);
	return db_run(&s->db, st, "keep a strike", e);
}

static bool forget(struct store *s, const char *account, int64_t before_s, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_STRIKE_FORGET,
			     "DELETE FROM strike WHERE account = ?1 OR last < ?2", e);

	if (!st)
		return false;
	db_bind_text(st, 1, account);
	sqlite3_bind_int64(st, 2, before_s);
	return db_run(&s->db, st, "forget strikes", e);
}

bool store_strike(struct store *s, const struct strike *k, unsigned time_s, bool keep,
		  unsigned *number, struct err *e)
{
	bool same = false;

	*number = 1;
	if (!count(s, k, time_s, number, &same, e))
		return false;
	if (same) {
		*number += *number == 0;
		return true;
	}
	(*number)++;
	return !keep || (forget(s, "", k->last_s - KEPT_S, e) && add(s, k, e));
}

bool store_strikes_forget(struct store *s, const char *account, struct err *e)
{
	return forget(s, account, INT64_MIN, e);
}
