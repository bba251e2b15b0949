/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/warmup.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/sys/logfile.h"

#define LINE_MAX_BYTES 1000
#define DAY "2026-11-23 "

/* The engine's part is played by these: what it is given, and between which calls. */
struct engine {
	bool warm, ended, outside;
	unsigned lines, too_long, used, released, packets;
	char first[64], last[64];
	char all[400];
};

void engine_warm_begin(struct engine *g)
{
	g->warm = true;
}

void engine_warm_end(struct engine *g)
{
	g->warm = false;
	g->ended = true;
}

void engine_line(struct engine *g, struct slice line, bool too_long)
{
	int n = line.n < 60 ? (int)line.n : 60;

	g->outside |= !g->warm;
	if (g->lines++ == 0)
		snprintf(g->first, sizeof(g->first), "%.*s", n, line.p);
	snprintf(g->last, sizeof(g->last), "%.*s", n, line.p);
	g->too_long += too_long;
	if (strlen(g->all) + 60 < sizeof(g->all)) {
		strncat(g->all, line.p, line.n < 60 ? line.n : 60);
		strcat(g->all, "|");
	}
}

bool engine_packet(struct engine *g, struct slice line)
{
	g->outside |= !g->warm;
	g->packets += slice_eq(line, SLICE("packet"));
	return true;
}

void engine_used(struct engine *g, const json_t *report)
{
	g->outside |= !g->warm || g->lines > 0;
	cr_expect(json_is_object(report));
	g->used++;
}

void engine_released(struct engine *g, struct slice account, int64_t at_s)
{
	g->outside |= !g->warm || g->lines > 0;
	cr_expect(slice_eq(account, SLICE("alice")) && at_s == 77);
	g->released++;
}

struct watch {
	int64_t since_s;
};

bool watch_packet_each(struct watch *w, int64_t since_s,
		       void (*fn)(struct slice line, void *ctx), void *ctx, struct err *e)
{
	w->since_s = since_s;
	fn(SLICE("packet"), ctx);
	fn(SLICE("packet"), ctx);
	return w->since_s > 0 || err_set(e, EIO, "broken");
}

struct store {
	int64_t since_s;
	bool fails;
};

bool store_report_each(struct store *s, int64_t since_s,
		       void (*fn)(const json_t *report, void *ctx), void *ctx,
		       struct err *e)
{
	json_t *report = json_object();

	s->since_s = since_s;
	if (s->fails) {
		json_decref(report);
		return err_set(e, 5, "unreadable");
	}
	fn(report, ctx);
	json_decref(report);
	return true;
}

bool store_released_each(struct store *s, int64_t since_s,
			 void (*fn)(const char *account, int64_t at_s, void *ctx),
			 void *ctx, struct err *e)
{
	(void)e;
	cr_expect_eq(since_s, s->since_s);
	fn("alice", 77, ctx);
	return true;
}

struct lab {
	char dir[64], path[96];
	struct engine engine;
	struct store store;
	struct warmup w;
	struct warmup_result out;
};

static void lab_open(struct lab *lab, unsigned interval_s)
{
	memset(lab, 0, sizeof(*lab));
	strcpy(lab->dir, "/tmp/osm-warmup-XXXXXX");
	cr_assert_not_null(mkdtemp(lab->dir));
	snprintf(lab->path, sizeof(lab->path), "%s/mainlog", lab->dir);
	lab->w = (struct warmup){.log = lab->path,
				 .interval_s = interval_s,
				 .line_max = LINE_MAX_BYTES,
				 .engine = &lab->engine,
				 .store = &lab->store};
}

static void lab_close(struct lab *lab)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", lab->dir);
	cr_assert_eq(system(cmd), 0);
}

static void append(const struct lab *lab, const char *end, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s%s", lab->path, end);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* One line a second from `from` up to but without `to`, in seconds of the day. */
static void fill(const struct lab *lab, const char *end, int from, int to)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", lab->path, end);
	f = fopen(path, "a");
	cr_assert_not_null(f);
	for (int s = from; s < to; s++)
		fprintf(f, DAY "%02d:%02d:%02d line of no interest %d\n", s / 3600,
			s / 60 % 60, s % 60, s);
	fclose(f);
}

