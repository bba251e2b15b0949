/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/store.h"

#include "tests/unit/store/scratch.h"

#define NOON 1790000000

static struct store *s;

static void begin(void)
{
	struct err e = {0};

	scratch_make();
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
}

static void finish(void)
{
	store_close(s);
	scratch_remove();
}

TestSuite(journal, .init = begin, .fini = finish);

static struct action_row row_of(const char *report, const char *action,
				const char *target)
{
	struct action_row row = {.created_s = NOON, .expires_s = NOON + 60};

	snprintf(row.report_id, sizeof(row.report_id), "%s", report);
	snprintf(row.action, sizeof(row.action), "%s", action);
	snprintf(row.account, sizeof(row.account), "acct");
	snprintf(row.target, sizeof(row.target), "%s", target);
	snprintf(row.detail, sizeof(row.detail), "first");
	snprintf(row.before, sizeof(row.before), "free");
	return row;
}

/* true: it is a new row. */
static bool start(const char *report, const char *action, const char *target, int64_t *id)
{
	struct action_row row = row_of(report, action, target);
	struct err e = {0};
	bool fresh;

	cr_assert(store_action_begin(s, &row, &fresh, &e), "%s", e.msg);
	*id = row.id;
	return fresh;
}

static bool end(int64_t id, enum action_state state, int64_t at_s, struct err *e)
{
	*e = (struct err){0};
	return store_action_end(s, id, state, NULL, NULL, at_s, e);
}

static struct action_row get(int64_t id)
{
	struct action_row row = {0};
	struct err e = {0};

	cr_assert(store_action_get(s, id, &row, &e), "%s", e.msg);
	return row;
}

/* A row brought into a state by permitted steps. */
static int64_t row_in(enum action_state state)
{
	static int n;
	char target[16];
	struct err e;
	int64_t id;

	snprintf(target, sizeof(target), "t%d", n++);
	cr_assert(start("r", "hold", target, &id));
	if (state == ACTION_UNDONE || state == ACTION_EXPIRED)
		cr_assert(end(id, ACTION_DONE, NOON, &e), "%s", e.msg);
	if (state != ACTION_PENDING)
		cr_assert(end(id, state, NOON, &e), "%s", e.msg);
	return id;
}

Test(journal, knows_every_step_and_no_other)
{
	/* pending done failed skipped undone expired */
	static const char allowed[6][7] = {
		"111100", /* pending: also to itself, tried again later */
		"010011", /* done: also to itself, for a new detail */
		"000000", /* failed */
		"000000", /* skipped */
		"000000", /* undone */
		"000000", /* expired */
	};

	for (int from = ACTION_PENDING; from <= ACTION_EXPIRED; from++)
		for (int to = ACTION_PENDING; to <= ACTION_EXPIRED; to++) {
			int64_t id = row_in((enum action_state)from);
			struct err e;
			bool ok = end(id, (enum action_state)to, NOON + 9, &e);
			const char *a = action_state_name((enum action_state)from);
			const char *b = action_state_name((enum action_state)to);

			cr_expect_eq(ok, allowed[from][to] == '1', "%s -> %s", a, b);
			cr_expect_eq((int)get(id).state, ok ? to : from, "%s -> %s", a,
				     b);
			cr_expect_eq(get(id).changed_s, ok ? NOON + 9 : NOON, "%s -> %s",
				     a, b);
			if (!ok)
				cr_expect_eq(e.code, EPROTO, "%s -> %s: %s", a, b, e.msg);
		}
}

Test(journal, refuses_what_is_not_there)
{
	struct action_row row;
	struct err e;

	cr_expect_not(end(77, ACTION_DONE, NOON, &e));
	cr_expect_eq(e.code, ENOENT);
	cr_expect_not(store_action_get(s, 77, &row, &e));
	cr_expect_eq(e.code, ENOENT);
}

Test(journal, begins_the_same_thing_of_a_report_once)
{
	struct action_row row;
	struct err e;
	int64_t id, other;
	bool fresh;

	cr_expect(start("r1", "hold", "acct", &id));
	cr_assert(end(id, ACTION_FAILED, NOON + 1, &e));
	row = row_of("r1", "hold", "acct");
	snprintf(row.detail, sizeof(row.detail), "second");
	cr_assert(store_action_begin(s, &row, &fresh, &e));
	cr_expect_not(fresh);
	cr_expect_eq(row.id, id, "the row that is there");
	cr_expect_eq(row.state, ACTION_FAILED);
	cr_expect_str_eq(row.detail, "first");
	cr_expect(start("r2", "hold", "acct", &other), "another report");
	cr_expect(start("r1", "block_account", "acct", &other), "another action");
	cr_expect(start("r1", "hold", "bob@example.com", &other), "another target");
}

Test(journal, begins_by_hand_as_often_as_asked)
{
	int64_t a, b;

	cr_expect(start("", "hold", "acct", &a));
	cr_expect(start("", "hold", "acct", &b));
	cr_expect_neq(a, b);
}

