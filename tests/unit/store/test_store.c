/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/store.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "osmd/model/report.h"
#include "tests/unit/store/scratch.h"

#define NOON 1790000000

static struct store *s;

static void begin(void)
{
	struct err e = {0};

	scratch_make();
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
}

static void finish(void)
{
	store_close(s);
	scratch_remove();
}

TestSuite(store, .init = begin, .fini = finish);

/* What the store itself needs of a report; n makes its id. */
static json_t *report_of(int n, const char *account, const char *type, int64_t at_s)
{
	char id[40], key[80];

	snprintf(id, sizeof(id), "%032x", n);
	snprintf(key, sizeof(key), "k-%s", account);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:I, s:[]}", "id",
			 id, "type", type, "kind", "limit", "account", account, "mailbox",
			 "Bob@example.com", "key", key, "time", (json_int_t)at_s, "count",
			 n, "limit", 5, "last", (json_int_t)at_s, "actions");
}

static bool add(int n, const char *account, const char *type, int64_t at_s)
{
	json_t *report = report_of(n, account, type, at_s);
	struct err e = {0};
	bool fresh;

	cr_assert(store_report_add(s, report, &fresh, &e), "%s", e.msg);
	json_decref(report);
	return fresh;
}

static const char *id_of(int n)
{
	static char id[40];

	snprintf(id, sizeof(id), "%032x", n);
	return id;
}

static bool is_there(int n)
{
	struct err e = {0};
	json_t *report = store_report_read(s, id_of(n), &e);

	cr_assert_eq(e.code, 0, "%s", e.msg);
	json_decref(report);
	return report != NULL;
}

static struct action_row row_of(int report, const char *action, const char *target)
{
	struct action_row row = {.created_s = NOON};

	snprintf(row.report_id, sizeof(row.report_id), "%s", id_of(report));
	snprintf(row.action, sizeof(row.action), "%s", action);
	snprintf(row.account, sizeof(row.account), "acct");
	snprintf(row.target, sizeof(row.target), "%s", target);
	return row;
}

static int64_t act(int report, const char *action, enum action_state end, int64_t at_s)
{
	struct action_row row = row_of(report, action, "acct");
	struct err e = {0};
	bool fresh;

	row.created_s = at_s;
	cr_assert(store_action_begin(s, &row, &fresh, &e) && fresh, "%s", e.msg);
	if (end != ACTION_PENDING)
		cr_assert(store_action_end(s, row.id, end, NULL, NULL, at_s, &e), "%s",
			  e.msg);
	return row.id;
}

Test(store, is_made_private_and_opened_again)
{
	struct err e = {0};

	cr_assert(add(1, "acct", "logline", NOON));
	cr_expect_eq(mode_of(""), 0600);
	cr_expect_eq(mode_of("-wal"), 0600);
	store_close(s);
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
	cr_assert(is_there(1));
}

Test(store, takes_back_a_mode_that_was_too_wide)
{
	struct err e = {0};

	store_close(s);
	cr_assert_eq(chmod(db_path, 0644), 0);
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
	cr_assert_eq(mode_of(""), 0600);
}

Test(store, refuses_a_newer_schema_and_leaves_it_as_it_is)
{
	for (int writing = 0; writing < 2; writing++) {
		struct err e = {0};

		sql("PRAGMA user_version = 99");
		cr_assert_null(store_open(db_path, writing, &e));
		cr_expect_not_null(strstr(e.msg, "newer osm (version 99"), "%s", e.msg);
		cr_expect_eq(sql("PRAGMA user_version"), 99);
	}
}

Test(store, steps_an_older_schema_forward)
{
	struct err e = {0};

	store_close(s);
	sql("DROP TABLE strike");
	sql("DROP INDEX action_expires");
	sql("DROP INDEX action_name");
	sql("PRAGMA user_version = 1");
	s = store_open(db_path, false, &e);
	cr_expect_null(s, "by its writer only");
	cr_expect_not_null(strstr(e.msg, "made by an older osm"), "%s", e.msg);
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM strike"), 0);
	cr_expect_gt(sql("PRAGMA user_version"), 1);
}

