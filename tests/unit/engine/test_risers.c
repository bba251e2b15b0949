/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/risers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "osmd/act/executor.h"

static struct event_base *base;
static struct outbox *box;
static struct risers *risers;
static int far = -1;

static void ignore(void *ctx)
{
	(void)ctx;
}

static void run_ms(long ms)
{
	const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

static void say(const char *text)
{
	cr_assert_eq(send(far, text, strlen(text), 0), (ssize_t)strlen(text));
	run_ms(20);
}

static void begin(void)
{
	static const struct outbox_hooks hooks = {ignore, ignore, NULL};
	char ping[EXECUTOR_LOOK_MAX * 100];
	int ends[2];

	base = event_base_new();
	box = outbox_new(base, &hooks, NULL);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	far = ends[1];
	cr_assert(outbox_connect(box, ends[0], NULL));
	run_ms(20);
	if (recv(far, ping, sizeof(ping), MSG_DONTWAIT) > 0)
		say("{\"ok\":true}");
	risers = risers_new(base, box);
}

static void end(void)
{
	risers_free(risers);
	outbox_free(box);
	event_base_free(base);
	close(far);
}

TestSuite(risers, .init = begin, .fini = end, .timeout = 30);

/* How many accounts the next question names; -1: there is none. */
static int asked(const char *first)
{
	char text[EXECUTOR_LOOK_MAX * 100];
	ssize_t n = recv(far, text, sizeof(text), MSG_DONTWAIT);
	json_t *doc = n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
	const json_t *names = json_object_get(doc, "accounts");
	int count = n > 0 ? (int)json_array_size(names) : -1;

	if (n > 0) {
		cr_expect_str_eq(json_string_value(json_object_get(doc, "do")), "look");
		cr_expect_str_eq(json_string_value(json_array_get(names, 0)), first);
	}
	json_decref(doc);
	return count;
}

Test(risers, asks_at_once_and_then_once_a_second)
{
	for (int i = 0; i < 100; i++)
		risers_add(risers, SLICE("bob"));
	run_ms(20);
	cr_expect_eq(asked("bob"), 1);
	say("{\"ok\":true,\"actions\":[]}");
	risers_add(risers, SLICE("alice"));
	risers_add(risers, SLICE("bob"));
	run_ms(20);
	cr_expect_eq(asked(""), -1, "a second has not passed");
	run_ms(1300);
	cr_expect_eq(asked("bob"), 2);
}

Test(risers, waits_for_an_executor_that_is_busy)
{
	risers_add(risers, SLICE("bob"));
	run_ms(20);
	cr_expect_eq(asked("bob"), 1);
	risers_add(risers, SLICE("alice"));
	run_ms(2500);
	cr_expect_eq(asked(""), -1);
	say("{\"ok\":true,\"actions\":[]}");
	run_ms(1500);
	cr_expect_eq(asked("alice"), 1);
}

Test(risers, is_bounded)
{
	char name[100];

	risers_add(risers, SLICE("bob"));
	run_ms(20);
	cr_expect_eq(asked("bob"), 1);
	say("{\"ok\":true,\"actions\":[]}");
	memset(name, 'x', sizeof(name));
	risers_add(risers, (struct slice){name, sizeof(name)});
	risers_add(risers, (struct slice){NULL, 0});
	for (int i = 0; i < EXECUTOR_LOOK_MAX * 2; i++) {
		int n = snprintf(name, sizeof(name), "a%d", i);

		risers_add(risers, (struct slice){name, (size_t)n});
	}
	run_ms(1300);
	cr_expect_eq(asked("a0"), EXECUTOR_LOOK_MAX);
}
