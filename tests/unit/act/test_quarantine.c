/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/quarantine.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/fsuid.h>

#include "tests/unit/act/lab.h"

#define HOME "/home/acct"
#define BAD HOME "/public_html/wp/bad"
#define SCRIPT BAD "/x.php"
#define SUFFIX ".osm-disabled"

static uid_t owner; /* whose home it is: another user when we are root */
static struct account account;

static void give(const char *name)
{
	cr_assert_eq(lchown(at(name), owner, owner), 0, "%s", name);
}

static void make_home(void)
{
	static const char *const folders[] = {HOME, HOME "/public_html",
					      HOME "/public_html/wp", BAD, HOME "/shop"};
	struct err e = {0};

	make_lab();
	owner = geteuid() ? geteuid() : 1001;
	account = (struct account){.name = SLICE("acct"),
				   .home = SLICE(HOME),
				   .uid = owner,
				   .gid = owner};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		cr_assert(file_mkdirs(at(folders[i]), 0755, &e), "%s", e.msg);
		give(folders[i]);
	}
	put(SCRIPT, "<?php mail();");
	give(SCRIPT);
	chmod(lab.root, 0755);
}

TestSuite(quarantine, .init = make_home, .fini = remove_lab, .timeout = 300);

static struct quarantine on(const char *path, bool is_folder)
{
	return (struct quarantine){.paths = &lab,
				   .account = &account,
				   .path = slice_str(path),
				   .is_folder = is_folder,
				   .suffix = SUFFIX};
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0 ? st.st_mode & 07777 : (mode_t)-1;
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0;
}

static void refuse_look(const char *path, bool is_folder, const char *why)
{
	struct quarantine q = on(path, is_folder);
	char mark[QUARANTINE_MARK_SIZE];
	struct err e = {0};

	cr_expect_not(quarantine_look(&q, mark, &e), "%s", path);
	cr_expect_not_null(strstr(e.msg, why), "%s: %s", path, e.msg);
	cr_expect_eq(setfsuid((uid_t)-1), (int)geteuid(), "our own rights again");
}

static void look(const struct quarantine *q, char mark[QUARANTINE_MARK_SIZE])
{
	struct err e = {0};

	cr_assert(quarantine_look(q, mark, &e), "%s", e.msg);
}

