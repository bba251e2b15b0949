/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "whm/words.h"

static struct buf out;

static const char *shown(const char *text, bool keeps_lines, size_t max)
{
	buf_clear(&out);
	buf_init(&out, 1 << 20);
	words_clean(slice_str(text), keeps_lines, max, &out);
	cr_assert(buf_ok(&out));
	return buf_str(&out);
}

Test(words, clean_takes_the_power_and_keeps_the_letters)
{
	static const struct {
		const char *in, *want, *why;
	} rows[] = {
		{"plain", "plain", "ASCII"},
		{"<b>&\"'", "<b>&\"'", "markup is the page's to escape"},
		{"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe6\x97\xa5 \xf0\x9f\x98\x80",
		 "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe6\x97\xa5 \xf0\x9f\x98\x80", "letters of all"},
		{"a\x1b[31mb", "a\xe2\x90\x9b[31mb", "escape"},
		{"a\rb\nc\td", "a\xe2\x90\x8d" "b\xe2\x90\x8a" "c\xe2\x90\x89" "d", "line ends"},
		{"\x7f", "\xe2\x90\xa1", "delete"},
		{"a\xe2\x80\xae" "b", "a\xe2\x9f\xa8U+202E\xe2\x9f\xa9" "b", "turned text"},
		{"\xe2\x80\x8b", "\xe2\x9f\xa8U+200B\xe2\x9f\xa9", "no width"},
		{"\xef\xbb\xbf", "\xe2\x9f\xa8U+FEFF\xe2\x9f\xa9", "byte order mark"},
		{"\xf3\xa0\x80\xa1", "\xe2\x9f\xa8U+E0021\xe2\x9f\xa9", "tag"},
		{"\xc2\x85", "\xe2\x9f\xa8U+0085\xe2\x9f\xa9", "C1"},
		{"\xff", "\xef\xbf\xbd", "never a byte of UTF-8"},
		{"\xc3", "\xef\xbf\xbd", "cut"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "overlong"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "surrogate"},
		{"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		 "beyond Unicode"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_str_eq(shown(rows[i].in, false, 0), rows[i].want, "%s: %s",
				 rows[i].why, buf_str(&out));
	buf_clear(&out);
}

Test(words, clean_keeps_lines_where_they_belong)
{
	cr_assert_str_eq(shown("a\nb\tc\rd", true, 0), "a\nb\tc\xe2\x90\x8d" "d");
	buf_clear(&out);
}

Test(words, clean_cuts_at_characters)
{
	cr_assert_str_eq(shown("\xc3\xa9\xc3\xa9\xc3\xa9", false, 2), "\xc3\xa9\xc3\xa9\xe2\x80\xa6");
	cr_assert_str_eq(shown("\xc3\xa9\xc3\xa9", false, 2), "\xc3\xa9\xc3\xa9");
	cr_assert_str_eq(shown("", false, 2), "");
	buf_clear(&out);
}

Test(words, clean_is_the_same_when_done_twice)
{
	char text[600], *once;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)(i % 255 + 1);
	text[sizeof(text) - 1] = '\0';
	once = strdup(shown(text, false, 0));
	cr_assert_str_eq(shown(once, false, 0), once);
	free(once);
	buf_clear(&out);
}

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

Test(words, times_are_in_the_servers_zone)
{
	char text[WORDS_MAX];

	zone("Europe/Berlin");
	if (strcmp(words_time(1795961281, text), "2026-11-29 15:08:01") != 0)
		zone("CET-1CEST,M3.5.0,M10.5.0/3"); /* no zone files here */
	cr_assert_str_eq(words_time(1795961281, text), "2026-11-29 15:08:01");
	cr_assert_str_eq(words_stamp(1795961281, text), "2026-11-29T15:08:01+01:00");
	cr_assert_str_eq(words_zone(1795961281, text), "CET, UTC+01:00");
	cr_assert_str_eq(words_zone(1782000000, text), "CEST, UTC+02:00");
	cr_assert_str_eq(words_time(0, text), "-");
	zone("XYZ3:30");
	cr_assert_str_eq(words_zone(1795961281, text), "XYZ, UTC-03:30");
	cr_assert_str_eq(words_stamp(1795961281, text), "2026-11-29T10:38:01-03:30");
}

Test(words, spans_and_ages)
{
	static const struct {
		int64_t s;
		const char *span, *age;
	} rows[] = {
		{1, "1 s", "1 s ago"},		   {59, "59 s", "59 s ago"},
		{60, "1 min", "1 min ago"},	   {61, "1 min 1 s", "1 min ago"},
		{3600, "1 h", "1 h ago"},	   {3900, "1 h 5 min", "1 h ago"},
		{86400, "1 d", "1 d ago"},	   {180000, "2 d 2 h", "2 d ago"},
		{86460, "1 d", "1 d ago"},
	};
	char text[WORDS_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_str_eq(words_span(rows[i].s, text), rows[i].span);
		cr_assert_str_eq(words_age(1000000 - rows[i].s, 1000000, text), rows[i].age);
	}
	cr_assert_str_eq(words_age(1000000, 1000000, text), "now");
	cr_assert_str_eq(words_age(1000090, 1000000, text), "in 1 min");
	cr_assert_str_eq(words_span(-5, text), "0 s");
}
