/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/opensender.h"

#include <criterion/criterion.h>
#include <string.h>

#define AT "2026-11-23 09:10:33 "
#define ID "1xVQ4H-0004ma-3B "

Test(opensender, lines_are_put_together_until_they_are_an_arrival)
{
	static struct opensender o;

	opensender_begin(&o, SLICE(AT ID "<= \"n"), 7);
	cr_expect(o.waiting);
	cr_expect_eq(opensender_add(
			     &o,
			     SLICE(AT "1xVQ4H-0007Zz-1k <= r@evil.example U=dave P=local"
				      " S=9 for v@v.example"),
			     false),
		     OPENSENDER_MORE);
	cr_expect_eq(
		opensender_add(
			&o,
			SLICE(AT "z\"@evil.example U=erin P=local S=5 for a@b.example"),
			false),
		OPENSENDER_WHOLE);
	cr_expect(slice_ends(opensender_text(&o), SLICE("for a@b.example")));
	cr_expect_eq(o.place, 7);
}

Test(opensender, more_than_one_write_of_exim_is_none)
{
	static struct opensender o;
	static char text[OPENSENDER_MAX];

	memset(text, 'x', sizeof(text));
	opensender_begin(&o, SLICE(AT ID "<= \"n"), 0);
	cr_expect_eq(opensender_add(&o, (struct slice){text, 8000}, false),
		     OPENSENDER_MORE);
	cr_expect_eq(opensender_add(&o, (struct slice){text, 200}, false),
		     OPENSENDER_NONE);
	cr_expect_eq(opensender_text(&o).n, strlen(AT ID "<= \"n") + 1 + 8000,
		     "what was taken is still there");
}

Test(opensender, a_backslash_takes_the_lines_end_only)
{
	static struct opensender o;

	opensender_begin(&o, SLICE(AT ID "<= n\\"), 0);
	cr_expect_eq(opensender_add(&o, SLICE(""), false), OPENSENDER_NONE);
	opensender_begin(&o, SLICE(AT ID "<= \"n\\"), 0);
	cr_expect_eq(opensender_add(&o, SLICE(""), false), OPENSENDER_MORE);
	cr_expect_eq(opensender_add(&o, SLICE("x"), false), OPENSENDER_MORE);
	cr_expect_eq(opensender_add(&o, SLICE("\"@x.example U=a P=local S=1 for b@c.d"),
				    false),
		     OPENSENDER_WHOLE);
}

Test(opensender, thousands_of_short_lines_cost_no_time, .timeout = 5)
{
	static struct opensender o;

	for (int i = 0; i < 2000; i++) {
		opensender_begin(&o, SLICE(AT ID "<= \"n"), 0);
		while (opensender_add(&o, SLICE(""), false) == OPENSENDER_MORE)
			;
		cr_assert_eq(opensender_text(&o).n, OPENSENDER_MAX);
	}
}

Test(opensender, a_line_over_the_bound_ends_it)
{
	static struct opensender o;

	opensender_begin(&o, SLICE(AT ID "<= \"n"), 0);
	cr_expect_eq(opensender_add(&o, SLICE("x"), true), OPENSENDER_NONE);
}
