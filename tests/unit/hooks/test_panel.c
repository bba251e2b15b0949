/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "cpanel-hooks/panel.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void join(const struct panel_command *c, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; c->argv[i]; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "|" : "",
					 c->argv[i]);
}

Test(panel, builds_each_call)
{
	static const struct {
		enum panel_call call;
		const char *want;
	} rows[] = {
		{PANEL_HOLD_MAILBOX,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "hold_outgoing|email=bob%40example.com"},
		{PANEL_RELEASE_MAILBOX,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|"
		 "Email|release_outgoing|email=bob%40example.com"},
		{PANEL_HOLD_ACCOUNT, "/usr/local/cpanel/bin/whmapi1|--output=json|"
				     "hold_outgoing_email|user=acct"},
		{PANEL_RELEASE_ACCOUNT, "/usr/local/cpanel/bin/whmapi1|--output=json|"
					"release_outgoing_email|user=acct"},
		{PANEL_BLOCK_ACCOUNT, "/usr/local/cpanel/bin/whmapi1|--output=json|"
				      "suspend_outgoing_email|user=acct"},
		{PANEL_UNBLOCK_ACCOUNT, "/usr/local/cpanel/bin/whmapi1|--output=json|"
					"unsuspend_outgoing_email|user=acct"},
	};
	struct paths real;

	cr_assert(paths_init(&real, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct panel_command c;
		char got[1024];

		cr_assert(panel_command(rows[i].call, &real, SLICE("acct"),
					SLICE("bob@example.com"), &c, NULL));
		join(&c, got, sizeof(got));
		cr_expect_str_eq(got, rows[i].want);
	}
}

Test(panel, encodes_all_that_is_not_plain)
{
	struct panel_command c;
	struct paths lab;

	cr_assert(paths_init(&lab, "/lab"));
	cr_assert(panel_command(PANEL_HOLD_MAILBOX, &lab, SLICE("a b&c=d"),
				SLICE("x+%\0\n\xff=@a-b_c.D"), &c, NULL));
	cr_expect_str_eq(c.argv[0], "/lab/usr/local/cpanel/bin/uapi");
	cr_expect_str_eq(c.argv[2], "--user=a%20b%26c%3Dd");
	cr_expect_str_eq(c.argv[5], "email=x%2B%25%00%0A%FF%3D%40a-b_c.D");
	cr_expect_null(c.argv[6]);
}

Test(panel, refuses_a_name_that_does_not_fit)
{
	static char wide[PANEL_TEXT_MAX];
	struct panel_command c;
	struct paths real;
	struct err e = {0};

	memset(wide, '@', sizeof(wide));
	paths_init(&real, NULL);
	cr_expect_not(panel_command(PANEL_HOLD_ACCOUNT, &real,
				    (struct slice){wide, PANEL_TEXT_MAX / 3}, SLICE(""),
				    &c, &e));
	cr_expect_str_not_empty(e.msg);
	/* text: program, --output=json, hold_outgoing_email and their NULs, "user=", NUL, end */
	size_t fixed = sizeof(PATH_WHMAPI) + sizeof("--output=json") +
		       sizeof("hold_outgoing_email") + sizeof("user=");
	size_t room = PANEL_TEXT_MAX - fixed - 1;

	memset(wide, 'a', sizeof(wide));
	for (size_t n = room - 1; n <= room + 1; n++)
		cr_expect_eq(panel_command(PANEL_HOLD_ACCOUNT, &real,
					   (struct slice){wide, n}, SLICE(""), &c, NULL),
			     n <= room, "%zu of %zu", n, room);
}

Test(panel, reads_answers)
{
	static const struct {
		enum panel_call call;
		const char *text;
		bool ok;
		const char *why; /* part of what is said */
	} rows[] = {
		{PANEL_HOLD_ACCOUNT,
		 "{\"metadata\":{\"command\":\"x\",\"version\":1,\"reason\":\"OK\","
		 "\"result\":1},\"data\":{}}\n",
		 true, ""},
		{PANEL_HOLD_ACCOUNT, "{\"metadata\":{\"result\":\"1\"}}", true, ""},
		{PANEL_HOLD_ACCOUNT,
		 "{\"metadata\":{\"result\":0,\"reason\":\"No such user\"}}", false,
		 "No such user"},
		{PANEL_HOLD_ACCOUNT, "{\"metadata\":{\"result\":true}}", false,
		 "no reason"},
		{PANEL_HOLD_ACCOUNT, "{\"metadata\":{\"result\":11}}", false,
		 "no reason"},
		{PANEL_HOLD_ACCOUNT, "{\"result\":{\"status\":1}}", false,
		 "as documented"},
		{PANEL_HOLD_MAILBOX,
		 "{\"apiversion\":3,\"result\":{\"status\":1,\"data\":null,\"errors\":"
		 "null}}",
		 true, ""},
		{PANEL_HOLD_MAILBOX,
		 "{\"result\":{\"status\":0,\"errors\":[\"one\",\"two\"]}}", false,
		 "one; two"},
		{PANEL_HOLD_MAILBOX, "{\"result\":{\"status\":0,\"errors\":\"alone\"}}",
		 false, "alone"},
		{PANEL_HOLD_MAILBOX, "{\"result\":{\"status\":0,\"errors\":[7,null]}}",
		 false, "no reason"},
		{PANEL_HOLD_MAILBOX, "{\"status\":1}", false, "as documented"},
		{PANEL_HOLD_MAILBOX, "{\"metadata\":{\"result\":1}}", false,
		 "as documented"},
		{PANEL_HOLD_MAILBOX,
		 "Use of uninitialized value\n{\"result\":{\"status\":1}}\n", true, ""},
		{PANEL_HOLD_MAILBOX, "said: {\"result\":{\"status\":1}}", false,
		 "as documented"},
		{PANEL_HOLD_MAILBOX, "", false, "said nothing"},
		{PANEL_HOLD_MAILBOX, "Can't locate Foo.pm\nin @INC\x1b[2J\xff", false,
		 "Can't locate Foo.pm in @INC [2J?"},
		{PANEL_HOLD_MAILBOX, "{\"result\":", false, "as documented"},
		{PANEL_HOLD_MAILBOX, "{\"result\":[]}", false, "as documented"},
		{PANEL_HOLD_MAILBOX,
		 "{\"result\":{\"status\":0,\"errors\":[\"a\\nb\\u0000c\"]}}", false,
		 "as documented"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[PANEL_WHY_MAX];
		bool ok = panel_answer(rows[i].call, slice_str(rows[i].text), why);

		cr_expect_eq(ok, rows[i].ok, "%s", rows[i].text);
		cr_expect(rows[i].why[0] ? strstr(why, rows[i].why) != NULL : !why[0],
			  "%s -> %s", rows[i].text, why);
	}
}

Test(panel, bounds_what_it_says)
{
	char garbage[4096], why[PANEL_WHY_MAX];

	memset(garbage, 'g', sizeof(garbage));
	cr_assert_not(panel_answer(PANEL_HOLD_ACCOUNT,
				   (struct slice){garbage, sizeof(garbage)}, why));
	cr_assert_eq(strlen(why), PANEL_WHY_MAX - 1);
}

Test(panel, reads_no_byte_past_the_answer)
{
	const char *s = "warn\n{\"result\":{\"status\":1}}";
	char why[PANEL_WHY_MAX];

	for (size_t n = 0; n <= strlen(s); n++) {
		char *exact = malloc(n ? n : 1);

		memcpy(exact, s, n);
		cr_expect_eq(
			panel_answer(PANEL_HOLD_MAILBOX, (struct slice){exact, n}, why),
			n == strlen(s), "%zu bytes", n);
		free(exact);
	}
}

Test(panel, finds_whole_lines_of_the_list_only)
{
	static const struct {
		const char *list, *target;
		bool has;
		const char *why;
	} rows[] = {
		{"bob\nalice\n", "alice", true, "last line"},
		{"bob\nalice", "alice", true, "no LF at the end"},
		{" bob \r\n", "bob", true, "blanks and CR"},
		{"bobby\n", "bob", false, "longer"},
		{"bo\nb\n", "bob", false, "shorter"},
		{"bob@example.com\n", "bob", false, "a mailbox is no account"},
		{"bob\n", "bob@example.com", false, "an account is no mailbox"},
		{"BOB@Example.com\n", "bob@example.com", true, "case of mailboxes"},
		{"BOB\n", "bob", false, "case of users"},
		{"\n\n", "", false, "nobody is never there"},
		{"", "bob", false, "empty list"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(panel_list_has(slice_str(rows[i].list),
					    slice_str(rows[i].target)),
			     rows[i].has, "%s", rows[i].why);
	cr_expect_str_eq(panel_list_file(PANEL_HOLD_MAILBOX), PATH_HOLD_USERS);
	cr_expect_str_eq(panel_list_file(PANEL_BLOCK_ACCOUNT), PATH_SUSPENDED_USERS);
}
