/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/webseen.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void add(struct webseen *s, const char *account, int target, int64_t at_s)
{
	json_t *row = json_pack("{s:i}", "target", target);

	webseen_add(s, slice_str(account), row, at_s);
	json_decref(row);
}

struct sum {
	size_t rows;
	int64_t times;
};

static void add_up(const json_t *row, int64_t times, void *ctx)
{
	struct sum *sum = ctx;

	cr_expect(json_is_object(row));
	sum->rows++;
	sum->times += times;
}

static struct sum kept(const struct webseen *s, const char *account, int64_t from_s)
{
	struct sum sum = {0};

	webseen_each(s, slice_str(account), from_s, add_up, &sum);
	return sum;
}

Test(webseen, keeps_what_was_seen_of_the_watched)
{
	struct webseen *s = webseen_new();
	bool fresh;

	add(s, "bob", 1, 100);
	cr_expect_eq(kept(s, "bob", 0).rows, 0, "not watched");
	cr_expect(webseen_watch(s, SLICE("bob"), 100, &fresh) && fresh);
	cr_expect(webseen_watch(s, SLICE("bob"), 101, &fresh) && !fresh);
	cr_expect(webseen_watches(s, SLICE("bob")) && !webseen_watches(s, SLICE("bo")));
	add(s, "bob", 1, 101);
	add(s, "bob", 1, 103);
	add(s, "bob", 2, 102);
	cr_expect_eq(kept(s, "bob", 0).rows, 2);
	cr_expect_eq(kept(s, "bob", 0).times, 3);
	cr_expect_eq(kept(s, "bob", 103).rows, 1, "seen again then");
	cr_expect_eq(kept(s, "alice", 0).rows, 0);
	webseen_free(s);
	webseen_free(NULL);
}

Test(webseen, is_bounded)
{
	struct webseen *s = webseen_new();
	char name[100];
	bool fresh;

	memset(name, 'x', sizeof(name));
	cr_expect_not(webseen_watch(s, (struct slice){name, 72}, 0, &fresh));
	cr_expect_not(webseen_watch(s, (struct slice){NULL, 0}, 0, &fresh));
	for (int i = 0; i <= WEBSEEN_ACCOUNTS; i++) {
		int n = snprintf(name, sizeof(name), "a%d", i);

		cr_expect(webseen_watch(s, (struct slice){name, (size_t)n}, i, &fresh));
	}
	cr_expect_not(webseen_watches(s, SLICE("a0")), "longest ago");
	cr_expect(webseen_watches(s, SLICE("a1")));
	for (int i = 0; i < WEBSEEN_ROWS * 2; i++)
		add(s, "a5", i, 10);
	cr_expect_eq(kept(s, "a5", 0).rows, WEBSEEN_ROWS);
	add(s, "a5", 9999, 10 + WEBSEEN_KEEP_S + 1);
	cr_expect_eq(kept(s, "a5", 11).rows, 1, "in the place of an old one");
	cr_expect(webseen_watch(s, SLICE("a5"), 20 + 3 * WEBSEEN_KEEP_S, &fresh) && fresh,
		  "of long ago");
	cr_expect_eq(kept(s, "a5", 0).rows, 0);
	webseen_free(s);
}
