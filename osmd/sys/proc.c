/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE 4096
#define PROCESSES_MAX 4194304 /* PID_MAX_LIMIT, linux/threads.h */

static void folder_name(int64_t pid, char out[32])
{
	snprintf(out, 32, "/proc/%" PRId64, pid);
}

int proc_open(int64_t pid)
{
	char name[32];
	int fd;

	folder_name(pid, name);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int64_t proc_uid(int64_t pid)
{
	char name[32];
	struct stat st;

	/* what is in the folder belongs to root when the process may not be dumped (proc(5));
	 * the folder itself keeps its effective user (task_dump_owner in fs/proc/base.c) */
	folder_name(pid, name);
	return stat(name, &st) < 0 ? -errno : (int64_t)st.st_uid;
}

/* A small file of /proc; its bytes, 0 when it can't be read. */
static size_t read_file(int folder, const char *name, char *out, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	do
		n = read(fd, out, size);
	while (n < 0 && errno == EINTR);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

struct slice proc_link_name(struct slice link)
{
	static const struct slice deleted = SLICE(" (deleted)");

	if (slice_ends(link, deleted))
		link.n -= deleted.n;
	return link;
}

/* A text that fills its room may be a cut one: it is none. */
static size_t read_link(int folder, const char *name, char *out, size_t size, bool *gone)
{
	ssize_t n = readlinkat(folder, name, out, size);

	*gone = n < 0 && (errno == ESRCH || errno == ENOENT);
	if (n <= 0 || (size_t)n == size)
		return 0;
	return proc_link_name((struct slice){out, (size_t)n}).n;
}

/* The n-th number behind a name, as in "Uid:\t1000\t1000\t1000\t1000". */
static int64_t status_number(struct slice text, const char *name, unsigned n)
{
	struct slice line, head, rest;
	uint64_t v;

	while (slice_cut(&text, '\n', &line)) {
		if (!slice_starts(line, slice_str(name)))
			continue;
		rest = line;
		for (unsigned i = 0; i <= n; i++)
			if (!slice_cut(&rest, '\t', &head))
				return -1;
		if (!slice_cut(&rest, '\t', &head))
			head = rest;
		return slice_u64(head, 0, UINT32_MAX, &v) ? (int64_t)v : -1;
	}
	return -1;
}

static void read_status(int folder, struct proc_facts *out)
{
	char text[SMALL_FILE];
	struct slice s = {text, read_file(folder, "status", text, sizeof(text))};
	int64_t parent = status_number(s, "PPid:", 0);
	int64_t leader = status_number(s, "Tgid:", 0);

	out->parent = parent < 0 ? 0 : parent;
	if (leader > 0)
		out->pid = leader; /* a thread's number opens a folder, too */
	out->real_uid = status_number(s, "Uid:", 0);
	out->uid = status_number(s, "Uid:", 1);
	out->gid = status_number(s, "Gid:", 1);
}

bool proc_read(int folder, int64_t pid, struct proc_facts *out)
{
	bool gone, skip;

	out->pid = pid;
	out->cwd_n = read_link(folder, "cwd", out->cwd, sizeof(out->cwd), &gone);
	out->exe_n = read_link(folder, "exe", out->exe, sizeof(out->exe), &skip);
	out->arguments_n =
		read_file(folder, "cmdline", out->arguments, sizeof(out->arguments));
	read_status(folder, out);
	return !gone;
}

int proc_has_socket(int folder, uint64_t inode)
{
	int fd = openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char want[40], got[40];
	const struct dirent *entry;
	int n = snprintf(want, sizeof(want), "socket:[%" PRIu64 "]", inode);
	int found = 0, left = PROC_DESCRIPTORS_MAX;

	if (!d) {
		found = -errno;
		if (fd >= 0)
			close(fd);
		return found;
	}
	while (!found && left--) {
		ssize_t length;

		errno = 0;
		entry = readdir(d);
		if (!entry) {
			found = -errno; /* 0 at the end; it may have ended under us */
			break;
		}
		if (entry->d_name[0] == '.')
			continue;
		length = readlinkat(fd, entry->d_name, got, sizeof(got));
		if (length < 0 && (errno == ESRCH || errno == EACCES))
			found = -errno;
		else if (length == n && memcmp(want, got, (size_t)n) == 0)
			found = 1;
	}
	closedir(d);
	return found;
}

int64_t proc_newest(void)
{
	char text[128];
	struct slice s = {text, read_file(AT_FDCWD, "/proc/loadavg", text, sizeof(text))};
	struct slice head;
	uint64_t pid;

	s = slice_trim(s);
	while (slice_cut(&s, ' ', &head))
		;
	return slice_u64(s, 1, PROCESSES_MAX, &pid) ? (int64_t)pid : -ENOENT;
}

static int downwards(const void *a, const void *b)
{
	const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x < y) - (x > y);
}

/* All numbers into *out (owned by the caller); their count, or -1. */
static ssize_t list_all(int32_t **out)
{
	DIR *d = opendir("/proc");
	const struct dirent *entry;
	size_t n = 0, cap = 0;
	uint64_t pid;

	*out = NULL;
	while (d && (entry = readdir(d))) {
		if (!slice_u64(slice_str(entry->d_name), 1, PROCESSES_MAX, &pid))
			continue;
		if (n == cap) {
			int32_t *more;

			cap = cap ? cap * 2 : 1024;
			more = reallocarray(*out, cap, sizeof(*more));
			if (!more)
				break;
			*out = more;
		}
		(*out)[n++] = (int32_t)pid;
	}
	if (!d)
		return -1;
	closedir(d);
	return (ssize_t)n;
}

bool proc_each(bool (*fn)(int64_t pid, void *ctx), void *ctx)
{
	int32_t *all;
	ssize_t n = list_all(&all);

	if (n > 0)
		qsort(all, (size_t)n, sizeof(*all), downwards);
	for (ssize_t i = 0; i < n && fn(all[i], ctx); i++)
		;
	free(all);
	return n >= 0;
}