Test(journal, keeps_all_of_a_row_over_a_restart)
{
	struct action_row row;
	struct err e = {0};
	int64_t id;

	start("r1", "hold", "bob@example.com", &id);
	store_close(s);
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
	row = get(id);
	cr_expect_str_eq(row.report_id, "r1");
	cr_expect_str_eq(row.action, "hold");
	cr_expect_str_eq(row.account, "acct");
	cr_expect_str_eq(row.target, "bob@example.com");
	cr_expect_str_eq(row.detail, "first");
	cr_expect_str_eq(row.before, "free");
	cr_expect_eq(row.created_s, NOON);
	cr_expect_eq(row.changed_s, NOON);
	cr_expect_eq(row.expires_s, NOON + 60);
	cr_assert(store_action_end(s, id, ACTION_DONE, "seen", "other", NOON + 1, &e));
	row = get(id);
	cr_expect_str_eq(row.detail, "seen");
	cr_expect_str_eq(row.before, "other");
}

Test(journal, is_on_the_disk_when_begin_returns)
{
	int64_t id;

	start("r1", "hold", "acct", &id);
	cr_expect_eq(sql("SELECT count(*) FROM action WHERE state = 'pending'"), 1);
}

Test(journal, takes_no_word_that_is_no_state)
{
	sqlite3 *h;
	int64_t id;

	start("r1", "hold", "acct", &id);
	cr_assert_eq(sqlite3_open(db_path, &h), SQLITE_OK);
	cr_expect_eq(
		sqlite3_exec(h, "UPDATE action SET state = 'gone'", NULL, NULL, NULL),
		SQLITE_CONSTRAINT);
	sqlite3_close(h);
}

struct walk {
	int64_t last;
	int seen;
	bool ending;
};

static void walk_one(const struct action_row *row, void *ctx)
{
	struct walk *w = ctx;
	struct err e;

	cr_expect_gt(row->id, w->last, "oldest first, none twice");
	w->last = row->id;
	w->seen++;
	if (w->ending)
		cr_expect(end(row->id, ACTION_FAILED, NOON, &e), "%s", e.msg);
}

Test(journal, walks_over_more_than_a_batch_that_changes_meanwhile)
{
	static const int sizes[] = {0, 1, 63, 64, 65, 128, 129};
	int n = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct walk w = {.ending = true};
		struct err e = {0};

		for (int k = 0; k < sizes[i]; k++) {
			char target[16];
			int64_t id;

			snprintf(target, sizeof(target), "x%d", n++);
			start("r", "hold", target, &id);
		}
		cr_expect(store_action_each(s, ACTION_PENDING, walk_one, &w, &e));
		cr_expect_eq(w.seen, sizes[i], "%d of %d", w.seen, sizes[i]);
		w = (struct walk){0};
		cr_expect(store_action_each(s, ACTION_PENDING, walk_one, &w, &e));
		cr_expect_eq(w.seen, 0);
	}
}

Test(journal, walks_over_what_holds_something)
{
	struct walk w = {0};
	struct err e;
	int64_t id;

	start("r", "email", "administrator", &id);
	end(id, ACTION_DONE, NOON, &e);
	start("r", "store", "osm.db", &id);
	end(id, ACTION_DONE, NOON, &e);
	row_in(ACTION_FAILED);
	row_in(ACTION_UNDONE);
	row_in(ACTION_PENDING);
	id = row_in(ACTION_DONE);
	cr_expect(store_action_each(s, -1, walk_one, &w, &e));
	cr_expect_eq(w.seen, 1);
	cr_expect_eq(w.last, id);
}

Test(journal, knows_what_is_in_force)
{
	struct action_row row;
	struct err e;
	int64_t a, b;

	cr_expect_not(store_action_in_force(s, "hold", "acct", &row));
	start("r1", "hold", "acct", &a);
	cr_expect_not(store_action_in_force(s, "hold", "acct", &row), "only pending");
	end(a, ACTION_DONE, NOON, &e);
	cr_expect(store_action_in_force(s, "hold", "acct", &row));
	cr_expect_eq(row.id, a);
	cr_expect_not(store_action_in_force(s, "block_account", "acct", &row));
	cr_expect_not(store_action_in_force(s, "hold", "acct2", &row));
	start("r2", "hold", "acct", &b);
	end(b, ACTION_DONE, NOON, &e);
	cr_expect(store_action_in_force(s, "hold", "acct", &row));
	cr_expect_eq(row.id, b, "the newest");
	end(b, ACTION_UNDONE, NOON, &e);
	end(a, ACTION_EXPIRED, NOON, &e);
	cr_expect_not(store_action_in_force(s, "hold", "acct", &row));
}

