/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/outbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "osmd/act/executor.h"
#include "osmd/model/options.h"

/* The clock of the outbox and of libevent, so that no test has to wait. */
static time_t skipped_s;

int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);

	t->tv_sec += skipped_s;
	return rc;
}

/* The executor's part is played by the test at the other end of the pair. */
struct lab {
	struct event_base *base;
	struct outbox *box;
	int far;
	unsigned lost, settled;
	json_t *answer;
	unsigned answers;
};

static void on_lost(void *ctx)
{
	((struct lab *)ctx)->lost++;
}

static void on_settled(void *ctx)
{
	((struct lab *)ctx)->settled++;
}

static void on_answer(json_t *answer, void *ctx)
{
	struct lab *lab = ctx;

	json_decref(lab->answer);
	lab->answer = answer;
	lab->answers++;
}

static void connect_pair(struct lab *lab)
{
	int ends[2], size = 4 * EXECUTOR_MESSAGE_MAX;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) <
		    0)
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	lab->far = ends[1];
	cr_assert(outbox_connect(lab->box, ends[0], NULL));
}

static void lab_open(struct lab *lab)
{
	struct outbox_hooks hooks = {on_lost, on_settled, lab};

	memset(lab, 0, sizeof(*lab));
	lab->far = -1;
	lab->base = event_base_new();
	lab->box = outbox_new(lab->base, &hooks, NULL);
	cr_assert_not_null(lab->box);
}

static void lab_close(struct lab *lab)
{
	if (lab->far >= 0)
		close(lab->far);
	outbox_free(lab->box);
	event_base_free(lab->base);
	json_decref(lab->answer);
}

static void run(struct lab *lab)
{
	for (int i = 0; i < 5; i++)
		event_base_loop(lab->base, EVLOOP_NONBLOCK);
}

static bool report(struct lab *lab, const char *key, uint64_t offset)
{
	struct tail_position at = {.offset = offset};
	json_t *r = json_pack("{s:s, s:s, s:s, s:i}", "id", key, "type", "logline", "key",
			      key, "time", 1000);
	bool ok = outbox_report(lab->box, r,
				ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_HOLD), true,
				&at, NULL);

	json_decref(r);
	return ok;
}

static void say(struct lab *lab, const char *text)
{
	cr_assert_eq(send(lab->far, text, strlen(text), 0), (ssize_t)strlen(text));
	run(lab);
}

/* What the executor gets next: the report's key, the request's "do", or NULL. */
static char *hear(struct lab *lab, char out[64])
{
	static char text[EXECUTOR_MESSAGE_MAX];
	ssize_t n;
	json_t *doc;
	const char *key;

	run(lab);
	n = recv(lab->far, text, sizeof(text), MSG_DONTWAIT);
	if (n <= 0)
		return NULL;
	doc = json_loadb(text, (size_t)n, 0, NULL);
	cr_assert_not_null(doc);
	key = json_string_value(json_object_get(json_object_get(doc, "report"), "key"));
	if (!key)
		key = json_string_value(json_object_get(doc, "do"));
	snprintf(out, 64, "%s", key);
	json_decref(doc);
	if (strcmp(out, "ping") != 0)
		return out;
	say(lab, "{\"ok\":true}"); /* an executor that is up */
	return hear(lab, out);
}

static uint64_t oldest(struct lab *lab)
{
	struct tail_position at;

	return outbox_oldest(lab->box, &at) ? at.offset : UINT64_MAX;
}

#define OK "{\"ok\":true}"

Test(outbox, sends_one_at_a_time_and_keeps_until_acknowledged)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	cr_assert(report(&lab, "a", 10));
	cr_assert(report(&lab, "b", 20));
	cr_expect_eq(oldest(&lab), 10, "the place waits for the first");
	connect_pair(&lab);
	cr_expect_str_eq(hear(&lab, key), "a");
	cr_expect_null(hear(&lab, key), "the second waits for the first's answer");
	cr_expect_eq(oldest(&lab), 10);
	say(&lab, OK);
	cr_expect_eq(oldest(&lab), 20);
	cr_expect_eq(lab.settled, 1);
	cr_expect_str_eq(hear(&lab, key), "b");
	say(&lab, OK);
	cr_expect_eq(oldest(&lab), UINT64_MAX);
	cr_expect_eq(lab.settled, 2);
	lab_close(&lab);
}