Test(store, says_to_a_reader_when_there_is_nothing_yet)
{
	struct err e = {0};
	struct store *other;

	store_close(s);
	s = NULL;
	unlink(db_path);
	other = store_open(db_path, false, &e);
	cr_assert_null(other);
	cr_expect_eq(e.code, ENOENT);
	cr_expect_not_null(strstr(e.msg, "osmd makes it"), "%s", e.msg);
	cr_expect_eq(access(db_path, F_OK), -1, "a reader makes no file");
	write_text("");
	e = (struct err){0};
	cr_expect_null(store_open(db_path, false, &e), "an empty file has no schema");
	cr_expect_not_null(strstr(e.msg, "start osmd once"), "%s", e.msg);
}

Test(store, tells_of_a_missing_folder_a_folder_and_garbage)
{
	struct err e = {0};

	store_close(s);
	s = NULL;
	cr_assert_null(store_open("/tmp/osm-no-such-folder/osm.db", true, &e));
	cr_expect_eq(e.code, ENOENT);
	cr_expect_not_null(strstr(e.msg, "/tmp/osm-no-such-folder/osm.db"), "%s", e.msg);
	cr_assert_null(store_open(scratch, true, &e));
	cr_expect_not_null(strstr(e.msg, "not a file"), "%s", e.msg);
	write_text(
		"This is no database at all, but it is longer than a header has to be: "
		"a hundred bytes are needed for that.\n");
	cr_assert_null(store_open(db_path, true, &e));
	cr_expect_eq(e.code, EBADMSG, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, "move it away"), "%s", e.msg);
	cr_expect_null(store_open(db_path, false, &e));
}

Test(store, reads_while_it_is_written)
{
	struct err e = {0};
	struct store *reader = store_open(db_path, false, &e), *mine = s;

	cr_assert_not_null(reader, "%s", e.msg);
	add(1, "acct", "logline", NOON);
	s = reader;
	cr_expect(is_there(1));
	json_t *report = report_of(2, "acct", "logline", NOON);
	bool fresh;

	cr_expect_not(store_report_add(reader, report, &fresh, &e));
	cr_expect_not_null(strstr(e.msg, "can't be written"), "%s", e.msg);
	cr_expect_not(fresh);
	json_decref(report);
	s = mine;
	store_close(reader);
}

Test(store, keeps_a_report_once)
{
	json_t *report, *same;
	struct err e = {0};

	cr_expect(add(1, "acct", "logline", NOON));
	cr_expect_not(add(1, "acct", "logline", NOON), "the same id");
	cr_expect(add(2, "acct", "logline", NOON));
	cr_expect_eq(sql("SELECT count(*) FROM document"), 2);
	report = store_report_read(s, id_of(1), &e);
	same = report_of(1, "acct", "logline", NOON);
	cr_expect(json_equal(report, same), "as it was given");
	json_decref(report);
	json_decref(same);
	cr_expect_null(store_report_read(s, "x' OR '1'='1", &e));
	cr_expect_eq(e.code, 0, "not there is no error");
}

Test(store, takes_only_what_it_can_list)
{
	static const char *const needed[] = {"id",  "type", "kind",  "account", "mailbox",
					     "key", "time", "count", "limit",	"last"};
	json_t *report;
	struct err e;
	bool fresh;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		e = (struct err){0};
		report = report_of(1, "acct", "logline", NOON);
		json_object_del(report, needed[i]);
		cr_expect_not(store_report_add(s, report, &fresh, &e), "%s", needed[i]);
		cr_expect_not_null(strstr(e.msg, needed[i]), "%s", e.msg);
		json_decref(report);
	}
	report = report_of(1, "acct", "logline", NOON);
	json_object_set_new(report, "id",
			    json_string("0123456789012345678901234567890123456789"));
	cr_expect_not(store_report_add(s, report, &fresh, &e), "40 bytes and a NUL");
	json_decref(report);
	cr_expect(add(1, "acct", "logline", NOON), "nothing half done stays");
}

