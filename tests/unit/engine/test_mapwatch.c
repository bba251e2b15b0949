/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/mapwatch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/base/file.h"

static struct paths root;
static struct event_base *base;
static struct mapwatch *watch;
static unsigned changes;

static const char *at(const char *name)
{
	static char out[PATH_MAX];

	cr_assert_not_null(paths_at(&root, name, out, sizeof(out)));
	return out;
}

static void on_changed(void *ctx)
{
	cr_expect_eq(ctx, &changes);
	changes++;
}

static void make_root(void)
{
	char dir[] = "/tmp/osm-mapwatch-XXXXXX";
	struct err e = {0};

	cr_assert_not_null(mkdtemp(dir));
	cr_assert(paths_init(&root, dir));
	cr_assert_eq(mkdir(at("/etc"), 0755), 0);
	base = event_base_new();
	watch = mapwatch_new(base, &root, on_changed, &changes, &e);
	cr_assert_not_null(watch, "%s", e.msg);
}

static void remove_root(void)
{
	char command[PATH_MAX + 16];

	mapwatch_free(watch);
	event_base_free(base);
	snprintf(command, sizeof(command), "rm -rf '%s'", root.root);
	cr_assert_eq(system(command), 0);
}

TestSuite(mapwatch, .init = make_root, .fini = remove_root, .timeout = 30);

static void write_file(const char *name)
{
	FILE *f = fopen(at(name), "w");

	cr_assert_not_null(f);
	fputs("example.com: acct\n", f);
	fclose(f);
}

static void run_ms(long ms)
{
	const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

Test(mapwatch, tells_of_a_file_that_is_written)
{
	write_file(PATH_USERDOMAINS);
	run_ms(500);
	cr_expect_eq(changes, 0, "others may follow");
	run_ms(1000);
	cr_expect_eq(changes, 1);
}

Test(mapwatch, tells_of_a_file_that_is_replaced)
{
	cr_assert(file_replace(at(PATH_TRUEUSERDOMAINS), SLICE("a.example: a\n"), 0644,
			       NULL));
	run_ms(1500);
	cr_expect_eq(changes, 1);
}

Test(mapwatch, tells_of_a_file_that_is_removed)
{
	write_file(PATH_LOCALDOMAINS);
	run_ms(1500);
	cr_assert_eq(unlink(at(PATH_LOCALDOMAINS)), 0);
	run_ms(1500);
	cr_expect_eq(changes, 2);
}

Test(mapwatch, tells_once_of_all_that_come_together)
{
	const char *path;

	for (size_t i = 0; (path = accounts_file(i)); i++)
		if (strncmp(path, "/etc/", 5) == 0)
			write_file(path);
	run_ms(500);
	write_file(PATH_PASSWD);
	run_ms(2500);
	cr_expect_eq(changes, 1);
}

Test(mapwatch, is_silent_about_other_files)
{
	write_file("/etc/hosts");
	write_file("/etc/userdomains.tmp");
	write_file("/etc/passwd-");
	run_ms(1500);
	cr_expect_eq(changes, 0);
}

Test(mapwatch, needs_the_folder)
{
	struct err e = {0};
	struct paths none;

	cr_assert(paths_init(&none, "/nonexistent"));
	cr_expect_null(mapwatch_new(base, &none, on_changed, NULL, &e));
	cr_expect_neq(e.code, 0);
	mapwatch_free(NULL);
}

static unsigned lists;

static void on_lists(void *ctx)
{
	cr_expect_eq(ctx, &changes);
	lists++;
}

Test(mapwatch, tells_of_the_lists_apart)
{
	write_file(PATH_HOLD_USERS);
	run_ms(1500);
	cr_expect_eq(changes, 0, "nobody asked");
	mapwatch_on_lists(watch, on_lists);
	write_file(PATH_HOLD_USERS);
	cr_assert(file_replace(at(PATH_SUSPENDED_USERS), SLICE("a\n"), 0644, NULL));
	run_ms(1500);
	cr_expect_eq(changes, 0);
	cr_expect_eq(lists, 1);
}

/* A customer can hold and release a mailbox without end. */
Test(mapwatch, is_not_put_off_by_changes_that_go_on)
{
	mapwatch_on_lists(watch, on_lists);
	write_file(PATH_USERDOMAINS);
	for (int i = 0; i < 12; i++) {
		write_file(PATH_HOLD_USERS);
		run_ms(200);
	}
	cr_expect_geq(changes, 1);
	cr_expect_geq(lists, 2);
}
