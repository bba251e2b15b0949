/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct slice key(char buf[16], int i)
{
	return (struct slice){buf, (size_t)snprintf(buf, 16, "k%d", i)};
}

static void count_drop(void *value, void *ctx)
{
	(void)value;
	++*(int *)ctx;
}

Test(map, evicts_the_least_recently_used_at_its_bound)
{
	int dropped = 0, values[4] = {0};
	struct map *m = map_new(3, count_drop, &dropped);
	char b[16];

	for (int i = 0; i < 3; i++)
		cr_assert(map_put(m, key(b, i), &values[i]));
	cr_assert_eq(dropped, 0);
	cr_assert_eq(map_get(m, key(b, 0)), &values[0]);
	cr_assert(map_put(m, key(b, 3), &values[3]));
	cr_assert_null(map_peek(m, key(b, 1)), "1 was used longest ago");
	cr_assert_eq(map_peek(m, key(b, 0)), &values[0]);
	cr_assert_eq(map_evicted(m), 1);
	cr_assert_eq(dropped, 1);
	map_free(m);
	cr_assert_eq(dropped, 4);
}

Test(map, keeps_what_it_was_given_through_growth_and_deletion)
{
	static int values[5000];
	struct map *m = map_new(100000, NULL, NULL);
	char b[16];

	for (int i = 0; i < 5000; i++)
		cr_assert(map_put(m, key(b, i), &values[i]));
	for (int i = 0; i < 5000; i += 2)
		cr_assert(map_del(m, key(b, i)));
	for (int i = 0; i < 5000; i++)
		cr_assert_eq(map_peek(m, key(b, i)), i % 2 ? &values[i] : NULL);
	cr_assert_eq(map_count(m), 2500);
	cr_assert_not(map_del(m, key(b, 0)));
	map_free(m);
}

Test(map, replaces_a_value_and_drops_the_old_one)
{
	int dropped = 0, a, c;
	struct map *m = map_new(2, count_drop, &dropped);

	map_put(m, SLICE("a\0b"), &a);
	map_put(m, SLICE("a\0b"), &c);
	cr_assert_eq(dropped, 1);
	cr_assert_eq(map_get(m, SLICE("a\0b")), &c);
	cr_assert_null(map_get(m, SLICE("a")), "a NUL is a byte like others");
	map_put(m, (struct slice){NULL, 0}, &a);
	cr_assert_eq(map_get(m, (struct slice){NULL, 0}), &a);
	map_free(m);
}
