/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/guard.h"

#include "tests/unit/act/lab.h"

static struct accounts *accounts;
static char why[GUARD_WHY_MAX];

static void load(void)
{
	struct err e = {0};

	accounts_free(accounts);
	accounts = accounts_load(&lab, &e);
	cr_assert_not_null(accounts, "%s", e.msg);
}

static void begin(void)
{
	make_lab();
	load();
}

static void finish(void)
{
	accounts_free(accounts);
	remove_lab();
}

TestSuite(guard, .init = begin, .fini = finish);

static bool account(const char *name)
{
	why[0] = '\0';
	return guard_account(accounts, &config, slice_str(name), why);
}

Test(guard, lets_only_the_panels_plain_accounts_through)
{
	static const struct {
		const char *name;
		bool ok;
		const char *why;
	} rows[] = {
		{"acct", true, "an account"},
		{"Acct", false, "names know case"},
		{"acct ", false, "a blank"},
		{" acct", false, "a blank before it"},
		{"acct\n", false, "a line end"},
		{"", false, "nobody"},
		{"-acct", false, "an option"},
		{".acct", false, "hidden"},
		{"acct.", false, "a dot at its end"},
		{"a/b", false, "a path"},
		{"..", false, "the folder above"},
		{"*", false, "everybody"},
		{"root", false, "root"},
		{"ROOT", false, "root in capitals"},
		{"nobody", false, "nobody"},
		{"cpanel", false, "the panel"},
		{"mailman", false, "mailman"},
		{"low", false, "uid 999"},
		{"ghost", false, "no user"},
		{"stranger", false, "unknown"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(account(rows[i].name), rows[i].ok, "%s: %s", rows[i].why,
			     why);
		cr_expect_eq(why[0] != '\0', !rows[i].ok, "%s", rows[i].why);
	}
	cr_expect_not(guard_account(accounts, &config, (struct slice){"acct\0", 5}, why),
		      "a NUL");
}

Test(guard, knows_the_edges_of_uids)
{
	static const struct {
		const char *uid;
		bool ok;
	} rows[] = {{"0", false},    {"999", false},   {"1000", true},
		    {"65533", true}, {"65534", false}, {"65535", true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[80];

		snprintf(line, sizeof(line), "acct:x:%s:1::/home/acct:/bin/sh\n",
			 rows[i].uid);
		put(PATH_PASSWD, line);
		load();
		cr_expect_eq(account("acct"), rows[i].ok, "%s: %s", rows[i].uid, why);
	}
}

Test(guard, obeys_LOG_IGNORE_USERS)
{
	snprintf(config.ignore_users, sizeof(config.ignore_users), " x , ACCT,y");
	cr_expect_not(account("acct"));
	cr_expect(account("other"), "%s", why);
	snprintf(config.ignore_users, sizeof(config.ignore_users), "acc,acct2,,");
	cr_expect(account("acct"), "%s", why);
}

Test(guard, lets_nobody_through_without_the_panels_list)
{
	unlink(at(PATH_TRUEUSERDOMAINS));
	load();
	cr_expect_not(account("acct"));
	cr_expect_not_null(strstr(why, "no list"), "%s", why);
}

static bool mailbox(const char *text, char target[GUARD_TARGET_MAX])
{
	why[0] = '\0';
	return guard_mailbox(accounts, SLICE("acct"), slice_str(text), target, why);
}

Test(guard, lets_only_plain_mailboxes_of_the_account_through)
{
	static const struct {
		const char *text, *target; /* NULL: refused */
	} rows[] = {
		{"bob@example.com", "bob@example.com"},
		{"Bob@EXAMPLE.com", "bob@example.com"},
		{"b+tag@shop.example.com", "b+tag@shop.example.com"},
		{"o'brien@example.com", "o'brien@example.com"},
		{"bob@example.com.", NULL},
		{"bob@sub.example.com", NULL},
		{"bob@other.example", NULL},
		{"bob", NULL},
		{"@example.com", NULL},
		{"bob@", NULL},
		{"a@b@example.com", NULL},
		{"-bob@example.com", NULL},
		{".bob@example.com", NULL},
		{"../bob@example.com", NULL},
		{"bob @example.com", NULL},
		{"bob\n@example.com", NULL},
		{"b$(id)@example.com", NULL},
		{"b\xc3\xb6@example.com", NULL},
		{"*@example.com", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[GUARD_TARGET_MAX] = "";
		bool ok = mailbox(rows[i].text, target);

		cr_expect_eq(ok, rows[i].target != NULL, "'%s': %s", rows[i].text, why);
		if (ok && rows[i].target)
			cr_expect_str_eq(target, rows[i].target);
	}
}

Test(guard, bounds_the_local_part)
{
	char text[128], target[GUARD_TARGET_MAX];

	snprintf(text, sizeof(text), "%064d@example.com", 1);
	cr_expect(mailbox(text, target), "%s", why);
	snprintf(text, sizeof(text), "%065d@example.com", 1);
	cr_expect_not(mailbox(text, target));
}

static struct rules *rules_of(const char *ignore)
{
	struct rules *r = rules_new(&config, SLICE(""), slice_str(ignore), NULL, NULL);

	cr_assert_not_null(r, "%s", ignore);
	return r;
}

Test(guard, protects_whom_the_ignore_list_names)
{
	static const struct {
		const char *ignore, *mailbox;
		bool ignored;
	} rows[] = {
		{"", "bob@example.com", false},
		{"user:acct\n", "", true},
		{"user:acct\n", "bob@example.com", true},
		{"user:other\n", "bob@example.com", false},
		{"mailbox:bob@example.com\n", "bob@example.com", true},
		{"mailbox:bob@example.com\n", "ann@example.com", false},
		{"mailbox:bob@example.com\n", "", false},
		{"domain:example.com\n", "bob@example.com", true},
		{"user:acct event=cwdcheck\n", "", false},
		{"user:acct event=logline\n", "", true},
		{"user:acct until=2026-09-01\n", "", false},
		{"user:acct until=2026-12-31\n", "", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rules *r = rules_of(rows[i].ignore);

		cr_expect_eq(guard_ignored(r, TRIGGER_LOGLINE, SLICE("acct"),
					   slice_str(rows[i].mailbox), NOW, why),
			     rows[i].ignored, "%s", rows[i].ignore);
		rules_free(r);
	}
	cr_expect(
		guard_ignored(NULL, TRIGGER_LOGLINE, SLICE("acct"), SLICE(""), NOW, why),
		"no lists: everybody is protected");
}
