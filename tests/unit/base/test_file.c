/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/osm-file-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

TestSuite(file, .init = make_dir, .fini = remove_dir);

Test(file, replace_keeps_the_mode_that_is_there)
{
	struct stat st;
	struct err e = {0};
	char *text;
	size_t n;

	cr_assert(file_replace(path, SLICE("one"), 0640, &e), "%s", e.msg);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0640);
	cr_assert_eq(chmod(path, 0604), 0);
	cr_assert(file_replace(path, SLICE("two"), 0640, &e));
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0604);
	cr_assert(file_read(path, 3, &text, &n, &e));
	cr_assert_str_eq(text, "two");
	free(text);
}

Test(file, read_refuses_one_byte_over_the_limit)
{
	struct err e = {0};
	char *text = NULL;
	size_t n;

	cr_assert(file_replace(path, SLICE("four"), 0600, &e));
	cr_assert_not(file_read(path, 3, &text, &n, &e));
	cr_assert_eq(e.code, EFBIG);
	cr_assert(file_read(path, 4, &text, &n, &e));
	cr_assert_eq(n, 4);
	free(text);
}

Test(file, read_refuses_what_is_no_regular_file)
{
	struct err e = {0};
	char *text;
	size_t n;

	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_not(file_read(path, 100, &text, &n, &e));
	cr_assert_not(file_read(dir, 100, &text, &n, &e));
	cr_assert_not(file_read("/nowhere/at/all", 100, &text, &n, &e));
	cr_assert_eq(e.code, ENOENT);
}

Test(file, mkdirs_makes_all_parts_and_refuses_a_file_in_the_way)
{
	struct err e = {0};
	char deep[192];

	cr_assert(file_replace(path, SLICE("x"), 0600, &e));
	snprintf(deep, sizeof(deep), "%s/f/g", dir);
	cr_assert_not(file_mkdirs(deep, 0700, &e));
	snprintf(deep, sizeof(deep), "%s/a/b", dir);
	cr_assert(file_mkdirs(deep, 0700, &e), "%s", e.msg);
	cr_assert(file_mkdirs(deep, 0700, &e), "twice is fine");
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/a", dir);
	rmdir(deep);
}

/* ---- links, locks ---- */

static void link_to(const char *target)
{
	char file[160];
	struct err e = {0};

	snprintf(file, sizeof(file), "%s/%s", dir, target);
	cr_assert(file_replace(file, SLICE("real"), 0600, &e), "%s", e.msg);
	cr_assert_eq(symlink(file, path), 0);
}

static void remove_named(const char *name)
{
	char file[160];

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	unlink(file);
}

Test(file, a_save_goes_through_a_link_to_a_file_that_is_ours)
{
	char real[PATH_MAX], want[160];
	struct err e = {0};

	cr_assert(file_real(path, real, &e), "what is not there yet is made in its place");
	cr_assert_str_eq(real, path);
	link_to("real");
	snprintf(want, sizeof(want), "%s/real", dir);
	cr_assert(file_real(path, real, &e), "%s", e.msg);
	cr_assert_str_eq(real, want);
	remove_named("real");
	cr_assert(!file_real(path, real, &e), "a link to nowhere");
	cr_assert_eq(e.code, ENOENT);
}

Test(file, a_link_to_what_others_can_change_is_not_followed)
{
	char real[PATH_MAX], file[160];
	struct err e = {0};

	link_to("real");
	snprintf(file, sizeof(file), "%s/real", dir);
	cr_assert_eq(chmod(file, 0620), 0);
	cr_assert(!file_real(path, real, &e));
	cr_assert_eq(e.code, EPERM);
	cr_assert_eq(chmod(file, 0600), 0);
	cr_assert(file_real(path, real, &e));
	/* they could put another there */
	cr_assert_eq(chmod(dir, 0777), 0);
	cr_assert(!file_real(path, real, &e));
	/* not in a sticky folder */
	cr_assert_eq(chmod(dir, 01777), 0);
	cr_assert(file_real(path, real, &e));
	cr_assert_eq(chmod(dir, 0700), 0);
	unlink(path);
	cr_assert_eq(symlink("/etc", path), 0);
	cr_assert(!file_real(path, real, &e), "a folder");
	remove_named("real");
}

Test(file, a_lock_is_waited_for_and_not_for_ever)
{
	struct err e = {0};
	struct stat st;
	int ours = file_lock(path, 0, &e), theirs;

	cr_assert_geq(ours, 0, "%s", e.msg);
	cr_assert_eq(fstat(ours, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600, "nobody else can open it, and so hold it");
	cr_assert_eq(file_lock(path, 30, &e), -1);
	cr_assert_eq(e.code, ETIMEDOUT);
	close(ours);
	theirs = file_lock(path, 0, &e);
	cr_assert_geq(theirs, 0);
	close(theirs);
	unlink(path);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
	cr_assert_eq(file_lock(path, 0, &e), -1, "a link is no lock");
}
