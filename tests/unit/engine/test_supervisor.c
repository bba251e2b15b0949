/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/supervisor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/log.h"

#define WAIT_MS 10000
#define HOLD "{\"do\":\"hold\",\"account\":\"acct\",\"target\":\"acct\",\"who\":\"root\"}"

static struct paths root;
static struct config config;
static int handover = -1;

static const char *at(const char *name)
{
	static char out[PATH_MAX];

	cr_assert_not_null(paths_at(&root, name, out, sizeof(out)));
	return out;
}

static void put(const char *name, const char *text)
{
	cr_assert(file_replace(at(name), slice_str(text), 0644, NULL), "%s", name);
}

static void make_root(void)
{
	char dir[] = "/tmp/osm-supervisor-XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	cr_assert(paths_init(&root, dir));
	cr_assert(file_mkdirs(at("/etc/osm"), 0755, NULL));
	cr_assert(file_mkdirs(at(PATH_RUN_DIR), 0755, NULL));
	put(PATH_PASSWD, "acct:x:1001:1001::/home/acct:/bin/sh\n");
	put(PATH_TRUEUSERDOMAINS, "example.com: acct\n");
	put(PATH_USERDOMAINS, "example.com: acct\n");
	options_defaults(&config);
	config.testing = true;
	log_open("osmd", at("/log"), 0, LOG_LEVEL_INFO);
}

static void remove_root(void)
{
	char command[PATH_MAX + 16];

	if (handover >= 0)
		close(handover);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	snprintf(command, sizeof(command), "rm -rf '%s'", root.root);
	cr_assert_eq(system(command), 0);
}

TestSuite(supervisor, .init = make_root, .fini = remove_root, .timeout = 60);

static void start(void)
{
	struct err e = {0};

	handover = supervisor_start(&root, &config, -1, &e);
	cr_assert_geq(handover, 0, "%s", e.msg);
}

static int take(unsigned *reloads)
{
	struct pollfd p = {.fd = handover, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, WAIT_MS), 1, "no executor came");
	return supervisor_take(handover, reloads);
}

/* The answer's text; "" when the executor is gone. */
static const char *ask(int fd, const char *request)
{
	static char text[4096];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = -1;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) > 0 &&
	    poll(&p, 1, WAIT_MS) == 1)
		n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static bool says(int fd, const char *request, const char *needle)
{
	const char *answer = ask(fd, request);

	if (strstr(answer, needle))
		return true;
	cr_log_warn("%s -> %s", request, answer);
	return false;
}

static unsigned count_logged(const char *needle)
{
	char *text = NULL;
	unsigned count = 0;
	size_t n;

	if (!file_read(at("/log"), 1 << 20, &text, &n, NULL))
		return 0;
	for (const char *p = text; (p = strstr(p, needle)); p++)
		count++;
	free(text);
	return count;
}

Test(supervisor, gives_an_executor_that_answers)
{
	unsigned reloads = 7;
	int fd;

	start();
	fd = take(&reloads);
	cr_assert_geq(fd, 0);
	cr_expect_eq(reloads, 0);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_expect(says(fd, "{\"do\":\"ping\"}", "\"ok\":true"));
	cr_expect_eq(supervisor_take(handover, &reloads), -EAGAIN, "one at a time");
	close(fd);
}

Test(supervisor, gives_the_next_one_when_an_executor_ends)
{
	unsigned reloads;
	int fd;

	start();
	for (int i = 0; i < 3; i++) {
		fd = take(&reloads);
		cr_assert_geq(fd, 0);
		cr_expect(says(fd, "{\"do\":\"ping\"}", "\"ok\":true"));
		close(fd); /* its end of file: it ends */
	}
}

Test(supervisor, starts_the_next_one_with_what_was_reloaded)
{
	unsigned reloads;
	struct err e = {0};
	int fd;

	config.testing = false;
	start();
	close(take(&reloads));
	put(PATH_CONF, "TESTING = \"1\"\n");
	cr_assert(supervisor_reload(handover, &e), "%s", e.msg);
	put(PATH_CONF,
	    "NO_SUCH_KEY = \"1\"\n"); /* edited again: what was reloaded counts */
	do {
		fd = take(&reloads);
		cr_assert_geq(fd, 0);
		if (reloads == 0)
			close(fd); /* made before; its number tells */
	} while (reloads == 0);
	cr_expect_eq(reloads, 1);
	cr_expect(says(fd, HOLD, "TESTING"));
	close(fd);
}

Test(supervisor, keeps_what_it_has_when_the_new_settings_are_wrong)
{
	unsigned reloads = 0;
	int fd = -1;

	start();
	fd = take(&reloads);
	put(PATH_CONF, "TESTING = \"0\"\nNO_SUCH_KEY = \"1\"\n");
	cr_assert(supervisor_reload(handover, NULL));
	while (reloads == 0) {
		close(fd);
		fd = take(&reloads);
		cr_assert_geq(fd, 0);
	}
	cr_expect(says(fd, HOLD, "TESTING"));
	cr_expect_eq(count_logged("osm.conf: 1 problems"), 1);
	close(fd);
}

Test(supervisor, waits_for_the_executor_before)
{
	int lock = open(at(PATH_EXECUTOR_LOCK), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct pollfd p = {.events = POLLIN};
	unsigned reloads;

	cr_assert_eq(flock(lock, LOCK_EX), 0);
	start();
	p.fd = take(&reloads);
	cr_assert_gt(send(p.fd, "{\"do\":\"ping\"}", 13, 0), 0);
	cr_expect_eq(poll(&p, 1, 400), 0, "it must not work beside another one");
	cr_assert_eq(flock(lock, LOCK_UN), 0);
	cr_expect_eq(poll(&p, 1, WAIT_MS), 1, "and does when that one has ended");
	cr_expect(p.revents & POLLIN && !(p.revents & POLLHUP));
	cr_expect_eq(count_logged("waiting until it ends"), 1);
	close(lock);
	close(p.fd);
}

Test(supervisor, ends_with_all_of_its_own_when_the_watcher_ends)
{
	int lock = open(at(PATH_EXECUTOR_LOCK), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	unsigned reloads;
	int fd, status = -1;

	start();
	fd = take(&reloads);
	cr_expect(says(fd, "{\"do\":\"ping\"}", "\"ok\":true"));
	cr_expect_lt(flock(lock, LOCK_EX | LOCK_NB), 0, "the executor has it");
	close(fd);
	close(handover);
	handover = -1;
	cr_assert_gt(wait(&status), 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_eq(flock(lock, LOCK_EX | LOCK_NB), 0, "and nobody has it now");
	close(lock);
}

Test(supervisor, ends_with_its_watcher_while_an_executor_waits_for_the_lock)
{
	int lock = open(at(PATH_EXECUTOR_LOCK), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	unsigned reloads;

	cr_assert_eq(flock(lock, LOCK_EX), 0);
	start();
	close(take(&reloads));
	close(handover);
	handover = -1;
	cr_assert_gt(wait(NULL), 0);
	close(lock);
}

Test(supervisor, is_missed_when_it_is_gone)
{
	unsigned reloads = 0;
	struct err e = {0};
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	cr_assert_eq(send(ends[1], "xyz", 3, 0), 3);
	cr_expect_eq(supervisor_take(ends[0], &reloads), -EPIPE, "no such message");
	close(ends[1]);
	cr_expect_eq(supervisor_take(ends[0], &reloads), -EPIPE, "the end of file");
	cr_expect_not(supervisor_reload(ends[0], &e));
	cr_expect_eq(e.code, EPIPE);
	close(ends[0]);
}
