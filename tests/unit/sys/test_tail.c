/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/tail.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/sys/logfile.h"

#define LINE_MAX_BYTES 100

/* What a tail gave: every line followed by '|', a cut one by '!'. */
struct lab {
	char dir[64], path[96];
	char got[8192];
	size_t n, pause_after, lines;
	struct event_base *base;
	struct tail *tail;
};

static void take(struct slice line, bool too_long, void *ctx)
{
	struct lab *lab = ctx;

	if (lab->n + line.n + 2 > sizeof(lab->got))
		lab->n = 0; /* only counted */
	memcpy(lab->got + lab->n, line.p, line.n);
	lab->n += line.n;
	lab->got[lab->n++] = too_long ? '!' : '|';
	lab->got[lab->n] = '\0';
	if (++lab->lines == lab->pause_after)
		tail_pause(lab->tail, true);
}

static void lab_open(struct lab *lab)
{
	memset(lab, 0, sizeof(*lab));
	strcpy(lab->dir, "/tmp/osm-tail-XXXXXX");
	cr_assert_not_null(mkdtemp(lab->dir));
	snprintf(lab->path, sizeof(lab->path), "%s/mainlog", lab->dir);
	lab->base = event_base_new();
}

static void start(struct lab *lab, const struct tail_position *resume)
{
	struct err e = {0};

	lab->tail = tail_new(lab->base, lab->path, resume, LINE_MAX_BYTES, take, lab, &e);
	cr_assert_not_null(lab->tail, "%s", e.msg);
}

static void stop(struct lab *lab)
{
	tail_free(lab->tail);
	lab->tail = NULL;
	lab->n = 0;
	lab->got[0] = '\0';
}

static void lab_close(struct lab *lab)
{
	char cmd[128];

	tail_free(lab->tail);
	event_base_free(lab->base);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", lab->dir);
	cr_assert_eq(system(cmd), 0);
}

static const char *beside(const struct lab *lab, const char *end)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s%s", lab->path, end);
	return path;
}

static void write_at(const char *path, int flags, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static void append(const char *path, const char *text)
{
	write_at(path, O_APPEND, text, strlen(text));
}

/* Let the loop run for what is there now. */
static void run(struct lab *lab)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(lab->base, EVLOOP_NONBLOCK);
}

/* A first line long enough that the fingerprint is trusted on its own. */
#define HEAD(tag)                                                                        \
	"2026-11-23 09:05:48 1xVPzg-0006b4-2C <= " tag                                   \
	"@example.com U=bob P=local S=453 for x@ok.example\n"

static void written_at(const char *path, time_t at_s)
{
	const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};

	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

Test(tail, starts_at_the_end_of_what_is_there)
{
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "old\nhalf");
	start(&lab, NULL);
	run(&lab);
	cr_assert_str_eq(lab.got, "");
	append(lab.path, " done\nnew\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "half done|new|");
	lab_close(&lab);
}

