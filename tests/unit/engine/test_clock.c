/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static int64_t seconds(struct clock *c, const char *line)
{
	struct exim_line parsed;

	eximline_parse(slice_str(line), &parsed);
	return clock_seconds(c, &parsed);
}

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

Test(clock, a_line_without_a_zone_is_in_local_time)
{
	struct clock c;

	zone("UTC");
	clock_init(&c);
	cr_expect_eq(seconds(&c, "2026-11-23 09:00:00 x"), 1795424400);
	zone("CET-1CEST,M3.5.0,M10.5.0/3");
	clock_init(&c);
	cr_expect_eq(seconds(&c, "2026-11-23 09:00:00 x"), 1795424400 - 3600);
	cr_expect_eq(seconds(&c, "2026-07-01 09:00:00 x"), 1782889200, "summer");
}

Test(clock, a_zone_in_the_line_is_believed)
{
	struct clock c;

	zone("CET-1");
	clock_init(&c);
	cr_expect_eq(seconds(&c, "2026-11-23 09:00:00.123 +0000 [5] x"), 1795424400);
	cr_expect_eq(seconds(&c, "2026-11-23 09:00:00 -0530 x"), 1795424400 + 19800);
}

Test(clock, a_line_without_a_time_has_none)
{
	struct clock c;

	clock_init(&c);
	cr_expect_eq(seconds(&c, "no time"), -1);
	cr_expect_eq(seconds(&c, ""), -1);
	cr_expect_eq(seconds(&c, "2026-13-40 99:00:00 x"), -1);
}

Test(clock, the_change_to_summer_time_is_seen_within_a_quarter_of_an_hour)
{
	struct clock c;

	zone("CET-1CEST,M3.5.0,M10.5.0/3");
	clock_init(&c);
	cr_expect_eq(seconds(&c, "2026-03-29 03:00:00 x") -
			     seconds(&c, "2026-03-29 01:59:59 x"),
		     1);
}
