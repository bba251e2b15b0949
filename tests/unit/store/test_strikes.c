/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <criterion/criterion.h>

#include "osmd/store/store.h"
#include "tests/unit/store/scratch.h"

#define DAY_S 86400

static struct store *store;

static void begin(void)
{
	scratch_make();
	store = store_open(db_path, true, NULL);
	cr_assert_not_null(store);
}

static void end(void)
{
	store_close(store);
	scratch_remove();
}

TestSuite(strikes, .init = begin, .fini = end);

static unsigned strike(const char *report, const char *target, int64_t first_s,
		       int64_t last_s, bool keep)
{
	const struct strike k = {report, "logline", "acct", target, first_s, last_s};
	unsigned number = 0;
	struct err e = {0};

	cr_assert(store_strike(store, &k, DAY_S, keep, &number, &e), "%s", e.msg);
	return number;
}

Test(strikes, counts_one_after_the_other)
{
	cr_expect_eq(strike("a", "bob@example.com", 1000, 1100, true), 1);
	cr_expect_eq(strike("b", "bob@example.com", 2000, 2100, true), 2);
	cr_expect_eq(strike("c", "al@example.com", 2000, 2100, true), 1, "somebody else");
	cr_expect_eq(strike("d", "bob@example.com", 3000, 3100, true), 3);
}

Test(strikes, counts_a_report_that_comes_again_once)
{
	cr_expect_eq(strike("a", "bob@example.com", 1000, 1100, true), 1);
	cr_expect_eq(strike("b", "bob@example.com", 2000, 2100, true), 2);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(strike("b", "bob@example.com", 2000, 2100, true), 2);
		cr_expect_eq(strike("a", "bob@example.com", 1000, 1100, true), 1,
			     "as it was then");
	}
}

Test(strikes, takes_what_overlaps_for_the_same)
{
	cr_expect_eq(strike("a", "bob@example.com", 1000, 1100, true), 1);
	cr_expect_eq(strike("b", "bob@example.com", 1100, 1300, true), 1);
	cr_expect_eq(strike("c", "bob@example.com", 900, 1000, true), 1);
	cr_expect_eq(strike("d", "bob@example.com", 1101, 1300, true), 2);
}

Test(strikes, only_looks_when_it_is_not_to_be_kept)
{
	cr_expect_eq(strike("a", "bob@example.com", 1000, 1100, false), 1);
	cr_expect_eq(strike("b", "bob@example.com", 2000, 2100, true), 1);
	cr_expect_eq(strike("c", "bob@example.com", 3000, 3100, false), 2);
	cr_expect_eq(strike("d", "bob@example.com", 4000, 4100, false), 2);
}

Test(strikes, are_forgotten_with_time_and_by_account)
{
	const struct strike other = {"z", "logline", "other", "x@other.example", 1, 2};
	unsigned number;

	cr_expect_eq(strike("a", "bob@example.com", 1000, 1000, true), 1);
	cr_expect_eq(strike("b", "bob@example.com", 999 + DAY_S, 999 + DAY_S, true), 2);
	cr_expect_eq(strike("c", "bob@example.com", 1000 + DAY_S, 1000 + DAY_S, true), 2,
		     "the first is a day old");
	cr_assert(store_strike(store, &other, DAY_S, true, &number, NULL));
	cr_assert(store_strikes_forget(store, "acct", NULL));
	cr_expect_eq(strike("d", "bob@example.com", 2000 + DAY_S, 2000 + DAY_S, true), 1);
	cr_assert(store_strike(store, &other, DAY_S, true, &number, NULL));
	cr_expect_eq(number, 1, "still there: the same report");
}

Test(strikes, are_there_after_a_restart)
{
	cr_expect_eq(strike("a", "bob@example.com", 1000, 1100, true), 1);
	store_close(store);
	store = store_open(db_path, true, NULL);
	cr_expect_eq(strike("b", "bob@example.com", 2000, 2100, true), 2);
}