Test(tail, waits_for_the_lf_of_a_partial_line)
{
	struct lab lab;
	struct tail_position at;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	append(lab.path, "one\ntw");
	run(&lab);
	cr_assert_str_eq(lab.got, "one|");
	tail_position(lab.tail, &at);
	cr_assert_eq(at.offset, 4);
	append(lab.path, "o\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "one|two|");
	lab_close(&lab);
}

Test(tail, finds_a_log_that_is_missing_at_start)
{
	struct lab lab;
	struct tail_stats st;

	lab_open(&lab);
	start(&lab, NULL);
	run(&lab);
	tail_stats(lab.tail, &st);
	cr_assert(!st.present);
	append(lab.path, "first\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "first|");
	tail_stats(lab.tail, &st);
	cr_assert(st.present);
	cr_assert_eq(st.rotations, 0);
	lab_close(&lab);
}

Test(tail, finds_a_log_whose_folder_is_missing_at_start)
{
	struct lab lab;
	char deep[128];

	lab_open(&lab);
	snprintf(lab.path, sizeof(lab.path), "%s/a/b/mainlog", lab.dir);
	start(&lab, NULL);
	run(&lab);
	snprintf(deep, sizeof(deep), "%s/a", lab.dir);
	cr_assert_eq(mkdir(deep, 0700), 0);
	run(&lab);
	snprintf(deep, sizeof(deep), "%s/a/b", lab.dir);
	cr_assert_eq(mkdir(deep, 0700), 0);
	append(lab.path, "early\n");
	run(&lab);
	append(lab.path, "late\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "early|late|");
	lab_close(&lab);
}

Test(tail, reads_the_old_file_to_its_end_after_a_rename)
{
	struct lab lab;
	struct tail_stats st;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	run(&lab);
	append(lab.path, "a\n");
	rename(lab.path, beside(&lab, ".1"));
	append(beside(&lab, ".1"), "b\n");
	append(lab.path, "c\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "a|b|c|");
	append(beside(&lab, ".1"), "late\n");
	run(&lab);
	append(lab.path, "d\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "a|b|c|late|d|");
	tail_stats(lab.tail, &st);
	cr_assert_eq(st.rotations, 1);
	lab_close(&lab);
}

Test(tail, closes_the_old_file_when_its_time_is_over)
{
	struct lab lab;
	struct tail_position at;
	struct stat now;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	rename(lab.path, beside(&lab, ".1"));
	append(lab.path, "new\n");
	run(&lab);
	tail_position(lab.tail, &at);
	cr_assert_eq(stat(beside(&lab, ".1"), &now), 0);
	cr_assert_eq(at.inode, now.st_ino, "until then the place is in the old file");
	sleep(6);
	run(&lab);
	tail_position(lab.tail, &at);
	cr_assert_eq(stat(lab.path, &now), 0);
	cr_assert_eq(at.inode, now.st_ino);
	cr_assert_eq(at.offset, 4);
	lab_close(&lab);
}

Test(tail, follows_a_log_that_was_replaced_by_rename)
{
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "x\n");
	start(&lab, NULL);
	append(lab.path, "y\n");
	append(beside(&lab, ".new"), "z\n");
	rename(beside(&lab, ".new"), lab.path);
	run(&lab);
	append(lab.path, "w\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "y|z|w|");
	lab_close(&lab);
}

Test(tail, goes_on_with_an_old_file_that_is_moved_back)
{
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "x\n");
	start(&lab, NULL);
	append(lab.path, "a\n");
	run(&lab);
	rename(lab.path, beside(&lab, ".1"));
	append(lab.path, "b\n");
	run(&lab);
	rename(beside(&lab, ".1"), lab.path);
	append(lab.path, "c\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "a|b|c|", "nothing twice");
	lab_close(&lab);
}

Test(tail, starts_over_when_the_log_is_truncated)
{
	struct lab lab;
	struct tail_stats st;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	append(lab.path, "one\ntwo\n");
	run(&lab);
	cr_assert_eq(truncate(lab.path, 0), 0);
	append(lab.path, "3\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "one|two|3|");
	tail_stats(lab.tail, &st);
	cr_assert_eq(st.truncations, 1);
	lab_close(&lab);
}

Test(tail, sees_a_truncation_that_has_outgrown_the_old_place)
{
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	append(lab.path, "one\n");
	run(&lab);
	cr_assert_eq(truncate(lab.path, 0), 0);
	append(lab.path, "something longer\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "one|something longer|");
	lab_close(&lab);
}

Test(tail, reads_the_rest_from_the_copy_of_a_copytruncate)
{
	struct lab lab;
	char cmd[400];

	lab_open(&lab);
	append(lab.path, HEAD("a"));
	start(&lab, NULL);
	append(lab.path, "seen\n");
	run(&lab);
	append(lab.path, "unseen\n");
	snprintf(cmd, sizeof(cmd), "cp '%s' '%s.1' && : > '%s'", lab.path, lab.path,
		 lab.path);
	cr_assert_eq(system(cmd), 0);
	append(lab.path, "after\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "seen|unseen|after|");
	lab_close(&lab);
}

Test(tail, gives_lines_at_the_bound_whole_and_longer_ones_cut_once)
{
	static const struct {
		size_t n;
		bool cut;
		const char *why;
	} rows[] = {
		{LINE_MAX_BYTES - 1, false, "below"},
		{LINE_MAX_BYTES, false, "at the bound"},
		{LINE_MAX_BYTES + 1, true, "one over"},
		{200000, true, "longer than the buffer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;
		struct tail_position at;
		char *text = malloc(rows[i].n + 7);
		size_t kept = rows[i].n > LINE_MAX_BYTES ? LINE_MAX_BYTES : rows[i].n;

		lab_open(&lab);
		append(lab.path, "");
		start(&lab, NULL);
		memset(text, 'x', rows[i].n);
		write_at(lab.path, O_APPEND, text, rows[i].n);
		run(&lab);
		cr_assert_eq(lab.n, 0, "%s: not before its LF", rows[i].why);
		append(lab.path, "\nnext\n");
		run(&lab);
		cr_assert_eq(lab.n, kept + 6, "%s", rows[i].why);
		cr_assert_eq(lab.got[kept], rows[i].cut ? '!' : '|', "%s", rows[i].why);
		cr_assert_str_eq(lab.got + kept + 1, "next|", "%s", rows[i].why);
		tail_position(lab.tail, &at);
		cr_assert_eq(at.offset, rows[i].n + 6, "%s", rows[i].why);
		free(text);
		lab_close(&lab);
	}
}

Test(tail, gives_nul_bytes_as_they_are)
{
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	write_at(lab.path, O_APPEND, "a\0b\n\0\0\nc\n", 10);
	run(&lab);
	cr_assert_eq(lab.n, 9);
	cr_assert_eq(memcmp(lab.got, "a\0b|\0\0|c|", 9), 0);
	lab_close(&lab);
}

Test(tail, gives_each_line_once_over_many_chunks)
{
	struct lab lab;
	struct tail_stats st;
	FILE *f;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	f = fopen(lab.path, "a");
	for (int i = 0; i < 100000; i++)
		fprintf(f, "%s", i % 1000 ? "\n" : "x\n");
	fclose(f);
	for (int i = 0; i < 10; i++)
		run(&lab);
	tail_stats(lab.tail, &st);
	cr_assert_eq(st.lines, 100000);
	cr_assert_eq(st.bytes, 100100);
	lab_close(&lab);
}

Test(tail, resumes_at_a_position_in_the_same_file)
{
	struct lab lab;
	struct tail_position at;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	append(lab.path, "one\ntwo\nthr");
	run(&lab);
	tail_position(lab.tail, &at);
	stop(&lab);
	append(lab.path, "ee\nfour\n");
	start(&lab, &at);
	cr_assert(tail_drain(lab.tail));
	cr_assert_str_eq(lab.got, "three|four|");
	lab_close(&lab);
}

Test(tail, resumes_in_the_rotated_file_beside_it)
{
	static const char *const ends[] = {".1", "-20261123"};

	for (size_t i = 0; i < 2; i++) {
		struct lab lab;
		struct tail_position at;
		struct tail_stats st;

		lab_open(&lab);
		append(lab.path, "");
		start(&lab, NULL);
		append(lab.path, "one\n");
		run(&lab);
		tail_position(lab.tail, &at);
		stop(&lab);
		append(lab.path, "two\n");
		rename(lab.path, beside(&lab, ends[i]));
		append(beside(&lab, ".2"), "other\nfile\n");
		written_at(beside(&lab, ".2"), 1000);
		append(lab.path, "three\n");
		start(&lab, &at);
		cr_assert(tail_drain(lab.tail));
		cr_assert_str_eq(lab.got, "two|three|", "%s", ends[i]);
		tail_stats(lab.tail, &st);
		cr_assert(!st.lost_place);
		lab_close(&lab);
	}
}

Test(tail, reads_every_file_of_several_rotations_while_away)
{
	static const char *const rows[][3] = {{".3", ".2", ".1"},
					      {"-20261121", "-20261122", "-20261123"}};

	for (size_t i = 0; i < 2; i++) {
		struct lab lab;
		struct tail_position at;
		struct tail_stats st;

		lab_open(&lab);
		append(lab.path, "");
		start(&lab, NULL);
		append(lab.path, "one\n");
		run(&lab);
		tail_position(lab.tail, &at);
		stop(&lab);
		append(lab.path, "two\n");
		rename(lab.path, beside(&lab, rows[i][0]));
		written_at(beside(&lab, rows[i][0]), 1000);
		append(beside(&lab, rows[i][1]), "three\n");
		written_at(beside(&lab, rows[i][1]), 2000);
		append(beside(&lab, rows[i][2]), "four\n");
		written_at(beside(&lab, rows[i][2]), 3000);
		append(beside(&lab, ".4"), "older\n");
		written_at(beside(&lab, ".4"), 500);
		append(beside(&lab, ".bob-only"), "an extract\n");
		append(lab.path, "five\n");
		start(&lab, &at);
		cr_assert(tail_drain(lab.tail));
		cr_assert_str_eq(lab.got, "two|three|four|five|");
		tail_stats(lab.tail, &st);
		cr_assert(!st.lost_place);
		lab_close(&lab);
	}
}

Test(tail, says_when_it_was_rotated_more_often_than_it_can_read)
{
	struct lab lab;
	struct tail_position at;
	struct tail_stats st;
	char end[16];

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	append(lab.path, "one\n");
	run(&lab);
	tail_position(lab.tail, &at);
	stop(&lab);
	rename(lab.path, beside(&lab, ".9"));
	written_at(beside(&lab, ".9"), 1000);
	for (int i = 1; i < 9; i++) {
		snprintf(end, sizeof(end), ".%d", i);
		append(beside(&lab, end), "another\n");
		written_at(beside(&lab, end), 9000 - i);
	}
	append(lab.path, "last\n");
	start(&lab, &at);
	cr_assert(tail_drain(lab.tail));
	tail_stats(lab.tail, &st);
	cr_assert(st.lost_place);
	lab_close(&lab);
}

Test(tail, knows_a_reused_inode_by_the_fingerprint)
{
	struct lab lab;
	struct tail_position at;
	struct tail_stats st;

	lab_open(&lab);
	append(lab.path, HEAD("a"));
	start(&lab, NULL);
	append(lab.path, "one\n");
	run(&lab);
	tail_position(lab.tail, &at);
	stop(&lab);
	/* the same inode with another content, longer than the old place */
	cr_assert_eq(truncate(lab.path, 0), 0);
	append(lab.path, HEAD("bcdefg"));
	append(lab.path, "two\n");
	start(&lab, &at);
	cr_assert(tail_drain(lab.tail));
	cr_assert_eq(lab.lines, 3);
	cr_assert_str_eq(lab.got + lab.n - 4, "two|");
	tail_stats(lab.tail, &st);
	cr_assert(st.lost_place);
	lab_close(&lab);
}

Test(tail, resumes_in_the_copy_after_a_copytruncate_while_away)
{
	struct lab lab;
	struct tail_position at;
	char cmd[400];

	lab_open(&lab);
	append(lab.path, HEAD("a"));
	start(&lab, NULL);
	append(lab.path, "one\n");
	run(&lab);
	tail_position(lab.tail, &at);
	stop(&lab);
	append(lab.path, "two\n");
	snprintf(cmd, sizeof(cmd), "cp '%s' '%s.1' && : > '%s'", lab.path, lab.path,
		 lab.path);
	cr_assert_eq(system(cmd), 0);
	append(lab.path, "three\n");
	start(&lab, &at);
	cr_assert(tail_drain(lab.tail));
	cr_assert_str_eq(lab.got, "two|three|");
	lab_close(&lab);
}

Test(tail, gives_nothing_while_paused_and_loses_nothing)
{
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	lab.pause_after = 2;
	append(lab.path, "1\n2\n3\n4\n");
	run(&lab);
	append(lab.path, "5\n");
	run(&lab);
	cr_assert_str_eq(lab.got, "1|2|");
	tail_pause(lab.tail, false);
	run(&lab);
	cr_assert_str_eq(lab.got, "1|2|3|4|5|");
	lab_close(&lab);
}

Test(tail, position_in_the_callback_is_before_the_line)
{
	struct lab lab;
	struct tail_position at, now;

	lab_open(&lab);
	append(lab.path, "");
	start(&lab, NULL);
	lab.pause_after = 2;
	append(lab.path, "1\n2\n3\n");
	run(&lab);
	tail_position(lab.tail, &at);
	cr_assert_eq(at.offset, 4);
	tail_pause(lab.tail, false);
	run(&lab);
	tail_position(lab.tail, &now);
	cr_assert_eq(now.offset, 6);
	lab_close(&lab);
}

/* Read again from a position, the lines that it counts are not given a second time. */
Test(tail, a_position_knows_how_many_lines_stand_before_it)
{
	struct tail_position p;
	struct tail_stats t;
	struct lab lab;

	lab_open(&lab);
	append(lab.path, "old\n");
	start(&lab, NULL);
	run(&lab);
	append(lab.path, "a\nb\n");
	run(&lab);
	tail_position(lab.tail, &p);
	cr_expect_eq(p.line, 2);
	cr_assert_eq(rename(lab.path, beside(&lab, ".1")), 0);
	append(lab.path, "d\n");
	run(&lab);
	append(beside(&lab, ".1"), "c\n");
	run(&lab);
	tail_position(lab.tail, &p);
	tail_stats(lab.tail, &t);
	cr_expect_eq(t.lines, 4);
	cr_expect_eq(p.line, 3, "the old file is still the place: d would be given again");
	stop(&lab);
	start(&lab, &p);
	run(&lab);
	cr_expect_str_eq(lab.got, "d|");
	tail_position(lab.tail, &p);
	lab_close(&lab);
}

Test(tail, a_position_counts_across_a_copytruncate)
{
	struct tail_position p;
	struct lab lab;

	lab_open(&lab);
	append(lab.path, HEAD("alice"));
	start(&lab, NULL);
	append(lab.path, "a\nb\n");
	run(&lab);
	write_at(beside(&lab, ".1"), O_TRUNC, HEAD("alice") "a\nb\nc\n",
		 strlen(HEAD("alice") "a\nb\nc\n"));
	cr_assert_eq(truncate(lab.path, 0), 0);
	append(lab.path, "d\n");
	run(&lab);
	cr_expect_str_eq(lab.got, "a|b|c|d|");
	tail_position(lab.tail, &p);
	cr_expect_eq(p.line, 3);
	lab_close(&lab);
}

Test(tail, refuses_a_folder_and_a_relative_path)
{
	struct lab lab;
	struct err e = {0};
	struct stat st;

	lab_open(&lab);
	cr_assert_null(
		tail_new(lab.base, "mainlog", NULL, LINE_MAX_BYTES, take, &lab, &e));
	cr_assert_lt(logfile_open(lab.dir, &st), 0);
	lab_close(&lab);
}
