/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * scratch: an empty folder for one test, and what the tests of this room do with databases
 * behind the store's back.
 */
#ifndef OSM_TESTS_STORE_SCRATCH_H
#define OSM_TESTS_STORE_SCRATCH_H

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/err.h"

static char scratch[] = "/tmp/osm-store-XXXXXX";
static char db_path[PATH_MAX];

static inline void scratch_make(void)
{
	cr_assert_not_null(mkdtemp(scratch));
	snprintf(db_path, sizeof(db_path), "%s/x.db", scratch);
}

static inline void scratch_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	cr_assert_eq(system(command), 0);
}

/* SQL by another hand; the first column of the last row, or -1. */
static inline long long sql(const char *text)
{
	sqlite3_stmt *st;
	sqlite3 *h;
	long long n = -1;

	cr_assert_eq(sqlite3_open(db_path, &h), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(h, text, -1, &st, NULL), SQLITE_OK, "%s: %s",
		     text, sqlite3_errmsg(h));
	while (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	cr_assert_eq(sqlite3_finalize(st), SQLITE_OK, "%s: %s", text, sqlite3_errmsg(h));
	sqlite3_close(h);
	return n;
}

static inline void write_text(const char *text)
{
	FILE *f = fopen(db_path, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static inline mode_t mode_of(const char *suffix)
{
	char path[PATH_MAX + 8];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", db_path, suffix);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

#endif
