/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/spool.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/paths.h"

#define ID "1xVPzg-0006b4-2C"
#define LONG_ID "1xVPzg-00000006b4a-2Cde"

static char root[64];

static void setup(void)
{
	strcpy(root, "/tmp/osm-spool-XXXXXX");
	cr_assert_not_null(mkdtemp(root));
}

static void cleanup(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", root);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(spool, .init = setup, .fini = cleanup);

static void put(const char *name, const char *text, size_t n)
{
	char path[512], *slash;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	cr_assert(file_mkdirs(path, 0755, NULL));
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static enum spool_answer ask(const char *id, const char *user, const char *login,
			     char who[72])
{
	return spool_ask(root, slice_str(id), slice_str(user), slice_str(login), SLICE(""),
			 who);
}

#define FIRST ID "-H\n"
#define LOCAL                                                                            \
	"osmbob 1002 1002\n<osmbob@host.example>\n1700000000 0\n-received_time_usec "    \
	".5\n"                                                                           \
	"-ident osmbob\n-received_protocol local\n-body_linecount "                      \
	"3\n-local\nXX\n1\nx@y\n"
/* by a process of root, as the owner of the test's files may be anybody */
#define SMTP "mailnull 0 12\n<info@bob.example>\n1700000000 0\n"
#define AUTH                                                                             \
	"-helo_name x\n--host_address [203.0.113.9]:4411\n-received_protocol esmtpsa\n"

Test(spool, a_sender_that_goes_on_is_its_users)
{
	static const struct {
		const char *text;
		bool open;
		const char *why;
	} rows[] = {
		{FIRST LOCAL, false, "a sender as they are"},
		{FIRST "osmbob 1002 1002\n<\"n\n2026 z\"@x.example>\n1700000000 0\n", true,
		 "a newline"},
		{FIRST "osmbob 1002 1002\n<\"x>\n1700000000 0\nz\"@x.example>\n", true,
		 "one that looks ended"},
		{FIRST "osmbob 1002 1002\n<\"a\\\"b c\"@x.example>\n1700000000 0\n",
		 false, "quotes that end"},
		{FIRST "osmbob 1002 1002\n<n\\\nx@x.example>\n1700000000 0\n", true,
		 "behind a backslash"},
		{FIRST "osmbob 1002 1002\n", false, "no sender"},
		{"1xVPzg-0006b4-2D-H\nosmbob 1002 1002\n<\"n\nz\"@x.example>\n", false,
		 "another message's"},
	};
	char who[72];

	cr_expect_not(spool_newline_sender(root, SLICE(ID), who), "no message");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("input/" ID "-H", rows[i].text, strlen(rows[i].text));
		cr_expect_eq(spool_newline_sender(root, SLICE(ID), who), rows[i].open,
			     "%s", rows[i].why);
		cr_expect_str_eq(who, rows[i].open ? "osmbob" : "", "%s", rows[i].why);
	}
	cr_expect_not(spool_newline_sender(root, SLICE("../x"), who));
}

Test(spool, a_login_is_confirmed_only_with_the_address_that_it_came_from)
{
	static const struct {
		const char *spooled, *address;
		enum spool_answer answer;
	} rows[] = {
		{"[203.0.113.9]:4411", "203.0.113.9", SPOOL_CONFIRMS},
		{"203.0.113.9.4411", "203.0.113.9", SPOOL_CONFIRMS},
		{"[2001:db8::9]:4411", "2001:db8::9", SPOOL_CONFIRMS},
		{"[2001:db8:0::9]:4411", "2001:DB8::9", SPOOL_CONFIRMS},
		{"2001:db8::9.4411", "2001:db8::9", SPOOL_CONFIRMS},
		{"[203.0.113.9]:4411", "", SPOOL_CONFIRMS},
		{"[203.0.113.9]:4411", "203.0.113.8", SPOOL_ABSENT},
		{"[203.0.113.9]:4411", "203.0.113.90", SPOOL_ABSENT},
		{"203.0.113.9.4411", "203.0.113.94", SPOOL_ABSENT},
		{"[203.0.113.9", "203.0.113.9", SPOOL_ABSENT},
		{"[203.0.113.9]:4411", "[203.0.113.9]", SPOOL_ABSENT},
	};
	char text[512], who[72];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text),
			 FIRST SMTP "--host_address %s\n-auth_id info@bob.example\nXX\n",
			 rows[i].spooled);
		put("input/" ID "-H", text, strlen(text));
		cr_expect_eq(spool_ask(root, SLICE(ID), SLICE(""),
				       SLICE("info@bob.example"),
				       slice_str(rows[i].address), who),
			     rows[i].answer, "%s, %s", rows[i].spooled, rows[i].address);
	}
}

