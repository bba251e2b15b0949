/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/utf8.h"

#include <criterion/criterion.h>

Test(utf8, takes_one_character_or_none)
{
	static const struct {
		const char *text;
		size_t n;
		uint32_t cp;
		const char *why;
	} rows[] = {
		{"a", 1, 'a', "ASCII"},
		{"\xc3\xa4x", 2, 0xe4, "two bytes"},
		{"\xe2\x82\xac", 3, 0x20ac, "three"},
		{"\xf0\x9f\x98\x80", 4, 0x1f600, "four"},
		{"\x80", 0, 0, "begins in the middle"},
		{"\xc3", 0, 0, "cut"},
		{"\xc3(", 0, 0, "cut by another"},
		{"\xc0\xaf", 0, 0, "overlong"},
		{"\xe0\x80\xaf", 0, 0, "overlong"},
		{"\xed\xa0\x80", 0, 0, "surrogate"},
		{"\xf4\x90\x80\x80", 0, 0, "beyond the last"},
		{"\xff", 0, 0, "no byte of UTF-8"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t cp = 0;

		cr_expect_eq(utf8_next(slice_str(rows[i].text), &cp), rows[i].n, "%s",
			     rows[i].why);
		cr_expect(rows[i].n == 0 || cp == rows[i].cp, "%s", rows[i].why);
	}
}

Test(utf8, knows_what_must_not_be_shown)
{
	cr_expect(utf8_is_treacherous(0x1b));
	cr_expect(utf8_is_treacherous(0x9b));
	cr_expect(utf8_is_treacherous(0x61c));
	cr_expect(utf8_is_treacherous(0x202e));
	cr_expect(utf8_is_treacherous(0xe0041));
	cr_expect(!utf8_is_treacherous('a'));
	cr_expect(!utf8_is_treacherous(0xe4));
	cr_expect(!utf8_is_treacherous(0x1f600));
}
