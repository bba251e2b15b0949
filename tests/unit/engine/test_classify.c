/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/classify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/file.h"

#define ID "2026-11-23 09:05:42 1xVPza-0006L0-30 "
#define CWD "2026-11-23 09:05:42 cwd="

static char root[64];
static struct accounts *accounts;
static struct config config;
static struct classify classify;

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", root, name);
	cr_assert(file_replace(path, slice_str(text), 0644, NULL));
}

static void setup(void)
{
	struct paths paths;
	char path[128];

	strcpy(root, "/tmp/osm-classify-XXXXXX");
	cr_assert_not_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/etc", root);
	cr_assert(file_mkdirs(path, 0755, NULL));
	put("/etc/passwd",
	    "root:x:0:0::/root:/bin/sh\nalice:x:1001:1001::/home/alice:/bin/sh\n"
	    "bob:x:1002:1002::/home/bob:/bin/sh\n");
	put("/etc/userdomains", "alice.example: alice\nbob.example: bob\n");
	put("/etc/trueuserdomains", "alice.example: alice\nbob.example: bob\n");
	put("/etc/localdomains", "alice.example\nbob.example\n");
	cr_assert(paths_init(&paths, root));
	accounts = accounts_load(&paths, NULL);
	cr_assert_not_null(accounts);
	options_defaults(&config);
	classify_init(&classify, accounts, &config);
}