Test(quarantine, takes_and_returns_exactly)
{
	static const struct {
		const char *path, *there;
		bool is_folder;
		mode_t mode;
	} rows[] = {{BAD, BAD SUFFIX, true, 02755},
		    {SCRIPT, SCRIPT SUFFIX, false, 0604},
		    {HOME "/shop", HOME "/shop" SUFFIX, true, 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct quarantine q = on(rows[i].path, rows[i].is_folder);
		char mark[QUARANTINE_MARK_SIZE];
		struct err e = {0};
		bool gone;

		chmod(at(rows[i].path), rows[i].mode);
		look(&q, mark);
		cr_expect_eq(quarantine_is_taken(&q, mark), 0);
		cr_expect(quarantine_take(&q, mark, &e), "%s", e.msg);
		cr_expect_eq(quarantine_is_taken(&q, mark), 1);
		cr_expect_not(is_there(rows[i].path));
		cr_expect_eq(mode_of(rows[i].there), 0);
		cr_expect_not(quarantine_take(&q, mark, &e), "a second time");
		cr_expect(quarantine_return(&q, mark, &gone, &e), "%s", e.msg);
		cr_expect_eq(mode_of(rows[i].path), rows[i].mode);
		cr_expect_not(is_there(rows[i].there));
		cr_expect_not(quarantine_return(&q, mark, &gone, &e));
		cr_expect(gone, "a second time there is nothing to put back");
	}
	cr_expect_eq(setfsuid((uid_t)-1), (int)geteuid());
}

Test(quarantine, never_touches_home_web_roots_and_what_lies_outside)
{
	static const struct {
		const char *path;
		bool is_folder;
		const char *why;
	} rows[] = {
		{HOME, true, "not below"},
		{HOME "/", true, "not below"},
		{HOME "/public_html", true, "keeps or serves"},
		{HOME "/etc", true, "keeps or serves"},
		{HOME "/.", true, "does not fit"},
		{HOME "/..", true, "does not fit"},
		{HOME "/public_html/..", true, "does not fit"},
		{HOME "/public_html/../../other", true, "without a symlink"},
		{HOME "/public_html//wp", true, "without a symlink"},
		{HOME "/public_html/wp/", true, "does not fit"},
		{"/home/acct2/x", true, "not below"},
		{"/home/other/x", true, "not below"},
		{"/etc", true, "not below"},
		{"relative", true, "not below"},
		{"", true, "not below"},
		{HOME "/public_html/none", true, "no longer there"},
		{BAD, false, "no regular file"},
		{SCRIPT, true, "no folder"},
		{HOME "/public_html/addon", true, "web root"},
		{HOME "/public_html/sites", true, "web root"},
	};
	struct err e = {0};

	cr_assert(file_mkdirs(at("/var/cpanel/userdata/acct"), 0755, &e));
	put("/var/cpanel/userdata/acct/addon.example.com",
	    "---\nip: 192.0.2.1\ndocumentroot: " HOME "/public_html/addon\n");
	put("/var/cpanel/userdata/acct/sub",
	    "documentroot: '" HOME "/public_html/sites/sub'\n");
	cr_assert(file_mkdirs(at(HOME "/public_html/addon"), 0755, &e));
	cr_assert(file_mkdirs(at(HOME "/public_html/sites/sub"), 0755, &e));
	give(HOME "/public_html/addon");
	give(HOME "/public_html/sites");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_look(rows[i].path, rows[i].is_folder, rows[i].why);
	chmod(at("/var/cpanel/userdata/acct"), 0755);
}

Test(quarantine, refuses_links_and_what_others_own)
{
	struct quarantine q;
	char mark[QUARANTINE_MARK_SIZE];

	cr_assert_eq(symlink(at("/etc"), at(HOME "/public_html/wp/link")), 0);
	refuse_look(HOME "/public_html/wp/link", true, "no folder any more");
	cr_assert_eq(symlink(at("/etc"), at(HOME "/public_html/deep")), 0);
	refuse_look(HOME "/public_html/deep/osm", true, "without a symlink");
	cr_assert_eq(mkfifo(at(HOME "/public_html/wp/fifo"), 0666), 0);
	refuse_look(HOME "/public_html/wp/fifo", false, "no regular file");
	if (geteuid() != 0)
		return;
	cr_assert_eq(mkdir(at(HOME "/public_html/wp/roots"), 0755), 0);
	refuse_look(HOME "/public_html/wp/roots", true, "does not belong");
	/* a folder that the customer may not write to: their rights, not ours */
	cr_assert_eq(mkdir(at(HOME "/public_html/locked"), 0755), 0);
	cr_assert_eq(mkdir(at(HOME "/public_html/locked/x"), 0755), 0);
	give(HOME "/public_html/locked/x");
	q = on(HOME "/public_html/locked/x", true);
	look(&q, mark);
	{
		struct err e = {0};

		cr_expect_not(quarantine_take(&q, mark, &e));
		cr_expect_not_null(strstr(e.msg, "can't be renamed: Permission"), "%s",
				   e.msg);
	}
	cr_expect(is_there(HOME "/public_html/locked/x"));
}

Test(quarantine, refuses_what_is_not_what_was_seen)
{
	struct quarantine q = on(BAD, true);
	char mark[QUARANTINE_MARK_SIZE];
	struct err e = {0};

	look(&q, mark);
	cr_assert_eq(rename(at(BAD), at(HOME "/public_html/wp/away")), 0);
	cr_expect_not(quarantine_take(&q, mark, &e));
	cr_assert_eq(mkdir(at(BAD), 0755), 0);
	give(BAD);
	cr_expect_not(quarantine_take(&q, mark, &e));
	cr_expect_not_null(strstr(e.msg, "something else stands there"), "%s", e.msg);
	cr_expect_eq(mode_of(BAD), 0755);
	cr_expect(is_there(BAD));
	q.seen_s = 1000; /* made long after the event */
	e = (struct err){0};
	if (!quarantine_look(&q, mark, &e)) /* where the file system keeps it */
		cr_expect_not_null(strstr(e.msg, "made after the event"), "%s", e.msg);
	q.seen_s = time(NULL) + 5;
	look(&q, mark);
}

Test(quarantine, undo_refuses_when_something_new_stands_there)
{
	struct quarantine q = on(BAD, true);
	char mark[QUARANTINE_MARK_SIZE];
	struct err e = {0};
	bool gone;

	look(&q, mark);
	cr_assert(quarantine_take(&q, mark, &e), "%s", e.msg);
	cr_assert_eq(mkdir(at(BAD), 0700), 0);
	give(BAD);
	cr_expect_not(quarantine_return(&q, mark, &gone, &e));
	cr_expect_not(gone);
	cr_expect_not_null(strstr(e.msg, "something new stands there"), "%s", e.msg);
	cr_expect_eq(mode_of(BAD SUFFIX), 0);
	cr_assert_eq(rmdir(at(BAD)), 0);
	cr_assert_eq(symlink("elsewhere", at(BAD)), 0);
	cr_expect_not(quarantine_return(&q, mark, &gone, &e), "a symlink is new, too");
	cr_assert_eq(unlink(at(BAD)), 0);
	cr_expect(quarantine_return(&q, mark, &gone, &e), "%s", e.msg);
	cr_expect_eq(mode_of(BAD), 0755);
}

Test(quarantine, finds_a_free_name)
{
	struct quarantine q = on(BAD, true);
	char mark[QUARANTINE_MARK_SIZE];
	struct err e = {0};

	cr_assert_eq(mkdir(at(BAD SUFFIX), 0755), 0);
	look(&q, mark);
	cr_expect(quarantine_take(&q, mark, &e), "%s", e.msg);
	cr_expect_eq(mode_of(BAD SUFFIX ".1"), 0);
	cr_expect_eq(mode_of(BAD SUFFIX), 0755);
}

Test(quarantine, trusts_no_mark_that_is_none)
{
	static const char *const marks[] = {"",		 "0755",
					    "0755 1:2",	 "0755 1:2 ",
					    "9999 1:2 .x", "0755 1 2 .x",
					    "0755 1:2 ./../../x", "755 1:2 .x",
					    "0755 -1:2 .x"};
	struct quarantine q = on(BAD, true);
	struct err e = {0};
	bool gone;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		cr_expect_not(quarantine_take(&q, marks[i], &e), "%s", marks[i]);
		cr_expect_not(quarantine_return(&q, marks[i], &gone, &e), "%s", marks[i]);
		cr_expect_eq(quarantine_is_taken(&q, marks[i]), -1, "%s", marks[i]);
	}
	cr_expect(is_there(BAD));
}

