/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * serve: the executor's process: one datagram in, one out, one timer on the wall clock for
 * what expires, and csf's files. It sleeps until one of them has something for it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "firewall/nftwatch.h"
#include "osmd/act/csfwatch.h"
#include "osmd/act/executor_parts.h"
#include "osmd/base/log.h"
#include "osmd/base/monotonic.h"

/* csf writes a list and then tells the kernel, and one call touches several files. */
#define CSF_SETTLE_MS 500
/* What is taken out of the kernel often comes back at once: a ruleset that is loaded anew. Who
 * does so again and again makes us look so often at most. */
#define KERNEL_SETTLE_MS 500
#define KERNEL_LOOK_MS 5000

#define SOCKET_BUFFER (4 * EXECUTOR_MESSAGE_MAX)

static void widen(int fd)
{
	const int size = SOCKET_BUFFER;

	/* FORCE is for root and goes past net.core.wmem_max. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int executor_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	widen(fds[0]);
	widen(fds[1]);
	return 0;
}

/* The answer for one datagram; never NULL but without memory. */
static json_t *answer_for(struct executor *x, const char *text, size_t n)
{
	json_t *request, *answer, *seq;
	json_error_t why;

	if (n > EXECUTOR_MESSAGE_MAX)
		return executor_refuse("a request of more than %d bytes",
				       EXECUTOR_MESSAGE_MAX);
	request = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(request)) {
		answer = executor_refuse("a request that is no JSON object");
	} else {
		answer = executor_handle(x, request, (int64_t)time(NULL));
		seq = json_object_get(request, "seq");
		if (seq && answer)
			json_object_set(answer, "seq", seq);
	}
	json_decref(request);
	return answer;
}

/* false: the peer is gone. */
static bool send_answer(int fd, json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	const char *out =
		text && strlen(text) <= EXECUTOR_MESSAGE_MAX
			? text
			: "{\"ok\":false,\"error\":\"no memory for the answer\"}";
	ssize_t n;

	do
		n = send(fd, out, strlen(out), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	free(text);
	json_decref(answer);
	return n >= 0;
}

/* One request. false: the peer has closed. */
static bool serve_one(struct executor *x, int fd, char *space)
{
	ssize_t n = recv(fd, space, EXECUTOR_MESSAGE_MAX + 1, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	return n > 0 && send_answer(fd, answer_for(x, space, (size_t)n));
}

/* At an absolute time of the wall clock: when somebody sets that clock we are woken too. */
static void arm(int timer, int64_t at_s, int64_t now_s)
{
	struct itimerspec when = {0};

	if (at_s)
		when.it_value.tv_sec = (time_t)(at_s > now_s ? at_s : now_s + 1);
	timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void run_due(struct executor *x, int timer)
{
	int64_t now_s = (int64_t)time(NULL), next_s = executor_next_s(x, now_s);
	uint64_t ticks;

	if (read(timer, &ticks, sizeof(ticks)) < 0 && errno == ECANCELED)
		log_msg(LOG_LEVEL_INFO, "executor: the clock was set");
	if (next_s && next_s <= now_s) {
		json_decref(executor_due(x, now_s));
		next_s = executor_next_s(x, now_s);
	}
	arm(timer, next_s, now_s);
}

/* What of csf's has changed and is to be looked at once it has settled. */
struct csf_change {
	unsigned what;
	int64_t due_ms;
};

static void note_csf(struct csf_change *c, struct csfwatch *w)
{
	unsigned what = csfwatch_read(w);

	if (what && !c->what)
		c->due_ms = monotonic_ms() + CSF_SETTLE_MS;
	c->what |= what;
}

/* How long may be slept, in ms; -1: for ever. */
static int look_at_csf(struct executor *x, struct csf_change *c)
{
	int64_t left_ms = c->due_ms - monotonic_ms();
	unsigned what = c->what;

	if (!what)
		return -1;
	if (left_ms > 0)
		return (int)left_ms;
	c->what = 0;
	if (what & CSFWATCH_LISTS)
		keep_removed(x, (int64_t)time(NULL));
	if (what & CSFWATCH_ALLOWED)
		keep_protected(x, (int64_t)time(NULL));
	if (what & CSFWATCH_STATE)
		keep_heal(x, (int64_t)time(NULL));
	return -1;
}

/* The kernel tells that something of osm's was taken out. */
struct kernel_change {
	unsigned lost;	/* of nftwatch.h; 0: nothing to look at */
	int64_t due_ms; /* of that */
	int64_t looked_ms;
};

static void note_kernel(struct kernel_change *c, struct executor *x)
{
	int64_t soonest_ms = monotonic_ms() + KERNEL_SETTLE_MS;
	unsigned lost = x->kernel ? nftwatch_read(x->kernel) : 0, before = c->lost;

	c->lost |= lost;
	if (before || !lost)
		return;
	c->due_ms = c->looked_ms + KERNEL_LOOK_MS;
	if (c->due_ms < soonest_ms)
		c->due_ms = soonest_ms;
}

/* How long may be slept, in ms; -1: for ever. */
static int look_at_kernel(struct executor *x, struct kernel_change *c)
{
	bool rules_too = c->lost & NFTWATCH_RULES;
	int64_t now_ms = monotonic_ms();

	if (!c->lost)
		return -1;
	if (c->due_ms > now_ms)
		return (int)(c->due_ms - now_ms);
	*c = (struct kernel_change){.looked_ms = now_ms};
	executor_look(x, rules_too, (int64_t)time(NULL));
	return -1;
}

/* -1 is for ever. */
static int sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

static int serve_loop(struct executor *x, int fd, int timer, struct csfwatch *csf,
		      char *space)
{
	struct pollfd fds[4] = {{.fd = fd, .events = POLLIN},
				{.fd = timer, .events = POLLIN},
				{.fd = csf ? csfwatch_fd(csf) : -1, .events = POLLIN},
				{.fd = -1, .events = POLLIN}};
	struct csf_change change = {0};
	struct kernel_change kernel = {0};

	for (;;) {
		int sleep_ms;

		run_due(x, timer);
		sleep_ms = sooner(look_at_csf(x, &change), look_at_kernel(x, &kernel));
		fds[3].fd = x->kernel ? nftwatch_fd(x->kernel) : -1;
		if (poll(fds, 4, sleep_ms) < 0 && errno != EINTR)
			return EXIT_FAILURE;
		if (executor_lost_database(x)) {
			log_msg(LOG_LEVEL_ERROR,
				"executor: %s was moved away: a new one begins anew",
				PATH_DB);
			return EXIT_FAILURE;
		}
		if (fds[2].revents)
			note_csf(&change, csf);
		note_kernel(&kernel, x);
		if (fds[0].revents && !serve_one(x, fd, space))
			return EXIT_SUCCESS;
	}
}

int executor_serve(struct executor *x, int fd)
{
	char *space = malloc(EXECUTOR_MESSAGE_MAX + 1);
	int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	struct csfwatch *csf = csfwatch_new(&x->paths);
	int code = EXIT_FAILURE;

	/* The end comes with the watcher's: an action that runs is finished first. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "osmd: executor");
	widen(fd);
	if (!csf)
		log_msg(LOG_LEVEL_WARN, "executor: csf's files can't be watched");
	if (space && timer >= 0)
		code = serve_loop(x, fd, timer, csf, space);
	if (timer >= 0)
		close(timer);
	csfwatch_free(csf);
	free(space);
	return code;
}
