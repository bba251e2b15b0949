/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/totals.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct classified c;

static const struct classified *by_login(const char *login, const char *account,
					 const char *subject, unsigned recipients)
{
	c = (struct classified){.event = {.type = EVENT_LOGLINE,
					  .account = slice_str(account),
					  .address = SLICE("203.0.113.9"),
					  .recipients = recipients},
				.login = slice_str(login),
				.key = slice_str(login),
				.subject = slice_str(subject),
				.has_subject = *subject != '\0'};
	return &c;
}

static const struct classified *by_script(const char *account, unsigned recipients)
{
	c = (struct classified){.event = {.type = EVENT_LOGLINE,
					  .account = slice_str(account),
					  .recipients = recipients},
				.key = slice_str(account)};
	return &c;
}

static const struct classified *by_path(const char *account, const char *path)
{
	c = (struct classified){.event = {.type = EVENT_CWDCHECK,
					  .account = slice_str(account),
					  .path = slice_str(path)}};
	return &c;
}

/* "messages/recipients" of a row; "" when there is none. */
static const char *row(const struct totals *t, bool with_claims, const char *type,
		       const char *kind, const char *key)
{
	static char out[64];
	json_t *rows = totals_json(t, with_claims), *r;
	size_t i;

	out[0] = '\0';
	json_array_foreach(rows, i, r)
	{
		if (strcmp(json_string_value(json_object_get(r, "type")), type) == 0 &&
		    strcmp(json_string_value(json_object_get(r, "kind")), kind) == 0 &&
		    strcmp(json_string_value(json_object_get(r, "key")), key) == 0)
			snprintf(out, sizeof(out), "%d/%d",
				 (int)json_integer_value(json_object_get(r, "messages")),
				 (int)json_integer_value(json_object_get(r, "recipients")));
	}
	json_decref(rows);
	return out;
}

Test(totals, say_who_sent_how_much)
{
	struct totals *t = totals_new(100);

	totals_add(t, by_login("info@bob.example", "bob", "Hello", 3));
	totals_add(t, by_login("info@bob.example", "bob", "hello", 0));
	totals_add(t, by_login("shop@alice.example", "alice", "Hello", 1));
	totals_add(t, by_script("bob", 2));
	totals_add(t, by_path("bob", "/home/bob/www"));
	totals_add(t, by_path("", "/tmp"));
	cr_expect_str_eq(row(t, true, "logline", "mailbox", "info@bob.example"), "2/4");
	cr_expect_str_eq(row(t, true, "logline", "account", "bob"), "1/2");
	cr_expect_str_eq(row(t, true, "logline", "address", "203.0.113.9"), "3/5");
	cr_expect_str_eq(row(t, true, "logline", "subject", "Hello"), "2/4");
	cr_expect_str_eq(row(t, true, "logline", "subject", "hello"), "1/1");
	cr_expect_str_eq(row(t, true, "cwdcheck", "account", "bob"), "1/1");
	cr_expect_str_eq(row(t, true, "cwdcheck", "path", "/home/bob/www"), "1/1");
	cr_expect_str_eq(row(t, true, "cwdcheck", "path", "/tmp"), "1/1");
	cr_expect_str_eq(row(t, true, "cwdcheck", "account", ""), "", "nobody's folder");
	totals_free(t);
}

Test(totals, claims_can_be_left_out)
{
	struct totals *t = totals_new(100);

	totals_add(t, by_script("bob", 2));
	totals_add(t, by_script("bob", 3));
	totals_claim(t, by_script("bob", 3));
	totals_add(t, by_script("alice", 1));
	totals_claim(t, by_script("alice", 1));
	cr_expect_str_eq(row(t, false, "logline", "account", "bob"), "1/2");
	cr_expect_str_eq(row(t, true, "logline", "account", "bob"), "2/5");
	cr_expect_str_eq(row(t, false, "logline", "account", "alice"), "");
	totals_claim(t, by_script("carol", 1));
	cr_expect_str_eq(row(t, false, "logline", "account", "carol"), "",
			 "a row that was dropped meanwhile");
	totals_free(t);
}

Test(totals, rows_have_a_bound_and_it_is_said)
{
	struct totals *t = totals_new(2);

	totals_add(t, by_script("alice", 1));
	totals_add(t, by_script("bob", 1));
	totals_add(t, by_script("carol", 1));
	cr_expect_eq(totals_evicted(t), 1);
	cr_expect_str_eq(row(t, true, "logline", "account", "alice"), "");
	cr_expect_str_eq(row(t, true, "logline", "account", "carol"), "1/1");
	for (int i = 0; i < 9; i++) {
		const char subject[] = {'s', (char)('0' + i), '\0'};

		totals_add(t, by_login("info@bob.example", "bob", subject, 1));
	}
	cr_expect_str_eq(row(t, true, "logline", "account", "carol"), "1/1",
			 "subjects push no account out");
	totals_free(t);
}
