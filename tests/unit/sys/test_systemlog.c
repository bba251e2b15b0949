/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/systemlog.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

Test(systemlog, a_value_can_not_break_out_of_its_quotes)
{
	const struct systemlog_field fields[] = {
		{"OSM_KEY", SLICE("a \"b\" \\ \n osm_state=\"done\"")},
		{"OSM_EMPTY", SLICE("")},
		{"OSM_STATE", SLICE("failed")},
	};
	struct buf out;

	buf_init(&out, 4096);
	systemlog_line(&out, "action: hold acct: failed", fields, 3);
	cr_expect_str_eq(buf_str(&out),
			 "action: hold acct: failed"
			 " osm_key=\"a \\x22b\\x22 \\x5C \\x0A osm_state=\\x22done\\x22\""
			 " osm_state=\"failed\"");
	buf_clear(&out);
}

Test(systemlog, fields_have_an_end)
{
	struct systemlog_field fields[SYSTEMLOG_FIELDS_MAX + 1];
	struct buf out;

	for (size_t i = 0; i <= SYSTEMLOG_FIELDS_MAX; i++)
		fields[i] = (struct systemlog_field){"A", SLICE("b")};
	buf_init(&out, 4096);
	systemlog_line(&out, "", fields, SYSTEMLOG_FIELDS_MAX + 1);
	cr_expect_eq(out.n, SYSTEMLOG_FIELDS_MAX * strlen(" a=\"b\""));
	buf_clear(&out);
}

Test(systemlog, an_entry_of_the_journal_gives_the_length_of_what_has_lines)
{
	static const char want[] = "MESSAGE=m\nPRIORITY=5\nSYSLOG_IDENTIFIER=osmd\n"
				   "OSM_KEY\n\x0d\0\0\0\0\0\0\0a\nOSM_STATE=b\nOSM_TARGET=x=y\n";
	const struct systemlog_field fields[] = {
		{"OSM_KEY", SLICE("a\nOSM_STATE=b")},
		{"OSM_TARGET", SLICE("x=y")},
	};
	struct buf out;

	buf_init(&out, 4096);
	systemlog_entry(&out, 5, "m", fields, 2);
	cr_assert_eq(out.n, sizeof(want) - 1);
	cr_expect_eq(memcmp(out.p, want, out.n), 0);
	buf_clear(&out);
}

static char folder[] = "/tmp/osm-systemlog-XXXXXX";
static char path[sizeof(folder) + 2];

/* A socket that nobody reads. */
static int listen_at(int type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 1), 0);
	return fd;
}

static void stop_listening(int fd)
{
	close(fd);
	unlink(path);
	rmdir(folder);
}

Test(systemlog, who_hangs_is_waited_for_once, .timeout = 60)
{
	int fd = listen_at(SOCK_DGRAM), taken = 0;
	char got[16];

	while (taken < 100000 && systemlog_put(path, SLICE("message")))
		taken++;
	cr_expect_gt(taken, 0);
	cr_assert_lt(taken, 100000, "never full");
	/* at a second each this would be no end */
	for (int i = 0; i < 1000; i++)
		cr_expect_not(systemlog_put(path, SLICE("message")));
	while (recv(fd, got, sizeof(got), MSG_DONTWAIT) > 0)
		taken--;
	cr_expect_eq(taken, 0, "each is whole, and there once");
	cr_expect(systemlog_put(path, SLICE("message")), "it reads again");
	stop_listening(fd);
}

Test(systemlog, a_stream_gets_a_line_with_its_end)
{
	int fd = listen_at(SOCK_STREAM), from;
	char got[16];

	cr_expect(systemlog_put(path, SLICE("message")));
	from = accept(fd, NULL, NULL);
	cr_expect_eq(recv(from, got, sizeof(got), MSG_WAITALL), 8);
	cr_expect_str_eq(got, "message");
	close(from);
	stop_listening(fd);
}

Test(systemlog, that_nobody_listens_is_no_error)
{
	cr_expect(systemlog_put("/nonexistent/log", SLICE("message")));
}
