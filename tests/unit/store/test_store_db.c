/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/store_db.h"
#include "tests/unit/store/scratch.h"

static const char *const first[] = {"CREATE TABLE a (n INTEGER);"};
static const char *const second[] = {"CREATE TABLE a (n INTEGER);",
				     "ALTER TABLE a ADD COLUMN m INTEGER DEFAULT 5;",
				     "CREATE TABLE b (n INTEGER);"};
static const char *const broken[] = {"CREATE TABLE a (n INTEGER);",
				     "ALTER TABLE a ADD COLUMN m INTEGER;",
				     "ALTER TABLE nowhere ADD COLUMN m INTEGER;"};

static const struct db_schema one = {first, 1}, three = {second, 3}, bad = {broken, 3};

TestSuite(store_db, .init = scratch_make, .fini = scratch_remove);

static bool try_open(enum db_mode mode, const struct db_schema *schema, struct err *e)
{
	struct db d;
	bool ok = db_open(&d, db_path, mode, schema, e);

	db_close(&d);
	return ok;
}

static void make_old(void)
{
	struct err e = {0};

	cr_assert(try_open(DB_WRITE_FULL, &one, &e), "%s", e.msg);
	sql("INSERT INTO a VALUES (7)");
}

/* sql() looks at the copy. */
static void at_copy(void)
{
	snprintf(db_path, sizeof(db_path), "%s/x.db.v1", scratch);
}

Test(store_db, steps_forward_and_keeps_a_copy_of_what_was)
{
	struct err e = {0};

	make_old();
	cr_assert(try_open(DB_WRITE_FULL, &three, &e), "%s", e.msg);
	cr_expect_eq(sql("PRAGMA user_version"), 3);
	cr_expect_eq(sql("SELECT n + m FROM a"), 12);
	cr_expect_eq(mode_of(".v1"), 0600);
	cr_expect_eq(mode_of(".v1.new"), 0);
	at_copy();
	cr_expect_eq(sql("PRAGMA user_version"), 1);
	cr_expect_eq(sql("SELECT n FROM a"), 7);
}

Test(store_db, the_copy_opens_with_the_older_version_again)
{
	struct err e = {0};

	make_old();
	cr_assert(try_open(DB_WRITE_FULL, &three, &e), "%s", e.msg);
	cr_assert_not(try_open(DB_WRITE_FULL, &one, &e));
	cr_expect_not_null(strstr(e.msg, "newer osm (version 3"), "%s", e.msg);
	at_copy();
	cr_assert(try_open(DB_WRITE_FULL, &one, &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT n FROM a"), 7);
}

Test(store_db, a_step_that_fails_leaves_the_database_as_it_was)
{
	struct err e = {0};

	make_old();
	cr_assert_not(try_open(DB_WRITE_FULL, &bad, &e));
	cr_expect_not_null(strstr(e.msg, "step the schema forward"), "%s", e.msg);
	cr_expect_eq(sql("PRAGMA user_version"), 1);
	cr_assert(try_open(DB_WRITE_FULL, &three, &e), "%s", e.msg);
}

Test(store_db, copies_nothing_that_is_new_or_as_it_should_be)
{
	struct err e = {0};

	cr_assert(try_open(DB_WRITE_FULL, &three, &e), "%s", e.msg);
	cr_assert(try_open(DB_WRITE_FULL, &three, &e), "%s", e.msg);
	cr_expect_eq(mode_of(".v0"), 0);
	cr_expect_eq(mode_of(".v3"), 0);
}

Test(store_db, what_an_interrupted_copy_left_is_no_hindrance)
{
	char rest[PATH_MAX];
	struct err e = {0};
	FILE *f;

	make_old();
	snprintf(rest, sizeof(rest), "%s/x.db.v1.new", scratch);
	f = fopen(rest, "w");
	cr_assert_not_null(f);
	fputs("half a copy", f);
	fclose(f);
	cr_assert(try_open(DB_WRITE_FULL, &three, &e), "%s", e.msg);
	at_copy();
	cr_expect_eq(sql("SELECT n FROM a"), 7);
}

Test(store_db, without_a_copy_there_is_no_step)
{
	char taken[PATH_MAX];
	struct err e = {0};

	make_old();
	snprintf(taken, sizeof(taken), "%s/x.db.v1.new", scratch);
	cr_assert_eq(mkdir(taken, 0700), 0);
	cr_assert_not(try_open(DB_WRITE_FULL, &three, &e));
	cr_expect_not_null(strstr(e.msg, "x.db.v1.new"), "%s", e.msg);
	cr_expect_eq(sql("PRAGMA user_version"), 1);
}
