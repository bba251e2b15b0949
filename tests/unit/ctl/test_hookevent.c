/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/ctl/hookevent.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT(category, event)                                                         \
	"\"context\":{\"category\":\"" category "\",\"event\":\"" event                  \
	"\",\"stage\":\"post\",\"point\":\"main\"}"

/* What is told of a document, as compact JSON; "" for nothing. */
static char *told(const char *document)
{
	json_t *t = hookevent_read(slice_str(document));
	char *out = t ? json_dumps(t, JSON_COMPACT | JSON_SORT_KEYS) : strdup("");

	json_decref(t);
	return out;
}

Test(hookevent, reads_each_event_and_only_names)
{
	static const struct {
		const char *document, *want;
	} rows[] = {
		{"{" CONTEXT("Whostmgr", "Accounts::Create") ",\"data\":{\"user\":\"acct\","
		 "\"domain\":\"example.com\",\"pass\":\"geheim\",\"plan\":\"x\"}}",
		 "{\"do\":\"notice\",\"event\":\"created\",\"user\":\"acct\"}"},
		{"{" CONTEXT("Whostmgr", "Accounts::Modify") ",\"data\":{\"user\":\"acct\","
		 "\"newuser\":\"acct\",\"domain\":\"example.com\"}}",
		 "{\"do\":\"notice\",\"event\":\"modified\",\"user\":\"acct\"}"},
		{"{" CONTEXT("Whostmgr", "Accounts::Modify") ",\"data\":{\"user\":\"acct\","
		 "\"newuser\":\"fresh\"}}",
		 "{\"do\":\"notice\",\"event\":\"renamed\",\"newuser\":\"fresh\",\"user\":"
		 "\"acct\"}"},
		{"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":\"acct\","
		 "\"killdns\":1}}",
		 "{\"do\":\"notice\",\"event\":\"removed\",\"user\":\"acct\"}"},
		{"{" CONTEXT("Whostmgr", "Accounts::suspendacct") ",\"data\":{\"args\":{"
		 "\"user\":\"acct\",\"reason\":\"x\"},\"result\":1,\"user\":\"root\"}}",
		 "{\"do\":\"notice\",\"event\":\"suspended\",\"user\":\"acct\"}"},
		{"{" CONTEXT("Whostmgr", "Accounts::unsuspendacct") ",\"data\":{\"args\":{"
		 "\"user\":\"acct\"},\"result\":\"1\",\"user\":\"root\"}}",
		 "{\"do\":\"notice\",\"event\":\"unsuspended\",\"user\":\"acct\"}"},
		{"{" CONTEXT("Passwd", "ChangePasswd") ",\"data\":{\"user\":\"acct\","
		 "\"new_password\":\"geheim\",\"rawout\":\"geheim\"}}",
		 "{\"do\":\"notice\",\"event\":\"password\",\"user\":\"acct\"}"},
		{"{" CONTEXT("Cpanel", "UAPI::Email::suspend_login") ",\"data\":{\"args\":{"
		 "\"email\":\"bob@example.com\"},\"result\":null,\"user\":\"acct\"}}",
		 "{\"do\":\"notice\",\"event\":\"mailbox\",\"mailbox\":\"bob@example.com\","
		 "\"user\":\"acct\"}"},
		{"{" CONTEXT("Cpanel", "UAPI::Email::passwd_pop") ",\"data\":{\"args\":{"
		 "\"email\":\"bob\",\"domain\":\"example.com\",\"password\":\"geheim\"},"
		 "\"result\":1,\"user\":\"acct\"}}",
		 "{\"do\":\"notice\",\"event\":\"password\",\"mailbox\":\"bob@example.com\","
		 "\"user\":\"acct\"}"},
		{"{" CONTEXT("Cpanel", "UAPI::Email::passwd_pop") ",\"data\":{\"args\":{"
		 "\"email\":\"bob@example.com\",\"domain\":\"x.example\"},\"result\":{"
		 "\"status\":\"1\",\"data\":null},\"user\":\"acct\"}}",
		 "{\"do\":\"notice\",\"event\":\"password\",\"mailbox\":\"bob@example.com\","
		 "\"user\":\"acct\"}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = told(rows[i].document);

		cr_expect_str_eq(got, rows[i].want);
		cr_expect_null(strstr(got, "geheim"));
		free(got);
	}
}

/* What may release, or lets an account's strikes go, is told of when it is sure to have been
 * done; what only makes osmd look is told of unless it was surely not done. */
Test(hookevent, takes_an_answer_that_is_none_for_a_failure)
{
	static const struct {
		const char *result; /* with its comma */
		bool sure, may_be;
	} rows[] = {
		{"\"result\":1,", true, true},
		{"\"result\":\"1\",", true, true},
		{"\"result\":true,", true, true},
		{"\"result\":{\"status\":1},", true, true},
		{"\"result\":{\"status\":true,\"data\":null},", true, true},
		{"", false, true},
		{"\"result\":null,", false, true},
		{"\"result\":[],", false, true},
		{"\"result\":[1],", false, true},
		{"\"result\":{},", false, true},
		{"\"result\":{\"status\":null},", false, true},
		{"\"result\":{\"status\":{}},", false, true},
		{"\"result\":{\"status\":[1]},", false, true},
		{"\"result\":\"\",", false, true},
		{"\"result\":\"yes\",", false, true},
		{"\"result\":\"01\",", false, true},
		{"\"result\":2,", false, true},
		{"\"result\":1.0,", false, true},
		{"\"result\":-1,", false, true},
		{"\"result\":0,", false, false},
		{"\"result\":\"0\",", false, false},
		{"\"result\":false,", false, false},
		{"\"result\":{\"status\":0},", false, false},
		{"\"result\":{\"status\":\"0\"},", false, false},
		{"\"result\":{\"status\":false},", false, false},
	};
	static const struct {
		const char *category, *event, *args;
		bool must_be_sure;
	} events[] = {
		{"Whostmgr", "Accounts::suspendacct", "\"user\":\"acct\"", true},
		{"Whostmgr", "Accounts::unsuspendacct", "\"user\":\"acct\"", true},
		{"Cpanel", "UAPI::Email::passwd_pop", "\"email\":\"b@example.com\"", true},
		{"Cpanel", "UAPI::Email::release_outgoing", "\"email\":\"b@example.com\"",
		 false},
	};

	for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			char text[512], *got;

			snprintf(text, sizeof(text),
				 "{\"context\":{\"category\":\"%s\",\"event\":\"%s\","
				 "\"stage\":\"post\"},\"data\":{\"args\":{%s},%s\"user\":"
				 "\"acct\"}}",
				 events[k].category, events[k].event, events[k].args,
				 rows[i].result);
			got = told(text);
			cr_expect_eq(got[0] != '\0',
				     events[k].must_be_sure ? rows[i].sure : rows[i].may_be,
				     "%s", text);
			free(got);
		}
}