Test(spool, says_who_submitted)
{
	static const struct {
		const char *text, *user, *login;
		enum spool_answer answer;
		const char *who, *why;
	} rows[] = {
		{FIRST LOCAL, "osmbob", "", SPOOL_CONFIRMS, "osmbob", "the local user"},
		{FIRST LOCAL, "osmdave", "", SPOOL_REFUTES, "osmbob", "another user"},
		{FIRST LOCAL, "", "", SPOOL_CONFIRMS, "osmbob", "only asked"},
		{FIRST LOCAL, "", "info@bob.example", SPOOL_REFUTES, "osmbob",
		 "no login at all"},
		{FIRST SMTP AUTH "--auth_id info@bob.example\nXX\n", "",
		 "info@bob.example", SPOOL_CONFIRMS, "info@bob.example", "the login"},
		{FIRST SMTP AUTH "-auth_id INFO+BOB.example\nXX\n", "",
		 "info@bob.example", SPOOL_CONFIRMS, "INFO+BOB.example",
		 "the login as it was typed"},
		{FIRST SMTP AUTH "-(mysql)auth_id info@bob.example\nXX\n", "",
		 "info@bob.example", SPOOL_CONFIRMS, "info@bob.example",
		 "with a quoter's name"},
		{FIRST SMTP AUTH "-auth_id x@evil.example\nXX\n", "", "info@bob.example",
		 SPOOL_REFUTES, "x@evil.example", "another login"},
		{FIRST SMTP AUTH "XX\n", "", "info@bob.example", SPOOL_REFUTES, "",
		 "incoming mail"},
		{FIRST SMTP AUTH "XX\n", "osmbob", "", SPOOL_REFUTES, "",
		 "incoming mail isn't a local user's"},
		{FIRST SMTP "-host_address [127.0.0.1]:4411\nXX\n", "osmbob", "",
		 SPOOL_ABSENT, "", "a script's connection to localhost"},
		{FIRST SMTP "-host_address 127.0.0.1.4411\nXX\n", "osmbob", "",
		 SPOOL_ABSENT, "", "the older way to write it"},
		{FIRST SMTP AUTH "-aclm 0 32\nx\n-auth_id info@bob.example\nyyyy\n"
				 "-auth_id x@evil.example\nXX\n",
		 "", "info@bob.example", SPOOL_REFUTES, "x@evil.example",
		 "a variable's value is the sender's text"},
		{FIRST
		 "osmbob 1002 1002\n<\"n\n-auth_id v@v.example\nz\"@e.example>\n1 0\n",
		 "", "v@v.example", SPOOL_REFUTES, "osmbob", "a newline in the sender"},
		{FIRST "osmbob 4002 4002\n<\"x>\n1700000000 0\n-auth_id v@v.example\n"
		       "-host_address [203.0.113.9]:1\nz\"@e.example>\n1 0\n",
		 "", "", SPOOL_CONFIRMS, "osmbob",
		 "a local user's sender that goes on like a header"},
		{FIRST
		 "osmbob 1002 1002\n<\"n\n-auth_id v@v.example\nz\"@e.example>\n1 0\n",
		 "osmbob", "", SPOOL_CONFIRMS, "osmbob", "the same: line 2 is before it"},
		{"1xVPzg-0006b4-2D-H\n" LOCAL, "osmbob", "", SPOOL_ABSENT, "",
		 "another message's file"},
		{FIRST "osmbob\n", "osmbob", "", SPOOL_ABSENT, "", "a short file"},
		{"", "osmbob", "", SPOOL_ABSENT, "", "an empty file"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char who[72];

		put("input/" ID "-H", rows[i].text, strlen(rows[i].text));
		cr_expect_eq(ask(ID, rows[i].user, rows[i].login, who), rows[i].answer,
			     "%s", rows[i].why);
		cr_expect_str_eq(who, rows[i].who, "%s", rows[i].why);
	}
}

Test(spool, reads_a_split_spool_and_both_id_lengths)
{
	char who[72];

	put("input/g/" ID "-H", FIRST LOCAL, strlen(FIRST LOCAL));
	cr_expect_eq(ask(ID, "osmbob", "", who), SPOOL_CONFIRMS);
	put("input/g/" LONG_ID "-H", LONG_ID "-H\n" LOCAL, strlen(LONG_ID "-H\n" LOCAL));
	cr_expect_eq(ask(LONG_ID, "osmbob", "", who), SPOOL_CONFIRMS);
}

Test(spool, knows_nothing_of_a_message_that_is_gone_or_no_id)
{
	char who[72];

	put("input/x-H", FIRST LOCAL, strlen(FIRST LOCAL));
	cr_expect_eq(ask(ID, "osmbob", "", who), SPOOL_ABSENT);
	cr_expect_eq(ask("x", "osmbob", "", who), SPOOL_ABSENT);
	cr_expect_eq(ask("../../../etc/pass", "osmbob", "", who), SPOOL_ABSENT);
	cr_expect_eq(ask("", "osmbob", "", who), SPOOL_ABSENT);
}

Test(spool, survives_every_truncation_of_a_header)
{
	static const char text[] =
		FIRST SMTP AUTH "-aclm 0 3\na\nb\n-auth_id a@b.c\nXX\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		char who[72];

		put("input/" ID "-H", text, n);
		ask(ID, "", "a@b.c", who);
		cr_assert_lt(strlen(who), 72u);
	}
}

