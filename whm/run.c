/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/base/monotonic.h"

#define INSTALLED "/usr/sbin/osm"

const char *run_program(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (n > 0) {
		out[n] = '\0';
		slash = strrchr(out, '/');
		if (slash && (size_t)(slash - out) + sizeof("/osm") <= PATH_MAX) {
			memcpy(slash, "/osm", sizeof("/osm"));
			if (access(out, X_OK) == 0)
				return out;
		}
	}
	snprintf(out, PATH_MAX, "%s", INSTALLED);
	return out;
}

/* What stands on the child's descriptors 1 and 2. */
struct outputs {
	int fd;
	const char *messages; /* a file; NULL: /dev/null */
};

#define NEW_FILE (O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)

static bool spawn(const struct paths *paths, const char *const *words,
		  const struct outputs *to, pid_t *child, struct err *e)
{
	char program[PATH_MAX];
	char *argv[RUN_WORDS_MAX + 4] = {(char *)(uintptr_t) "osm"};
	char *env[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		       (char *)(uintptr_t) "HOME=/root", (char *)(uintptr_t) "LANG=C", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	size_t n = 1;
	int rc;

	if (paths->root[0]) {
		argv[n++] = (char *)(uintptr_t) "--root";
		argv[n++] = (char *)(uintptr_t)paths->root;
	}
	for (size_t i = 0; words[i]; i++) {
		if (i == RUN_WORDS_MAX)
			return err_set(e, E2BIG, "osm: too many words");
		argv[n++] = (char *)(uintptr_t)words[i];
	}
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	/* a process group of its own: the web server's signals are not for it */
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, to->fd, 1);
	posix_spawn_file_actions_addopen(&files, 2, to->messages ? to->messages : "/dev/null",
					 to->messages ? NEW_FILE : O_WRONLY, 0600);
	rc = posix_spawn(child, run_program(program), &files, &how, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return rc == 0 || err_set(e, rc, "%s: %s", program, strerror(rc));
}

/* Until the other end is closed; false: it took too long. What is too much is read and lost. */
static bool drain(int fd, int64_t until_ms, struct buf *out)
{
	char chunk[16384];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = until_ms - monotonic_ms();
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&p, 1, left < INT32_MAX ? (int)left : INT32_MAX) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			buf_add(out, chunk, (size_t)n);
		else if (n == 0 || errno != EINTR)
			return true;
	}
}

bool run_osm(const struct paths *paths, const char *const *words, unsigned timeout_s,
	     struct buf *out, int *code, struct err *e)
{
	struct outputs to = {0};
	int ends[2], status = 0;
	bool in_time;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe: %s", strerror(errno));
	to.fd = ends[1];
	if (!spawn(paths, words, &to, &child, e)) {
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	close(ends[1]);
	in_time = drain(ends[0], monotonic_ms() + (int64_t)timeout_s * 1000, out);
	close(ends[0]);
	if (!in_time)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!in_time)
		return err_set(e, ETIMEDOUT, "osm %s took longer than %u s", words[0], timeout_s);
	if (!WIFEXITED(status))
		return err_set(e, EIO, "osm %s ended by signal %d", words[0], WTERMSIG(status));
	*code = WEXITSTATUS(status);
	return true;
}

bool run_osm_behind(const struct paths *paths, const char *const *words,
		    const char *output_path, const char *messages_path, struct err *e)
{
	struct outputs to = {.messages = messages_path};
	pid_t child;
	bool ok;

	to.fd = open(output_path, NEW_FILE | O_CLOEXEC, 0600);
	if (to.fd < 0)
		return err_set(e, errno, "%s: %s", output_path, strerror(errno));
	/* the lock is the open file's: it lives on in the child alone */
	ok = flock(to.fd, LOCK_EX | LOCK_NB) == 0 ||
	     err_set(e, errno, "%s: %s", output_path, strerror(errno));
	ok = ok && spawn(paths, words, &to, &child, e);
	close(to.fd);
	return ok;
}

bool run_goes_on(const char *output_path)
{
	int fd = open(output_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool goes_on = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return goes_on;
}
