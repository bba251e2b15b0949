/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/stamp.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define T "2026-11-23 09:11:45"
#define OLD "1xVQ5R-0004t9-1d"
#define NEW "1xVQ7G-000000005bD-2HNI"

Test(stamp, reads_what_stands_before_the_text)
{
	static const struct {
		const char *why, *line, *pid, *id, *text; /* text NULL: no stamp */
		bool has_zone;
		int offset_s;
	} rows[] = {
		{"time only", T, "", "", "", false, 0},
		{"time and blank", T " ", "", "", "", false, 0},
		{"text", T " cwd=/", "", "", "cwd=/", false, 0},
		{"old id", T " " OLD " <= x", "", OLD, "<= x", false, 0},
		{"new id", T " " NEW " <= x", "", NEW, "<= x", false, 0},
		{"old id and no text", T " " OLD, "", OLD, "", false, 0},
		{"new id and no text", T " " NEW, "", NEW, "", false, 0},
		{"old id and a blank", T " " OLD " ", "", OLD, "", false, 0},
		{"all options", T ".512 +0000 [18795] " OLD " x", "18795", OLD, "x", true,
		 0},
		{"milliseconds", T ".512 " OLD " x", "", OLD, "x", false, 0},
		{"milliseconds only", T ".512", "", "", "", false, 0},
		{"zone", T " +0530 x", "", "", "x", true, 19800},
		{"zone west of Greenwich", T " -0430 x", "", "", "x", true, -16200},
		{"the largest zone", T " +2359 x", "", "", "x", true, 86340},
		{"no zone: 24 hours", T " +2400 x", "", "", "+2400 x", false, 0},
		{"no zone: 60 minutes", T " +0160 x", "", "", "+0160 x", false, 0},
		{"no zone: three digits", T " +010 x", "", "", "+010 x", false, 0},
		{"no zone: five digits", T " +01000 x", "", "", "+01000 x", false, 0},
		{"zone and nothing", T " +0100", "", "", "", true, 3600},
		{"pid", T " [7] x", "7", "", "x", false, 0},
		{"pid and nothing", T " [7]", "7", "", "", false, 0},
		{"no pid: empty", T " [] x", "", "", "[] x", false, 0},
		{"no pid: an address", T " [1.2] x", "", "", "[1.2] x", false, 0},
		{"no pid: glued", T " [7]x", "", "", "[7]x", false, 0},
		{"pid before zone is text", T " [7] +0100 x", "7", "", "+0100 x", false,
		 0},
		{"two digits of milliseconds", T ".51 x", NULL, NULL, NULL, false, 0},
		{"four of them", T ".5123 x", NULL, NULL, NULL, false, 0},
		{"no blank", T "x", NULL, NULL, NULL, false, 0},
		{"one byte short", "2026-11-23 09:11:4", NULL, NULL, NULL, false, 0},
		{"a letter", "2026-11-23 09:11:4x x", NULL, NULL, NULL, false, 0},
		{"a slash", "2026/11/23 09:11:45 x", NULL, NULL, NULL, false, 0},
		{"a colon for a digit", "2026-11-23 09:11:4: x", NULL, NULL, NULL, false,
		 0},
		{"8-bit bytes", "2026-11-23 09:11:4\265 x", NULL, NULL, NULL, false, 0},
		{"a blank first", " " T " x", NULL, NULL, NULL, false, 0},
		{"id of no length", T " " OLD "x <= x", "", "", OLD "x <= x", false, 0},
		{"id one short", T " 1xVQ5R-0004t9-1 x", "", "", "1xVQ5R-0004t9-1 x",
		 false, 0},
		{"new id one short", T " 1xVQ7G-000000005bD-2HN x", "", "",
		 "1xVQ7G-000000005bD-2HN x", false, 0},
		{"a byte that is not base 62", T " 1xVQ5R-0004t_-1d x", "", "",
		 "1xVQ5R-0004t_-1d x", false, 0},
		{"two blanks before the id", T "  " OLD " x", "", "", " " OLD " x", false,
		 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].line);
		char *copy = memcpy(malloc(n), rows[i].line, n);
		struct slice line = {copy, n};
		struct exim_line got = {.has_zone = false};
		const char *text = stamp_read(line, &got);

		cr_expect_eq(text == NULL, rows[i].text == NULL, "%s", rows[i].why);
		if (text && rows[i].text) {
			struct slice rest = {text, (size_t)(copy + n - text)};

			cr_expect(slice_eq(rest, slice_str(rows[i].text)), "%s: \"%.*s\"",
				  rows[i].why, (int)rest.n, rest.p);
			cr_expect(slice_eq(got.pid, slice_str(rows[i].pid)), "%s: pid",
				  rows[i].why);
			cr_expect(slice_eq(got.id, slice_str(rows[i].id)), "%s: id",
				  rows[i].why);
			cr_expect_eq(got.time.n, 19, "%s", rows[i].why);
		}
		cr_expect_eq(got.has_zone, rows[i].has_zone, "%s: zone", rows[i].why);
		cr_expect_eq(got.utc_offset_s, rows[i].offset_s, "%s: %d", rows[i].why,
			     got.utc_offset_s);
		free(copy);
	}
}

