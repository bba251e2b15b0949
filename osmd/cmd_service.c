/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* start, stop, restart, enable, disable: with systemd where it runs the real system, else by
 * osm itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/cmd.h"
#include "osmd/ctl/ctl.h"
#include "osmd/sys/spawn.h"

#define UNIT "osmd.service"
#define SYSTEMCTL "/usr/bin/systemctl"
#define DAEMON "/usr/sbin/osmd"
#define PANEL "/usr/libexec/osm/osm-panel"
/* The warm-up after a restart reads as far back as the longest interval. */
#define START_S 60
#define STOP_S 60
#define STEP_MS 50

/* What a daemon that doesn't come up says of it. */
#define LAST_WORDS_MAX 4096

static void nap(void)
{
	poll(NULL, 0, STEP_MS);
}

static bool answers(const struct cmd *c, struct err *e)
{
	char path[PATH_MAX];
	json_t *ask = json_pack("{s:s}", "do", "status");
	json_t *answer = ctl_ask(cmd_path(c, PATH_SOCKET, path), ask, 5, e);
	bool ok = json_is_true(json_object_get(answer, "ok"));

	json_decref(answer);
	json_decref(ask);
	return ok;
}

/* Is the file locked by somebody, by either kind of lock? *pid is what stands in it. */
static bool lock_held(const struct cmd *c, const char *absolute, pid_t *pid)
{
	char path[PATH_MAX], text[32];
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(cmd_path(c, absolute, path), O_RDWR | O_CLOEXEC);
	bool held = false;
	uint64_t number;
	ssize_t n;

	*pid = 0;
	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		held = true;
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		held = true;
	n = read(fd, text, sizeof(text));
	if (n > 0 &&
	    slice_u64(slice_trim((struct slice){text, (size_t)n}), 2, INT32_MAX, &number))
		*pid = (pid_t)number;
	close(fd);
	return held;
}

/* Does osmd still run here? */
static bool lives(const struct cmd *c)
{
	struct err e = {0};
	pid_t pid;

	return lock_held(c, PATH_PID, &pid) || answers(c, &e) || !cmd_is_down(&e);
}

/* Or its executor, which finishes what it is at? */
static bool acts(const struct cmd *c)
{
	pid_t pid;

	return lock_held(c, PATH_EXECUTOR_LOCK, &pid);
}

static bool systemctl(const char *verb, struct buf *said)
{
	const char *const argv[] = {SYSTEMCTL, verb, UNIT, NULL};
	const struct spawn_request req = {
		.argv = argv, .timeout_s = 120, .output_max = 4096};
	struct spawn_result result;
	bool ok;

	if (!spawn_run(&req, &result, NULL))
		return false;
	ok = !result.timed_out && result.exit_code == 0;
	if (said)
		buf_slice(said, slice_trim(buf_view(&result.output)));
	buf_clear(&result.output);
	return ok;
}

/* Only the real system's osmd is systemd's, and only where its unit is installed. */
static bool is_systemds(const struct cmd *c)
{
	return c->paths.root[0] == '\0' && access("/run/systemd/system", F_OK) == 0 &&
	       access(SYSTEMCTL, X_OK) == 0 && systemctl("cat", NULL);
}

static bool is_disabled(const struct cmd *c)
{
	char path[PATH_MAX];

	return access(cmd_path(c, PATH_DISABLED, path), F_OK) == 0;
}

/* The osmd that came with this osm. */
static void daemon_path(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (n > 0) {
		out[n] = '\0';
		slash = strrchr(out, '/');
		if (slash && (size_t)(slash - out) + sizeof("/osmd") <= PATH_MAX) {
			memcpy(slash, "/osmd", sizeof("/osmd"));
			if (access(out, X_OK) == 0)
				return;
		}
	}
	snprintf(out, PATH_MAX, "%s", DAEMON);
}

