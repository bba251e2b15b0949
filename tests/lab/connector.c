/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * connector: short-lived clients, and the truth about them.
 *
 *   connector [-c COUNT] [-l LIFE_MS] [-r PER_SECOND] [-b FIRST_SOURCE_PORT] [-k] [-n]
 *             [-i INTERFACE] -u UID:DIR [-u UID:DIR]... ADDRESS PORT
 *   connector -1 -c COUNT [-r PER_SECOND] ADDRESS PORT
 *                                  all of them from this process, and reset
 *   connector -s ADDRESS PORT      take connections and close them, for ever
 *
 * Each client is a process of its own: becomes UID, stands in DIR, connects, lives on for
 * LIFE_MS and exits. -k: its end is a reset, so that no port stays in TIME_WAIT; -n: it does
 * not wait for the connection; -i: its socket is bound to an interface. The source port is chosen before, so nothing is between
 * connect() and exit. A line for each that connected: "SOURCE_PORT UID PID DIR".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USERS_MAX 16
#define PORTS_FIRST 20000
#define PORTS_LAST 60000
/* Clients that live at once. */
#define ALIVE_MAX 4000

struct user {
	unsigned uid;
	const char *dir;
};

struct work {
	struct user user[USERS_MAX];
	unsigned users, count, life_ms, rate, first_port;
	int reset, nonblocking;
	const char *interface; /* NULL: none */
	struct sockaddr_storage to;
	socklen_t to_len;
};

/* Set by the client when its connect() was good. */
static volatile unsigned char *good;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void nap(long long ns)
{
	struct timespec t = {ns / 1000000000, ns % 1000000000};

	while (ns > 0 && nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void set_port(struct sockaddr_storage *a, unsigned port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)(void *)a)->sin_port = htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)(void *)a)->sin6_port = htons((uint16_t)port);
}

static void client(const struct work *w, unsigned i, unsigned port)
{
	const struct user *u = &w->user[i % w->users];
	const struct linger at_once = {1, 0};
	struct sockaddr_storage from = {.ss_family = w->to.ss_family};
	const int on = 1;
	int fd;

	if (setgroups(0, NULL) < 0 || setgid(u->uid) < 0 || setuid(u->uid) < 0 ||
	    chdir(u->dir) < 0)
		_exit(2);
	fd = socket(w->to.ss_family, SOCK_STREAM | (w->nonblocking ? SOCK_NONBLOCK : 0),
		    0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (w->interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, w->interface,
				       (socklen_t)strlen(w->interface)) < 0)
		_exit(5);
	if (w->reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	set_port(&from, port);
	if (bind(fd, (struct sockaddr *)&from, w->to_len) < 0)
		_exit(3);
	if (connect(fd, (const struct sockaddr *)&w->to, w->to_len) < 0 &&
	    errno != EINPROGRESS && errno != ECONNREFUSED)
		_exit(4);
	good[i] = 1;
	nap(w->life_ms * 1000000LL);
	_exit(0);
}

static unsigned port_of(const struct work *w, unsigned i)
{
	return w->first_port + i % (PORTS_LAST - w->first_port);
}

static void run(const struct work *w)
{
	pid_t *pid = calloc(w->count, sizeof(*pid));
	const long long begun = now_ns();
	unsigned alive = 0;

	good = mmap(NULL, w->count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (!pid || good == MAP_FAILED)
		fail("memory");
	for (unsigned i = 0; i < w->count; i++) {
		if (w->rate)
			nap(begun + i * (1000000000LL / w->rate) - now_ns());
		pid[i] = fork();
		if (pid[i] == 0)
			client(w, i, port_of(w, i));
		if (pid[i] < 0)
			fail("fork");
		alive++;
		while (alive && waitpid(-1, NULL, alive < ALIVE_MAX ? WNOHANG : 0) > 0)
			alive--;
	}
	while (wait(NULL) > 0)
		;
	for (unsigned i = 0; i < w->count; i++)
		if (good[i])
			printf("%u %u %d %s\n", port_of(w, i), w->user[i % w->users].uid,
			       (int)pid[i], w->user[i % w->users].dir);
	free(pid);
}

static void run_alone(const struct work *w)
{
	const struct linger at_once = {1, 0};
	const long long begun = now_ns();
	unsigned connected = 0;

	for (unsigned i = 0; i < w->count; i++) {
		int fd = socket(w->to.ss_family, SOCK_STREAM, 0);

		if (w->rate)
			nap(begun + i * (1000000000LL / w->rate) - now_ns());

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		connected += connect(fd, (const struct sockaddr *)&w->to, w->to_len) == 0;
		close(fd);
	}
	printf("%u %lld\n", connected, (now_ns() - begun) / 1000000);
}

static void serve(const struct sockaddr_storage *at, socklen_t n)
{
	const int on = 1;
	int fd = socket(at->ss_family, SOCK_STREAM, 0), one;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)at, n) < 0 || listen(fd, 4096) < 0)
		fail("listen");
	for (;;) {
		one = accept(fd, NULL, NULL);
		if (one >= 0)
			close(one);
	}
}

static void resolve(const char *host, const char *port, struct work *w)
{
	const struct addrinfo how = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				     .ai_socktype = SOCK_STREAM};
	struct addrinfo *a;

	if (getaddrinfo(host, port, &how, &a) != 0) {
		fprintf(stderr, "connector: %s %s is no address\n", host, port);
		exit(2);
	}
	memcpy(&w->to, a->ai_addr, a->ai_addrlen);
	w->to_len = a->ai_addrlen;
	freeaddrinfo(a);
}

static void add_user(struct work *w, char *text)
{
	char *dir = strchr(text, ':');

	if (!dir || w->users == USERS_MAX)
		exit(2);
	*dir = '\0';
	w->user[w->users++] = (struct user){(unsigned)strtoul(text, NULL, 10), dir + 1};
}

int main(int argc, char **argv)
{
	struct work w = {.count = 1, .first_port = PORTS_FIRST};
	int option, sink = 0, alone = 0;

	while ((option = getopt(argc, argv, "c:l:r:b:i:kns1u:")) > 0) {
		unsigned n = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		switch (option) {
		case 'c':
			w.count = n;
			break;
		case 'l':
			w.life_ms = n;
			break;
		case 'r':
			w.rate = n;
			break;
		case 'b':
			w.first_port = n;
			break;
		case 'i':
			w.interface = optarg;
			break;
		case 'k':
			w.reset = 1;
			break;
		case 'n':
			w.nonblocking = 1;
			break;
		case 's':
			sink = 1;
			break;
		case '1':
			alone = 1;
			break;
		case 'u':
			add_user(&w, optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2 || (!sink && !alone && !w.users) ||
	    w.first_port >= PORTS_LAST)
		return 2;
	resolve(argv[optind], argv[optind + 1], &w);
	if (sink)
		serve(&w.to, w.to_len);
	if (alone)
		run_alone(&w);
	else
		run(&w);
	return 0;
}
