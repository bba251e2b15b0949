/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/spawn.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct spawn_result shell(const char *script, struct slice input,
				 unsigned timeout_s, size_t max)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct spawn_request req = {
		.argv = argv, .input = input, .timeout_s = timeout_s, .output_max = max};
	struct spawn_result got;
	struct err e = {0};

	cr_assert(spawn_run(&req, &got, &e), "%s", e.msg);
	return got;
}

Test(spawn, gives_exit_code_and_both_outputs)
{
	struct spawn_result r =
		shell("echo out; echo err >&2; exit 7", (struct slice){0}, 5, 100);

	cr_assert_eq(r.exit_code, 7);
	cr_assert_eq(r.signal, 0);
	cr_assert_not(r.timed_out);
	cr_assert_str_eq(buf_str(&r.output), "out\nerr\n");
	buf_clear(&r.output);
}

Test(spawn, cuts_output_only_past_its_limit)
{
	static const struct {
		size_t max, want;
		bool cut;
		const char *why;
	} rows[] = {
		{9, 9, true, "one byte too many"},
		{10, 10, false, "exactly full"},
		{11, 10, false, "one byte of room"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spawn_result r =
			shell("printf 0123456789", (struct slice){0}, 5, rows[i].max);

		cr_expect_eq(r.output.n, rows[i].want, "%s", rows[i].why);
		cr_expect_eq(r.output_cut, rows[i].cut, "%s", rows[i].why);
		buf_clear(&r.output);
	}
}

Test(spawn, survives_a_child_that_writes_for_ever)
{
	struct spawn_result r =
		shell("while :; do echo spam; done", (struct slice){0}, 1, 64);

	cr_assert(r.timed_out);
	cr_assert(r.output_cut);
	cr_assert_eq(r.output.n, 64);
	buf_clear(&r.output);
}

Test(spawn, gives_input_whole)
{
	size_t n = 300000; /* more than any pipe holds */
	char *big = malloc(n);
	struct spawn_result r;

	memset(big, 'x', n);
	r = shell("wc -c", (struct slice){big, n}, 5, 100);
	cr_assert_eq(atoi(buf_str(&r.output)), 300000);
	buf_clear(&r.output);
	free(big);
}

Test(spawn, gives_end_of_file_without_input)
{
	struct spawn_result r = shell("cat; echo end", (struct slice){0}, 5, 100);

	cr_assert_str_eq(buf_str(&r.output), "end\n");
	buf_clear(&r.output);
}

Test(spawn, kills_the_whole_group_at_the_deadline)
{
	struct timespec a, b;
	struct spawn_result r;
	pid_t grandchild;

	clock_gettime(CLOCK_MONOTONIC, &a);
	r = shell("sleep 60 & echo $!; trap '' TERM; wait", (struct slice){0}, 1, 100);
	clock_gettime(CLOCK_MONOTONIC, &b);
	cr_assert(r.timed_out);
	cr_assert_eq(r.exit_code, -1);
	cr_assert_eq(r.signal, SIGKILL);
	cr_assert_lt(b.tv_sec - a.tv_sec, 4);
	grandchild = (pid_t)atoi(buf_str(&r.output));
	cr_assert_gt(grandchild, 1);
	usleep(100000);
	/* Whoever reaps orphans here may be slow: a zombie is as good as gone. */
	if (kill(grandchild, 0) == 0) {
		char path[64], stat[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
		f = fopen(path, "r");
		if (f) {
			cr_assert_not_null(fgets(stat, sizeof(stat), f));
			cr_assert_not_null(strstr(stat, ") Z "), "%s", stat);
			fclose(f);
		}
	}
	buf_clear(&r.output);
}

Test(spawn, does_not_wait_for_what_a_child_leaves_behind)
{
	struct timespec a, b;
	struct spawn_result r;

	clock_gettime(CLOCK_MONOTONIC, &a);
	r = shell("sleep 5 & echo started", (struct slice){0}, 20, 100);
	clock_gettime(CLOCK_MONOTONIC, &b);
	cr_assert_lt(b.tv_sec - a.tv_sec, 3);
	cr_assert_not(r.timed_out);
	cr_assert_eq(r.exit_code, 0);
	cr_assert_str_eq(buf_str(&r.output), "started\n");
	buf_clear(&r.output);
}

Test(spawn, tells_of_a_child_that_closes_its_output_and_hangs)
{
	struct spawn_result r =
		shell("exec >/dev/null 2>&1; sleep 60", (struct slice){0}, 1, 100);

	cr_assert(r.timed_out);
	buf_clear(&r.output);
}

Test(spawn, builds_the_environment)
{
	struct spawn_result r;

	setenv("REMOTE_USER", "bob", 1);
	r = shell("echo $HOME $LANG $REMOTE_USER; pwd; umask", (struct slice){0}, 5, 200);
	cr_assert_str_eq(buf_str(&r.output), "/root C\n/\n0022\n");
	buf_clear(&r.output);
}

Test(spawn, leaks_no_descriptor_and_no_signal_state)
{
	struct spawn_result r;
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC on purpose */

	signal(SIGTERM, SIG_IGN);
	r = shell("ls /proc/self/fd | wc -l; kill -TERM $$; echo alive",
		  (struct slice){0}, 5, 200);
	/* 0, 1, 2 and ls's own directory */
	cr_assert_str_eq(buf_str(&r.output), "4\n");
	cr_assert_eq(r.signal, SIGTERM);
	buf_clear(&r.output);
	close(fd);
}

Test(spawn, refuses_what_can_not_be_started)
{
	static const struct {
		const char *program;
		int code;
		const char *why;
	} rows[] = {
		{"/nonexistent/program", ENOENT, "missing"},
		{"/etc/passwd", EACCES, "not executable"},
		{"sh", EINVAL, "relative: PATH is never searched"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const argv[] = {rows[i].program, NULL};
		struct spawn_request req = {
			.argv = argv, .timeout_s = 5, .output_max = 10};
		struct spawn_result r;
		struct err e = {0};

		cr_expect_not(spawn_run(&req, &r, &e), "%s", rows[i].why);
		cr_expect_eq(e.code, rows[i].code, "%s: %s", rows[i].why, e.msg);
	}
}
