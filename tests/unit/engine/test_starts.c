/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/starts.h"

#include <criterion/criterion.h>

#define ALICE SLICE("alice")

static struct starts *starts;

static void setup(void)
{
	starts = starts_new(10);
	cr_assert_not_null(starts);
}

static void cleanup(void)
{
	starts_free(starts);
}

TestSuite(starts, .init = setup, .fini = cleanup);

/* The reference of the next one, or UINT64_MAX. */
static uint64_t take(struct slice account, int64_t at_s)
{
	uint64_t ref;
	int64_t start_s;

	return starts_take(starts, account, at_s, &ref, &start_s) ? ref : UINT64_MAX;
}

Test(starts, one_arrival_takes_one_start_the_oldest_first)
{
	starts_add(starts, ALICE, 100, 1);
	starts_add(starts, ALICE, 101, 2);
	cr_expect_eq(take(ALICE, 102), 1);
	cr_expect_eq(take(ALICE, 102), 2);
	cr_expect_eq(take(ALICE, 102), UINT64_MAX);
}

Test(starts, nobody_takes_anothers)
{
	starts_add(starts, ALICE, 100, 1);
	cr_expect_eq(take(SLICE("bob"), 100), UINT64_MAX);
	cr_expect_eq(take(ALICE, 100), 1);
}

Test(starts, an_old_one_waits_no_longer)
{
	starts_add(starts, ALICE, 100, 1);
	starts_add(starts, ALICE, 101, 2);
	cr_expect_eq(take(ALICE, 101 + STARTS_TTL_S), 2);
}

Test(starts, so_many_wait_and_the_oldest_goes)
{
	for (uint64_t i = 0; i <= STARTS_WAITING_MAX; i++)
		starts_add(starts, ALICE, 100, i);
	for (uint64_t i = 1; i <= STARTS_WAITING_MAX; i++)
		cr_expect_eq(take(ALICE, 100), i);
	cr_expect_eq(take(ALICE, 100), UINT64_MAX);
}