Test(store, refuses_a_report_past_its_bound)
{
	json_t *report = report_of(1, "acct", "logline", NOON);
	char *big = malloc(REPORT_BYTES_MAX + 1);
	size_t left;
	struct err e;
	bool fresh;

	json_object_set_new(report, "x", json_string(""));
	left = REPORT_BYTES_MAX - json_dumpb(report, NULL, 0, JSON_COMPACT);
	memset(big, 'x', REPORT_BYTES_MAX + 1);
	json_object_set_new(report, "x", json_stringn(big, left + 1));
	cr_expect_not(store_report_add(s, report, &fresh, &e), "one byte too many");
	json_object_set_new(report, "x", json_stringn(big, left));
	cr_expect(store_report_add(s, report, &fresh, &e), "%s", e.msg);
	json_decref(report);
	free(big);
}

Test(store, shows_what_was_done_from_the_journal)
{
	struct err e = {0};
	const json_t *first, *second;
	json_t *report;
	int64_t id;

	add(1, "acct", "logline", NOON);
	add(2, "acct", "logline", NOON);
	act(1, "email", ACTION_DONE, NOON);
	id = act(1, "hold", ACTION_DONE, NOON + 1);
	act(2, "hold", ACTION_FAILED, NOON);
	report = store_report_read(s, id_of(1), &e);
	cr_assert_eq(json_array_size(json_object_get(report, "actions")), 2);
	first = json_array_get(json_object_get(report, "actions"), 0);
	second = json_array_get(json_object_get(report, "actions"), 1);
	cr_expect_str_eq(json_string_value(json_object_get(first, "undo")), "",
			 "a mail can't be undone");
	cr_expect_str_eq(json_string_value(json_object_get(second, "undo")),
			 id == 2 ? "osm undo 2" : "?");
	cr_expect_str_eq(json_string_value(json_object_get(second, "changed_iso")),
			 "2026-09-21T14:13:21Z");
	cr_expect_str_eq(json_string_value(json_object_get(second, "expires_iso")), "");
	json_decref(report);
}

static size_t count(struct report_filter f, const char *first)
{
	struct err e = {0};
	json_t *list = store_report_list(s, &f, &e);
	size_t n = json_array_size(list);

	cr_assert_not_null(list, "%s", e.msg);
	if (n)
		cr_expect_str_eq(
			json_string_value(json_object_get(json_array_get(list, 0), "id")),
			first);
	json_decref(list);
	return n;
}

