/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/stretch.h"

#include <criterion/criterion.h>
#include <string.h>

#define AT "2026-11-23 09:00:00 "
#define ID "1xVPza-0006L0-30 "

/* Go past one line of text. */
static void pass(struct stretch *s, const char *text, bool safe_folder)
{
	struct exim_line line;

	eximline_parse(slice_str(text), &line);
	stretch_pass(s, &line, slice_str(text), safe_folder);
}

static void pass_many(struct stretch *s, size_t bytes)
{
	static const char quiet[] = AT ID "Completed";

	for (size_t n = 0; n < bytes; n += sizeof(quiet))
		pass(s, quiet, false);
}

Test(stretch, nothing_is_sound_before_8192_bytes_were_seen)
{
	struct stretch s;

	stretch_init(&s);
	cr_expect_not(stretch_is_sound(&s));
	pass_many(&s, STRETCH_WRITE_MAX - 100);
	cr_expect_not(stretch_is_sound(&s));
	pass_many(&s, 200);
	cr_expect(stretch_is_sound(&s));
}

Test(stretch, what_can_carry_a_forged_line_disturbs_the_next_8192_bytes)
{
	static const struct {
		const char *text;
		bool safe_folder, disturbs;
		const char *why;
	} rows[] = {
		{AT "cwd=/home/bob 3 args: /usr/sbin/sendmail -t -i", false, true,
		 "a customer can name a folder there"},
		{AT "cwd=/var/spool/exim 3 args: /usr/sbin/exim -Mc 1xVPza-0006L0-30",
		 true, false, "nobody makes folders beside the spool"},
		{AT "cwd=/home/bob/x", false, true, "no arguments: the name goes on"},
		{"", false, true, "an empty line is a swallowed one"},
		{"x", false, true, "no stamp: the middle of something"},
		{AT ID "<= \"n", false, true, "a sender that goes on"},
		{AT ID "**** log string overflowed log buffer ****", false, true,
		 "and what it swallowed"},
		{AT ID "=> x@ok.example R=r T=t C=\"250 ok\"", false, false,
		 "quotes that close"},
		{AT ID "=> /home/bob/mail/f", false, true, "a filter's file"},
		{AT ID "-> |/home/bob/p", false, true, "a filter's command"},
		{AT ID "== save f", false, true, "a filter's file, not yet whole"},
		{AT ID "<|/home/bob/p", false, true, "what a command has said"},
		{AT ID "=> bob/x <b/x@bob.example> R=r T=t", false, false,
		 "a name with a slash is no file"},
		{AT ID "** \"n", false, true, "an address with an open quote"},
		{AT ID "** n\\", false, true, "a backslash takes the line's end along"},
		{AT ID
		 "<= a@x.example U=a P=local S=1 T=\"say \\\"hi\\\"\" for b@y.example",
		 false, false, "an arrival fits as a whole"},
		{AT ID "Completed", false, false, "nothing in it is anybody's"},
		{AT "Start queue run: pid=1", false, false, "Exim's own words"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stretch s;

		stretch_init(&s);
		pass_many(&s, STRETCH_WRITE_MAX);
		cr_assert(stretch_is_sound(&s));
		pass(&s, rows[i].text, rows[i].safe_folder);
		cr_expect_eq(stretch_is_sound(&s), !rows[i].disturbs, "%s", rows[i].why);
		pass_many(&s, STRETCH_WRITE_MAX);
		cr_expect(stretch_is_sound(&s), "it passes: %s", rows[i].why);
	}
}