/* In the child: a session of its own, nothing of ours but the pipe on stderr. */
static void become_daemon(const struct cmd *c, const char *program, int pipe_fd)
{
	char *const argv[] = {(char *)(uintptr_t) "osmd",
			      (char *)(uintptr_t)(c->paths.root[0] ? "--root" : NULL),
			      (char *)(uintptr_t)c->paths.root, NULL};
	int null_fd = open("/dev/null", O_RDWR);

	setsid();
	/* the pipe's reader goes away once the daemon is up */
	signal(SIGPIPE, SIG_IGN);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 ||
	    dup2(pipe_fd, 2) < 0 || chdir("/") < 0)
		_exit(127);
	execv(program, argv);
	dprintf(2, "%s: %s", program, strerror(errno));
	_exit(127);
}

static void hear(int fd, struct buf *words)
{
	char chunk[512];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(words, chunk, (size_t)n);
}

/* The daemon's own lines as they are, then what they mean. */
static void fail_start(const struct cmd *c, struct buf *words)
{
	struct slice rest = buf_view(words), line;

	if (c->json || words->n == 0) {
		cmd_fail(c, CMD_FAILED, "osmd did not start: %s",
			 words->n ? buf_str(words)
				  : "it ended without a word, see osmd.log");
		return;
	}
	while (slice_cut(&rest, '\n', &line)) {
		text_put(stderr, line);
		fputc('\n', stderr);
	}
	text_put(stderr, rest);
	fputs(rest.n ? "\n" : "", stderr);
	cmd_fail(c, CMD_FAILED, "osmd did not start");
}

static int start_wait(const struct cmd *c, pid_t child, int pipe_fd)
{
	struct err e = {0};
	struct buf words;
	bool up = false, ended = false;
	int status = 0;

	buf_init(&words, LAST_WORDS_MAX);
	for (int i = 0; i < START_S * 1000 / STEP_MS && !up && !ended; i++) {
		nap();
		hear(pipe_fd, &words);
		up = answers(c, &e);
		/* a daemon that puts itself into the background ends here with 0 */
		ended = !up && waitpid(child, &status, WNOHANG) == child && status != 0;
	}
	hear(pipe_fd, &words);
	if (up)
		cmd_say(c, "osmd started");
	else if (ended)
		fail_start(c, &words);
	else
		cmd_fail(c, CMD_FAILED, "osmd was started but does not answer after %d s",
			 START_S);
	buf_clear(&words);
	return up ? CMD_OK : CMD_FAILED;
}

static int start_self(const struct cmd *c)
{
	char program[PATH_MAX];
	int ends[2], code;
	pid_t child;

	daemon_path(program);
	if (access(program, X_OK) < 0)
		return cmd_fail(c, CMD_FAILED, "%s: %s", program, strerror(errno));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return cmd_fail(c, CMD_FAILED, "pipe: %s", strerror(errno));
	fflush(NULL);
	child = fork();
	if (child == 0)
		become_daemon(c, program, ends[1]);
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	code = child < 0 ? cmd_fail(c, CMD_FAILED, "fork: %s", strerror(errno))
			 : start_wait(c, child, ends[0]);
	close(ends[0]);
	return code;
}

static int start_systemd(const struct cmd *c)
{
	struct err e = {0};
	struct buf said;
	bool begun, ok = false;

	buf_init(&said, LAST_WORDS_MAX);
	begun = systemctl("start", &said);
	for (int i = 0; begun && i < START_S * 1000 / STEP_MS && !ok; i++) {
		ok = answers(c, &e);
		if (!ok)
			nap();
	}
	if (ok)
		cmd_say(c, "osmd started (systemd)");
	else
		cmd_fail(c, CMD_FAILED, "osmd did not start: %s",
			 said.n ? buf_str(&said) : "see journalctl -u osmd");
	buf_clear(&said);
	return ok ? CMD_OK : CMD_FAILED;
}

static int start(const struct cmd *c)
{
	struct err e = {0};

	if (is_disabled(c))
		return cmd_fail(c, CMD_FAILED,
				"osm is disabled; osm -e enables and starts it");
	if (answers(c, &e))
		return cmd_say(c, "osmd is running already");
	if (!cmd_settings_fine(c, "the settings are wrong, osmd was not started"))
		return CMD_FAILED;
	return is_systemds(c) ? start_systemd(c) : start_self(c);
}

