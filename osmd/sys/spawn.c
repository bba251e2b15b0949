/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/monotonic.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define CLOSE_RANGE_ON_EXEC 4 /* CLOSE_RANGE_CLOEXEC; Linux 5.11, so EL8 needs the loop */
#define FD_LOOP_MAX 1024
#define READ_CHUNK 4096

/* What one run holds; every descriptor is -1 until it is open. */
struct run {
	pid_t pid;
	int input;	/* the child's stdin */
	int output[2];	/* stdout and stderr of the child */
	int failure[2]; /* errno of a failed exec; closed by a good one */
	int children;	/* signalfd for SIGCHLD */
	sigset_t old_mask;
	bool masked;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void run_close(struct run *r)
{
	close_fd(&r->input);
	close_fd(&r->output[0]);
	close_fd(&r->output[1]);
	close_fd(&r->failure[0]);
	close_fd(&r->failure[1]);
	close_fd(&r->children);
	if (r->masked)
		sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
	r->masked = false;
}

/* A memory file and no pipe: the child has its whole input even if we are killed while it
 * reads, so sendmail can never take a mail that was cut by our death for a whole one. */
static int open_input(struct slice input)
{
	int fd, r;

	if (!input.n)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("osm-input", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	r = file_write_all(fd, input.p, input.n);
	if (r == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	errno = r ? -r : EIO;
	return -1;
}

static bool run_open(struct run *r, const struct spawn_request *req, struct err *e)
{
	sigset_t chld;

	r->input = open_input(req->input);
	if (r->input < 0)
		return err_set(e, errno, "input of %s: %s", req->argv[0],
			       strerror(errno));
	if (pipe2(r->output, O_CLOEXEC) < 0 || pipe2(r->failure, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe for %s: %s", req->argv[0],
			       strerror(errno));
	fcntl(r->output[0], F_SETFL, O_NONBLOCK);
	/* The child's end is told by its own death and not by the end of its output: Exim's
	 * sendmail leaves a delivery process behind that may hold the pipe for minutes. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &chld, &r->old_mask) < 0)
		return err_set(e, errno, "block SIGCHLD: %s", strerror(errno));
	r->masked = true;
	r->children = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->children < 0)
		return err_set(e, errno, "signalfd: %s", strerror(errno));
	return true;
}

static void child_reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_close_on_exec(void)
{
	if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_ON_EXEC) == 0)
		return;
	for (int fd = 3; fd < FD_LOOP_MAX; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0)
			fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	}
}

static void child_run(const struct run *r, const struct spawn_request *req)
{
	static const char *const plain[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LANG=C", NULL};
	int why;

	child_reset_signals();
	setpgid(0, 0);
	umask(022); /* the panel makes files that Exim reads as mailnull */
	if (chdir(req->cwd ? req->cwd : "/") == 0 && dup2(r->input, 0) >= 0 &&
	    dup2(r->output[1], 1) >= 0 && dup2(r->output[1], 2) >= 0) {
		child_close_on_exec();
		execve(req->argv[0], (char *const *)req->argv,
		       (char *const *)(req->env ? req->env : plain));
	}
	why = errno;
	if (write(r->failure[1], &why, sizeof(why)) != sizeof(why))
		_exit(126);
	_exit(127);
}

static bool run_start(struct run *r, const struct spawn_request *req, struct err *e)
{
	int why = 0;
	ssize_t n;

	r->pid = fork();
	if (r->pid < 0)
		return err_set(e, errno, "fork for %s: %s", req->argv[0],
			       strerror(errno));
	if (r->pid == 0)
		child_run(r, req);
	setpgid(r->pid, r->pid); /* both do it: whoever is first */
	close_fd(&r->failure[1]);
	close_fd(&r->output[1]);
	do
		n = read(r->failure[0], &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(why))
		return true;
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err_set(e, why, "run %s: %s", req->argv[0], strerror(why));
}

/* Take what is there now; false at the end of the output. */
static bool take_output(int fd, struct spawn_result *result, size_t max)
{
	char chunk[READ_CHUNK];
	/* A child that never stops writing must not keep us from looking at the clock. */
	int rounds = 64;

	while (rounds-- > 0) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		size_t room = max - result->output.n;

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		if ((size_t)n > room)
			result->output_cut = true;
		buf_add(&result->output, chunk, (size_t)n < room ? (size_t)n : room);
	}
	return true;
}

/* Has it ended? Fills the result's ending. */
static bool reap(struct run *r, int flags, struct spawn_result *result)
{
	int status;
	pid_t got;

	do
		got = waitpid(r->pid, &status, flags);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	result->exit_code = -1;
	if (got == r->pid && WIFEXITED(status))
		result->exit_code = WEXITSTATUS(status);
	else if (got == r->pid && WIFSIGNALED(status))
		result->signal = WTERMSIG(status);
	return true;
}

static void run_wait(struct run *r, const struct spawn_request *req,
		     struct spawn_result *result)
{
	int64_t end = monotonic_ms() + (int64_t)(req->timeout_s ? req->timeout_s : 1) * 1000;
	struct pollfd fds[2] = {{.fd = r->children, .events = POLLIN},
				{.fd = r->output[0], .events = POLLIN}};
	struct signalfd_siginfo drop;

	while (!reap(r, WNOHANG, result)) {
		int64_t left = end - monotonic_ms();

		if (left <= 0) {
			result->timed_out = true;
			kill(-r->pid, SIGKILL);
			reap(r, 0, result);
			break;
		}
		poll(fds, 2, (int)(left < 60000 ? left : 60000));
		while (read(r->children, &drop, sizeof(drop)) > 0)
			;
		if (fds[1].revents && !take_output(r->output[0], result, req->output_max))
			fds[1].fd = -1;
	}
	take_output(r->output[0], result, req->output_max);
}

bool spawn_run(const struct spawn_request *req, struct spawn_result *result,
	       struct err *e)
{
	struct run r = {.pid = -1,
			.input = -1,
			.output = {-1, -1},
			.failure = {-1, -1},
			.children = -1};
	bool ok;

	memset(result, 0, sizeof(*result));
	buf_init(&result->output, req->output_max ? req->output_max : 1);
	if (!req->argv || !req->argv[0] || req->argv[0][0] != '/')
		return err_set(e, EINVAL, "a program is run by its absolute path only");
	ok = run_open(&r, req, e) && run_start(&r, req, e);
	if (ok)
		run_wait(&r, req, result);
	run_close(&r);
	if (!ok)
		buf_clear(&result->output);
	return ok;
}