Test(stamp, knows_ids_of_both_lengths)
{
	static const struct {
		const char *id;
		bool is_id;
	} rows[] = {
		{OLD, true},
		{NEW, true},
		{"", false},
		{"000000-000000-00", true},
		{"zzzzzz-zzzzzz-zz", true},
		{OLD " ", false},
		{OLD "0", false},
		{NEW "0", false},
		{NEW " ", false},
		{"1xVQ5R-0004t9_1d", false},
		{"1xVQ5R_0004t9-1d", false},
		{"1xVQ7G-000000005bD_2HNI", false},
		{"1xVQ5\\-0004t9-1d", false},
		{"1xVQ7G-000000005b -2HNI", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(eximline_is_id(slice_str(rows[i].id)), rows[i].is_id, "%s",
			     rows[i].id);
}

Test(stamp, tells_when_an_id_was_made)
{
	/* the log shows the second beside each */
	static const struct {
		const char *id;
		int64_t at_s;
	} rows[] = {
		{"1xVPzg-0006b4-2C", 1795424748}, /* 2026-11-23 09:05:48 */
		{"1xVQ2Z-0001QS-0x", 1795424927}, /* 2026-11-23 09:08:47 */
		{"1xVQ7G-000000005bD-2HNI", 1795425218},
		{"000000-000000-00", 0},
		{"000001-000000-00", 1},
		{"00000z-000000-00", 61},
		{"000010-000000-00", 62},
		{"zzzzzz-000000-00", 56800235583},
		{"", -1},
		{"1xVPzg", -1},
		{"1xVPzg-0006b4-2C ", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(eximline_id_time(slice_str(rows[i].id)), rows[i].at_s,
			     "%s: %ld", rows[i].id,
			     (long)eximline_id_time(slice_str(rows[i].id)));
}

Test(stamp, refuses_times_that_are_none)
{
	static const struct {
		const char *why, *time;
		bool good;
	} rows[] = {
		{"the first second", "1970-01-01 00:00:00", true},
		{"before it", "1969-12-31 23:59:59", false},
		{"the last one", "9999-12-31 23:59:59", true},
		{"month 0", "2026-00-01 00:00:00", false},
		{"month 13", "2026-13-01 00:00:00", false},
		{"day 0", "2026-01-00 00:00:00", false},
		{"day 31 of a short month", "2026-04-31 00:00:00", false},
		{"a leap day", "2024-02-29 00:00:00", true},
		{"no leap day", "2026-02-29 00:00:00", false},
		{"no leap day in 2100", "2100-02-29 00:00:00", false},
		{"a leap day in 2000", "2000-02-29 00:00:00", true},
		{"hour 24", "2026-01-01 24:00:00", false},
		{"minute 60", "2026-01-01 00:60:00", false},
		{"a leap second", "2026-01-01 00:00:60", true},
		{"second 61", "2026-01-01 00:00:61", false},
		{"a byte more", "2026-01-01 00:00:00 ", false},
		{"a byte less", "2026-01-01 00:00:0", false},
		{"nothing", "", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(eximline_seconds(slice_str(rows[i].time)) >= 0, rows[i].good,
			     "%s", rows[i].why);
}

/* The C library is the other opinion. */
Test(stamp, counts_seconds_as_the_c_library_does)
{
	for (int64_t at = 0; at < 253402300800; at += 86400 * 37 + 3671) {
		time_t t = (time_t)at;
		struct tm tm;
		char text[32];

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		cr_assert_eq(eximline_seconds(slice_str(text)), at, "%s", text);
	}
}