/* Ask it to stop; one that does not answer is told by a signal. */
static void ask_to_stop(const struct cmd *c)
{
	char path[PATH_MAX];
	struct err e = {0};
	json_t *ask = json_pack("{s:s}", "do", "stop");
	json_t *answer = ctl_ask(cmd_path(c, PATH_SOCKET, path), ask, 5, &e);
	pid_t pid;

	if (!answer && lock_held(c, PATH_PID, &pid) && pid > 1)
		kill(pid, SIGTERM);
	json_decref(answer);
	json_decref(ask);
}

/* *was: did it run before? wholly: its executor has ended, too. */
static int stop(const struct cmd *c, bool wholly, bool *was)
{
	*was = lives(c) || acts(c);
	if (is_systemds(c))
		systemctl("stop", NULL); /* also where it is only about to be restarted */
	if (!*was)
		return CMD_OK;
	if (lives(c))
		ask_to_stop(c);
	for (int i = 0; i < STOP_S * 1000 / STEP_MS; i++) {
		if (!lives(c) && !(wholly && acts(c)))
			return CMD_OK;
		nap();
	}
	return cmd_fail(c, CMD_FAILED, "osmd did not end within %d s", STOP_S);
}

int cmd_start(struct cmd *c)
{
	return cmd_options(c, NULL, 0, 0, 0) ? start(c) : CMD_USAGE;
}

int cmd_stop(struct cmd *c)
{
	bool was;
	int code;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	code = stop(c, true, &was);
	if (code == CMD_OK)
		cmd_say(c, was ? "osmd stopped" : "osmd was not running");
	return code;
}

int cmd_restart(struct cmd *c)
{
	bool was;
	int code;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	if (is_disabled(c))
		return start(c);
	/* a mistake in a file must not take down a daemon that runs */
	if (!cmd_settings_fine(c, "the settings are wrong, osmd was not restarted"))
		return CMD_FAILED;
	/* a panel that hangs must not keep the log unwatched: the new executor waits for the
	 * old one */
	code = stop(c, false, &was);
	return code == CMD_OK ? start(c) : code;
}

/* chkservd must not start what is disabled, and mail about it every five minutes. A host
 * without cPanel has nothing to tell; a failure doesn't keep osm from doing its part. */
static void tell_chkservd(const struct cmd *c, const char *verb)
{
	const char *const argv[] = {PANEL, verb, NULL};
	const struct spawn_request req = {
		.argv = argv, .timeout_s = 60, .output_max = 4096};
	struct spawn_result result;

	if (c->paths.root[0] || access(PANEL, X_OK) < 0 ||
	    !spawn_run(&req, &result, NULL))
		return;
	if (result.exit_code != 0) {
		fputs("osm: ", stderr);
		text_put(stderr, slice_trim(buf_view(&result.output)));
		fputc('\n', stderr);
	}
	buf_clear(&result.output);
}

int cmd_enable(struct cmd *c)
{
	char path[PATH_MAX];

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	if (unlink(cmd_path(c, PATH_DISABLED, path)) < 0 && errno != ENOENT)
		return cmd_fail(c, CMD_FAILED, "%s: %s", path, strerror(errno));
	tell_chkservd(c, "watch");
	return start(c);
}

int cmd_disable(struct cmd *c)
{
	char path[PATH_MAX];
	struct err e = {0};
	bool was;
	int code;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	cmd_path(c, "/etc/osm", path);
	if (!file_mkdirs(path, 0700, &e))
		return cmd_fail(c, CMD_FAILED, "%s", e.msg);
	cmd_path(c, PATH_DISABLED, path);
	if (!file_replace(path, SLICE("osm -x made this file; osm -e removes it\n"), 0600,
			  &e))
		return cmd_fail(c, CMD_FAILED, "%s", e.msg);
	tell_chkservd(c, "unwatch");
	code = stop(c, true, &was);
	return code == CMD_OK ? cmd_say(c, "osm is disabled; osm -e enables it again")
			      : code;
}
