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
		{PANEL_BLOCK_MAILBOX,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "suspend_outgoing|email=bob%40example.com"},
		{PANEL_UNBLOCK_MAILBOX,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "unsuspend_outgoing|email=bob%40example.com"},
		{PANEL_BLOCK_LOGIN,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "suspend_login|email=bob%40example.com"},
		{PANEL_UNBLOCK_LOGIN,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "unsuspend_login|email=bob%40example.com"},
		{PANEL_SUSPEND_ACCOUNT,
		 "/usr/local/cpanel/bin/whmapi1|--output=json|suspendacct|user=acct|"
		 "reason=Outgoing%20spam%20%28osm%29"},
		{PANEL_UNSUSPEND_ACCOUNT, "/usr/local/cpanel/bin/whmapi1|--output=json|"
					  "unsuspendacct|user=acct"},
		{PANEL_COUNT_HELD,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "get_held_message_count|email=bob%40example.com"},
		{PANEL_DELETE_HELD,
		 "/usr/local/cpanel/bin/uapi|--output=json|--user=acct|Email|"
		 "delete_held_messages|email=bob%40example.com"},
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
		 "as documented"},
		{PANEL_HOLD_ACCOUNT, "{\"metadata\":{\"result\":11}}", false,
		 "as documented"},
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

/* Whatever is not "yes" is a failure, and no answer at all unless it says yes or no. */
Test(panel, takes_an_answer_that_is_none_for_a_failure)
{
	static const struct {
		const char *head; /* what follows "result": or "metadata": */
		bool answered;
	} rows[] = {
		{"null", false},
		{"[]", false},
		{"[{\"status\":1,\"result\":1}]", false},
		{"1", false},
		{"\"1\"", false},
		{"true", false},
		{"{}", false},
		{"{\"data\":1}", false},
		{"{\"status\":null,\"result\":null}", false},
		{"{\"status\":{},\"result\":{}}", false},
		{"{\"status\":[1],\"result\":[1]}", false},
		{"{\"status\":true,\"result\":true}", false},
		{"{\"status\":1.0,\"result\":1.0}", false},
		{"{\"status\":\"\",\"result\":\"\"}", false},
		{"{\"status\":\"yes\",\"result\":\"yes\"}", false},
		{"{\"status\":2,\"result\":2}", false},
		{"{\"status\":0,\"result\":0,\"errors\":null,\"reason\":null}", true},
		{"{\"status\":\"0\",\"result\":\"0\",\"errors\":{},\"reason\":{}}", true},
		{"{\"status\":0,\"result\":0,\"errors\":[[]],\"reason\":7}", true},
	};
	static const enum panel_call call[] = {PANEL_HOLD_MAILBOX, PANEL_HOLD_ACCOUNT};
	static const char *const name[] = {"result", "metadata"};

	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			char text[256], why[PANEL_WHY_MAX];
			uint64_t n = 7;

			snprintf(text, sizeof(text), "{\"%s\":%s}", name[c], rows[i].head);
			cr_expect_not(panel_answer(call[c], slice_str(text), why), "%s",
				      text);
			cr_expect_str_not_empty(why, "%s", text);
			cr_expect_eq(panel_answered(call[c], slice_str(text)),
				     rows[i].answered, "%s", text);
			cr_expect_not(panel_number(PANEL_COUNT_HELD, slice_str(text), &n,
						   why),
				      "%s", text);
			cr_expect_eq(n, 7);
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
}

Test(panel, says_where_the_proof_is)
{
	static const struct {
		enum panel_call call;
		enum panel_proof proof;
		const char *path;
	} rows[] = {
		{PANEL_HOLD_MAILBOX, PANEL_PROOF_LIST, PATH_HOLD_USERS},
		{PANEL_RELEASE_ACCOUNT, PANEL_PROOF_LIST, PATH_HOLD_USERS},
		{PANEL_BLOCK_ACCOUNT, PANEL_PROOF_LIST, PATH_SUSPENDED_USERS},
		{PANEL_UNBLOCK_MAILBOX, PANEL_PROOF_LIST, PATH_SUSPENDED_USERS},
		{PANEL_BLOCK_LOGIN, PANEL_PROOF_SHADOW, "etc/example.com/shadow"},
		{PANEL_UNSUSPEND_ACCOUNT, PANEL_PROOF_FILE, "/var/cpanel/suspended/acct"},
		{PANEL_COUNT_HELD, PANEL_PROOF_NONE, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[PATH_MAX];
		bool got = panel_proof_path(rows[i].call, SLICE("acct"),
					    SLICE("bob@example.com"), path);

		cr_expect_eq(panel_proof(rows[i].call), rows[i].proof);
		cr_expect_eq(got, rows[i].path != NULL);
		if (got && rows[i].path)
			cr_expect_str_eq(path, rows[i].path);
		cr_expect_not_null(panel_proof_name(rows[i].call));
	}
}

Test(panel, reads_a_number_and_nothing_else_as_one)
{
	static const struct {
		const char *data;
		bool ok;
		uint64_t n;
	} rows[] = {
		{"7", true, 7},	     {"\"12\"", true, 12}, {"0", true, 0},
		{"-1", false, 0},    {"null", false, 0},   {"\"x\"", false, 0},
		{"\"\"", false, 0}, {"[3]", false, 0},    {"1.5", false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128], why[PANEL_WHY_MAX];
		uint64_t n = 0;

		snprintf(text, sizeof(text),
			 "{\"result\":{\"status\":1,\"data\":%s,\"errors\":null}}",
			 rows[i].data);
		cr_expect_eq(panel_number(PANEL_COUNT_HELD, slice_str(text), &n, why),
			     rows[i].ok, "%s", text);
		cr_expect_eq(n, rows[i].n, "%s", text);
		cr_expect_eq(why[0] == '\0', rows[i].ok, "%s", text);
	}
}

Test(panel, reads_a_mailboxs_shadow_line)
{
	static const struct {
		const char *shadow;
		int blocked;
		const char *why;
	} rows[] = {
		{"bob:$6$x$y:19000::::::\n", 0, "open"},
		{"bob:!$6$x$y:19000::::::\n", 1, "suspended"},
		{"al:!x:1\nbob:$6$x:1\n", 0, "another's line"},
		{"bob:*LOCKED*$6$x:1\n", 0, "locked with its account only"},
		{"bob:*LOCKED*!$6$x:1\n", 1, "locked, and suspended before"},
		{"bob:!:1", 1, "no hash, no line end"},
		{"bobby:!x:1\n", -1, "a longer name"},
		{"x:bob:!\n", -1, "another field"},
		{"", -1, "an empty file"},
		{"bob", -1, "no fields"},
		{"BOB:!x:1\n", 1, "any case"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(panel_shadow_blocked(slice_str(rows[i].shadow),
						  SLICE("bob@example.com")),
			     rows[i].blocked, "%s", rows[i].why);
	cr_expect_eq(panel_shadow_blocked(SLICE("bob:!x\n"), SLICE("bob")), -1);
}
