/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/address.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/slice.h"

#define NO (-1)

/* Read from a copy of its own size; the offset of what was found, or NO. */
static int offset_of(const char *(*skip)(const char *p, const char *end), struct slice s)
{
	char *copy = calloc(s.n ? s.n : 1, 1);
	const char *after;
	int offset = NO;

	memcpy(copy, s.p, s.n);
	after = skip(copy, copy + s.n);
	if (after)
		offset = (int)(after - copy);
	free(copy);
	return offset;
}

Test(address, ends_where_exim_ended_it)
{
	static const struct {
		const char *why;
		struct slice text;
		int after;
	} rows[] = {
		{"nothing", SLICE(""), NO},
		{"a blank", SLICE(" a@b"), NO},
		{"local@domain", SLICE("a@b"), 3},
		{"up to a blank", SLICE("a@b c@d"), 3},
		{"up to an angle bracket", SLICE("a@b> for c"), 3},
		{"a bare user", SLICE("root"), 4},
		{"a bare user, then more", SLICE("root a@b"), 4},
		{"plus and equals", SLICE("a+b=c.d@e"), 9},
		{"a field's look", SLICE("U=root@evil.example"), 19},
		{"a domain literal", SLICE("a@[192.0.2.1]"), 13},
		{"8-bit", SLICE("m\303\274ller@b"), 9},
		{"blanks in quotes", SLICE("\"a b\"@c d"), 7},
		{"@ in quotes", SLICE("\"a@b\"@c"), 7},
		{"an escaped quote", SLICE("\"a\\\" b\"@c"), 9},
		{"an escaped backslash ends no quote", SLICE("\"a\\\\\"@c"), 7},
		{"a quoted second word", SLICE("a.\"b c\".d@e"), 11},
		{"a newline in quotes", SLICE("\"a\nb\"@c"), 7},
		{"a NUL in quotes", SLICE("\"a\0b\"@c"), 7},
		{"a blank behind a backslash", SLICE("a\\ b@c"), 6},
		{"a bare user in quotes", SLICE("\"a b\" c"), 5},
		{"no domain", SLICE("a@"), NO},
		{"no local part", SLICE("@b"), NO},
		{"two @", SLICE("a@b@c"), NO},
		{"a quote in a word", SLICE("a\"b@c"), NO},
		{"text behind a quote", SLICE("\"a\"b@c"), NO},
		{"a quote in the domain", SLICE("a@b\"c"), NO},
		{"a quote that does not end", SLICE("\"a b@c"), NO},
		{"its end escaped", SLICE("\"a b\\\""), NO},
		{"a backslash at the end", SLICE("a\\"), NO},
		{"a tab", SLICE("a\tb@c"), NO},
		{"a control byte", SLICE("a\001@c"), NO},
		{"delete", SLICE("a\177@c"), NO},
		{"a NUL", SLICE("a\0@c"), NO},
		{"a bare address of Exim's", SLICE("[198.51.100.77]:58487"), NO},
		{"a bare field", SLICE("P=esmtp"), NO},
		{"a bare bracket", SLICE("("), NO},
		{"a bare host and port", SLICE("localhost:25"), NO},
		{"a bare field behind a backslash", SLICE("P\\=esmtp"), 8},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(offset_of(address_skip, rows[i].text), rows[i].after,
			     "%s: %d", rows[i].why,
			     offset_of(address_skip, rows[i].text));
}

Test(address, local_part_goes_on_behind_the_line_when_quotes_are_open)
{
	static const struct {
		const char *why;
		struct slice text;
		int after;
	} rows[] = {
		{"nothing", SLICE(""), 0},
		{"no quotes", SLICE("n"), 1},
		{"open quotes", SLICE("\"n"), NO},
		{"a quote alone", SLICE("\""), NO},
		{"closed", SLICE("\"n\""), 3},
		{"the second word open", SLICE("\"a\".\"n"), NO},
		{"a dot at the end", SLICE("\"a\"."), 4},
		{"a backslash takes the newline along", SLICE("n\\"), NO},
		{"the same in quotes", SLICE("\"n\\"), NO},
		{"a quote inside a word opens nothing", SLICE("n\"x"), 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(offset_of(address_skip_local, rows[i].text), rows[i].after,
			     "%s", rows[i].why);
}

Test(address, finds_the_end_of_quotes_and_domains)
{
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("")), NO);
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("\"")), 1);
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("a b\" c")), 4);
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("a\\\"b\" c")), 5);
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("a\\\\\"")), 4);
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("a\\")), NO);
	cr_expect_eq(offset_of(address_skip_quoted, SLICE("a\\\"")), NO);
	cr_expect_eq(offset_of(address_skip_domain, SLICE("")), 0);
	cr_expect_eq(offset_of(address_skip_domain, SLICE("b.example c")), 9);
	cr_expect_eq(offset_of(address_skip_domain, SLICE("b.example>")), 9);
	cr_expect_eq(offset_of(address_skip_domain, SLICE("@b")), 0);
}
