/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "osmd/base/file.h"

static struct paths root;
static char told[4096]; /* "FILE:LINE " of each problem */

static const char *at(const char *name)
{
	static char out[PATH_MAX];

	cr_assert_not_null(paths_at(&root, name, out, sizeof(out)));
	return out;
}

static void put(const char *name, const char *text)
{
	cr_assert(file_replace(at(name), slice_str(text), 0600, NULL), "%s", name);
}

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	size_t n = strlen(told);

	cr_expect_eq(ctx, told);
	cr_expect_gt(strlen(text), 0);
	snprintf(told + n, sizeof(told) - n, "%s:%u ", file, line);
}

static struct rules *load(void)
{
	told[0] = '\0';
	return settings_load(&root, on_problem, told);
}

static void make_root(void)
{
	char dir[] = "/tmp/osm-settings-XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	cr_assert(paths_init(&root, dir));
	cr_assert(file_mkdirs(at("/etc/osm"), 0700, NULL));
}

static void remove_root(void)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", root.root);
	cr_assert_eq(system(command), 0);
}

TestSuite(settings, .init = make_root, .fini = remove_root);

Test(settings, missing_files_are_empty_ones)
{
	struct rules *r = load();
	struct config defaults;

	cr_assert_not_null(r);
	options_defaults(&defaults);
	cr_expect_eq(rules_config(r)->testing, defaults.testing);
	cr_expect_str_empty(told);
	rules_free(r);
}

Test(settings, are_what_the_files_say)
{
	struct rules *r;

	put(PATH_CONF, "TESTING = \"0\"\nACTION_MAX = \"7\"\n");
	r = load();
	cr_assert_not_null(r);
	cr_expect_not(rules_config(r)->testing);
	cr_expect_eq(rules_config(r)->action_max, 7);
	rules_free(r);
}

Test(settings, every_wrong_line_of_every_file_is_told)
{
	put(PATH_CONF, "NO_SUCH_KEY = \"1\"\nTESTING = \"0\"\nACTION_MAX = \"-1\"\n");
	put(PATH_ACCOUNTS, "# fine\nthis is no limit\n");
	put(PATH_IGNORE, "nonsense\n");
	cr_expect_null(load());
	cr_expect(strstr(told, "osm.conf:1 ") && strstr(told, "osm.conf:3 "), "%s", told);
	cr_expect_null(strstr(told, "osm.conf:2 "), "%s", told);
	cr_expect(strstr(told, "osm.accounts:2 "), "%s", told);
	cr_expect(strstr(told, "osm.ignore:1 "), "%s", told);
}

Test(settings, a_file_that_cannot_be_read_is_no_empty_one)
{
	cr_assert_eq(mkdir(at(PATH_IGNORE), 0700), 0);
	cr_expect_null(load());
	cr_expect_str_eq(told, "osm.ignore:0 ");
}
