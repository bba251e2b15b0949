/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "cpanel-hooks/accounts.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct paths lab;

static void put(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	cr_assert_not_null(paths_at(&lab, name, path, sizeof(path)));
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void make_lab(void)
{
	char dir[] = "/tmp/osm-accounts-XXXXXX", path[PATH_MAX];

	cr_assert_not_null(mkdtemp(dir));
	cr_assert(paths_init(&lab, dir));
	cr_assert_not_null(paths_at(&lab, "/etc", path, sizeof(path)));
	cr_assert_eq(mkdir(path, 0755), 0);
}

static void remove_lab(void)
{
	char path[PATH_MAX];

	for (size_t i = 0; accounts_file(i); i++) {
		paths_at(&lab, accounts_file(i), path, sizeof(path));
		unlink(path);
		rmdir(path);
	}
	paths_at(&lab, "/etc", path, sizeof(path));
	rmdir(path);
	rmdir(lab.root);
}

static void make_panel(void)
{
	make_lab();
	put(PATH_PASSWD, "root:x:0:0:root:/root:/bin/bash\n"
			 "nobody:x:65534:65534::/nonexistent:/bin/false\n"
			 "alice:x:1001:1001::/home/alice:/bin/bash\n"
			 "bob:x:1002:1002::/home2/bob/:/bin/bash\n"
			 "shared:x:1003:1003::/home/alice:/bin/bash\n"
			 "bare:x:1004:1004::/home/bare\n"
			 "alice:x:0:0::/root:/bin/bash\n"
			 "not a line\nbad:x:uid:0::/home/bad:/bin/sh\n");
	put(PATH_TRUEUSERDOMAINS, "#userdomains v1\nalice.example: alice\n"
				  "Bob.Example: bob\nghost.example: ghost\n");
	put(PATH_USERDOMAINS, "#userdomains v1\n*: nobody\nalice.example: alice\n"
			      "shop.alice.example: alice\nbob.example: bob\n"
			      "stranger.example: stranger\ntwice.example: alice\n"
			      "twice.example: bob\nno colon here\nempty.example:\n");
	put(PATH_TRUEUSEROWNERS,
	    "#trueuserowners v1\nalice: root\nbob: alice\nnone: x\n");
	put(PATH_LOCALDOMAINS, "host.example\nAlice.Example\n\nlast.example");
}

static struct accounts *load(void)
{
	struct err e = {0};
	struct accounts *a = accounts_load(&lab, &e);

	cr_assert_not_null(a, "%s", e.msg);
	return a;
}

static void expect(const struct account *got, const char *want, const char *why)
{
	if (!want) {
		cr_expect_null(got, "%s: got %.*s", why, got ? (int)got->name.n : 0,
			       got ? got->name.p : "");
		return;
	}
	cr_expect_not_null(got, "%s", why);
	if (got)
		cr_expect(slice_eq(got->name, slice_str(want)), "%s: got %.*s", why,
			  (int)got->name.n, got->name.p);
}

Test(accounts, reads_the_panel_s_files, .init = make_panel, .fini = remove_lab)
{
	struct accounts *a = load();
	const struct account *bob = accounts_by_user(a, SLICE("bob"));

	cr_assert(accounts_from_panel(a));
	cr_assert_eq(accounts_count(a), 3);
	cr_assert_not_null(bob);
	cr_assert_eq(bob->uid, 1002);
	cr_assert(slice_eq(bob->home, SLICE("/home2/bob")));
	cr_assert(slice_eq(bob->domain, SLICE("bob.example")));
	cr_assert(slice_eq(bob->owner, SLICE("alice")));
	cr_assert_eq(accounts_by_user(a, SLICE("ghost"))->uid, -1);
	cr_assert_eq(accounts_by_user(a, SLICE("alice"))->uid, 1001,
		     "the first line of a name counts");
	expect(accounts_by_user(a, SLICE("root")), NULL, "root is no account");
	expect(accounts_by_user(a, SLICE("shared")), NULL, "not in trueuserdomains");
	expect(accounts_by_user(a, SLICE("")), NULL, "nobody has no name");
	expect(accounts_by_uid(a, 1001), "alice", "uid");
	expect(accounts_by_uid(a, 0), NULL, "root's uid");
	expect(accounts_by_uid(a, -1), NULL, "the uid of those without one");
	accounts_free(a);
}

Test(accounts, finds_owners_of_domains_and_logins, .init = make_panel, .fini = remove_lab)
{
	static const struct {
		const char *login, *want, *why;
	} rows[] = {
		{"x@alice.example", "alice", "mailbox"},
		{"x@SHOP.Alice.Example", "alice", "case of a domain"},
		{"x@alice.example.", "alice", "the dot at the end"},
		{"a@b@bob.example", "bob", "the last @ divides"},
		{"x+bob.example", "bob", "the old form with a plus"},
		{"x+tag+bob.example", "bob", "the last plus divides"},
		{"x+bob.example@alice.example", "alice", "an @ wins over a plus"},
		{"bob", "bob", "the account's own login"},
		{"x@twice.example", NULL, "a domain of two is nobody's"},
		{"x@stranger.example", NULL, "owner is no account"},
		{"x@*", NULL, "the catch-all line is no domain"},
		{"x@empty.example", NULL, "no owner in the line"},
		{"x@", NULL, "empty domain"},
		{"@", NULL, "nothing at all"},
		{"", NULL, "empty"},
		{"BOB", NULL, "names of users have their case"},
	};
	struct accounts *a = load();
	char wide[300];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(accounts_by_login(a, slice_str(rows[i].login)), rows[i].want,
		       rows[i].why);
	memset(wide, 'a', sizeof(wide));
	for (size_t n = 254; n <= 257; n++)
		expect(accounts_by_domain(a, (struct slice){wide, n}), NULL, "very long");
	accounts_free(a);
}

Test(accounts, finds_the_owner_of_a_path, .init = make_panel, .fini = remove_lab)
{
	static const struct {
		const char *path, *want, *why;
	} rows[] = {
		{"/home/alice", "alice", "the home itself"},
		{"/home/alice/", "alice", "with a slash"},
		{"/home/alice/public_html/a/b", "alice", "below"},
		{"/home2/bob/x", "bob", "another home, written with a slash in passwd"},
		{"/home/alice2", NULL, "a longer name is another component"},
		{"/home/alic", NULL, "a shorter name too"},
		{"/home", NULL, "above"},
		{"/", NULL, "the root"},
		{"", NULL, "empty"},
		{"home/alice", NULL, "relative"},
		{"/home/alice/../bob", NULL, "parent steps are refused"},
		{"/home/alice/..", NULL, "also at the end"},
		{"/home/alice/..x", "alice", "a name that only begins so"},
		{"/home/virtfs/bob/home2/bob/x", "bob", "jail"},
		{"/home/virtfs/bob", "bob", "jail itself"},
		{"/home/virtfs/stranger/home/alice", NULL, "jail of nobody"},
		{"/home/virtfs/", NULL, "no name"},
		{"/home/alice/a\n2026-01-01 00:00:00 x", "alice",
		 "a newline is in a name"},
	};
	struct accounts *a = load();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(accounts_by_path(a, slice_str(rows[i].path)), rows[i].want,
		       rows[i].why);
	accounts_free(a);
}

Test(accounts, knows_local_domains, .init = make_panel, .fini = remove_lab)
{
	struct accounts *a = load();

	cr_expect(accounts_is_local_domain(a, SLICE("HOST.example")));
	cr_expect(accounts_is_local_domain(a, SLICE("alice.example")));
	cr_expect(accounts_is_local_domain(a, SLICE("last.example")), "no LF at the end");
	cr_expect_not(accounts_is_local_domain(a, SLICE("bob.example")),
		      "hosted here, but its mail is elsewhere");
	cr_expect_not(accounts_is_local_domain(a, SLICE("")));
	accounts_free(a);
}

Test(accounts, uses_userdomains_without_localdomains, .init = make_lab,
     .fini = remove_lab)
{
	struct accounts *a;

	put(PATH_USERDOMAINS, "*: nobody\nbob.example: bob\n");
	a = load();
	cr_expect(accounts_is_local_domain(a, SLICE("bob.example")));
	cr_expect_not(accounts_is_local_domain(a, SLICE("*")));
	cr_expect_not(accounts_is_local_domain(a, SLICE("elsewhere.example")));
	accounts_free(a);
}

Test(accounts, falls_back_to_passwd_without_a_panel, .init = make_lab, .fini = remove_lab)
{
	static const struct {
		const char *user;
		bool is_account;
		const char *why;
	} rows[] = {
		{"u999", false, "system user"},
		{"u1000", true, "first of the people"},
		{"u1001", true, "the next"},
		{"nobody", false, "65534"},
		{"homeless", false, "home /"},
		{"huge", true, "uids go up to 2^32 - 1"},
		{"over", false, "and not above"},
	};
	struct accounts *a;

	put(PATH_PASSWD,
	    "u999:x:999:1::/home/u999:/bin/sh\nu1000:x:1000:1::/home/u1000:\n"
	    "u1001:x:1001:1::/home/u1001:/bin/sh\n"
	    "nobody:x:65534:1::/nonexistent:/bin/sh\n"
	    "homeless:x:1002:1::/:/bin/sh\n"
	    "huge:x:4294967295:1::/home/huge:/bin/sh\n"
	    "over:x:4294967296:1::/home/over:/bin/sh\n");
	put(PATH_USERDOMAINS, "one.example: u1000\n");
	a = load();
	cr_assert_not(accounts_from_panel(a));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(accounts_by_user(a, slice_str(rows[i].user)) != NULL,
			     rows[i].is_account, "%s", rows[i].why);
	expect(accounts_by_domain(a, SLICE("one.example")), "u1000", "domain");
	accounts_free(a);
}

Test(accounts, gives_nobody_what_two_share, .init = make_lab, .fini = remove_lab)
{
	struct accounts *a;

	put(PATH_PASSWD,
	    "a:x:1000:1::/home/same:/bin/sh\nb:x:1000:1::/home/same:/bin/sh\n");
	a = load();
	expect(accounts_by_uid(a, 1000), NULL, "one uid of two");
	expect(accounts_by_path(a, SLICE("/home/same/x")), NULL, "one home of two");
	expect(accounts_by_user(a, SLICE("a")), "a", "the name is still there");
	accounts_free(a);
}

Test(accounts, is_empty_without_any_file, .init = make_lab, .fini = remove_lab)
{
	struct accounts *a = load();

	cr_assert_eq(accounts_count(a), 0);
	expect(accounts_by_path(a, SLICE("/home/alice")), NULL, "empty");
	cr_assert_not(accounts_is_local_domain(a, SLICE("x")));
	accounts_free(a);
	accounts_free(NULL);
}

Test(accounts, refuses_a_file_that_can_not_be_read, .init = make_lab, .fini = remove_lab)
{
	char path[PATH_MAX];
	struct err e = {0};

	paths_at(&lab, PATH_USERDOMAINS, path, sizeof(path));
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_assert_null(accounts_load(&lab, &e));
	cr_assert_not_null(strstr(e.msg, "userdomains"), "%s", e.msg);
}

Test(accounts, holds_many, .init = make_lab, .fini = remove_lab)
{
	enum { MANY = 20000 };
	char *text = malloc(MANY * 40u), *end = text, name[40];
	struct accounts *a;

	for (int i = 0; i < MANY; i++)
		end += sprintf(end, "d%d.example: u%d\n", i, i);
	put(PATH_TRUEUSERDOMAINS, text);
	a = load();
	cr_assert_eq(accounts_count(a), MANY);
	for (int i = 0; i < MANY; i += 997) {
		int n = snprintf(name, sizeof(name), "d%d.example", i);
		const struct account *got =
			accounts_by_domain(a, (struct slice){name, (size_t)n});

		cr_assert_not_null(got);
		snprintf(name, sizeof(name), "u%d", i);
		expect(got, name, "of many");
	}
	accounts_free(a);
	free(text);
}
