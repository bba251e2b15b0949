/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/slice.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(slice, u64_refuses_all_but_a_number_in_its_bounds)
{
	static const struct {
		const char *text;
		uint64_t min, max, value;
		bool ok;
		const char *why;
	} rows[] = {
		{"0", 0, 9, 0, true, "the smallest"},
		{"9", 0, 9, 9, true, "at the bound"},
		{"10", 0, 9, 0, false, "one over the bound"},
		{"4", 5, 9, 0, false, "one under the bound"},
		{"", 0, 9, 0, false, "empty"},
		{"-1", 0, 9, 0, false, "a sign"},
		{"+1", 0, 9, 0, false, "a sign"},
		{" 1", 0, 9, 0, false, "a blank"},
		{"1x", 0, 99, 0, false, "something after it"},
		{"18446744073709551615", 0, UINT64_MAX, UINT64_MAX, true, "the largest"},
		{"18446744073709551616", 0, UINT64_MAX, 0, false, "one more overflows"},
		{"99999999999999999999", 0, UINT64_MAX, 0, false, "far too large"},
		{"007", 0, 9, 7, true, "leading zeros"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t v = 77;
		bool ok =
			slice_u64(slice_str(rows[i].text), rows[i].min, rows[i].max, &v);

		cr_expect_eq(ok, rows[i].ok, "%s: %s", rows[i].text, rows[i].why);
		cr_expect_eq(v, ok ? rows[i].value : 77, "%s: %s", rows[i].text,
			     rows[i].why);
	}
}

Test(slice, cut_takes_the_separator_and_leaves_the_rest)
{
	struct slice rest = SLICE("a,,b"), head;

	cr_assert(slice_cut(&rest, ',', &head) && slice_eq(head, SLICE("a")));
	cr_assert(slice_cut(&rest, ',', &head) && head.n == 0);
	cr_assert_not(slice_cut(&rest, ',', &head));
	cr_assert(slice_eq(rest, SLICE("b")));
}

Test(slice, empty_slices_are_equal_whatever_they_point_at)
{
	struct slice none = {NULL, 0};

	cr_assert(slice_eq(none, SLICE("")));
	cr_assert(slice_starts(SLICE("x"), none) && slice_ends(none, none));
	cr_assert_eq(slice_cmp(none, SLICE("a")), -1);
	cr_assert_eq(slice_find(none, SLICE("a")), SIZE_MAX);
	cr_assert_eq(slice_trim(SLICE(" \t\r\n")).n, 0);
	cr_assert_eq(slice_str(NULL).n, 0);
}

Test(slice, compares_ascii_without_case_and_other_bytes_exactly)
{
	cr_assert(slice_eq_nocase(SLICE("Bob@Example.COM"), SLICE("bob@example.com")));
	cr_assert_not(slice_eq_nocase(SLICE("\xc3\x84"), SLICE("\xc3\xa4")));
	cr_assert_not(slice_eq_nocase(SLICE("["), SLICE("{")));
}

Test(slice, dup_keeps_nul_bytes_and_ends_with_one)
{
	char *p = slice_dup((struct slice){"a\0b", 3});

	cr_assert_arr_eq(p, "a\0b", 4);
	free(p);
}
