/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/sandbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/osm-sandbox-XXXXXX";

static int try_execve(void)
{
	char *argv[] = {(char *)"true", NULL};

	return execve("/bin/true", argv, argv + 1);
}

static int try_execveat(void)
{
	char *argv[] = {(char *)"true", NULL};

	return execveat(AT_FDCWD, "/bin/true", argv, argv + 1, 0);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int try_ptrace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int try_mount(void)
{
	return mount("none", folder, "tmpfs", 0, NULL);
}

static int try_setuid(void)
{
	return setuid(65534);
}

static int try_setgroups(void)
{
	return setresgid(65534, 65534, 65534);
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_chmod(void)
{
	return chmod(folder, 0777);
}

static int try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int try_notify(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int try_read(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int try_write_inside(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/file", folder);
	return open(path, O_WRONLY | O_CREAT, 0600);
}

static int try_write_outside(void)
{
	return open("/var/tmp/osm-sandbox-test", O_WRONLY | O_CREAT, 0600);
}

/* In a child: 0 it worked, else the errno; 200: the sandbox itself failed. *confined says
 * whether the kernel has Landlock. */
static int inside(int (*call)(void), bool *confined)
{
	const char *const writable[] = {folder, "/nonexistent-folder", NULL};
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct sandbox_state state;

		if (!sandbox_enter(writable, &state, NULL))
			_exit(200);
		if (!call)
			_exit(state.writes_confined);
		_exit(call() >= 0 ? 0 : errno);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	if (confined)
		*confined = WEXITSTATUS(status) == 1;
	return WEXITSTATUS(status);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(folder));
}

static void cleanup(void)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(sandbox, .init = setup, .fini = cleanup);

Test(sandbox, refuses_what_the_watcher_never_does)
{
	static const struct {
		int (*call)(void);
		const char *why;
	} rows[] = {
		{try_execve, "run a program"},
		{try_execveat, "run a program by its folder"},
		{try_fork, "make a process"},
		{try_ptrace, "trace"},
		{try_mount, "mount"},
		{try_setuid, "become another user"},
		{try_setgroups, "become another group"},
		{try_kill, "signal another process"},
		{try_inet, "speak to the network"},
		{try_unix, "speak to systemd or D-Bus"},
		{try_chmod, "change a mode"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(inside(rows[i].call, NULL), EPERM, "%s: %d", rows[i].why,
			     inside(rows[i].call, NULL));
}

Test(sandbox, leaves_what_the_watcher_needs)
{
	cr_expect_eq(inside(try_notify, NULL), 0);
	cr_expect_eq(inside(try_read, NULL), 0);
	cr_expect_eq(inside(try_write_inside, NULL), 0);
}

Test(sandbox, confines_writing_where_the_kernel_can)
{
	bool confined;

	inside(NULL, &confined);
	if (confined)
		cr_expect_eq(inside(try_write_outside, NULL), EACCES);
	unlink("/var/tmp/osm-sandbox-test");
}

/* ---- the packet reader's ---- */

static int reader_does(int (*call)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (!sandbox_enter_reader(NULL))
			_exit(200);
		_exit(call() >= 0 ? 0 : errno);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int try_write_open(void)
{
	return open("/dev/null", O_WRONLY);
}

static int try_truncate_open(void)
{
	return open("/dev/null", O_RDONLY | O_TRUNC);
}

static int try_unlink(void)
{
	return unlink("/var/tmp/osm-none");
}

static pid_t somebody; /* a process of another user */

static int try_link_of_another(void)
{
	char name[64], text[64];

	snprintf(name, sizeof(name), "/proc/%d/cwd", (int)somebody);
	return (int)readlink(name, text, sizeof(text));
}

static void begin_somebody(void)
{
	int ready[2];
	char byte;

	cr_assert_eq(pipe(ready), 0);
	somebody = fork();
	if (somebody == 0) {
		if (setgid(65534) == 0 && setuid(65534) == 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void end_somebody(void)
{
	kill(somebody, SIGKILL);
	waitpid(somebody, NULL, 0);
}

Test(sandbox, leaves_the_packet_reader_only_reading)
{
	static int (*const refused[])(void) = {
		try_execve,	   try_fork,   try_ptrace, try_setuid,
		try_kill,	   try_inet,   try_chmod,  try_write_open,
		try_truncate_open, try_unlink, try_unix,   try_notify};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		cr_expect_eq(reader_does(refused[i]), EPERM, "row %zu: %d", i,
			     reader_does(refused[i]));
	cr_expect_eq(reader_does(try_read), 0);
	if (geteuid() != 0)
		return;
	begin_somebody();
	cr_expect_eq(reader_does(try_link_of_another), 0,
		     "other users' processes are what it is for");
	end_somebody();
}