Test(store, lists_newest_first_and_narrowed)
{
	char one[40], long_word[20000];

	memset(long_word, 'k', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	for (int i = 1; i <= 120; i++)
		add(i, i % 2 ? "odd" : "even", i % 3 ? "logline" : "cwdcheck", NOON + i);
	cr_expect_eq(count((struct report_filter){0}, id_of(120)), 100, "by default");
	cr_expect_eq(count((struct report_filter){.limit = 1}, id_of(120)), 1);
	cr_expect_eq(count((struct report_filter){.limit = 1, .offset = 119}, id_of(1)),
		     1);
	cr_expect_eq(count((struct report_filter){.offset = 120}, ""), 0);
	cr_expect_eq(count((struct report_filter){.offset = SIZE_MAX}, ""), 0);
	cr_expect_eq(count((struct report_filter){.account = "odd"}, id_of(119)), 60);
	cr_expect_eq(count((struct report_filter){.type = "cwdcheck"}, id_of(120)), 40);
	cr_expect_eq(count((struct report_filter){.account = "odd", .type = "cwdcheck"},
			   id_of(117)),
		     20);
	cr_expect_eq(count((struct report_filter){.word = "K-EV"}, id_of(120)), 60,
		     "in any case");
	cr_expect_eq(count((struct report_filter){.word = "bob@EXAMPLE"}, id_of(120)),
		     100);
	cr_expect_eq(count((struct report_filter){.word = "%"}, ""), 0, "no pattern");
	cr_expect_eq(count((struct report_filter){.word = "b_b@example"}, ""), 0, "no pattern");
	cr_expect_eq(count((struct report_filter){.word = "|"}, ""), 0, "no pattern");
	cr_expect_eq(count((struct report_filter){.word = long_word}, ""), 0, "too long");
	snprintf(one, sizeof(one), "%s", id_of(50));
	cr_expect_eq(
		count((struct report_filter){.since_s = NOON + 50, .before_s = NOON + 51},
		      one),
		1, "since is in, before is out");
	cr_expect_eq(count((struct report_filter){.account = "od"}, ""), 0);
}

Test(store, names_the_actions_in_a_list)
{
	struct err e = {0};
	json_t *list;

	add(1, "acct", "logline", NOON);
	act(1, "email", ACTION_DONE, NOON);
	act(1, "hold", ACTION_SKIPPED, NOON);
	list = store_report_list(s, &(struct report_filter){0}, &e);
	cr_expect_str_eq(
		json_string_value(json_object_get(json_array_get(list, 0), "actions")),
		"email:done hold:skipped");
	json_decref(list);
}

Test(store, knows_the_last_of_a_key)
{
	cr_expect_eq(store_report_last(s, "logline", "k-acct"), 0);
	add(1, "acct", "logline", NOON + 5);
	add(2, "acct", "logline", NOON);
	add(3, "acct", "cwdcheck", NOON + 9);
	cr_expect_eq(store_report_last(s, "logline", "k-acct"), NOON + 5);
	cr_expect_eq(store_report_last(s, "logline", "k-acc"), 0);
}

struct walk {
	int seen;
	int64_t last_s;
};

static void walk_one(const json_t *report, void *ctx)
{
	struct walk *w = ctx;
	int64_t at_s = json_integer_value(json_object_get(report, "last"));

	cr_expect_geq(at_s, w->last_s, "oldest first");
	w->last_s = at_s;
	w->seen++;
	store_report_last(s, "logline", "x"); /* fn may use the store */
}

Test(store, walks_over_all_even_past_a_damaged_one)
{
	struct walk w = {0};
	struct err e = {0};

	for (int i = 0; i < 30; i++)
		add(i + 1, "acct", "logline", NOON + (i * 7) % 10);
	cr_expect(store_report_each(s, 0, walk_one, &w, &e), "%s", e.msg);
	cr_expect_eq(w.seen, 30, "also those of one second");
	w = (struct walk){0};
	cr_expect(store_report_each(s, NOON + 5, walk_one, &w, &e));
	cr_expect_eq(w.seen, 15, "since is in");
	sql("UPDATE document SET body = '{' WHERE n = 7");
	w = (struct walk){0};
	cr_expect_not(store_report_each(s, 0, walk_one, &w, &e));
	cr_expect_eq(w.seen, 29);
	cr_expect_eq(e.code, EBADMSG);
	cr_expect_null(store_report_read(s, id_of(7), &e));
	cr_expect_eq(e.code, EBADMSG, "damaged isn't missing");
}

Test(store, removes_old_reports_but_none_that_holds_something)
{
	struct err e = {0};
	int64_t held, pending;

	for (int i = 1; i <= 6; i++)
		add(i, "acct", "logline", NOON + i);
	held = act(1, "hold", ACTION_DONE, NOON);
	pending = act(2, "email", ACTION_PENDING, NOON);
	act(3, "email", ACTION_DONE, NOON);
	act(4, "hold", ACTION_FAILED, NOON);
	cr_assert(store_report_prune(s, NOON + 6, &e), "%s", e.msg);
	cr_expect(is_there(1), "it says why acct is held");
	cr_expect(is_there(2), "it isn't finished");
	cr_expect_not(is_there(3));
	cr_expect_not(is_there(4));
	cr_expect_not(is_there(5));
	cr_expect(is_there(6), "before is out");
	cr_expect_eq(sql("SELECT count(*) FROM document"), 3);
	cr_expect_eq(sql("SELECT count(*) FROM action"), 2);
	cr_assert(store_action_end(s, held, ACTION_UNDONE, NULL, NULL, NOON, &e));
	cr_assert(store_action_end(s, pending, ACTION_FAILED, NULL, NULL, NOON, &e));
	cr_assert(store_report_prune(s, NOON + 7, &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM report"), 0);
	cr_expect_eq(sql("SELECT count(*) FROM action"), 0);
	cr_expect_gt(act(9, "hold", ACTION_DONE, NOON), 4, "an id is never given twice");
}

Test(store, removes_more_than_one_batch)
{
	struct err e = {0};

	for (int i = 1; i <= 1001; i++)
		add(i, "acct", "logline", NOON);
	cr_assert(store_report_prune(s, NOON + 1, &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM report"), 0);
	cr_expect_eq(sql("SELECT count(*) FROM document"), 0);
}

Test(store, writes_the_audit)
{
	struct err e = {0};

	cr_assert(store_audit(s, NOON, "root", "undo 1\xff", &e), "%s", e.msg);
	cr_assert(store_audit(s, NOON + 1, "osm", "undo 2", &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM audit"), 2);
	sql("UPDATE audit SET n = 100001 WHERE n = 2");
	cr_assert(store_audit(s, NOON + 2, "osm", "undo 3", &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT min(n) FROM audit"), 100001, "the oldest go");
}

/* 1: all were stored. What was refused is in e. */
static int fill(struct err *e)
{
	json_t *report = report_of(0, "acct", "logline", NOON);
	char *big = malloc(100000);
	bool ok = true, fresh;

	memset(big, 'x', 100000);
	json_object_set_new(report, "x", json_stringn(big, 100000));
	for (int i = 1000; ok && i < 1100; i++) {
		json_object_set_new(report, "id", json_string(id_of(i)));
		ok = store_report_add(s, report, &fresh, e);
		cr_expect(ok || !fresh);
	}
	json_decref(report);
	free(big);
	return ok;
}

/* A small file system that goes with this test's process, whatever happens to it. */
static bool mount_small(const char *size)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", scratch, "tmpfs", 0, size) == 0;
}

/* After a full disk: nothing half done, a clear word, and it goes on when there is room. */
static void check_full(const char *word, const char * or)
{
	struct err e = {0};
	struct action_row row = row_of(1, "hold", "acct");
	long long n;
	bool fresh;

	cr_assert_not(fill(&e));
	cr_expect(strstr(e.msg, word) || strstr(e.msg, or), "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, db_path), "%s", e.msg);
	cr_expect_neq(e.code, 0);
	cr_expect(is_there(1), "it can still be read");
	for (int i = 0; i < 1000 && store_action_begin(s, &row, &fresh, &e); i++)
		snprintf(row.target, sizeof(row.target), "t%d", i);
	cr_expect(strstr(e.msg, word) || strstr(e.msg, or), "the journal: %s", e.msg);
	cr_expect_not(fresh);
	n = sql("SELECT count(*) FROM report");
	cr_expect_eq(sql("SELECT count(*) FROM document"), n, "no half report");
}

Test(store, tells_of_a_full_disk_and_goes_on_after_it)
{
	struct err e = {0};

	store_close(s);
	s = NULL;
	if (!mount_small("size=1m"))
		cr_skip_test("no right to mount");
	s = store_open(db_path, true, &e);
	cr_assert_not_null(s, "%s", e.msg);
	add(1, "acct", "logline", NOON);
	check_full("the disk is full", "the disk is full");
	cr_assert_eq(mount("none", scratch, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	cr_expect(fill(&e), "%s", e.msg);
	store_close(s);
	s = NULL;
	cr_assert_eq(umount(scratch), 0);
}

Test(store, tells_of_a_file_that_may_not_grow)
{
	struct rlimit old, little = {1 << 20, 1 << 20};
	struct err e = {0};

	add(1, "acct", "logline", NOON);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	little.rlim_max = old.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	check_full("File too large", "a write failed");
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	cr_expect(fill(&e), "%s", e.msg);
}

Test(store, cannot_be_made_on_a_full_disk)
{
	struct err e = {0};
	struct store *none;
	char path[PATH_MAX];
	FILE *f;

	store_close(s);
	s = NULL;
	if (!mount_small("size=64k"))
		cr_skip_test("no right to mount");
	snprintf(path, sizeof(path), "%s/ballast", scratch);
	f = fopen(path, "w");
	for (int i = 0; i < 65536; i++)
		fputc('x', f);
	fclose(f);
	none = store_open(db_path, true, &e);
	cr_expect_null(none);
	cr_expect_not_null(strstr(e.msg, db_path), "%s", e.msg);
	cr_expect(strstr(e.msg, "full") || strstr(e.msg, "No space"), "%s", e.msg);
	cr_assert_eq(umount(scratch), 0);
}

Test(store, writes_what_was_gathered_in_one_piece)
{
	struct err e = {0};
	struct action_row row = row_of(1, "hold", "acct");
	bool fresh;

	cr_assert(store_settle(s, &e), "nothing to settle");
	cr_assert(store_gather(s, &e) && store_gather(s, &e));
	add(1, "acct", "logline", NOON);
	cr_assert(store_action_begin(s, &row, &fresh, &e));
	cr_expect(is_there(1), "it is there for its writer");
	cr_expect_eq(sql("SELECT count(*) FROM report"), 0, "and not yet for others");
	cr_assert(store_settle(s, &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM report"), 1);
	cr_expect_eq(sql("SELECT count(*) FROM action"), 1);
	add(2, "acct", "logline", NOON);
	cr_expect_eq(sql("SELECT count(*) FROM report"), 2, "each by itself again");
}

/* Else an action would be begun, or even done, whose report is not stored. */
Test(store, stores_nothing_of_what_was_gathered_when_the_disk_is_full)
{
	struct err e = {0};
	struct action_row row = row_of(1, "hold", "acct");
	bool fresh;

	store_close(s);
	s = NULL;
	if (!mount_small("size=1m"))
		cr_skip_test("no right to mount");
	s = store_open(db_path, true, &e);
	cr_assert(store_gather(s, &e));
	add(1, "acct", "logline", NOON);
	cr_assert_not(fill(&e) && store_settle(s, &e), "1 MB holds 10");
	cr_expect(strstr(e.msg, "the disk is full"), "%s", e.msg);
	/* whichever failed: nothing goes on as if the report were there */
	if (!store_gather(s, &e)) {
		cr_expect(strstr(e.msg, "rolled back"), "%s", e.msg);
		cr_expect_not(store_settle(s, &e));
	} else {
		cr_expect(store_action_begin(s, &row, &fresh, &e) || !fresh);
		store_settle(s, &e);
	}
	cr_expect(sql("SELECT count(*) FROM report") > 0 ||
			  sql("SELECT count(*) FROM action") == 0,
		  "no action without its report");
	cr_assert_eq(mount("none", scratch, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	cr_assert(store_gather(s, &e), "%s", e.msg);
	add(3, "acct", "logline", NOON);
	cr_assert(store_settle(s, &e), "%s", e.msg);
	cr_expect(is_there(3));
	store_close(s);
	s = NULL;
	cr_assert_eq(umount(scratch), 0);
}
