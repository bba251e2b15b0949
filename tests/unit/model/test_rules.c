/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/rules.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/buf.h"

#define STAY (ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_STORE))

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	buf_printf(ctx, "%s:%u:%s;", file, line, text);
}

/* With the defaults of osm.conf, of which each trigger has its own interval. */
static struct config config(void)
{
	struct config c;

	options_defaults(&c);
	for (int t = 0; t < TRIGGER_COUNT; t++)
		c.trigger[t].interval_s = 1000 + (unsigned)t;
	return c;
}

static struct rules *make(const char *accounts, const char *ignore)
{
	struct config c = config();
	struct buf said;
	struct rules *r;

	buf_init(&said, 1 << 16);
	r = rules_new(&c, slice_str(accounts), slice_str(ignore), on_problem, &said);
	cr_assert(r, "%s", buf_str(&said));
	buf_clear(&said);
	return r;
}

static struct event event_of(const char *account, const char *mailbox, const char *path)
{
	return (struct event){.at_s = 1795424748, /* 2026-11-23 09:05:48 */
			      .account = slice_str(account),
			      .mailbox = slice_str(mailbox),
			      .path = slice_str(path)};
}

/* Whoever connects chooses where he stands. */
Test(rules, a_path_says_nothing_of_all_connections_of_an_account)
{
	struct rules *r =
		make("/home/carol * 0\n/home/carol packet 0\n", "path:/home/carol\n");
	struct event ev = event_of("alice", "", "/home/carol/x");

	cr_expect_eq(rules_trigger(r, TRIGGER_PACKET, &ev).limit, 100);
	cr_expect_eq(rules_trigger(r, TRIGGER_PACKET_CWD, &ev).limit, 0);
	cr_expect_not(rules_ignored(r, TRIGGER_PACKET, &ev));
	cr_expect(rules_ignored(r, TRIGGER_PACKET_CWD, &ev));
	rules_free(r);
}

/* ---- osm.accounts ---- */

Test(rules, the_most_special_line_wins)
{
	static const char accounts[] = "# who may send more\n"
				       "alice * 200\n"
				       "alice logline:subject 20\n"
				       "info@alice.example logline 300 # the shop\n"
				       "NEWS@Bob.Example * 5\n"
				       "/home/carol/public_html cwdcheck:cwd 7\n"
				       "/home/carol/public_html/shop/ * 70\n"
				       "\"/home/dave/my shop\" * 8\n"
				       "carol * 9\n"
				       "erin * 0\n"
				       "/ cwdcheck 33\n";
	static const struct {
		const char *why, *account, *mailbox, *path;
		enum trigger_id t;
		unsigned limit;
	} rows[] = {
		{"nobody's line", "zoe", "", "", TRIGGER_LOGLINE, 100},
		{"the account's *", "alice", "", "", TRIGGER_LOGLINE, 200},
		{"a named event before *", "alice", "", "", TRIGGER_LOGLINE_SUBJECT, 20},
		{"the mailbox before its account", "alice", "info@alice.example", "",
		 TRIGGER_LOGLINE, 300},
		{"what the mailbox's line doesn't name is the account's", "alice",
		 "info@alice.example", "", TRIGGER_LOGLINE_SUBJECT, 20},
		{"another mailbox of the account", "alice", "x@alice.example", "",
		 TRIGGER_LOGLINE, 200},
		{"a mailbox is folded", "bob", "news@bob.example", "", TRIGGER_LOGLINE,
		 5},
		{"a mailbox of a longer name", "bob", "news@bob.example.org", "",
		 TRIGGER_LOGLINE, 100},
		{"accounts are not folded", "Alice", "", "", TRIGGER_LOGLINE, 100},
		{"an account of a longer name", "alice2", "", "", TRIGGER_LOGLINE, 100},
		{"a path itself", "carol", "", "/home/carol/public_html",
		 TRIGGER_CWDCHECK_CWD, 7},
		{"below the path", "carol", "", "/home/carol/public_html/a/b",
		 TRIGGER_CWDCHECK_CWD, 7},
		{"the longest path", "carol", "", "/home/carol/public_html/shop/x",
		 TRIGGER_CWDCHECK_CWD, 70},
		{"whole parts of a path only", "carol", "",
		 "/home/carol/public_html/shop2", TRIGGER_CWDCHECK_CWD, 7},
		{"a path that only begins alike", "carol", "", "/home/carol/public_html2",
		 TRIGGER_CWDCHECK_CWD, 9},
		{"above the path", "carol", "", "/home/carol", TRIGGER_CWDCHECK_CWD, 9},
		{"a shorter path that names the event", "carol", "",
		 "/home/carol/public_html", TRIGGER_CWDCHECK, 33},
		{"the root folder covers all", "zoe", "", "/tmp", TRIGGER_CWDCHECK, 33},
		{"blanks in a path", "dave", "", "/home/dave/my shop/x", TRIGGER_CWDCHECK,
		 8},
		{"double slashes in the event's path", "carol", "",
		 "/home//carol/public_html", TRIGGER_CWDCHECK_CWD, 9},
		{"not watched", "erin", "", "", TRIGGER_LOGLINE, 0},
		{"* is for packets, too", "alice", "", "", TRIGGER_PACKET, 200},
		{"a path before the mailbox", "alice", "info@alice.example",
		 "/home/carol/public_html/shop", TRIGGER_LOGLINE, 70},
		{"a path is for cwd lines only when there is one", "carol", "", "",
		 TRIGGER_CWDCHECK_CWD, 9},
	};
	struct rules *r = make(accounts, "");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event ev =
			event_of(rows[i].account, rows[i].mailbox, rows[i].path);
		struct trigger_config got = rules_trigger(r, rows[i].t, &ev);

		cr_expect_eq(got.limit, rows[i].limit, "%s: %u", rows[i].why, got.limit);
		cr_expect_eq(got.interval_s, 1000 + (unsigned)rows[i].t,
			     "%s: the trigger's own interval", rows[i].why);
		cr_expect_eq(got.actions, STAY, "%s", rows[i].why);
	}
	rules_free(r);
}