Test(quarantine, gives_the_mode_back_to_what_has_its_name_already)
{
	struct quarantine q = on(BAD, true);
	char mark[QUARANTINE_MARK_SIZE];
	struct err e = {0};
	bool gone;

	cr_assert(quarantine_look(&q, mark, &e) && quarantine_take(&q, mark, &e), "%s", e.msg);
	cr_assert_eq(rename(at(BAD ".osm-disabled"), at(BAD)), 0);
	cr_expect(quarantine_return(&q, mark, &gone, &e), "%s", e.msg);
	cr_expect_eq(mode_of(BAD), 0755);
	cr_expect_not(quarantine_return(&q, mark, &gone, &e), "it is not ours any more");
	cr_expect(gone);
}

/* ---- races ---- */

/* A customer who swaps folders and links in a tight loop until killed. */
static void swap_for_ever(const char *outside)
{
	char *wp = strdup(at(HOME "/public_html/wp"));
	char *away = strdup(at(HOME "/public_html/wp-away")), *bad = strdup(at(BAD));
	char *kept = strdup(at(HOME "/public_html/wp/kept")), *file = strdup(at(SCRIPT));
	char *hidden = strdup(at(BAD "/y.php"));

	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setgid(owner) < 0 || setuid(owner) < 0))
		_exit(1);
	for (;;) {
		rename(bad, kept);
		if (symlink(outside, bad) == 0)
			unlink(bad);
		rename(kept, bad);
		rename(file, hidden);
		if (link("/etc/passwd", file) == 0 || symlink(outside, file) == 0)
			unlink(file);
		rename(hidden, file);
		rename(wp, away);
		if (symlink(outside, wp) == 0)
			unlink(wp);
		rename(away, wp);
	}
}

