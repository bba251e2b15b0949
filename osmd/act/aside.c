/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/buf.h"
#include "osmd/base/file.h"
#include "osmd/base/monotonic.h"

#define MEMORY_MAX (512ul * 1024 * 1024)
#define FD_LAST 1024
#define END_MS 1000 /* for a child that was killed to be gone */
#define LEFT_MAX 4

/* ---- the child ---- */

static void drop_rights(const struct aside *a)
{
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX}, none = {0, 0},
			    cpu = {2, 2};

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_CPU, &cpu);
#if !defined(__SANITIZE_ADDRESS__)
	setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory; /* its shadow alone takes terabytes */
#endif
	if (geteuid() == 0 && (a->uid == 0 || a->gid == 0 || setgroups(0, NULL) < 0 ||
			       setgid(a->gid) < 0 || setuid(a->uid) < 0))
		_exit(1);
	/* nobody with that uid may look into it: it was the executor */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

__attribute__((noreturn)) static void child_run(const struct aside *a, int out)
{
	json_t *answer;
	char *text;

	/* the database, the lock, the watcher's socket: none of its business */
	for (int fd = 3; fd < FD_LAST; fd++)
		if (fd != out)
			close(fd);
	drop_rights(a);
	signal(SIGPIPE, SIG_IGN);
	answer = a->work(a->ctx);
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	if (text)
		file_write_all(out, text, strlen(text));
	_exit(0);
}

/* ---- here ---- */

/* All that it says until it ends; false: too much, or too late. */
static bool take(int fd, unsigned timeout_ms, struct buf *in, bool *late)
{
	int64_t end = monotonic_ms() + timeout_ms;
	char chunk[16384];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - monotonic_ms();
		ssize_t n;
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;

		*late = ready == 0;
		if (ready == 0 || (ready < 0 && errno != EINTR))
			return false;
		if (ready < 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return buf_ok(in);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			buf_add(in, chunk, (size_t)n);
	}
}

/* Children that were killed but did not end: in a file system that never answers, as a customer
 * may mount one in the home (FUSE), nothing ends them. Nobody waits for them. */
static pid_t left[LEFT_MAX];

/* Those of them that have ended since. false: so many are left that no other may begin. */
static bool reap_left(void)
{
	bool room = false;

	for (size_t i = 0; i < LEFT_MAX; i++) {
		if (left[i] && waitpid(left[i], NULL, WNOHANG) != 0)
			left[i] = 0;
		room = room || !left[i];
	}
	return room;
}

/* It ends, or is left behind. */
static void end_child(pid_t pid)
{
	const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
	int64_t end = monotonic_ms() + END_MS;
	size_t i = 0;
	pid_t got;

	kill(pid, SIGKILL);
	while ((got = waitpid(pid, NULL, WNOHANG)) == 0 && monotonic_ms() < end)
		nanosleep(&pause, NULL);
	while (got == 0 && i < LEFT_MAX && left[i])
		i++;
	if (got == 0 && i < LEFT_MAX)
		left[i] = pid;
}

json_t *aside_run(const struct aside *a, bool *late)
{
	json_t *answer = NULL;
	struct buf in;
	int ends[2];
	pid_t pid;

	*late = false;
	if (!reap_left() || pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		child_run(a, ends[1]);
	close(ends[1]);
	buf_init(&in, a->answer_max);
	if (pid > 0 && take(ends[0], a->timeout_ms, &in, late))
		answer = json_loadb(in.p ? in.p : "", in.n, 0, NULL);
	close(ends[0]);
	if (pid > 0)
		end_child(pid);
	buf_clear(&in);
	return answer;
}
