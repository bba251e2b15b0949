/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/subject.h"

#include <criterion/criterion.h>
#include <string.h>

static bool folds(const char *subject, const char *to)
{
	char out[SUBJECT_MAX];

	return slice_eq(subject_fold(slice_str(subject), out), slice_str(to));
}

Test(subject, is_decoded_as_exim_escaped_it)
{
	static const struct {
		const char *logged, *text;
	} rows[] = {
		{"Caf\\303\\251 Angebot", "Caf\303\251 Angebot"},
		{"He said \\\"yes\\\"", "He said \"yes\""},
		{"a\\\\nb", "a\\nb"},
		{"line\\nline\\t", "line\nline\t"},
		{"ends \\", "ends \\"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[SUBJECT_MAX];

		cr_expect(slice_eq(subject_decode(slice_str(rows[i].logged), out),
				   slice_str(rows[i].text)),
			  "%s", rows[i].logged);
	}
}

Test(subject, case_and_edges_dont_matter)
{
	cr_expect(folds("  You Have WON  ", "you have won"));
	cr_expect(folds("GR\303\234SSE", "gr\303\274sse"), "Latin-1 letters");
	cr_expect(folds("\320\237\320\240\320\230\320\222\320\225\320\242",
			"\320\277\321\200\320\270\320\262\320\265\321\202"),
		  "Cyrillic");
	cr_expect(folds("\316\221\316\222", "\316\261\316\262"), "Greek");
	cr_expect(folds("\303\227", "\303\227"), "the times sign is no letter");
	cr_expect(folds("", ""));
}

Test(subject, encoded_words_that_exim_left_are_decoded)
{
	cr_expect(folds("=?UTF-8*en?Q?Caf=C3=A9_X?=", "caf\303\251 x"),
		  "with a language");
	cr_expect(folds("=?utf8?B?WW91IHdvbg==?=", "you won"));
	cr_expect(folds("=?iso-8859-1?q?caf=E9?=", "caf\303\251"));
	cr_expect(folds("=?us-ascii?q?a?= =?us-ascii?q?b?=", "ab"),
		  "the gap is nobody's");
	cr_expect(folds("=?us-ascii?q?a?= b", "a b"));
	cr_expect(folds("=?x-unknown?Q?abc?=", "=?x-unknown?q?abc?="));
	cr_expect(folds("=?utf-8?Q?bad=ZZ?=", "=?utf-8?q?bad=zz?="));
	cr_expect(folds("=?utf-8?", "=?utf-8?"));
}

Test(subject, what_is_too_long_is_cut_and_never_overrun)
{
	static char text[3 * SUBJECT_MAX];
	char out[SUBJECT_MAX];

	memset(text, 'A', sizeof(text));
	cr_expect_leq(subject_fold((struct slice){text, sizeof(text)}, out).n,
		      SUBJECT_MAX);
	cr_expect_leq(subject_decode((struct slice){text, sizeof(text)}, out).n,
		      SUBJECT_MAX);
}
