/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Before the real kernel where it allows such programs; where it doesn't, that must be said.
 */
#include "osmd/sys/connecttrace.h"

#include <criterion/criterion.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/sys/connection.h"

#define SOMEBODY 61234
#ifndef IPPROTO_MPTCP /* glibc before 2.32 */
#define IPPROTO_MPTCP 262
#endif

static struct connecttrace *trace;

struct got {
	unsigned count;
	struct connecttrace_event ev;
	char cwd[2048], exe[2048], arguments[1024];
};

static struct slice keep(struct slice s, char *space)
{
	if (s.n)
		memcpy(space, s.p, s.n);
	return (struct slice){space, s.n};
}

static void on_event(const struct connecttrace_event *ev, void *ctx)
{
	struct got *g = ctx;

	g->count++;
	g->ev = *ev;
	g->ev.cwd = keep(ev->cwd, g->cwd);
	g->ev.exe = keep(ev->exe, g->exe);
	g->ev.arguments = keep(ev->arguments, g->arguments);
}

/* A port that nobody else connects to, and that nobody listens on; the children's, too. */
static uint16_t port;

/* false: this kernel or user may not, and that was said. */
static bool begin(void)
{
	struct err e = {0};

	port = (uint16_t)(1 + getpid() % 1000);
	trace = connecttrace_open(&port, 1, &e);
	if (trace)
		return true;
	cr_expect_gt(strlen(e.msg), 8, "why not is said");
	cr_expect_null(strstr(e.msg, "self-test"), "it was loaded, and told wrong: %s",
		       e.msg);
	fprintf(stderr, "connecttrace: not here: %s\n", e.msg);
	return false;
}

static void take(struct got *g, unsigned want)
{
	struct pollfd fd = {.fd = connecttrace_fd(trace), .events = POLLIN};

	*g = (struct got){.count = 0};
	while (g->count < want && poll(&fd, 1, 5000) > 0)
		cr_assert_geq(connecttrace_take(trace, 64, on_event, g), 0);
	cr_assert_eq(g->count, want);
}

static void connect_to(int family, const char *to)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(family, SOCK_STREAM, 0);

	inet_pton(family, to, family == AF_INET ? (void *)&v4.sin_addr : &v6.sin6_addr);
	if (family == AF_INET)
		(void)!connect(fd, (struct sockaddr *)&v4, sizeof(v4));
	else
		(void)!connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	close(fd);
}

