/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/act/executor.h"
#include "osmd/base/log.h"
#include "osmd/base/monotonic.h"
#include "osmd/engine/settings.h"
#include "osmd/sys/child.h"

#define WAIT_FIRST_MS 50
#define WAIT_MOST_MS 5000
/* An executor that lived so long has done its work: the next wait begins small again. */
#define LIVED_MS 10000
/* The executor of an osmd that was killed finishes its action first; so often it is looked
 * whether it has, so long at most before that is an error. */
#define LOCK_LOOK_MS 50
#define LOCK_WAIT_MS 60000
/* What the supervisor answers to a reload, and how long that is waited for: it reads one file. */
#define READ_BYTES 1
#define READ_WAIT_MS 1000

struct supervisor {
	const struct paths *paths;
	struct config config; /* of the last reload */
	int handover;
	unsigned wait_ms, reloads;
};

static bool send_fd(int socket_fd, int fd, unsigned reloads)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&reloads, sizeof(reloads)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	do
		n = sendmsg(socket_fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == sizeof(reloads);
}

int supervisor_take(int handover, unsigned *reloads)
{
	char space[CMSG_SPACE(sizeof(int))];
	unsigned number = 0;
	struct iovec iov = {&number, sizeof(number)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	const struct cmsghdr *c;
	ssize_t n;
	int fd;

	do { /* past a reload's answer that nobody waited for */
		m.msg_controllen = sizeof(space);
		n = recvmsg(handover, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (n == READ_BYTES);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -EPIPE;
	c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (n != sizeof(number) || !c || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPIPE;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	*reloads = number;
	return fd;
}

/* Until the supervisor has read osm.conf, which may be edited again right after. A new
 * executor's socket that comes first is left to supervisor_take. */
static void await_read(int handover)
{
	struct pollfd fd = {.fd = handover, .events = POLLIN};
	char bytes[READ_BYTES + 1];

	if (poll(&fd, 1, READ_WAIT_MS) == 1 &&
	    recv(handover, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT) == READ_BYTES)
		recv(handover, bytes, sizeof(bytes), MSG_DONTWAIT);
}

bool supervisor_reload(int handover, struct err *e)
{
	ssize_t n;

	do
		n = send(handover, "r", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return err_set(e, errno, "tell the executor's supervisor: %s",
			       strerror(errno));
	await_read(handover);
	return true;
}

static void count_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	unsigned *count = ctx;

	(void)file;
	(void)line;
	(void)text; /* the watcher has read the same file and names every one */
	++*count;
}

static void reload(struct supervisor *s)
{
	struct config fresh;
	unsigned problems = 0;

	s->reloads++;
	if (settings_config(s->paths, &fresh, count_problem, &problems))
		s->config = fresh;
	else
		log_msg(LOG_LEVEL_ERROR,
			"osm.conf: %u problems: a new executor begins with the old "
			"settings",
			problems);
}

/* What the watcher has to say. false: it has ended. */
static bool hear(struct supervisor *s)
{
	char byte;
	ssize_t n;

	while ((n = recv(s->handover, &byte, 1, MSG_DONTWAIT)) > 0) {
		reload(s);
		send(s->handover, "r", READ_BYTES, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Wait for the lock as long as the watcher lives. NULL with e->code 0: it has ended. */
static struct executor *make_executor(const struct supervisor *s, int fd, struct err *e)
{
	struct pollfd ends = {.fd = fd};

	for (int waited_ms = 0;; waited_ms += LOCK_LOOK_MS) {
		struct executor *x = executor_new(s->paths, &s->config, e);

		if (x || e->code != EWOULDBLOCK || waited_ms >= LOCK_WAIT_MS)
			return x;
		if (waited_ms == 0)
			log_msg(LOG_LEVEL_INFO, "%s; waiting until it ends", e->msg);
		*e = (struct err){0};
		if (poll(&ends, 1, LOCK_LOOK_MS) > 0)
			return NULL;
	}
}

/* In the executor's process. */
static int execute(const struct supervisor *s, int fd)
{
	struct err e = {0};
	struct executor *x;
	int code;

	prctl(PR_SET_NAME, "osmd: executor");
	x = make_executor(s, fd, &e);
	if (!x && !e.code)
		return EXIT_SUCCESS;
	if (!x) {
		log_msg(LOG_LEVEL_ERROR, "%s", e.msg);
		return EXIT_FAILURE;
	}
	code = executor_serve(x, fd);
	executor_free(x);
	return code;
}

/* alive: reads the end of file when the executor ends. -1: it could not be started. */
static pid_t start_executor(const struct supervisor *s, int *alive)
{
	int pair[2], life[2];
	pid_t pid;

	if (pipe(life) < 0)
		return -1;
	if (executor_pair(pair) < 0) {
		close(life[0]);
		close(life[1]);
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		close(s->handover);
		close(life[0]);
		close(pair[0]);
		_exit(execute(s, pair[1]));
	}
	close(life[1]);
	close(pair[1]);
	if (pid > 0)
		send_fd(s->handover, pair[0], s->reloads);
	close(pair[0]);
	*alive = life[0];
	if (pid < 0)
		close(life[0]);
	return pid;
}

/* Until the executor ends; false: the watcher has ended. */
static bool watch(struct supervisor *s, int alive)
{
	struct pollfd fds[2] = {{.fd = s->handover, .events = POLLIN},
				{.fd = alive, .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno != EINTR)
				return false;
			continue;
		}
		if (fds[0].revents && !hear(s))
			return false;
		if (fds[1].revents)
			return true;
	}
}

/* false: the watcher has ended meanwhile. */
static bool nap(struct supervisor *s)
{
	struct pollfd fd = {.fd = s->handover, .events = POLLIN};
	const int64_t until_ms = monotonic_ms() + s->wait_ms;
	int64_t left_ms = s->wait_ms;

	for (; left_ms > 0; left_ms = until_ms - monotonic_ms())
		if (poll(&fd, 1, (int)left_ms) > 0 && !hear(s))
			return false;
	return hear(s);
}

static void say_ended(pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_msg(LOG_LEVEL_ERROR,
			"the executor (pid %d) was ended by signal %d, a new one is "
			"started",
			(int)pid, WTERMSIG(status));
	else
		log_msg(LOG_LEVEL_ERROR,
			"the executor (pid %d) ended with %d, a new one is started",
			(int)pid, WEXITSTATUS(status));
}

static int supervise(int fd, void *ctx)
{
	struct supervisor *s = ctx;

	s->handover = fd;
	s->wait_ms = WAIT_FIRST_MS;
	for (;;) {
		int64_t begun_ms = monotonic_ms();
		int alive = -1, status = 0;
		pid_t pid = start_executor(s, &alive);
		bool go_on = true;

		if (pid > 0) {
			go_on = watch(s, alive);
			close(alive);
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			if (go_on)
				say_ended(pid, status);
		} else {
			log_msg(LOG_LEVEL_ERROR, "fork the executor: %s",
				strerror(errno));
		}
		if (monotonic_ms() - begun_ms > LIVED_MS)
			s->wait_ms = WAIT_FIRST_MS;
		if (!go_on || !nap(s))
			return EXIT_SUCCESS;
		s->wait_ms =
			s->wait_ms * 2 < WAIT_MOST_MS ? s->wait_ms * 2 : WAIT_MOST_MS;
	}
}

int supervisor_start(const struct paths *paths, const struct config *config, int close_fd,
		     struct err *e)
{
	struct supervisor s = {.paths = paths, .config = *config};

	return child_start("osmd: superv.", &close_fd, 1, supervise, &s, e);
}
