/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/packetline.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char line_4[] =
	"packet 2026-01-31T23:59:59Z 192.0.2.10:40000 > 198.51.100.25:25 remote socket "
	"uid=1001 gid=1002 pid=4711 exe=\"/usr/bin/perl\" cwd=\"/home/a/public_html\" "
	"script=\"\" cmd=\"perl -\"";
static const char line_6[] =
	"packet 2026-01-31T23:59:59Z - > [2001:db8:2::25]:587 localhost kernel uid=0 "
	"gid=- "
	"pid=- exe=\"\" cwd=\"/\\x0apacket \\x22\\x5c\\xff\" script=\"\" cmd=\"\"";

static struct slice print(const struct packet *p, struct buf *b)
{
	buf_init(b, PACKET_LINE_MAX);
	packetline_print(p, b);
	cr_expect(buf_ok(b));
	return buf_view(b);
}

Test(packetline, says_what_it_was_told)
{
	char text[PACKET_TEXT_MAX], address[ADDR_TEXT_MAX];
	struct packet p;
	struct buf again;

	cr_assert(packetline_parse(slice_str(line_4), &p, text));
	cr_expect_eq(p.at_s, 1769903999);
	cr_expect_str_eq(addr_print(&p.from, address), "192.0.2.10");
	cr_expect_str_eq(addr_print(&p.to, address), "198.51.100.25");
	cr_expect(p.from_port == 40000 && p.to_port == 25 && p.where == PACKET_REMOTE);
	cr_expect_eq(p.sure, PACKET_SOCKET);
	cr_expect(p.uid == 1001 && p.gid == 1002 && p.pid == 4711);
	cr_expect(slice_eq(p.exe, SLICE("/usr/bin/perl")));
	cr_expect(slice_eq(p.cwd, SLICE("/home/a/public_html")));
	cr_expect_eq(p.script.n, 0);
	cr_expect(slice_eq(p.command, SLICE("perl -")));
	cr_expect(slice_eq(print(&p, &again), slice_str(line_4)), "%s", buf_str(&again));
	buf_clear(&again);
}

Test(packetline, no_byte_of_a_path_can_end_a_text_or_a_line)
{
	char text[PACKET_TEXT_MAX];
	struct packet p;
	struct buf again;

	cr_assert(packetline_parse(slice_str(line_6), &p, text));
	cr_expect(slice_eq(p.cwd, SLICE("/\npacket \"\\\xff")));
	cr_expect(p.where == PACKET_LOCALHOST && p.from.family == 0 && p.gid == -1 && p.pid == -1);
	cr_expect_eq(p.uid, 0);
	cr_expect(slice_eq(print(&p, &again), slice_str(line_6)), "%s", buf_str(&again));
	buf_clear(&again);
}

Test(packetline, an_unanswered_question_is_neither_here_nor_there)
{
	char text[PACKET_TEXT_MAX];
	struct packet p;
	struct buf again;

	cr_expect_eq(packet_where_of(1), PACKET_LOCALHOST);
	cr_expect_eq(packet_where_of(0), PACKET_REMOTE);
	cr_expect_eq(packet_where_of(-101), PACKET_UNSURE);
	cr_assert(packetline_parse(slice_str(line_4), &p, text));
	p.where = PACKET_UNSURE;
	cr_assert(packetline_parse(print(&p, &again), &p, text));
	cr_expect_eq(p.where, PACKET_UNSURE);
	buf_clear(&again);
}

