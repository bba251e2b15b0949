/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * osm-hook: what cPanel runs after it has changed an account or a mailbox (see osm-hook(8)). It
 * tells osmd and is gone: it never prints a word (a word can be a veto), never fails, never
 * keeps cPanel waiting: a child of its own reads and speaks with osmd. Its input holds passwords:
 * nothing of it is kept but names.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "osmd/base/buf.h"
#include "osmd/base/monotonic.h"
#include "osmd/base/paths.h"
#include "osmd/ctl/ctl.h"
#include "osmd/ctl/hookevent.h"

#define PROGRAM "/usr/local/cpanel/3rdparty/bin/osm-hook"
#define READ_MS 2000 /* cPanel writes all of it at once */
#define ANSWER_S 10

/* All of the standard input; what is too long or too late reads as nothing. */
static bool read_input(struct buf *in)
{
	int64_t end = monotonic_ms() + READ_MS;
	char chunk[16384];

	for (;;) {
		struct pollfd p = {.fd = 0, .events = POLLIN};
		int64_t left = end - monotonic_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(0, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return false;
		if (n == 0)
			return buf_ok(in);
		if (n > 0)
			buf_add(in, chunk, (size_t)n);
		explicit_bzero(chunk, sizeof(chunk));
	}
}

/* With none of cPanel's pipes but the input, and nothing of it ever in a core file. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(0);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
}

/* Read what happened and tell it. osmd may be down or hang. */
static void tell(const struct paths *paths)
{
	char socket_path[PATH_MAX];
	json_t *told = NULL;
	struct buf in;

	buf_init(&in, HOOKEVENT_INPUT_MAX);
	if (read_input(&in))
		told = hookevent_read(buf_view(&in));
	if (in.p)
		explicit_bzero(in.p, in.n);
	buf_clear(&in);
	if (told && chdir("/") == 0 &&
	    paths_at(paths, PATH_SOCKET, socket_path, sizeof(socket_path)))
		json_decref(ctl_ask(socket_path, told, ANSWER_S, NULL));
	json_decref(told);
}

static int describe(void)
{
	json_t *list = hookevent_describe(PROGRAM);
	char *out = list ? json_dumps(list, JSON_COMPACT) : NULL;

	if (out)
		puts(out);
	free(out);
	json_decref(list);
	return out ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* cPanel waits until this process ends and its output is closed: both at once. */
int main(int argc, char **argv)
{
	struct paths paths;

	if (argc == 2 && strcmp(argv[1], "--describe") == 0)
		return describe();
	paths_init(&paths, NULL);
	if (argc == 3 && strcmp(argv[1], "--root") == 0 && !paths_init(&paths, argv[2]))
		return EXIT_SUCCESS;
	if (fork() == 0) {
		detach();
		tell(&paths);
		_exit(0);
	}
	return EXIT_SUCCESS;
}