/* In a child that ends at once. */
static pid_t child_connects(void (*first)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		first();
		connect_to(AF_INET, "127.0.0.1");
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

static bool has_text(struct slice s, const char *text)
{
	return slice_eq(s, slice_str(text));
}

Test(connecttrace, tells_who_connects_from_where)
{
	char cwd[1024], exe[1024];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct got g;

	if (!begin())
		return;
	cr_assert_gt(n, 0);
	exe[n] = '\0';
	cr_assert_not_null(getcwd(cwd, sizeof(cwd)));
	connect_to(AF_INET, "127.0.0.1");
	take(&g, 1);
	cr_expect_eq(g.ev.uid, geteuid());
	cr_expect_eq(g.ev.real_uid, getuid());
	cr_expect_eq(g.ev.gid, getegid());
	cr_expect_eq(g.ev.pid, getpid());
	cr_expect(g.ev.parent == getppid() || g.ev.parent == 0); /* in a container */
	cr_expect_eq(g.ev.to_port, port);
	cr_expect(addr_is_loopback(&g.ev.to));
	cr_expect(addr_is_loopback(&g.ev.from));
	cr_expect(has_text(g.ev.cwd, cwd), "%s", g.cwd);
	cr_expect(has_text(g.ev.exe, exe), "%s", g.exe);
	connecttrace_close(trace);
}

/* As the program's own file is after an upgrade. */
Test(connecttrace, works_from_what_was_removed)
{
	char name[] = "/tmp/osm-gone.XXXXXX";
	struct err e = {0};

	if (!begin())
		return;
	cr_assert(mkdtemp(name) && chdir(name) == 0 && rmdir(name) == 0);
	connecttrace_close(trace);
	trace = connecttrace_open(&port, 1, &e);
	cr_expect(trace, "%s", e.msg);
	connecttrace_close(trace);
}

Test(connecttrace, tells_by_where_the_first_packet_left)
{
	uint16_t from_port = 0;
	struct got g;

	if (!begin())
		return;
	connect_to(AF_INET, "127.0.0.1");
	take(&g, 1);
	cr_expect_eq(connecttrace_fate(trace, g.ev.serial, &from_port),
		     CONNECTTRACE_LOCAL);
	cr_expect_gt(from_port, 0);
	connect_to(AF_INET6, "::1");
	take(&g, 1);
	cr_expect_eq(connecttrace_fate(trace, g.ev.serial, &from_port),
		     CONNECTTRACE_LOCAL);
	cr_expect_eq(connecttrace_fate(trace, g.ev.serial + 65536, &from_port),
		     CONNECTTRACE_LOST, "of another connection");
	connecttrace_close(trace);
}

Test(connecttrace, tells_of_every_family)
{
	static const struct {
		int family;
		const char *to;
		int told;
	} rows[] = {{AF_INET, "127.0.0.1", AF_INET},
		    {AF_INET6, "::1", AF_INET6},
		    {AF_INET6, "::ffff:127.0.0.1", AF_INET}};
	struct got g;

	if (!begin())
		return;
	for (size_t i = 0; i < 3; i++) {
		connect_to(rows[i].family, rows[i].to);
		take(&g, 1);
		cr_expect_eq(g.ev.to.family, rows[i].told, "%s", rows[i].to);
		cr_expect(addr_is_loopback(&g.ev.to), "%s", rows[i].to);
	}
	connecttrace_close(trace);
}

Test(connecttrace, tells_of_multipath_tcp_once)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	struct got g;

	if (fd < 0 || !begin()) /* switched off, or not built */
		return;
	to.sin_port = htons(port);
	/* from the second time on its own socket has the port, too */
	for (int i = 0; i < 3; i++)
		cr_expect_lt(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	connect_to(AF_INET, "127.0.0.1");
	take(&g, 4);
	close(fd);
	connecttrace_close(trace);
}

static void become_somebody(void)
{
	if (setgroups(0, NULL) < 0 || setgid(SOMEBODY) < 0 || setuid(SOMEBODY) < 0 ||
	    chdir("/var/tmp") < 0)
		_exit(1);
}

static void half_somebody(void)
{
	if (setresuid(SOMEBODY, 0, 0) < 0)
		_exit(1);
}

Test(connecttrace, tells_of_a_process_that_is_gone)
{
	struct got g;
	pid_t pid;

	if (!begin())
		return;
	pid = child_connects(become_somebody);
	take(&g, 1);
	cr_expect_eq(g.ev.uid, SOMEBODY);
	cr_expect_eq(g.ev.real_uid, SOMEBODY);
	cr_expect_eq(g.ev.gid, SOMEBODY);
	cr_expect_eq(g.ev.pid, pid);
	cr_expect(has_text(g.ev.cwd, "/var/tmp"), "%s", g.cwd);
	child_connects(half_somebody);
	take(&g, 1);
	cr_expect_eq(g.ev.uid, 0);
	cr_expect_eq(g.ev.real_uid, SOMEBODY, "as of a setuid program");
	connecttrace_close(trace);
}

static char made[4096];

static void go_deep(const char *name, unsigned levels)
{
	strcpy(made, "/var/tmp/osm-connect-XXXXXX");
	if (!mkdtemp(made) || chdir(made) < 0)
		_exit(1);
	while (levels--)
		if (mkdir(name, 0700) < 0 || chdir(name) < 0)
			_exit(1);
}

static void go_down_ten(void)
{
	go_deep("a folder with a rather long name that is still shown", 10);
	(void)!system(
		"rm -rf /var/tmp/osm-connect-*"); /* gone, and still the one that it was */
}

static void go_down_far(void)
{
	go_deep("a folder with a rather long name that is too much to be shown", 40);
	(void)!system("rm -rf /var/tmp/osm-connect-*");
}

Test(connecttrace, leaves_out_a_path_that_would_be_cut)
{
	struct got g;

	if (!begin())
		return;
	child_connects(go_down_ten);
	take(&g, 1);
	cr_expect(slice_starts(g.ev.cwd, SLICE("/var/tmp/osm-connect-")), "%s", g.cwd);
	cr_expect(slice_ends(g.ev.cwd, SLICE("/a folder with a rather long name that is "
					     "still shown")));
	child_connects(go_down_far);
	take(&g, 1);
	cr_expect_eq(g.ev.cwd.n, 0);
	cr_expect_gt(g.ev.exe.n, 0, "the program is told all the same");
	connecttrace_close(trace);
}

static void go_to_root(void)
{
	if (chdir("/") < 0)
		_exit(1);
}

static void run_with_secret(void)
{
	char text[8];
	char *const argv[] = {(char *)"bash", (char *)"-c",
			      (char *)"exec 3<>/dev/tcp/127.0.0.1/$0", text, NULL};
	char *const env[] = {(char *)"SECRET=hush", NULL};

	snprintf(text, sizeof(text), "%u", port);
	execve("/bin/bash", argv, env);
	_exit(1);
}

Test(connecttrace, tells_the_arguments_and_not_the_environment)
{
	struct got g;

	if (!begin())
		return;
	child_connects(run_with_secret);
	take(&g, 1);
	cr_expect(slice_starts(g.ev.arguments, (struct slice)SLICE("bash\0-c\0exec 3")));
	cr_expect_eq(slice_find(g.ev.arguments, SLICE("hush")), SIZE_MAX);
	child_connects(go_to_root);
	take(&g, 1);
	cr_expect(has_text(g.ev.cwd, "/"), "%s", g.cwd);
	connecttrace_close(trace);
}

Test(connecttrace, tells_nothing_of_other_ports)
{
	struct connecttrace_stats before, after;
	struct connection c;
	struct got g;

	if (!begin())
		return;
	connecttrace_stats(trace, &before);
	connection_make(&c, AF_INET, false);
	connection_end(&c);
	connect_to(AF_INET, "127.0.0.1");
	take(&g, 1);
	connecttrace_stats(trace, &after);
	cr_expect_eq(after.received - before.received, 1);
	cr_expect_eq(after.dropped, 0);
	cr_expect_eq(after.malformed, 0);
	connecttrace_close(trace);
}