Test(packetline, the_longest_texts_fit_and_longer_paths_are_left_out)
{
	char text[PACKET_TEXT_MAX], space[PACKET_CWD_MAX + 1];
	struct packet p, got;
	struct buf b;

	memset(space, '\n', sizeof(space));
	cr_assert(packetline_parse(slice_str(line_4), &p, text));
	p.exe = (struct slice){space, PACKET_EXE_MAX};
	p.cwd = (struct slice){space, PACKET_CWD_MAX};
	p.script = (struct slice){space, PACKET_SCRIPT_MAX + 1};
	p.command = (struct slice){space, PACKET_COMMAND_MAX + 1};
	cr_assert(packetline_parse(print(&p, &b), &got, text), "%s", buf_str(&b));
	cr_expect_eq(got.exe.n, (size_t)PACKET_EXE_MAX);
	cr_expect_eq(got.cwd.n, (size_t)PACKET_CWD_MAX);
	cr_expect_eq(got.script.n, 0);
	cr_expect_eq(got.command.n, (size_t)PACKET_COMMAND_MAX);
	buf_clear(&b);
}

Test(packetline, parents_are_there_when_they_are_known)
{
	char text[PACKET_TEXT_MAX], space[PACKET_PARENTS_MAX + 1];
	struct packet p, got;
	struct buf b;

	cr_assert(packetline_parse(slice_str(line_4), &p, text));
	cr_expect_eq(p.parents.n, 0, "older lines have none");
	p.parents = (struct slice)SLICE("sh -c \"x\"\n < /usr/sbin/cron");
	cr_assert(packetline_parse(print(&p, &b), &got, text), "%s", buf_str(&b));
	cr_expect(slice_ends(buf_view(&b),
			     SLICE(" parents=\"sh -c \\x22x\\x22\\x0a < /usr/sbin/cron\"")));
	cr_expect(slice_eq(got.parents, p.parents));
	buf_clear(&b);
	memset(space, '"', sizeof(space));
	p.parents = (struct slice){space, sizeof(space)};
	cr_assert(packetline_parse(print(&p, &b), &got, text));
	cr_expect_eq(got.parents.n, (size_t)PACKET_PARENTS_MAX);
	buf_puts(&b, " more=\"\"");
	cr_expect_not(packetline_parse(buf_view(&b), &got, text));
	buf_clear(&b);
}

Test(packetline, what_is_not_such_a_line_is_refused)
{
	static const char *const wrong[][2] = {
		{"packet 2026", "packat 2026"},
		{"01-31T23", "02-31T23"},
		{"01-31T23", "01-31T24"},
		{"192.0.2.10:40000", "192.0.2.10"},
		{"192.0.2.10:40000", "192.0.2.10:65536"},
		{"198.51.100.25:25", "-"},
		{" > ", " < "},
		{" remote ", " away "},
		{" socket ", " certain "},
		{"uid=1001", "uid=-1"},
		{"uid=1001", "uid=4294967296"},
		{"uid=1001 ", ""},
		{"gid=1002", "pid=1002"},
		{"pid=4711", "pid=+"},
		{"/usr/bin/perl\"", "/usr/bin/perl"},
		{"/usr/bin/perl", "/usr/bin/\\n"},
		{"/usr/bin/perl", "/usr/bin/\\x0A"},
		{"/usr/bin/perl", "/usr/bin/\xff"},
		{"script=", "cwd="},
		{"perl -\"", "perl -\" "},
		{"perl -\"", "perl -\"\n"},
	};
	char text[PACKET_TEXT_MAX];
	struct packet p;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *at = strstr(line_4, wrong[i][0]);
		struct buf b;

		cr_assert(at, "%s", wrong[i][0]);
		buf_init(&b, 1024);
		buf_add(&b, line_4, (size_t)(at - line_4));
		buf_puts(&b, wrong[i][1]);
		buf_puts(&b, at + strlen(wrong[i][0]));
		cr_expect(!packetline_parse(buf_view(&b), &p, text), "%s", buf_str(&b));
		buf_clear(&b);
	}
	for (size_t n = 0; n < strlen(line_4); n++) {
		char *exact = malloc(n ? n : 1);

		memcpy(exact, line_4, n);
		cr_expect(!packetline_parse((struct slice){exact, n}, &p, text), "%zu",
			  n);
		free(exact);
	}
}
