/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/watch.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/store/scratch.h"

static struct watch *w;

static void begin(void)
{
	struct err e = {0};

	scratch_make();
	w = watch_open(db_path, &e);
	cr_assert_not_null(w, "%s", e.msg);
}

static void finish(void)
{
	watch_close(w);
	scratch_remove();
}

TestSuite(watch, .init = begin, .fini = finish);

static void reopen(void)
{
	struct err e = {0};

	watch_close(w);
	w = watch_open(db_path, &e);
	cr_assert_not_null(w, "%s", e.msg);
}

static struct watch_position position(void)
{
	struct watch_position p = {.dev = 7,
				   .inode = UINT64_MAX,
				   .offset = 1ull << 40,
				   .fingerprint_n = 256,
				   .ahead = 3};

	for (size_t i = 0; i < sizeof(p.fingerprint); i++)
		p.fingerprint[i] = (uint8_t)(i * 37);
	return p;
}

static bool same(const struct watch_position *a, const struct watch_position *b)
{
	return a->dev == b->dev && a->inode == b->inode && a->offset == b->offset &&
	       a->fingerprint_n == b->fingerprint_n && a->ahead == b->ahead &&
	       memcmp(a->fingerprint, b->fingerprint, sizeof(a->fingerprint)) == 0;
}

static bool save(const struct watch_position *p, struct err *e)
{
	const struct watch_progress progress = {.at = *p};

	return watch_save(w, &progress, e);
}

Test(watch, has_no_position_at_first)
{
	struct watch_position got;
	struct err e = {.code = 1};

	cr_expect_not(watch_position_get(w, &got, &e));
	cr_expect_eq(e.code, 0, "that is no error");
}

Test(watch, keeps_the_last_position_over_a_restart)
{
	struct watch_position p = position(), got;
	struct err e = {0};

	cr_assert(save(&p, &e), "%s", e.msg);
	p.offset++;
	cr_assert(save(&p, &e), "%s", e.msg);
	reopen();
	cr_assert(watch_position_get(w, &got, &e), "%s", e.msg);
	cr_expect(same(&p, &got));
	cr_expect_eq(sql("SELECT count(*) FROM position"), 1);
}

Test(watch, takes_a_damaged_position_for_none)
{
	struct watch_position p = position(), got;
	struct err e = {0};

	cr_assert(save(&p, &e), "%s", e.msg);
	sql("UPDATE position SET fingerprint = x'00'");
	cr_expect_not(watch_position_get(w, &got, &e));
	cr_expect_eq(e.code, 0);
}

static void add(int n, int64_t at_s)
{
	char id[32];

	snprintf(id, sizeof(id), "1abcde-%06d-00", n);
	watch_confirmed_add(w, slice_str(id), at_s);
}

static bool has(int n)
{
	char id[32];

	snprintf(id, sizeof(id), "1abcde-%06d-00", n);
	return watch_confirmed_has(w, slice_str(id));
}