Test(journal, counts_what_was_done_since)
{
	struct err e;
	int64_t id;

	start("r", "hold", "a", &id);
	end(id, ACTION_DONE, NOON, &e);
	cr_expect_eq(store_action_count_since(s, NOON, NULL), 1, "at its second");
	cr_expect_eq(store_action_count_since(s, NOON + 1, NULL), 0, "a second later");
	end(id, ACTION_DONE, NOON + 50, &e); /* a new detail is no new action */
	cr_expect_eq(store_action_count_since(s, NOON + 1, NULL), 0);
	end(id, ACTION_UNDONE, NOON + 60, &e);
	cr_expect_eq(store_action_count_since(s, NOON, NULL), 1, "undone, but it was done");
	start("", "hold", "b", &id);
	end(id, ACTION_DONE, NOON, &e);
	start("r", "email", "administrator", &id);
	end(id, ACTION_DONE, NOON, &e);
	start("r", "hold", "c", &id);
	end(id, ACTION_FAILED, NOON, &e);
	cr_expect_eq(store_action_count_since(s, NOON, NULL), 1,
		     "not by hand, mails or failures");
	start("r3", "hold", "d", &id);
	cr_expect_eq(store_action_count_since(s, NOON, NULL), 2, "what may come yet");
	end(id, ACTION_SKIPPED, NOON, &e);
	start("r", "block_account", "a", &id);
	end(id, ACTION_DONE, NOON, &e);
	cr_expect_eq(store_action_count_since(s, NOON, NULL), 2);
	cr_expect_eq(store_action_count_since(s, 0, NULL), 2);
}

Test(journal, counts_too_many_when_it_cannot_be_read)
{
	sql("ALTER TABLE action RENAME TO gone");
	cr_expect_eq(store_action_count_since(s, 0, NULL), UINT_MAX);
}

Test(journal, cuts_what_is_longer_than_its_field)
{
	char text[1024];
	struct err e = {0};
	int64_t id;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	start("r", "hold", "acct", &id);
	cr_assert(store_action_end(s, id, ACTION_DONE, text, text, NOON, &e));
	cr_expect_eq(strlen(get(id).detail),
		     sizeof(((struct action_row *)0)->detail) - 1);
	cr_expect_eq(strlen(get(id).before),
		     sizeof(((struct action_row *)0)->before) - 1);
}

static char released[256];

static void on_released(const char *account, int64_t at_s, void *ctx)
{
	size_t n = strlen(released);

	cr_expect_eq(ctx, released);
	snprintf(released + n, sizeof(released) - n, "%s@%lld ", account,
		 (long long)(at_s - NOON));
}

Test(journal, tells_who_was_let_go_and_when)
{
	int64_t a, b, c;
	struct err e;

	start("r", "hold", "a", &a);
	start("r", "hold", "b", &b);
	start("r2", "hold", "a", &c);
	end(a, ACTION_DONE, NOON, &e);
	end(b, ACTION_DONE, NOON, &e);
	end(c, ACTION_DONE, NOON, &e);
	end(a, ACTION_UNDONE, NOON + 5, &e);
	end(b, ACTION_EXPIRED, NOON + 6, &e);
	end(c, ACTION_UNDONE, NOON + 7, &e);
	cr_expect(store_released_each(s, NOON, on_released, released, NULL));
	cr_expect_str_eq(released, "acct@7 ", "the last time; what expired is another thing");
	released[0] = '\0';
	cr_expect(store_released_each(s, NOON + 8, on_released, released, NULL));
	cr_expect_str_eq(released, "");
}

struct ends {
	int seen, most;
	int64_t times[200];
};

static bool note_end(const struct action_row *row, void *ctx)
{
	struct ends *ends = ctx;
	struct err e;

	ends->times[ends->seen++] = row->expires_s;
	if (row->id % 2) /* fn may end it */
		cr_expect(store_action_end(s, row->id, ACTION_EXPIRED, "over", NULL, NOON,
					   &e));
	return ends->seen < ends->most;
}

Test(journal, what_ends_by_itself_comes_soonest_first)
{
	struct ends ends = {.most = 200};
	struct err e = {0};

	for (int i = 0; i < 150; i++) {
		struct action_row row = {.created_s = NOON,
					 .expires_s = NOON + (i * 37) % 75 + 1};
		bool fresh;

		snprintf(row.action, sizeof(row.action), "firewall");
		snprintf(row.target, sizeof(row.target), "203.0.113.%d", i);
		cr_assert(store_action_begin(s, &row, &fresh, &e), "%s", e.msg);
		if (i != 149)
			cr_assert(store_action_end(s, row.id, ACTION_DONE, "", NULL, NOON,
						   &e));
	}
	cr_expect(store_action_expiring(s, NOON + 60, note_end, &ends, &e));
	cr_expect_eq(ends.seen, 119);
	for (int i = 1; i < ends.seen; i++)
		cr_expect_geq(ends.times[i], ends.times[i - 1]);
	cr_expect_eq(ends.times[ends.seen - 1], NOON + 60);
	cr_expect(store_action_any(s, "firewall"));
	ends = (struct ends){.most = 1};
	cr_expect(store_action_expiring(s, INT64_MAX, note_end, &ends, &e));
	cr_expect_eq(ends.seen, 1);
	cr_expect_not(store_action_any(s, "block_smtp"));
}