Test(outbox, sends_again_what_was_open_when_the_executor_died)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	connect_pair(&lab);
	report(&lab, "a", 10);
	report(&lab, "b", 20);
	cr_expect_str_eq(hear(&lab, key), "a");
	close(lab.far);
	run(&lab);
	cr_expect_eq(lab.lost, 1);
	cr_expect_eq(oldest(&lab), 10);
	connect_pair(&lab);
	cr_expect_str_eq(hear(&lab, key), "a");
	say(&lab, OK);
	cr_expect_str_eq(hear(&lab, key), "b");
	lab_close(&lab);
}

Test(outbox, an_answer_counts_even_when_the_executor_dies_right_after)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	connect_pair(&lab);
	report(&lab, "a", 10);
	cr_expect_str_eq(hear(&lab, key), "a");
	cr_assert_gt(send(lab.far, OK, strlen(OK), 0), 0);
	close(lab.far);
	run(&lab);
	cr_expect_eq(oldest(&lab), UINT64_MAX);
	cr_expect_eq(lab.lost, 1);
	connect_pair(&lab);
	cr_expect_null(hear(&lab, key));
	lab_close(&lab);
}

Test(outbox, tries_a_failed_report_later_and_lets_others_pass)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	connect_pair(&lab);
	report(&lab, "a", 10);
	report(&lab, "b", 20);
	cr_expect_str_eq(hear(&lab, key), "a");
	say(&lab, "{\"ok\":false,\"error\":\"disk full\"}");
	cr_expect_str_eq(hear(&lab, key), "b");
	say(&lab, OK);
	cr_expect_null(hear(&lab, key), "not at once");
	cr_expect_eq(oldest(&lab), 10, "the place still waits for the first");
	lab_close(&lab);
}

Test(outbox, keeps_a_report_for_an_hour_of_a_full_disk)
{
	struct lab lab;
	char key[64];
	time_t began = time(NULL);

	lab_open(&lab);
	connect_pair(&lab);
	report(&lab, "a", 10);
	while (skipped_s < 3300) {
		if (hear(&lab, key))
			say(&lab, "{\"ok\":false,\"error\":\"disk full\"}");
		skipped_s++;
	}
	cr_expect_eq(oldest(&lab), 10, "still there");
	while (skipped_s < 7200 && oldest(&lab) == 10) {
		if (hear(&lab, key))
			say(&lab, "{\"ok\":false,\"error\":\"disk full\"}");
		skipped_s++;
	}
	cr_expect_eq(oldest(&lab), UINT64_MAX, "but not for ever");
	cr_expect_lt(time(NULL) - began, 20);
	lab_close(&lab);
}

Test(outbox, an_executor_that_never_comes_up_costs_no_report)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	report(&lab, "a", 10);
	for (int i = 0; i < 50; i++) {
		connect_pair(&lab);
		run(&lab);
		close(lab.far);
		run(&lab);
	}
	cr_expect_eq(oldest(&lab), 10, "it waits for one that is up");
	connect_pair(&lab);
	cr_expect_str_eq(hear(&lab, key), "a");
	say(&lab, OK);
	cr_expect_eq(oldest(&lab), UINT64_MAX);
	lab_close(&lab);
}

Test(outbox, gives_up_a_report_that_kills_each_executor)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	report(&lab, "a", 10);
	for (int i = 0; i < 20; i++) {
		connect_pair(&lab);
		cr_expect_str_eq(hear(&lab, key), "a");
		close(lab.far);
		run(&lab);
	}
	cr_expect_eq(oldest(&lab), UINT64_MAX);
	connect_pair(&lab);
	lab_close(&lab);
}

Test(outbox, people_go_first_and_get_their_answer)
{
	struct lab lab;
	char key[64];
	json_t *undo = json_pack("{s:s}", "do", "undo");

	lab_open(&lab);
	report(&lab, "a", 10);
	report(&lab, "b", 20);
	connect_pair(&lab);
	cr_expect_str_eq(hear(&lab, key), "a");
	cr_assert(outbox_ask(lab.box, undo, on_answer, &lab, NULL));
	cr_expect_null(hear(&lab, key), "a is under way already");
	say(&lab, OK);
	cr_expect_str_eq(hear(&lab, key), "undo");
	say(&lab, "{\"ok\":true,\"actions\":[]}");
	cr_expect_eq(lab.answers, 1);
	cr_expect(json_object_get(lab.answer, "actions") != NULL);
	cr_expect_str_eq(hear(&lab, key), "b");
	json_decref(undo);
	lab_close(&lab);
}

