/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/proc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/sys/connection.h"

static uint64_t inode_of(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

Test(proc, tells_of_a_process)
{
	struct proc_facts f;
	char here[PROC_CWD_MAX];
	int folder = proc_open(getpid());

	cr_assert(folder >= 0 && getcwd(here, sizeof(here)));
	cr_assert(proc_read(folder, getpid(), &f));
	cr_expect(slice_eq((struct slice){f.cwd, f.cwd_n}, slice_str(here)));
	cr_expect(slice_ends((struct slice){f.exe, f.exe_n}, SLICE("/test_proc")));
	cr_expect(f.pid == getpid() && f.parent == getppid());
	cr_expect(f.uid == geteuid() && f.real_uid == getuid() && f.gid == getegid());
	cr_expect(f.arguments_n > 0);
	cr_expect_eq(proc_uid(getpid()), geteuid());
	close(folder);
}

Test(proc, sees_a_socket_in_the_process_that_has_it)
{
	struct connection c;
	int folder = proc_open(getpid());

	connection_make(&c, AF_INET, false);
	cr_expect_eq(proc_has_socket(folder, inode_of(c.client)), 1);
	cr_expect_eq(proc_has_socket(folder, UINT64_MAX), 0);
	connection_end(&c);
	close(folder);
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	cr_assert(pid > 0);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(proc, the_folder_of_a_process_that_ended_tells_of_no_other)
{
	struct proc_facts f;
	pid_t pid = start_child();
	int folder = proc_open(pid);

	cr_assert(folder >= 0);
	end_child(pid);
	cr_expect_not(proc_read(folder, pid, &f));
	cr_expect(proc_has_socket(folder, 1) < 0);
	cr_expect(proc_open(pid) == -ENOENT);
	cr_expect(proc_uid(pid) == -ENOENT);
	close(folder);
}

Test(proc, a_folder_that_was_removed_is_told_as_it_was_called)
{
	char folder[] = "/tmp/osm-proc-XXXXXX";
	struct proc_facts f;
	int fd;

	cr_assert(mkdtemp(folder) && chdir(folder) == 0 && rmdir(folder) == 0);
	fd = proc_open(getpid());
	cr_assert(proc_read(fd, getpid(), &f));
	cr_expect(slice_eq((struct slice){f.cwd, f.cwd_n}, slice_str(folder)));
	close(fd);
}

struct walk {
	int64_t last;
	bool sorted, seen;
	unsigned stop_after;
};

static bool on_process(int64_t pid, void *ctx)
{
	struct walk *w = ctx;

	w->sorted &= !w->last || pid < w->last;
	w->last = pid;
	w->seen |= pid == getpid();
	return w->stop_after == 0 || --w->stop_after > 0;
}

Test(proc, walks_from_the_highest_number_down)
{
	struct walk all = {.sorted = true}, two = {.sorted = true, .stop_after = 2};

	cr_assert(proc_each(on_process, &all));
	cr_expect(all.sorted && all.seen);
	cr_assert(proc_each(on_process, &two));
	cr_expect_eq(two.stop_after, 0);
}

Test(proc, knows_the_newest_process)
{
	pid_t pid = start_child();

	cr_expect_geq(proc_newest(), pid);
	end_child(pid);
}
