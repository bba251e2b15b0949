/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/eximtrack.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define START 1795424400

static const char *id_of(int64_t at_s, unsigned number, char out[24])
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (int i = 5; i >= 0; i--, at_s /= 62)
		out[i] = digits[at_s % 62];
	snprintf(out + 6, 18, "-%06u-00", number % 1000000);
	return out;
}

static unsigned unfollowed;

static void on_unfollowed(const struct track_entry *e, void *ctx)
{
	(void)ctx;
	cr_expect(e->counted && !e->followed);
	unfollowed++;
}

static struct track_entry *arrive(struct eximtrack *t, int64_t at_s, unsigned number)
{
	char id[24];

	eximtrack_time(t, at_s);
	return eximtrack_add(t, slice_str(id_of(at_s, number, id)), TRACK_ARRIVED, at_s);
}

static bool is_new(struct eximtrack *t, int64_t at_s, unsigned number)
{
	char id[24];

	return eximtrack_is_new(t, slice_str(id_of(at_s, number, id)));
}

Test(eximtrack, an_id_is_found_until_it_is_forgotten)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);
	char id[24];

	for (unsigned i = 0; i < 17; i++)
		arrive(t, START + i, i);
	cr_expect_null(eximtrack_find(t, slice_str(id_of(START, 0, id))));
	for (unsigned i = 1; i < 17; i++)
		cr_expect_not_null(eximtrack_find(t, slice_str(id_of(START + i, i, id))));
	eximtrack_free(t);
}

Test(eximtrack, an_unknown_id_is_new_only_if_its_arrival_must_have_been_seen)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);

	cr_expect_not(is_new(t, START, 1), "no line yet");
	arrive(t, START, 1);
	eximtrack_time(t, START + 100);
	cr_expect_not(is_new(t, START - 1, 2), "before the log's first line");
	cr_expect(is_new(t, START + 50, 2));
	cr_expect_not(is_new(t, START + 200, 2), "of the future: made up");
	for (unsigned i = 0; i < 17; i++)
		arrive(t, START + 110 + i, 10 + i);
	cr_expect_not(is_new(t, START, 9), "it may have been forgotten");
	cr_expect(is_new(t, START + 120, 9));
	eximtrack_free(t);
}

Test(eximtrack, a_log_of_another_zone_is_told_by_its_ids)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);
	char id[24];

	eximtrack_time(t, START + 3600);
	eximtrack_add(t, slice_str(id_of(START, 1, id)), TRACK_ARRIVED, START + 3600);
	eximtrack_time(t, START + 3700);
	cr_expect(is_new(t, START + 50, 2));
	cr_expect_not(is_new(t, START + 3650, 2));
	eximtrack_free(t);
}

Test(eximtrack, the_daemons_own_log_is_new_from_its_start)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);

	eximtrack_own_log(t, START);
	eximtrack_time(t, START);
	cr_expect(is_new(t, START, 1), "of the very second");
	cr_expect_not(is_new(t, START - 1, 1));
	eximtrack_free(t);
}

Test(eximtrack, no_single_arrival_tells_the_zone_of_the_daemons_own_log)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);
	char id[24];

	eximtrack_own_log(t, START);
	eximtrack_time(t, START);
	eximtrack_add(t, slice_str(id_of(START - 3600, 1, id)), TRACK_ARRIVED, START);
	eximtrack_confirmed(t, slice_str(id_of(START - 3600, 1, id)), START);
	cr_expect(is_new(t, START, 2), "forged, or slow");
	for (unsigned i = 0; i < 4; i++) {
		id_of(START - 3600 + i, 3 + i, id);
		eximtrack_add(t, slice_str(id), TRACK_ARRIVED, START + i);
		eximtrack_confirmed(t, slice_str(id), START + i);
	}
	eximtrack_time(t, START + 100);
	cr_expect(is_new(t, START - 3550, 9), "now it is told");
	cr_expect_not(is_new(t, START + 50, 9));
	eximtrack_free(t);
}

Test(eximtrack, what_is_forgotten_or_from_before_the_log_may_arrive_again)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);
	char id[24];

	for (unsigned i = 0; i < 18; i++)
		arrive(t, START + i, i);
	cr_expect(eximtrack_may_be_old(t, slice_str(id_of(START + 1, 1, id))));
	cr_expect_not(eximtrack_may_be_old(t, slice_str(id_of(START + 2, 9, id))));
	eximtrack_free(t);
	t = eximtrack_new(16, NULL, NULL);
	arrive(t, START, 1);
	cr_expect_not(eximtrack_may_be_old(t, slice_str(id_of(START - 600, 1, id))),
		      "a slow one");
	cr_expect(eximtrack_may_be_old(t, slice_str(id_of(START - 601, 1, id))));
	eximtrack_free(t);
}

Test(eximtrack, a_hole_in_the_log_makes_old_ids_unknown)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);

	arrive(t, START, 1);
	eximtrack_time(t, START + 3 * 3600);
	cr_expect_not(is_new(t, START + 3600, 2), "it may have arrived in the hole");
	eximtrack_free(t);
}

Test(eximtrack, arrivals_that_nothing_follows_are_told)
{
	struct eximtrack *t = eximtrack_new(16, on_unfollowed, NULL);

	unfollowed = 0;
	for (unsigned i = 0; i < 18; i++) {
		struct track_entry *e = arrive(t, START + i, i);

		e->counted = true;
		e->followed = i % 2 == 0;
	}
	cr_expect_eq(unfollowed, 1, "the second one was forgotten");
	eximtrack_unfollowed(t);
	cr_expect_eq(unfollowed, 9);
	eximtrack_free(t);
}

Test(eximtrack, a_message_has_a_few_replies_and_no_more)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);
	char id[24];
	unsigned replies = 0;

	arrive(t, START, 1);
	for (int i = 0; i < 20; i++)
		replies += eximtrack_reply(t, slice_str(id_of(START, 1, id)));
	cr_expect_eq(replies, 8);
	eximtrack_time(t, START + 100);
	cr_expect_not(eximtrack_reply(t, slice_str(id_of(START + 50, 9, id))),
		      "a made-up cause");
	eximtrack_free(t);
}

Test(eximtrack, few_causes_that_may_be_forgotten_are_believed)
{
	struct eximtrack *t = eximtrack_new(16, NULL, NULL);
	char id[24];
	unsigned replies = 0;

	arrive(t, START, 1);
	for (unsigned i = 0; i < 20; i++)
		replies += eximtrack_reply(t, slice_str(id_of(START - 500, 7 + i, id)));
	cr_expect_eq(replies, 8, "each may be made up");
	cr_expect_not(eximtrack_reply(t, slice_str(id_of(START + 100000, 9, id))),
		      "a message of the future");
	eximtrack_time(t, START + 3601);
	cr_expect(eximtrack_reply(t, slice_str(id_of(START - 500, 99, id))),
		  "an hour later");
	eximtrack_free(t);
}