Test(watch, knows_confirmed_ids_before_and_after_the_flush)
{
	struct err e = {0};

	add(1, 100);
	cr_expect(has(1), "still waiting");
	cr_expect_not(has(2));
	cr_expect_eq(sql("SELECT count(*) FROM confirmed"), 0);
	cr_assert(watch_flush(w, &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM confirmed"), 1);
	cr_expect(has(1));
	add(2, 100);
	reopen();
	cr_expect(has(1));
	cr_expect(has(2), "written at the end");
}

Test(watch, flushes_by_itself_when_many_wait)
{
	for (int i = 0; i < 256; i++)
		add(i, 100);
	cr_expect_eq(sql("SELECT count(*) FROM confirmed"), 0);
	add(256, 100);
	cr_expect_eq(sql("SELECT count(*) FROM confirmed"), 256);
	for (int i = 0; i <= 256; i++)
		cr_expect(has(i), "%d", i);
}

Test(watch, forgets_what_is_older)
{
	struct watch_progress prune = {.now_s = 0};
	struct err e = {0};

	add(1, 99);
	add(2, 100);
	add(3, 99);
	add(3, 101); /* confirmed again, later */
	add(4, 101);
	add(4, 99);
	prune.ids_before_s = 100;
	cr_assert(watch_save(w, &prune, &e), "%s", e.msg);
	cr_expect_not(has(1));
	cr_expect(has(2), "at its second");
	cr_expect(has(3));
	cr_expect(has(4), "the later time counts");
	prune.ids_before_s = 0;
	cr_assert(watch_save(w, &prune, &e));
	cr_expect(has(2), "0: nothing goes");
}

Test(watch, takes_ids_of_any_bytes_within_bounds)
{
	char big[417];

	memset(big, 'x', sizeof(big));
	watch_confirmed_add(w, (struct slice){big, 416}, 1);
	watch_confirmed_add(w, (struct slice){big, 417}, 1);
	watch_confirmed_add(w, (struct slice){NULL, 0}, 1);
	watch_confirmed_add(w, (struct slice){"a\0b", 3}, 1);
	watch_confirmed_add(w, SLICE("\xff'\n"), 1);
	reopen();
	cr_expect(watch_confirmed_has(w, (struct slice){big, 416}));
	cr_expect_not(watch_confirmed_has(w, (struct slice){big, 417}));
	cr_expect_not(watch_confirmed_has(w, (struct slice){big, 415}));
	cr_expect_not(watch_confirmed_has(w, (struct slice){NULL, 0}));
	cr_expect(watch_confirmed_has(w, (struct slice){"a\0b", 3}));
	cr_expect_not(watch_confirmed_has(w, SLICE("a")));
	cr_expect(watch_confirmed_has(w, SLICE("\xff'\n")));
}

Test(watch, is_private_and_refuses_a_newer_schema)
{
	struct err e = {0};

	cr_expect_eq(mode_of(""), 0600);
	sql("PRAGMA user_version = 4");
	cr_expect_null(watch_open(db_path, &e));
	cr_expect_not_null(strstr(e.msg, "newer osm"), "%s", e.msg);
}

Test(watch, tells_of_a_missing_folder)
{
	struct err e = {0};

	cr_expect_null(watch_open("/tmp/osm-no-such-folder/watch.db", &e));
	cr_expect_eq(e.code, ENOENT, "%s", e.msg);
}

Test(watch, keeps_what_it_can_when_the_disk_is_full)
{
	struct rlimit old, little;
	struct watch_position p = position();
	struct err e = {0};

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	little = (struct rlimit){4096, old.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	for (int i = 0; i < 300; i++)
		add(i, 100);
	cr_expect_not(watch_flush(w, &e));
	cr_expect_not_null(strstr(e.msg, "a write failed"), "%s", e.msg);
	cr_expect_not(save(&p, &e));
	cr_expect_not(has(43), "the oldest are given up");
	cr_expect(has(44));
	cr_expect(has(299));
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	cr_expect(watch_flush(w, &e), "%s", e.msg);
	cr_expect(save(&p, &e), "%s", e.msg);
	cr_expect_eq(sql("SELECT count(*) FROM confirmed"), 256);
}

/* The watcher reads no line while it waits here. */
Test(watch, does_not_wait_long_for_who_has_it_locked)
{
	struct watch_position p = position(), got;
	struct timespec begun, ended;
	sqlite3 *other = NULL;
	struct err e = {0};

	cr_assert_eq(sqlite3_open(db_path, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	watch_confirmed_add(w, SLICE("1abcde-000000-00"), 1000);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	cr_expect_not(save(&p, &e));
	cr_expect_not(watch_flush(w, &e));
	clock_gettime(CLOCK_MONOTONIC, &ended);
	cr_expect_leq(ended.tv_sec - begun.tv_sec, 1);
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	cr_expect(save(&p, &e), "%s", e.msg);
	cr_expect(watch_flush(w, &e), "%s", e.msg);
	cr_expect(watch_position_get(w, &got, &e));
	reopen();
	cr_expect(watch_confirmed_has(w, SLICE("1abcde-000000-00")), "kept meanwhile");
}

/* ---- connections ---- */

struct lines {
	unsigned count;
	char all[256];
};

static void on_packet(struct slice line, void *ctx)
{
	struct lines *l = ctx;

	l->count++;
	if (strlen(l->all) + line.n + 2 < sizeof(l->all)) {
		strncat(l->all, line.p, line.n);
		strcat(l->all, "|");
	}
}

static struct lines packets_since(int64_t since_s)
{
	struct lines l = {.count = 0};
	struct err e = {0};

	cr_expect(watch_packet_each(w, since_s, on_packet, &l, &e), "%s", e.msg);
	return l;
}

Test(watch, keeps_connections_over_a_restart_in_their_order)
{
	struct lines l;

	watch_packet_add(w, SLICE("b"), 100);
	watch_packet_add(w, SLICE("a"), 99);
	watch_packet_add(w, SLICE("c"), 101);
	reopen();
	l = packets_since(0);
	cr_expect_str_eq(l.all, "b|a|c|");
	l = packets_since(100);
	cr_expect_str_eq(l.all, "b|c|");
}

Test(watch, old_connections_go)
{
	const struct watch_progress prune = {.packets_before_s = 60};
	struct lines l;

	watch_packet_add(w, SLICE("old"), 50);
	watch_packet_add(w, SLICE("new"), 60);
	cr_assert(watch_flush(w, NULL));
	cr_assert(watch_save(w, &prune, NULL));
	l = packets_since(0);
	cr_expect_str_eq(l.all, "new|");
}

Test(watch, connections_that_others_crowd_out_are_counted)
{
	const struct watch_progress save = {.packets_before_s = 60};

	watch_packet_add(w, SLICE("old"), 50);
	watch_packet_add(w, SLICE("a"), 60);
	watch_packet_add(w, SLICE("b"), 60);
	for (int i = 0; i < WATCH_PACKETS_MAX; i++)
		watch_packet_add(w, SLICE("x"), 61);
	cr_assert(watch_save(w, &save, NULL));
	cr_expect_eq(packets_since(0).count, WATCH_PACKETS_MAX);
	cr_expect_eq(watch_packets_lost(w), 2, "what is old is no loss");
	cr_assert(watch_save(w, &save, NULL));
	cr_expect_eq(watch_packets_lost(w), 2);
}

Test(watch, a_burst_of_connections_is_written_before_it_is_too_much)
{
	static char text[1000];

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 20000; i++)
		watch_packet_add(w, (struct slice){text, sizeof(text)}, i);
	cr_assert(watch_flush(w, NULL));
	cr_expect_eq(packets_since(0).count, 20000);
	cr_expect_eq(watch_packets_lost(w), 0);
}

Test(watch, connections_that_can_not_be_written_are_counted)
{
	sqlite3 *other;

	cr_assert_eq(sqlite3_open(db_path, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 8192 + 3; i++)
		watch_packet_add(w, SLICE("x"), i);
	cr_expect_eq(watch_packets_lost(w), 3);
	cr_assert_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	cr_assert(watch_flush(w, NULL));
	cr_expect_eq(packets_since(0).count, 8192);
}

/* ---- hours ---- */

#define NOON 1790002800 /* a full hour */

static uint32_t hour(enum event_type type, int64_t start_s)
{
	struct err e = {0};
	uint32_t n = 99;

	cr_expect(watch_hours(w, type, start_s, 3600, &n, 1, &e), "%s", e.msg);
	return n;
}

Test(watch, hours_are_counted_by_type_and_added_up_over_a_restart)
{
	const struct watch_progress p = {.at = position(), .now_s = NOON};
	uint32_t three[3];
	struct err e = {0};

	for (int run = 0; run < 2; run++) {
		watch_hour_add(w, EVENT_LOGLINE, NOON);
		watch_hour_add(w, EVENT_LOGLINE, NOON + 3599);
		watch_hour_add(w, EVENT_LOGLINE, NOON + 3600);
		watch_hour_add(w, EVENT_CWDCHECK, NOON - 1);
		watch_packet_add(w, SLICE("a"), NOON + 1);
		cr_assert(watch_save(w, &p, &e), "%s", e.msg);
		cr_assert(watch_save(w, &p, &e), "%s", e.msg);
		reopen();
	}
	cr_expect_eq(hour(EVENT_LOGLINE, NOON), 4);
	cr_expect_eq(hour(EVENT_LOGLINE, NOON + 3600), 2);
	cr_expect_eq(hour(EVENT_CWDCHECK, NOON), 0);
	cr_expect_eq(hour(EVENT_CWDCHECK, NOON - 3600), 2);
	cr_expect_eq(hour(EVENT_PACKET, NOON), 2);
	cr_assert(watch_hours(w, EVENT_LOGLINE, NOON - 7200, 7200, three, 3, &e));
	cr_expect(three[0] == 0 && three[1] == 6 && three[2] == 0);
	cr_expect_not(watch_hours(w, EVENT_LOGLINE, NOON, 1800, three, 3, &e), "half hours");
}

/* Without its position a line is read, and counted, again. */
Test(watch, hours_of_lines_are_written_with_the_position_alone)
{
	watch_hour_add(w, EVENT_LOGLINE, NOON);
	watch_packet_add(w, SLICE("a"), NOON);
	add(1, NOON);
	cr_assert(watch_flush(w, NULL));
	cr_expect_eq(hour(EVENT_PACKET, NOON), 1, "it is in the journal");
	cr_expect_eq(hour(EVENT_LOGLINE, NOON), 0);
	reopen();
	cr_expect_eq(hour(EVENT_LOGLINE, NOON), 0, "nor at the end");
}

Test(watch, hours_that_can_not_be_written_wait)
{
	const struct watch_progress p = {.at = position(), .now_s = NOON};
	struct watch_position got;
	sqlite3 *other;
	struct err e = {0};

	cr_assert_eq(sqlite3_open(db_path, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	watch_hour_add(w, EVENT_LOGLINE, NOON);
	watch_packet_add(w, SLICE("a"), NOON);
	cr_expect_not(watch_save(w, &p, &e));
	cr_expect_not(watch_position_get(w, &got, &e));
	cr_assert_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	cr_expect(watch_save(w, &p, &e), "%s", e.msg);
	cr_expect_eq(hour(EVENT_LOGLINE, NOON), 1);
	cr_expect_eq(hour(EVENT_PACKET, NOON), 1);
	cr_expect(watch_position_get(w, &got, &e));
}

/* Nothing of a save is there when its last step fails. */
Test(watch, hours_and_position_are_written_together_or_not_at_all)
{
	struct watch_progress p = {.at = position(), .now_s = NOON};
	struct watch_position got;
	struct err e = {0};

	cr_assert(watch_save(w, &p, &e), "%s", e.msg);
	sql("CREATE TRIGGER no BEFORE INSERT ON hour BEGIN SELECT RAISE(ABORT, 'no'); END");
	watch_hour_add(w, EVENT_CWDCHECK, NOON);
	p.at.offset++;
	cr_expect_not(watch_save(w, &p, &e));
	cr_assert(watch_position_get(w, &got, &e));
	cr_expect_eq(got.offset, p.at.offset - 1);
	sql("DROP TRIGGER no");
	cr_assert(watch_save(w, &p, &e), "%s", e.msg);
	cr_assert(watch_position_get(w, &got, &e));
	cr_expect_eq(got.offset, p.at.offset);
	cr_expect_eq(hour(EVENT_CWDCHECK, NOON), 1);
}

/* A forged stamp of long ago has no hour; what is old goes. */
Test(watch, hours_are_bounded)
{
	const struct watch_progress p = {.at = position(), .now_s = NOON};

	for (int i = 0; i < 5000; i++)
		watch_hour_add(w, EVENT_LOGLINE, NOON - 3600 * (int64_t)i);
	watch_hour_add(w, EVENT_LOGLINE, -1);
	watch_hour_add(w, EVENT_LOGLINE, INT64_MIN);
	cr_assert(watch_save(w, &p, NULL));
	cr_expect_eq(sql("SELECT count(*) FROM hour"), WATCH_HOURS_KEPT);
	cr_expect_eq(hour(EVENT_LOGLINE, NOON), 1);
	cr_expect_eq(hour(EVENT_LOGLINE, NOON - 3600 * (WATCH_HOURS_KEPT - 1)), 1);
	watch_hour_add(w, EVENT_LOGLINE, NOON + 3600 * WATCH_HOURS_KEPT);
	cr_assert(watch_save(w, &p, NULL));
	cr_expect_eq(sql("SELECT count(*) FROM hour"), WATCH_HOURS_KEPT + 1, "the future stays");
}

Test(watch, hours_are_read_by_another_process_while_it_writes)
{
	const struct watch_progress p = {.at = position(), .now_s = NOON};
	struct err e = {0};
	struct watch *reader;
	uint32_t n = 0;

	cr_expect_null(watch_open_reading("/tmp/osm-no-such-folder/watch.db", &e));
	reader = watch_open_reading(db_path, &e);
	cr_assert_not_null(reader, "%s", e.msg);
	watch_hour_add(w, EVENT_LOGLINE, NOON);
	cr_assert(watch_save(w, &p, NULL));
	cr_expect(watch_hours(reader, EVENT_LOGLINE, NOON, 3600, &n, 1, &e), "%s", e.msg);
	cr_expect_eq(n, 1);
	watch_close(reader);
}

Test(watch, a_database_of_before_the_hours_goes_on)
{
	struct watch_position p = position(), got;
	struct err e = {0};

	cr_assert(save(&p, &e), "%s", e.msg);
	watch_close(w);
	w = NULL;
	sql("DROP TABLE hour");
	sql("ALTER TABLE position DROP COLUMN ahead");
	sql("PRAGMA user_version = 2");
	cr_expect_null(watch_open_reading(db_path, &e));
	reopen();
	cr_assert(watch_position_get(w, &got, &e), "%s", e.msg);
	p.ahead = 0;
	cr_expect(same(&p, &got));
	cr_expect_eq(hour(EVENT_LOGLINE, NOON), 0);
}
