/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/aside.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool deaf; /* the children can't be killed, as in a file system that never answers */
static pid_t asked[16];
static size_t n_asked;

/* Before the C library's. */
int kill(pid_t pid, int sig)
{
	if (n_asked < sizeof(asked) / sizeof(asked[0]))
		asked[n_asked++] = pid;
	return deaf ? 0 : (int)syscall(SYS_kill, pid, sig);
}

static json_t *say(void *ctx)
{
	(void)ctx;
	return json_pack("{s:s}", "said", "yes");
}

static json_t *hang(void *ctx)
{
	(void)ctx;
	alarm(50); /* should the test fail */
	for (;;)
		pause();
	return NULL;
}

static const struct aside talks = {.work = say,
				   .uid = ASIDE_NOBODY,
				   .gid = ASIDE_NOBODY,
				   .timeout_ms = 20000,
				   .answer_max = 1000};

static const struct aside hangs = {.work = hang,
				   .uid = ASIDE_NOBODY,
				   .gid = ASIDE_NOBODY,
				   .timeout_ms = 50,
				   .answer_max = 1000};

static bool answers(void)
{
	bool late;
	json_t *answer = aside_run(&talks, &late);
	const char *said = json_string_value(json_object_get(answer, "said"));
	bool ok = said && strcmp(said, "yes") == 0 && !late;

	json_decref(answer);
	return ok;
}

TestSuite(aside, .timeout = 60);

Test(aside, answers_and_leaves_no_child)
{
	bool late;

	cr_expect(answers());
	cr_expect_null(aside_run(&hangs, &late));
	cr_expect(late);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "none is left");
}

Test(aside, waits_for_no_child_that_nothing_ends)
{
	size_t hung = 0;
	bool late;

	n_asked = 0; /* the test's own frame has asked, too */
	deaf = true;
	for (int i = 0; i < 8; i++)
		cr_expect_null(aside_run(&hangs, &late));
	cr_expect_eq(n_asked, 4, "with so many left no other begins: %zu", n_asked);
	deaf = false;
	cr_expect_not(answers());
	hung = n_asked;
	for (size_t i = 0; i < hung; i++)
		kill(asked[i], SIGKILL);
	/* they end at last, and all goes on */
	for (int i = 0; i < 500 && !answers(); i++)
		usleep(10000);
	cr_expect(answers());
	for (int i = 0; i < 500 && waitpid(-1, NULL, WNOHANG) == 0; i++)
		usleep(10000);
}