static void place(const struct lab *lab, const char *end, int64_t back,
		  struct tail_position *out)
{
	char path[128];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s%s", lab->path, end);
	fd = logfile_open(path, &st);
	cr_assert_geq(fd, 0);
	cr_assert_eq(logfile_position(fd, (uint64_t)(st.st_size - back), out), 0);
	close(fd);
}

static int seconds(const char *line)
{
	int h = 0, m = 0, s = 0;

	cr_assert_eq(sscanf(line, DAY "%d:%d:%d", &h, &m, &s), 3, "%s", line);
	return h * 3600 + m * 60 + s;
}

Test(warmup, reads_only_what_is_younger_than_the_longest_interval)
{
	struct lab lab;

	lab_open(&lab, 600);
	fill(&lab, "", 0, 80000);
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect_leq(seconds(lab.engine.first), 80000 - 600);
	cr_expect_geq(seconds(lab.engine.first), 80000 - 600 - 3 * 3600 - 2000,
		      "and not much more: %s", lab.engine.first);
	cr_expect_eq(seconds(lab.engine.last), 79999);
	cr_expect_eq(lab.engine.lines, 80000 - seconds(lab.engine.first), "each once");
	cr_expect(!lab.engine.outside);
	cr_expect(lab.engine.ended);
	cr_expect_eq(lab.engine.used, 1);
	cr_expect_eq(lab.engine.released, 1);
	cr_expect(lab.out.has_position);
	lab_close(&lab);
}

Test(warmup, stops_at_the_stored_place)
{
	struct lab lab;
	struct tail_position at;

	lab_open(&lab, 600);
	fill(&lab, "", 0, 5000);
	place(&lab, "", 0, &at);
	fill(&lab, "", 5000, 6000);
	lab.w.stored = &at;
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect_eq(seconds(lab.engine.last), 4999);
	cr_expect_eq(lab.out.position.offset, at.offset);
	cr_expect(!lab.out.lost_place);
	lab_close(&lab);
}

Test(warmup, starts_at_the_last_whole_line_when_nothing_is_stored)
{
	struct lab lab;
	struct stat st;

	lab_open(&lab, 600);
	fill(&lab, "", 0, 10);
	cr_assert_eq(stat(lab.path, &st), 0);
	append(&lab, "", "half a li");
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect_eq(lab.engine.lines, 10);
	cr_expect_eq(lab.out.position.offset, (uint64_t)st.st_size);
	lab_close(&lab);
}

Test(warmup, goes_back_into_the_rotated_files)
{
	struct lab lab;

	lab_open(&lab, 86400);
	fill(&lab, "-20261101", 0, 1000);
	usleep(20000);
	fill(&lab, ".1", 1000, 30000);
	usleep(20000);
	append(&lab, ".offset", "17\n");
	fill(&lab, ".1.gz", 0, 10);
	usleep(20000);
	fill(&lab, "", 30000, 30010);
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect_eq(lab.engine.lines, 30010, "%u", lab.engine.lines);
	cr_expect_eq(seconds(lab.engine.first), 0);
	cr_expect_eq(seconds(lab.engine.last), 30009);
	lab_close(&lab);
}

Test(warmup, finds_the_stored_place_in_a_rotated_file)
{
	struct lab lab;
	struct tail_position at;

	lab_open(&lab, 600);
	fill(&lab, ".1", 0, 5000);
	place(&lab, ".1", 0, &at);
	fill(&lab, ".1", 5000, 5100);
	usleep(20000);
	fill(&lab, "", 5100, 5200);
	lab.w.stored = &at;
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect_eq(seconds(lab.engine.last), 4999);
	cr_expect(!lab.out.lost_place);
	lab_close(&lab);
}