Test(rules, a_line_takes_interval_and_actions)
{
	static const struct {
		const char *line;
		unsigned limit, interval_s, actions;
	} rows[] = {
		{"a logline 7", 7, 1002, STAY},
		{"a logline 7 60", 7, 60, STAY},
		{"a logline 7 60 hold", 7, 60, ACTION_BIT(ACTION_HOLD)},
		{"a logline 7 hold,email", 7, 1002,
		 ACTION_BIT(ACTION_HOLD) | ACTION_BIT(ACTION_EMAIL)},
		{"a logline 7 60 \"\"", 7, 60, 0},
		{" \ta\tlogline  7\t60 hold \r", 7, 60, ACTION_BIT(ACTION_HOLD)},
		{"a logline 7 60 hold # why", 7, 60, ACTION_BIT(ACTION_HOLD)},
		{"a logline 100000 604800", 100000, 604800, STAY},
		{"a logline 0 1", 0, 1, STAY},
		{"a logline 7\na * 9 50", 7, 1002, STAY},
		{"a * 9 50\na logline 7", 7, 1002, STAY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rules *r = make(rows[i].line, "");
		struct event ev = event_of("a", "", "");
		struct trigger_config got = rules_trigger(r, TRIGGER_LOGLINE, &ev);

		cr_expect_eq(got.limit, rows[i].limit, "%s", rows[i].line);
		cr_expect_eq(got.interval_s, rows[i].interval_s, "%s", rows[i].line);
		cr_expect_eq(got.actions, rows[i].actions, "%s", rows[i].line);
		rules_free(r);
	}
}

Test(rules, a_method_that_is_off_stays_off)
{
	struct config c = config();
	struct event ev = event_of("alice", "", "/home/alice");
	struct rules *r;

	c.logline_enable = false;
	r = rules_new(&c, SLICE("alice * 5\n"), SLICE(""), NULL, NULL);
	cr_assert(r);
	cr_expect_eq(rules_trigger(r, TRIGGER_LOGLINE, &ev).limit, 0);
	cr_expect_eq(rules_trigger(r, TRIGGER_LOGLINE_SUBJECT, &ev).limit, 0);
	cr_expect_eq(rules_trigger(r, TRIGGER_CWDCHECK, &ev).limit, 5);
	rules_free(r);
	c.logline_enable = true;
	c.cwdcheck_enable = false;
	r = rules_new(&c, SLICE("alice * 5\n"), SLICE(""), NULL, NULL);
	cr_assert(r);
	cr_expect_eq(rules_trigger(r, TRIGGER_LOGLINE, &ev).limit, 5);
	cr_expect_eq(rules_trigger(r, TRIGGER_CWDCHECK_CWD, &ev).limit, 0);
	rules_free(r);
}

Test(rules, the_longest_interval_counts_watched_lines_only)
{
	static const struct {
		const char *accounts;
		unsigned longest_s;
	} rows[] = {
		{"", 1005},
		{"alice logline 5 60\n", 1005},
		{"alice logline 5 1006\n", 1006},
		{"alice logline 5 604800\n", 604800},
		{"alice logline 0 604800\n", 1005},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rules *r = make(rows[i].accounts, "");

		cr_expect_eq(rules_longest_interval(r), rows[i].longest_s, "%s",
			     rows[i].accounts);
		rules_free(r);
	}
}

Test(rules, keeps_its_own_copy_of_everything)
{
	char accounts[] = "alice * 5\n", ignore[] = "user:bob\nsubject:news\n";
	struct config c = config();
	struct event alice = event_of("alice", "", ""), bob = event_of("bob", "", "");
	struct rules *r =
		rules_new(&c, slice_str(accounts), slice_str(ignore), NULL, NULL);

	cr_assert(r);
	memset(accounts, 'x', sizeof(accounts));
	memset(ignore, 'x', sizeof(ignore));
	memset(&c, 0, sizeof(c));
	cr_expect_eq(rules_trigger(r, TRIGGER_LOGLINE, &alice).limit, 5);
	cr_expect(rules_ignored(r, TRIGGER_LOGLINE, &bob));
	cr_expect_eq(rules_config(r)->report_days, 30);
	rules_free(r);
	rules_free(NULL);
}

/* ---- osm.ignore ---- */

Test(rules, ignores_what_the_list_names)
{
	static const struct {
		const char *why, *list;
		struct event ev;
		bool ignored;
	} rows[] = {
		{"an empty list", "", {.account = SLICE("alice")}, false},
		{"user", "user:alice\n", {.account = SLICE("alice")}, true},
		{"another user", "user:alice\n", {.account = SLICE("alice2")}, false},
		{"users are not folded",
		 "user:alice\n",
		 {.account = SLICE("Alice")},
		 false},
		{"no account", "user:alice\n", {.mailbox = SLICE("alice")}, false},
		{"type in capitals, blanks",
		 " USER: alice  # why\n",
		 {.account = SLICE("alice")},
		 true},
		{"mailbox",
		 "mailbox:Info@A.example\n",
		 {.mailbox = SLICE("info@a.example")},
		 true},
		{"another mailbox",
		 "mailbox:info@a.example\n",
		 {.mailbox = SLICE("info2@a.example")},
		 false},
		{"domain of the login",
		 "domain:A.example\n",
		 {.mailbox = SLICE("info@a.example")},
		 true},
		{"not of the envelope sender",
		 "domain:a.example\n",
		 {.sender = SLICE("info@a.example"), .mailbox = SLICE("x@b.example")},
		 false},
		{"no subdomains",
		 "domain:a.example\n",
		 {.mailbox = SLICE("i@b.a.example")},
		 false},
		{"a login without a domain",
		 "domain:a.example\n",
		 {.mailbox = SLICE("a.example")},
		 false},
		{"path", "path:/home/a/x\n", {.path = SLICE("/home/a/x")}, true},
		{"below it", "path:/home/a/x/\n", {.path = SLICE("/home/a/x/y")}, true},
		{"whole parts only",
		 "path:/home/a/x\n",
		 {.path = SLICE("/home/a/xy")},
		 false},
		{"above it", "path:/home/a/x\n", {.path = SLICE("/home/a")}, false},
		{"blanks in a path",
		 "path:/home/a/my shop\n",
		 {.path = SLICE("/home/a/my shop")},
		 true},
		{"address", "ip:192.0.2.7\n", {.address = SLICE("192.0.2.7")}, true},
		{"another address",
		 "ip:192.0.2.7\n",
		 {.address = SLICE("192.0.2.70")},
		 false},
		{"network", "ip:192.0.2.0/25\n", {.address = SLICE("192.0.2.127")}, true},
		{"just outside",
		 "ip:192.0.2.0/25\n",
		 {.address = SLICE("192.0.2.128")},
		 false},
		{"IPv6, written otherwise",
		 "ip:2001:db8:0::7\n",
		 {.address = SLICE("2001:DB8::7")},
		 true},
		{"IPv6 network",
		 "ip:2001:db8::/32\n",
		 {.address = SLICE("2001:db8:1::1")},
		 true},
		{"no address", "ip:192.0.2.0/25\n", {.address = SLICE("")}, false},
		{"text for an address",
		 "ip:192.0.2.0/25\n",
		 {.address = SLICE("192.0.2.1 ")},
		 false},
		{"subject, somewhere in it",
		 "subject:invoice [0-9]+\n",
		 {.subject = SLICE("your Invoice 12 of may")},
		 true},
		{"anchored by the list's owner",
		 "subject:^invoice$\n",
		 {.subject = SLICE("invoice 12")},
		 false},
		{"subject with a # in it",
		 "subject:order #[0-9]\n",
		 {.subject = SLICE("order #5")},
		 true},
		{"which is no comment",
		 "subject:order #[0-9]\n",
		 {.subject = SLICE("order x")},
		 false},
		{"subject with a colon",
		 "subject:re: x\n",
		 {.subject = SLICE("re: x")},
		 true},
		{"UTF-8, any case",
		 "subject:GR\xc3\x9c\xc3\x9f"
		 "E\n",
		 {.subject = SLICE("gr\xc3\xbc\xc3\x9f"
				   "e")},
		 true},
		{"a subject of bad bytes counts",
		 "subject:.\n",
		 {.subject = SLICE("a\xff")},
		 false},
		{"no subject", "subject:.*\n", {.account = SLICE("a")}, false},
		{"a search without end counts",
		 "subject:^(a+)+$\n",
		 {.subject = SLICE(
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")},
		 false},
		{"any of several lines",
		 "user:x\nip:192.0.2.7\nuser:alice\n",
		 {.account = SLICE("alice")},
		 true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rules *r = make("", rows[i].list);

		cr_expect_eq(rules_ignored(r, TRIGGER_LOGLINE, &rows[i].ev),
			     rows[i].ignored, "%s", rows[i].why);
		rules_free(r);
	}
}

Test(rules, an_entry_holds_for_its_event_and_to_the_end_of_its_day)
{
	enum { BEFORE = 1798761599, AFTER = 1798761600 }; /* 2026-12-31 24:00 UTC */
	static const struct {
		const char *why, *list;
		enum trigger_id t;
		int64_t at_s;
		bool ignored;
	} rows[] = {
		{"every event", "user:a\n", TRIGGER_CWDCHECK_CWD, 0, true},
		{"the named event", "user:a event=logline\n", TRIGGER_LOGLINE, 0, true},
		{"not its neighbour", "user:a event=logline\n", TRIGGER_LOGLINE_SUBJECT,
		 0, false},
		{"the last second", "user:a until=2026-12-31\n", TRIGGER_LOGLINE, BEFORE,
		 true},
		{"the next", "user:a until=2026-12-31\n", TRIGGER_LOGLINE, AFTER, false},
		{"both, either way round", "user:a until=2026-12-31 event=logline\n",
		 TRIGGER_LOGLINE, BEFORE, true},
		{"both, other event", "user:a event=logline until=2026-12-31\n",
		 TRIGGER_CWDCHECK, BEFORE, false},
		{"a second line goes on",
		 "user:a until=2026-12-30\nuser:a until=2027-01-01\n", TRIGGER_LOGLINE,
		 AFTER, true},
		{"two lines for two events",
		 "user:a event=logline\nuser:a event=cwdcheck\n", TRIGGER_CWDCHECK, 0,
		 true},
		{"three",
		 "user:a event=logline\nuser:a event=cwdcheck\n"
		 "user:a event=cwdcheck:cwd\n",
		 TRIGGER_CWDCHECK_CWD, 0, true},
		{"the second of three",
		 "user:a event=logline\nuser:a event=cwdcheck\n"
		 "user:a event=cwdcheck:cwd\n",
		 TRIGGER_CWDCHECK, 0, true},
		{"a leap day", "user:a until=2028-02-29\n", TRIGGER_LOGLINE, AFTER, true},
		{"the past", "user:a until=1970-01-01\n", TRIGGER_LOGLINE, 86399, true},
		{"gone", "user:a until=1970-01-01\n", TRIGGER_LOGLINE, 86400, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rules *r = make("", rows[i].list);
		struct event ev = {.account = SLICE("a"), .at_s = rows[i].at_s};

		cr_expect_eq(rules_ignored(r, rows[i].t, &ev), rows[i].ignored, "%s",
			     rows[i].why);
		rules_free(r);
	}
}

/* ---- mistakes ---- */

static void expect_problem(const char *accounts, const char *ignore, const char *want)
{
	struct config c = config();
	struct buf said;
	struct rules *r;

	buf_init(&said, 1 << 16);
	r = rules_new(&c, slice_str(accounts), slice_str(ignore), on_problem, &said);
	cr_expect_null(r, "%s%s", accounts, ignore);
	cr_expect(strstr(buf_str(&said), want), "%s%s: %s", accounts, ignore,
		  buf_str(&said));
	rules_free(r);
	buf_clear(&said);
}

Test(rules, a_wrong_line_of_accounts_is_told)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"alice", "KEY EVENT LIMIT"},
		{"alice logline", "KEY EVENT LIMIT"},
		{"alice none 5", "\"none\" is no event"},
		{"alice logline -1", "from 0 to 100000"},
		{"alice logline 100001", "from 0 to 100000"},
		{"alice logline 5 0", "from 1 to 604800"},
		{"alice logline 5 604801", "from 1 to 604800"},
		{"alice logline 5 1h", "interval"},
		{"alice logline 5 mail", "\"mail\" is no action"},
		{"alice logline 5 60 email hold", "more than"},
		{"alice logline 5 email 60", "more than"},
		{"* logline 5", "osm.conf"},
		{"@a logline 5", "name@domain"},
		{"a@ logline 5", "name@domain"},
		{"/a/../b * 5", "path"},
		{"/a//b * 5", "path"},
		{"/a/./b * 5", "path"},
		{"\"\" * 5", "1 to 1024 bytes"},
		{"a\001b * 5", "control character"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "# x\n\n%s\nbob * 5\n", rows[i].line);
		expect_problem(text, "", "osm.accounts:3:");
		expect_problem(text, "", rows[i].want);
	}
	expect_problem("a * 5\nb * 5\na * 6\n", "",
		       "osm.accounts:3:the same key and event "
		       "stand on line 1");
	expect_problem("A@b * 5\na@B * 5\n", "", "osm.accounts:2:the same");
	expect_problem("/a/ * 5\n/a * 5\n", "", "osm.accounts:2:the same");
}

Test(rules, a_wrong_line_of_ignore_is_told)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"alice", "TYPE:VALUE"},
		{"users:alice", "\"users:\" is no type"},
		{"user:", "1 to 1024 bytes"},
		{"user: event=logline", "1 to 1024 bytes"},
		{"user:a b", "name of an account"},
		{"user:a@b", "name of an account"},
		{"mailbox:a", "name@domain"},
		{"mailbox:@b", "name@domain"},
		{"domain:@b", "domain"},
		{"domain:.b", "domain"},
		{"path:home", "absolute path"},
		{"path:/a/..", "absolute path"},
		{"ip:300.1.1.1", "address"},
		{"ip:192.0.2.1/33", "address"},
		{"ip:0.0.0.0/0", "whole world"},
		{"ip:::/0", "whole world"},
		{"subject:(", "wrong at its byte"},
		{"subject:a\\C", "wrong at its byte"},
		{"user:a event=none", "\"none\" is no event"},
		{"path:/a event=cwdcheck event=cwdcheck", "event= stands there twice"},
		{"subject:a until=2026-12-31 event=logline until=2026-12-30",
		 "until= stands there twice"},
		{"user:a until=2026-13-01", "YYYY-MM-DD"},
		{"user:a until=2026-02-29", "YYYY-MM-DD"},
		{"user:a until=2026-00-01", "YYYY-MM-DD"},
		{"user:a until=2026-1-1", "YYYY-MM-DD"},
		{"user:a until=1969-12-31", "YYYY-MM-DD"},
		{"user:a until=", "YYYY-MM-DD"},
		{"user:a until=2026-01-01 until=2026-01-02", "stands there twice"},
		{"user:a\177", "control character"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "user:x\n%s\n", rows[i].line);
		expect_problem("", text, "osm.ignore:2:");
		expect_problem("", text, rows[i].want);
	}
}

Test(rules, every_problem_of_both_files_is_told)
{
	struct config c = config();
	struct buf said;

	buf_init(&said, 1 << 16);
	cr_expect_null(rules_new(&c, SLICE("a\nb * 5\nc none 5"), SLICE("x\n\ny:z"),
				 on_problem, &said));
	cr_expect(strstr(buf_str(&said), "osm.accounts:1:"));
	cr_expect(strstr(buf_str(&said), "osm.accounts:3:"));
	cr_expect(strstr(buf_str(&said), "osm.ignore:1:"));
	cr_expect(strstr(buf_str(&said), "osm.ignore:3:"));
	cr_expect_null(rules_new(&c, SLICE("a\n"), SLICE(""), NULL, NULL));
	buf_clear(&said);
}