Test(outbox, a_question_under_way_is_answered_with_an_error_when_the_executor_dies)
{
	struct lab lab;
	char key[64];
	json_t *undo = json_pack("{s:s}", "do", "undo");

	lab_open(&lab);
	connect_pair(&lab);
	cr_assert(outbox_ask(lab.box, undo, on_answer, &lab, NULL));
	cr_expect_str_eq(hear(&lab, key), "undo");
	close(lab.far);
	run(&lab);
	cr_expect_eq(lab.answers, 1);
	cr_expect(json_is_false(json_object_get(lab.answer, "ok")));
	connect_pair(&lab);
	cr_expect_null(hear(&lab, key), "it is not done twice");
	json_decref(undo);
	lab_close(&lab);
}

Test(outbox, who_is_gone_gets_no_answer)
{
	struct lab lab;
	char key[64];
	json_t *undo = json_pack("{s:s}", "do", "undo");

	lab_open(&lab);
	connect_pair(&lab);
	cr_assert(outbox_ask(lab.box, undo, on_answer, &lab, NULL));
	cr_assert(outbox_ask(lab.box, undo, on_answer, &lab, NULL));
	cr_expect_str_eq(hear(&lab, key), "undo");
	outbox_forget(lab.box, &lab);
	say(&lab, OK);
	cr_expect_eq(lab.answers, 0);
	cr_expect_null(hear(&lab, key), "what had not been sent is not sent");
	json_decref(undo);
	lab_close(&lab);
}

Test(outbox, is_full_at_the_bound_and_refuses_above_the_spare_room)
{
	struct lab lab;
	char key[64];

	lab_open(&lab);
	for (int i = 0; i < OUTBOX_MAX; i++) {
		cr_assert(!outbox_full(lab.box), "%d", i);
		snprintf(key, sizeof(key), "k%d", i);
		cr_assert(report(&lab, key, (uint64_t)i));
	}
	cr_expect(outbox_full(lab.box));
	for (int i = 0; i < OUTBOX_SPARE; i++)
		cr_assert(report(&lab, "spare", 5000));
	cr_expect(!report(&lab, "over", 6000));
	connect_pair(&lab);
	for (int i = 0; i <= OUTBOX_SPARE; i++) {
		cr_expect(outbox_full(lab.box));
		cr_assert_not_null(hear(&lab, key));
		say(&lab, OK);
	}
	cr_expect(!outbox_full(lab.box));
	lab_close(&lab);
}

Test(outbox, refuses_a_report_over_the_bound_of_a_message)
{
	struct lab lab;
	struct tail_position at = {0};
	struct err e = {0};
	char *big = malloc(EXECUTOR_MESSAGE_MAX + 1);
	json_t *r;

	lab_open(&lab);
	memset(big, 'x', EXECUTOR_MESSAGE_MAX);
	big[EXECUTOR_MESSAGE_MAX] = '\0';
	r = json_pack("{s:s}", "key", big);
	cr_expect(!outbox_report(lab.box, r, 0, false, &at, &e));
	cr_expect_eq(e.code, EMSGSIZE);
	json_decref(r);
	free(big);
	lab_close(&lab);
}

Test(outbox, sends_a_report_of_the_largest_size)
{
	struct lab lab;
	struct tail_position at = {0};
	char *big = malloc(EXECUTOR_MESSAGE_MAX), key[64];
	json_t *r;

	if (geteuid() != 0)
		cr_skip_test("larger socket buffers need root");
	lab_open(&lab);
	connect_pair(&lab);
	memset(big, 'x', EXECUTOR_MESSAGE_MAX - 200);
	big[EXECUTOR_MESSAGE_MAX - 200] = '\0';
	r = json_pack("{s:s, s:s}", "key", "big", "lines", big);
	cr_expect(outbox_report(lab.box, r, 0, false, &at, NULL));
	cr_expect_str_eq(hear(&lab, key), "big");
	json_decref(r);
	free(big);
	lab_close(&lab);
}

Test(outbox, tells_when_a_waiting_report_was_made)
{
	struct lab lab;

	lab_open(&lab);
	report(&lab, "a", 10);
	cr_expect_eq(outbox_last(lab.box, "logline", "a"), 1000);
	cr_expect_eq(outbox_last(lab.box, "cwdcheck", "a"), 0);
	cr_expect_eq(outbox_last(lab.box, "logline", "b"), 0);
	lab_close(&lab);
}

Test(outbox, garbage_ends_the_connection_not_the_program)
{
	static const char *const rows[] = {"x", "[]", "\"a\"", "{\"ok\":"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;
		char key[64];

		lab_open(&lab);
		connect_pair(&lab);
		report(&lab, "a", 10);
		cr_expect_str_eq(hear(&lab, key), "a");
		say(&lab, rows[i]);
		cr_expect_eq(lab.lost, 1, "%s", rows[i]);
		cr_expect_eq(oldest(&lab), 10, "%s", rows[i]);
		lab_close(&lab);
	}
}