struct place {
	ino_t ino;
	mode_t mode;
	char name[256];
};

/* Names, modes and inodes of a folder. */
static size_t list(const char *name, struct place *out, size_t max)
{
	DIR *all = opendir(at(name));
	struct dirent *one;
	size_t n = 0;

	cr_assert_not_null(all);
	while ((one = readdir(all)) && n < max) {
		struct stat st;

		if (one->d_name[0] == '.' ||
		    fstatat(dirfd(all), one->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		out[n] = (struct place){.ino = st.st_ino, .mode = st.st_mode};
		snprintf(out[n++].name, sizeof(out[0].name), "%s", one->d_name);
	}
	closedir(all);
	return n;
}

static void race(bool is_folder)
{
	const char *seconds = getenv("OSM_RACE_SECONDS");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : 3);
	struct place before[16] = {0}, after[16] = {0};
	struct quarantine q = on(is_folder ? BAD : SCRIPT, is_folder);
	unsigned taken = 0, returned = 0, refused = 0;
	size_t n;
	pid_t pid;

	/* Outside of the home, with the same names and the customer's own: only the walk
	 * protects it. */
	cr_assert(file_mkdirs(at("/outside/bad"), 0755, NULL));
	put("/outside/x.php", "good");
	put("/outside/bad/x.php", "good");
	give("/outside");
	give("/outside/bad");
	give("/outside/x.php");
	give("/outside/bad/x.php");
	n = list("/outside", before, 16);
	pid = fork();
	if (pid == 0)
		swap_for_ever(at("/outside"));
	while (time(NULL) < end) {
		char mark[QUARANTINE_MARK_SIZE];
		struct err e = {0};
		bool gone;

		if (!quarantine_look(&q, mark, &e) || !quarantine_take(&q, mark, &e)) {
			refused++;
			continue;
		}
		taken++;
		for (int i = 0; i < 100000; i++) {
			if (!quarantine_return(&q, mark, &gone, &e))
				continue;
			returned++;
			break;
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fprintf(stderr, "race: taken %u, returned %u, refused %u\n", taken, returned,
		refused);
	cr_expect_eq(list("/outside", after, 16), n);
	cr_expect_eq(memcmp(before, after, sizeof(before)), 0, "outside was touched");
	cr_expect_eq(mode_of("/outside/bad/x.php"), 0644);
	cr_expect_eq(mode_of("/outside/bad"), 0755);
	cr_expect_gt(refused, 0, "no race took place");
	cr_expect_gt(taken, 0, "it never got through");
	cr_expect_eq(setfsuid((uid_t)-1), (int)geteuid());
}

Test(quarantine, holds_against_swapped_folders)
{
	race(true);
}

Test(quarantine, holds_against_swapped_scripts)
{
	race(false);
}
