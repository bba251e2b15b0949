/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <jansson.h>

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

TestSuite(counts, .init = begin, .fini = finish);

static void add(int n, int64_t at_s)
{
	struct err e = {0};
	char id[40];
	json_t *report;
	bool fresh;

	snprintf(id, sizeof(id), "%032x", n);
	report = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:I, s:[]}", "id", id,
			   "type", "logline", "kind", "limit", "account", "bob", "mailbox", "",
			   "key", "bob", "time", (json_int_t)at_s, "count", n, "limit", 5, "last",
			   (json_int_t)at_s, "actions");
	cr_assert(store_report_add(s, report, &fresh, &e), "%s", e.msg);
	json_decref(report);
}

Test(counts, each_report_falls_into_its_step)
{
	uint32_t n[3] = {9, 9, 9};
	struct err e = {0};

	add(1, NOON - 1);   /* before the first */
	add(2, NOON);	    /* at its beginning */
	add(3, NOON + 59);  /* at its end */
	add(4, NOON + 60);  /* in the second */
	add(5, NOON + 179); /* in the last */
	add(6, NOON + 180); /* after it */
	cr_assert(store_report_counts(s, NOON, 60, n, 3, &e), "%s", e.msg);
	cr_assert_eq(n[0], 2);
	cr_assert_eq(n[1], 1);
	cr_assert_eq(n[2], 1);
}

Test(counts, nothing_is_zero)
{
	uint32_t n[2] = {9, 9};

	cr_assert(store_report_counts(s, NOON, 60, n, 2, NULL));
	cr_assert_eq(n[0] + n[1], 0);
}

Test(counts, steps_that_are_none_are_refused)
{
	uint32_t n[1] = {9};
	struct err e = {0};

	cr_assert(!store_report_counts(s, NOON, 0, n, 1, &e));
	cr_assert_eq(e.code, EINVAL);
	cr_assert_eq(n[0], 0);
}

static size_t listed(const char *action)
{
	const struct report_filter f = {.action = action};
	json_t *list = store_report_list(s, &f, NULL);
	size_t n = json_array_size(list);

	json_decref(list);
	return n;
}

Test(counts, list_is_narrowed_to_an_action)
{
	struct action_row row = {.action = "hold", .account = "bob", .target = "bob"};
	bool fresh;

	add(1, NOON);
	add(2, NOON);
	snprintf(row.report_id, sizeof(row.report_id), "%032x", 2);
	cr_assert(store_action_begin(s, &row, &fresh, NULL));
	cr_assert_eq(listed("hold"), 1);
	cr_assert_eq(listed("email"), 0);
	cr_assert_eq(listed(NULL), 2);
}