Test(warmup, says_when_no_file_holds_the_stored_place)
{
	struct lab lab;
	struct tail_position at = {.dev = 1, .inode = 1, .offset = 77};

	lab_open(&lab, 600);
	fill(&lab, "", 0, 50);
	lab.w.stored = &at;
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect(lab.out.lost_place);
	cr_expect_eq(lab.engine.lines, 0, "what follows counts live");
	cr_expect(lab.engine.ended);
	lab_close(&lab);
}

Test(warmup, is_fine_without_a_log_and_without_reports)
{
	struct lab lab;

	lab_open(&lab, 600);
	lab.w.store = NULL;
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect(!lab.out.has_position);
	cr_expect_eq(lab.engine.lines, 0);
	cr_expect(lab.engine.ended);
	lab_close(&lab);
}

Test(warmup, tells_that_reports_are_unreadable_and_warms_all_the_same)
{
	struct lab lab;
	struct err e = {0};

	lab_open(&lab, 600);
	fill(&lab, "", 0, 50);
	lab.store.fails = true;
	cr_expect(!warmup_run(&lab.w, &lab.out, &e));
	cr_expect_str_eq(e.msg, "unreadable");
	cr_expect_eq(lab.engine.lines, 50);
	cr_expect(lab.engine.ended);
	lab_close(&lab);
}

Test(warmup, forged_stamps_make_it_read_more_and_never_less)
{
	static const char *const forged[] = {"2099-01-01 00:00:00 forged\n",
					     "1999-01-01 00:00:00 forged\n"};

	for (size_t i = 0; i < 2; i++) {
		struct lab lab;

		lab_open(&lab, 600);
		for (int from = 0; from < 40000; from += 500) {
			fill(&lab, "", from, from + 500);
			append(&lab, "", forged[i]);
		}
		cr_assert(warmup_run(&lab.w, &lab.out, NULL));
		cr_expect_geq(lab.engine.lines, 600 + 1, "%s", forged[i]);
		cr_expect_leq(seconds(lab.engine.first), 40000 - 600, "%s", forged[i]);
		lab_close(&lab);
	}
}

Test(warmup, cuts_lines_over_the_bound_as_the_tail_does)
{
	struct lab lab;
	char *big = malloc(200001);

	lab_open(&lab, 600);
	memset(big, 'x', 200000);
	big[200000] = '\0';
	append(&lab, "", DAY "00:00:01 a\n");
	append(&lab, "", big);
	append(&lab, "", "\n" DAY "00:00:02 b\n");
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	cr_expect_eq(lab.engine.lines, 3);
	cr_expect_eq(lab.engine.too_long, 1);
	cr_expect_str_eq(lab.engine.last, DAY "00:00:02 b");
	free(big);
	lab_close(&lab);
}

Test(warmup, asks_for_reports_since_before_the_stretch)
{
	struct lab lab;

	lab_open(&lab, 600);
	fill(&lab, "", 40000, 50000);
	cr_assert(warmup_run(&lab.w, &lab.out, NULL));
	/* 2026-11-23 is day 20780; a zone is less than a day off */
	cr_expect_leq(lab.store.since_s, 20780LL * 86400 + 50000 - 600 - 86400);
	cr_expect_gt(lab.store.since_s, 20777LL * 86400);
	lab_close(&lab);
}

Test(warmup, connections_that_were_kept_come_too)
{
	struct watch kept = {.since_s = 0};
	struct err e = {0};
	struct lab lab;

	lab_open(&lab, 600);
	lab.w.watch = &kept;
	lab.w.now_s = 10000;
	cr_expect(warmup_run(&lab.w, &lab.out, &e), "%s", e.msg);
	cr_expect_eq(lab.engine.packets, 2);
	cr_expect_eq(lab.out.packets, 2);
	cr_expect_eq(kept.since_s, 9400, "as far back as the longest interval");
	cr_expect_not(lab.engine.outside);
	lab.w.now_s = 0;
	cr_expect_not(warmup_run(&lab.w, &lab.out, &e));
	cr_expect_str_eq(e.msg, "broken");
	lab_close(&lab);
}
