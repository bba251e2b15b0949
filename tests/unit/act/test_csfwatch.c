/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/csfwatch.h"

#include <fcntl.h>

#include "tests/unit/act/lab.h"

static struct csfwatch *watch;

static void make_folders(void)
{
	cr_assert(file_mkdirs(at("/etc/csf"), 0755, NULL));
	cr_assert(file_mkdirs(at("/var/lib/csf"), 0755, NULL));
}

static void make(void)
{
	make_lab();
	make_folders();
	watch = csfwatch_new(&lab);
	cr_assert_not_null(watch);
}

static void end(void)
{
	csfwatch_free(watch);
	remove_lab();
}

TestSuite(csfwatch, .init = make, .fini = end, .timeout = 60);

Test(csfwatch, tells_what_has_changed_and_nothing_else)
{
	static const struct {
		const char *file;
		unsigned what;
	} rows[] = {
		{"/etc/csf/csf.deny", CSFWATCH_LISTS},
		{"/var/lib/csf/csf.tempban", CSFWATCH_LISTS},
		{"/var/lib/csf/csf.lock", CSFWATCH_STATE},
		{"/etc/csf/csf.error", CSFWATCH_STATE},
		{"/etc/csf/csf.conf", CSFWATCH_STATE},
		{"/etc/csf/csf.allow", CSFWATCH_ALLOWED},
		{"/var/lib/csf/csf.tempallow", CSFWATCH_ALLOWED},
		{"/etc/csf/csf.ignore", CSFWATCH_ALLOWED},
		{"/etc/csf/csf.pignore", 0},
		{"/var/lib/csf/csf.tempip", 0},
		{"/etc/csf.deny", 0},
		{"/etc/passwd", 0},
		{"/var/lib/csf.tempban", 0},
	};

	cr_expect_eq(csfwatch_read(watch), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(rows[i].file, "x");
		cr_expect_eq(csfwatch_read(watch), rows[i].what, "%s", rows[i].file);
		cr_expect_eq(csfwatch_read(watch), 0, "%s, again", rows[i].file);
	}
}

Test(csfwatch, rewritten_in_place_or_replaced_or_removed)
{
	put("/etc/csf/csf.deny", "a\nb\n");
	csfwatch_read(watch);
	cr_assert_eq(truncate(at("/etc/csf/csf.deny"), 2), 0);
	cr_expect_eq(csfwatch_read(watch), 0, "not closed yet: who writes is not done");
	close(open(at("/etc/csf/csf.deny"), O_WRONLY));
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS);
	put("/etc/csf/new", "a\n");
	cr_assert_eq(rename(at("/etc/csf/new"), at("/etc/csf/csf.deny")), 0);
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS);
	cr_assert_eq(unlink(at("/etc/csf/csf.deny")), 0);
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS);
	close(open(at("/etc/csf/csf.pignore"), O_RDONLY | O_CREAT, 0600));
	cr_expect_eq(csfwatch_read(watch), 0);
}

Test(csfwatch, a_csf_that_is_installed_later_or_anew)
{
	cr_assert_eq(rmdir(at("/etc/csf")), 0);
	cr_assert_eq(rmdir(at("/var/lib/csf")), 0);
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS | CSFWATCH_STATE | CSFWATCH_ALLOWED);
	make_folders();
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS | CSFWATCH_STATE | CSFWATCH_ALLOWED);
	put("/etc/csf/csf.deny", "x");
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS);
	put("/var/lib/csf/csf.tempban", "x");
	cr_expect_eq(csfwatch_read(watch), CSFWATCH_LISTS);
}