Test(hookevent, tells_nothing_of_anything_else)
{
	static const char *const rows[] = {
		"",
		"{}",
		"[]",
		"null",
		"{\"context\":1,\"data\":2}",
		"{\"context\":{\"category\":\"Whostmgr\",\"event\":\"Accounts::Remove\","
		"\"stage\":\"pre\"},\"data\":{\"user\":\"acct\"}}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") "}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":1}}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":\"\"}}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":\"../x\"}}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":\"-x\"}}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":\"a\\nb\"}}",
		"{" CONTEXT("Whostmgr", "Accounts::suspendacct") ",\"data\":{\"args\":{"
		"\"user\":\"acct\"},\"result\":0}}",
		"{" CONTEXT("Whostmgr", "Accounts::suspendacct") ",\"data\":{\"user\":"
		"\"root\"}}",
		"{" CONTEXT("Cpanel", "UAPI::Email::passwd_pop") ",\"data\":{\"args\":{"
		"\"email\":\"bob@example.com\"},\"result\":{\"status\":0,\"errors\":["
		"\"weak\"]},\"user\":\"acct\"}}",
		"{" CONTEXT("Cpanel", "UAPI::Email::passwd_pop") ",\"data\":{\"args\":{"
		"\"email\":\"bob@example.com\"},\"result\":{\"status\":\"0\"},\"user\":"
		"\"acct\"}}",
		"{" CONTEXT("Cpanel", "UAPI::Email::hold_outgoing") ",\"data\":{\"args\":{"
		"\"email\":\"bob\"},\"user\":\"acct\"}}",
		"{" CONTEXT("Cpanel", "UAPI::Email::hold_outgoing") ",\"data\":{\"args\":{"
		"\"email\":\"bob@x y\"},\"user\":\"acct\"}}",
		"{" CONTEXT("Cpanel", "UAPI::Email::add_pop") ",\"data\":{\"args\":{"
		"\"email\":\"bob@example.com\"},\"user\":\"acct\"}}",
		"{" CONTEXT("Whostmgr", "Accounts::Remove") ",\"data\":{\"user\":\"acct\"}",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = told(rows[i]);

		cr_expect_str_eq(got, "", "%s", rows[i]);
		free(got);
	}
}

Test(hookevent, takes_no_input_without_end)
{
	char *big = malloc(HOOKEVENT_INPUT_MAX + 1);
	int n = snprintf(big, 200, "{" CONTEXT("Whostmgr", "Accounts::Remove")
				   ",\"data\":{\"user\":\"acct\"}}");
	json_t *got;

	memset(big + n, ' ', HOOKEVENT_INPUT_MAX + 1 - (size_t)n);
	got = hookevent_read((struct slice){big, HOOKEVENT_INPUT_MAX});
	cr_expect_not_null(got);
	json_decref(got);
	cr_expect_null(hookevent_read((struct slice){big, HOOKEVENT_INPUT_MAX + 1}));
	free(big);
}

Test(hookevent, describes_post_stages_only)
{
	json_t *list = hookevent_describe("/x/osm-hook"), *one;
	size_t i;

	cr_assert_geq(json_array_size(list), 12);
	json_array_foreach(list, i, one)
	{
		const char *category =
			json_string_value(json_object_get(one, "category"));

		cr_expect_str_eq(json_string_value(json_object_get(one, "stage")), "post");
		cr_expect_str_eq(json_string_value(json_object_get(one, "exectype")),
				 "script");
		cr_expect_str_eq(json_string_value(json_object_get(one, "hook")),
				 "/x/osm-hook");
		/* as a customer it could not speak with osmd */
		cr_expect_eq(json_integer_value(json_object_get(one, "escalateprivs")),
			     strcmp(category, "Cpanel") == 0);
	}
	json_decref(list);
}