static struct accounts *two_accounts(void)
{
	static const char passwd[] = "root:x:0:0::/root:/bin/sh\n"
				     "osmbob:x:31002:31002::/home/osmbob:/bin/sh\n"
				     "osmdave:x:31003:31003::/home/osmdave:/bin/sh\n";
	struct paths paths;
	struct accounts *a;

	put("etc/passwd", passwd, sizeof(passwd) - 1);
	cr_assert(paths_init(&paths, root));
	a = accounts_load(&paths, NULL);
	cr_assert_not_null(a);
	return a;
}

static void make(const char *name, uid_t uid)
{
	char path[512];

	snprintf(path, sizeof(path), "%s%s", root, name);
	cr_assert(file_mkdirs(path, 0755, NULL));
	cr_assert_eq(chown(path, uid, uid), 0);
}

Test(spool, finds_the_maker_of_a_folder_with_a_newline)
{
	struct accounts *a;
	char who[72], full[128], target[128];

	if (geteuid() != 0)
		cr_skip_test("giving folders to accounts needs root");
	a = two_accounts();
	make("/home/osmbob/www", 31002);
	make("/home/osmbob/www/nl\n2026-11-23 09:09:28 x", 31002);
	make("/tmp/t\nx", 31003);
	make("/tmp/plain", 31003);
	make("/tmp/roots\nx", 0);
	cr_expect(spool_newline_path(root, a, SLICE("/home/osmbob/www/nl"), who));
	cr_expect_str_eq(who, "osmbob");
	cr_expect(spool_newline_path(root, a, SLICE("/tmp/t"), who),
		  "wherever folders can be made");
	cr_expect_str_eq(who, "osmdave");
	snprintf(full, sizeof(full), "%s/tmp/t", root);
	cr_expect(spool_newline_path(root, a, slice_str(full), who), "with the root");
	cr_expect(!spool_newline_path(root, a, SLICE("/home/osmbob/www/n"), who),
		  "not a part of the name");
	cr_expect(!spool_newline_path(root, a, SLICE("/tmp/plain"), who));
	cr_expect(!spool_newline_path(root, a, SLICE("/tmp/roots"), who), "nobody's");
	cr_expect(!spool_newline_path(root, a, SLICE("/nowhere/x"), who));
	cr_expect(!spool_newline_path(root, a, SLICE("relative"), who));
	cr_expect(!spool_newline_path(root, a, SLICE(""), who));
	snprintf(full, sizeof(full), "%s/home/osmdave", root);
	snprintf(target, sizeof(target), "%s/home/osmbob", root);
	cr_assert_eq(symlink(target, full), 0);
	cr_expect(!spool_newline_path(root, a, SLICE("/home/osmdave/www/nl"), who),
		  "no link is followed");
	cr_expect(!spool_newline_path(root, a, SLICE("/home/osmbob/www/../www/nl"), who));
	accounts_free(a);
}
