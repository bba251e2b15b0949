/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packet_lookup COUNT: how long it takes to find the process of a connection while it lives:
 * osm's look-up (sock_diag and the processes of its user), the classic one, and the reading of
 * one of the kernel's own events. One line of JSON, microseconds.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "osmd/engine/owner.h"
#include "osmd/sys/connecttrace.h"
#include "tests/bench/classic.h"

#define PORT 2599
#define USER 61001

struct times {
	double *us;
	size_t n;
	unsigned right;
};

struct client {
	pid_t pid;
	int go; /* closed: it ends */
	struct flow flow;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *name, struct times *t, const char *end)
{
	qsort(t->us, t->n, sizeof(*t->us), by_size);
	if (t->n)
		printf("\"%s\":{\"p50\":%.1f,\"p99\":%.1f,\"right\":%u,\"of\":%zu}%s",
		       name, t->us[t->n / 2], t->us[t->n * 99 / 100], t->right, t->n,
		       end);
	else
		printf("\"%s\":null%s", name, end);
}

static int listen_here(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 64) < 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void be_client(int say, int go)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
			   from;
	socklen_t n = sizeof(from);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	close(fd); /* root's */
	if (setgid(USER) < 0 || setuid(USER) < 0)
		_exit(1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&from, &n) < 0 ||
	    write(say, &from.sin_port, 2) != 2)
		_exit(1);
	(void)!read(go, &byte, 1);
	_exit(0);
}

static bool begin(struct client *c, int listener)
{
	const struct in_addr home = {htonl(INADDR_LOOPBACK)};
	int say[2], go[2];
	uint16_t port;
	bool ok;

	if (pipe(say) < 0 || pipe(go) < 0)
		return false;
	c->pid = fork();
	if (c->pid == 0) {
		close(go[1]);
		be_client(say[1], go[0]);
	}
	close(say[1]);
	close(go[0]);
	c->go = go[1];
	ok = read(say[0], &port, 2) == 2;
	close(say[0]);
	close(accept(listener, NULL, NULL));
	c->flow = (struct flow){.from = addr_of_bytes(AF_INET, &home),
				.to = addr_of_bytes(AF_INET, &home),
				.from_port = ntohs(port),
				.to_port = PORT};
	return ok;
}

static void end(struct client *c)
{
	close(c->go);
	waitpid(c->pid, NULL, 0);
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

static void time_owner(struct owner *o, const struct client *c, struct times *t)
{
	struct owner_question q = {.flow = c->flow, .uid = -1};
	struct owner_answer a;
	const double begun = now_us();

	if (!owner_find(o, &q, &a))
		owner_search(o, &q, never, NULL, &a);
	t->us[t->n++] = now_us() - begun;
	t->right += a.sure == PACKET_SOCKET && a.facts.pid == c->pid;
}

static void time_classic(const struct client *c, struct times *t)
{
	struct classic_answer a;
	const double begun = now_us();

	classic_find(&c->flow, &a);
	t->us[t->n++] = now_us() - begun;
	t->right += a.pid == c->pid;
}

static void on_event(const struct connecttrace_event *ev, void *ctx)
{
	*(int64_t *)ctx = ev->pid;
}

static void time_event(struct connecttrace *k, const struct client *c, struct times *t)
{
	struct pollfd fd = {.fd = connecttrace_fd(k), .events = POLLIN};
	int64_t pid = -1;
	double begun;

	if (poll(&fd, 1, 1000) <= 0)
		return;
	begun = now_us();
	connecttrace_take(k, 1, on_event, &pid);
	t->us[t->n++] = now_us() - begun;
	t->right += pid == c->pid;
}

int main(int argc, char **argv)
{
	const size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	const uint16_t port = PORT;
	struct times owner = {0}, classic = {0}, event = {0};
	struct err e = {0};
	struct sockdiag *diag = sockdiag_open(&e);
	struct owner *o = diag ? owner_new(diag) : NULL;
	struct connecttrace *k = connecttrace_open(&port, 1, &e);
	int listener = listen_here();

	owner.us = calloc(count + 1, sizeof(double));
	classic.us = calloc(count + 1, sizeof(double));
	event.us = calloc(count + 1, sizeof(double));
	if (!count || !o || !owner.us || !classic.us || !event.us)
		return 2;
	for (size_t i = 0; i < count; i++) {
		struct client c;

		if (!begin(&c, listener))
			return 1;
		if (k)
			time_event(k, &c, &event);
		time_owner(o, &c, &owner);
		time_classic(&c, &classic);
		end(&c);
	}
	putchar('{');
	print("classic", &classic, ",");
	print("lookup", &owner, ",");
	print("event", &event, "}\n");
	return 0;
}
