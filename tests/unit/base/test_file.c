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
