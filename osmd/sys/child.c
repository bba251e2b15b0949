/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int child_start(const char *name, const int *close_fds, size_t count, child_fn *fn, void *ctx,
		struct err *e)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		err_set(e, errno, "%s: socketpair: %s", name, strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid < 0)
		err_set(e, errno, "%s: fork: %s", name, strerror(errno));
	if (pid != 0) {
		close(ends[1]);
		if (pid > 0)
			return ends[0];
		close(ends[0]);
		return -1;
	}
	close(ends[0]);
	for (size_t i = 0; i < count; i++)
		if (close_fds[i] >= 0)
			close(close_fds[i]);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, name);
	_exit(fn(ends[1], ctx));
}
