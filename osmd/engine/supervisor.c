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
#include <time.h>
#include <unistd.h>

#include "osmd/act/executor.h"
#include "osmd/base/log.h"

#define WAIT_FIRST_MS 50
#define WAIT_MOST_MS 5000
/* An executor that lived so long has done its work: the next wait begins small again. */
#define LIVED_MS 10000

struct supervisor {
	const struct paths *paths;
	const struct config *config;
	int handover;
	unsigned wait_ms;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool send_fd(int socket_fd, int fd)
{
	char byte = 'x', space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&byte, 1};
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
	return n == 1;
}

int supervisor_take(int handover)
{
	char byte, space[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	ssize_t n = recvmsg(handover, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int fd;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -EPIPE;
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPIPE;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* In the executor's process. */
static int execute(const struct supervisor *s, int fd)
{
	struct err e = {0};
	struct executor *x;
	int code;

	prctl(PR_SET_NAME, "osmd: executor");
	x = executor_new(s->paths, s->config, &e);
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
		send_fd(s->handover, pair[0]);
	close(pair[0]);
	*alive = life[0];
	if (pid < 0)
		close(life[0]);
	return pid;
}

/* Until the executor ends; false: the watcher has ended. */
static bool watch(const struct supervisor *s, int alive)
{
	struct pollfd fds[2] = {{.fd = s->handover, .events = POLLIN},
				{.fd = alive, .events = POLLIN}};

	do
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return false;
	while (!fds[0].revents && !fds[1].revents);
	return !fds[0].revents;
}

/* false: the watcher has ended meanwhile. */
static bool nap(const struct supervisor *s)
{
	struct pollfd fd = {.fd = s->handover, .events = POLLIN};

	return poll(&fd, 1, (int)s->wait_ms) <= 0;
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

static int supervise(struct supervisor *s)
{
	s->wait_ms = WAIT_FIRST_MS;
	for (;;) {
		int64_t begun_ms = now_ms();
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
		if (now_ms() - begun_ms > LIVED_MS)
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
	struct supervisor s = {.paths = paths, .config = config};
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		err_set(e, errno, "socketpair: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid < 0) {
		err_set(e, errno, "fork: %s", strerror(errno));
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid > 0) {
		close(ends[1]);
		return ends[0];
	}
	close(ends[0]);
	if (close_fd >= 0)
		close(close_fd);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "osmd: superv.");
	s.handover = ends[1];
	_exit(supervise(&s));
}