static void cleanup(void)
{
	char cmd[128];

	accounts_free(accounts);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", root);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(classify, .init = setup, .fini = cleanup);

Test(classify, arrivals_are_charged_or_it_is_said_why_not)
{
	static const struct {
		const char *text;
		enum class_reason reason;
		const char *key, *account, *why;
	} rows[] = {
		{ID "<= a@x.example U=alice P=local S=1 for x@ok.example",
		 CLASS_SUBMISSION, "alice", "alice", "a script"},
		{ID "<= <> U=alice P=local S=1 for x@ok.example", CLASS_SUBMISSION,
		 "alice", "alice", "a null sender excuses nothing"},
		{ID "<= <> R=1xVPza-0006L0-2z U=alice P=local S=1 for x@ok.example",
		 CLASS_REPLY, "", "", "an autoreply"},
		{ID "<= <> R=1xVPza-0006L0-2z U=mailnull P=local S=1 for x@ok.example",
		 CLASS_BOUNCE, "", "", "Exim's own bounce"},
		{ID "<= a@x.example U=root P=local S=1 for x@ok.example",
		 CLASS_IGNORED_USER, "", "", "LOG_IGNORE_USERS"},
		{ID "<= a@x.example U=stranger P=local S=1 for x@ok.example",
		 CLASS_UNKNOWN, "", "", "no account"},
		{ID "<= a@x.example U=nobody P=local S=1 for x@ok.example",
		 CLASS_SUBMISSION, "nobody", "", "the web server"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:Info@Bob.Example S=1 for x@ok.example",
		 CLASS_SUBMISSION, "info@bob.example", "bob", "a login in any case"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:info+bob.example S=1 for x@ok.example",
		 CLASS_SUBMISSION, "info@bob.example", "bob", "a plus before the domain"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:info%bob.example S=1 for x@ok.example",
		 CLASS_SUBMISSION, "info@bob.example", "bob", "a percent sign"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:info@bob.example. S=1 for x@ok.example",
		 CLASS_SUBMISSION, "info@bob.example", "bob", "a dot behind the domain"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:x+y@bob.example S=1 for x@ok.example",
		 CLASS_SUBMISSION, "x+y@bob.example", "bob", "a plus in the name"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:__cpanel__service__auth__x@bob.example S=1 for "
		    "x@ok.example",
		 CLASS_SUBMISSION, "__cpanel__service__auth__x@bob.example", "bob",
		 "a mailbox named like the panel's logins"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:bob S=1 for x@ok.example",
		 CLASS_SUBMISSION, "bob", "bob", "the account as login"},
		{ID "<= a@x.example H=(pc) [203.0.113.9]:4411 P=esmtpsa "
		    "A=dovecot_login:__cpanel__service__auth__icontact__aB3 S=1 for "
		    "x@ok.example",
		 CLASS_PANEL, "", "", "the panel's own"},
		{ID "<= a@x.example H=mx.ok.example [198.51.100.9]:25 P=esmtps S=1 for "
		    "b@bob.example",
		 CLASS_INBOUND, "", "", "incoming"},
		{ID "<= a@x.example H=(x) [127.0.0.1]:4411 P=esmtp S=1 for x@ok.example",
		 CLASS_LOCALHOST, "", "", "localhost, and nobody said whose"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct classify_hint hint = {.count_reply = false};
		struct classified out;
		struct exim_line line;

		eximline_parse(slice_str(rows[i].text), &line);
		cr_assert_eq(line.kind, EXIM_ARRIVAL, "%s", rows[i].why);
		classify_arrival(&classify, &line, &hint, &out);
		cr_expect_eq(out.reason, rows[i].reason, "%s: %s", rows[i].why,
			     class_reason_name(out.reason));
		cr_expect(slice_eq(out.key, slice_str(rows[i].key)), "%s", rows[i].why);
		cr_expect(slice_eq(out.event.account, slice_str(rows[i].account)), "%s",
			  rows[i].why);
	}
}

Test(classify, a_connection_from_localhost_is_whose_another_line_says)
{
	const struct classify_hint hint = {.joined = SLICE("alice")};
	struct classified out;
	struct exim_line line;

	eximline_parse(SLICE(ID "<= a@x.example H=(x) [127.0.0.1]:4411 P=esmtp S=1 for "
				"x@ok.example"),
		       &line);
	classify_arrival(&classify, &line, &hint, &out);
	cr_expect_eq(out.reason, CLASS_SUBMISSION);
	cr_expect(out.by_connection);
	cr_expect(slice_eq(out.key, SLICE("alice")));
}

Test(classify, mail_for_this_server_alone_is_known)
{
	static const struct {
		const char *recipients;
		bool local;
	} rows[] = {{"b@bob.example", true}, {"bob", true},
		    {"b@BOB.example", true}, {"b@bob.example a@ok.example", false},
		    {"a@ok.example", false}, {"\"a@bob.example\"@ok.example", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct classify_hint hint = {.count_reply = false};
		struct classified out;
		struct exim_line line;
		char text[256];

		snprintf(text, sizeof(text),
			 ID "<= a@x.example U=alice P=local S=1 for %s",
			 rows[i].recipients);
		eximline_parse(slice_str(text), &line);
		classify_arrival(&classify, &line, &hint, &out);
		cr_expect_eq(out.local_only, rows[i].local, "%s", rows[i].recipients);
	}
}

Test(classify, only_starts_that_submit_are_counted)
{
	static const struct {
		const char *text;
		enum class_reason reason;
		const char *why;
	} rows[] = {
		{CWD "/home/alice/www 3 args: /usr/sbin/sendmail -t -i", CLASS_SUBMISSION,
		 "a script"},
		{CWD "/home/alice 2 args: /usr/sbin/sendmail x@ok.example",
		 CLASS_SUBMISSION, "a recipient"},
		{CWD "/home/alice 3 args: /usr/sbin/sendmail -bs -odq", CLASS_SUBMISSION,
		 "SMTP on stdin"},
		{CWD "/home/alice 2 args: /usr/sbin/sendmail -bp", CLASS_PROGRAM,
		 "the queue"},
		{CWD "/home/alice 1 args: mailq", CLASS_PROGRAM, "the queue by its name"},
		{CWD "/home/alice 2 args: /usr/sbin/exim -qff", CLASS_PROGRAM,
		 "a queue run"},
		{CWD "/home/alice 4 args: /usr/sbin/sendmail -t -F -q", CLASS_SUBMISSION,
		 "-q is a name here"},
		{CWD "/home/alice 3 args: /usr/sbin/sendmail -t -F-q", CLASS_SUBMISSION,
		 "and here"},
		{CWD "/ 7 args: /usr/sbin/exim -t -oem -oi -f <> -E1xVPza-0006L0-30",
		 CLASS_PROGRAM, "a bounce"},
		{CWD "/home/alice 4 args: /usr/sbin/sendmail -t -f <>", CLASS_SUBMISSION,
		 "a null sender alone excuses nothing"},
		{CWD "/var/spool/exim 3 args: /usr/sbin/exim -t -i", CLASS_FOLDER,
		 "the spool"},
		{CWD "/usr/local/cpanel/whostmgr 2 args: /usr/sbin/sendmail -t",
		 CLASS_FOLDER, "the panel"},
		{CWD "/tmp 3 args: /usr/sbin/sendmail -t -i", CLASS_UNKNOWN,
		 "a folder of nobody's"},
		{CWD "/home/alicex/www 3 args: /usr/sbin/sendmail -t -i", CLASS_UNKNOWN,
		 "a name that only begins alike"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct classified out;
		struct exim_line line;

		eximline_parse(slice_str(rows[i].text), &line);
		cr_assert_eq(line.kind, EXIM_CWD, "%s", rows[i].why);
		classify_cwd(&classify, &line, &out);
		cr_expect_eq(out.reason, rows[i].reason, "%s: %s", rows[i].why,
			     class_reason_name(out.reason));
	}
}
