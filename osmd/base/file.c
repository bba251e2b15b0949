/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_STEP_MS 10

bool file_read_fd(int fd, size_t limit, char **out, size_t *n, struct err *e)
{
	size_t cap = 4096, used = 0;
	char *p = malloc(cap);

	while (p) {
		ssize_t got = read(fd, p + used, cap - used - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(p);
			return err_set(e, errno, "can't be read: %s", strerror(errno));
		}
		if (got == 0) {
			p[used] = '\0';
			*out = p;
			*n = used;
			return true;
		}
		used += (size_t)got;
		if (used > limit) {
			free(p);
			return err_set(e, EFBIG, "is larger than %zu bytes", limit);
		}
		if (cap - used < 2) {
			char *more = realloc(p, cap *= 2);

			if (!more)
				free(p);
			p = more;
		}
	}
	return err_set(e, ENOMEM, "no memory to read it");
}

bool file_read(const char *path, size_t limit, char **out, size_t *n, struct err *e)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not stop us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool ok;

	if (fd < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, EINVAL, "%s: not a regular file", path);
	}
	ok = file_read_fd(fd, limit, out, n, e);
	close(fd);
	return ok || err_prefix(e, "%s: ", path);
}

int file_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t put = write(fd, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

/* The folder that holds path, as a descriptor; *name is what follows the last slash. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t n;

	*name = slash ? slash + 1 : path;
	n = slash ? (size_t)(slash - path) : 0;
	if (n >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, n);
	folder[n] = '\0';
	return open(slash ? (n ? folder : "/") : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int fill_temp(int fd, struct slice content, const struct stat *old, mode_t mode)
{
	int rc = file_write_all(fd, content.p, content.n);

	if (rc == 0 && old && fchown(fd, old->st_uid, old->st_gid) != 0)
		rc = -errno;
	if (rc == 0 && fchmod(fd, old ? old->st_mode & 07777 : mode) != 0)
		rc = -errno;
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	return rc;
}

bool file_replace(const char *path, struct slice content, mode_t mode, struct err *e)
{
	const char *name;
	char temp[NAME_MAX + 1];
	struct stat old;
	bool existed;
	int dir = open_folder(path, &name), fd, rc;

	if (dir < 0)
		return err_set(e, errno, "%s: its folder: %s", path, strerror(errno));
	existed = fstatat(dir, name, &old, 0) == 0;
	rc = snprintf(temp, sizeof(temp), ".%s.%d.tmp", name, (int)getpid());
	if (rc < 0 || (size_t)rc >= sizeof(temp)) {
		close(dir);
		return err_set(e, ENAMETOOLONG, "%s: the name is too long", path);
	}
	unlinkat(dir, temp, 0); /* left by a crash of a process with our number */
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	rc = fd < 0 ? -errno : fill_temp(fd, content, existed ? &old : NULL, mode);
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(dir, temp, dir, name) != 0)
		rc = -errno;
	if (rc == 0 && fsync(dir) != 0)
		rc = -errno;
	if (rc != 0)
		unlinkat(dir, temp, 0);
	close(dir);
	return rc == 0 ||
	       err_set(e, -rc, "%s: can't be written: %s", path, strerror(-rc));
}

/* Nobody else can write to it, nor, when it is a sticky folder, replace what isn't his. */
static bool is_ours_alone(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       (!(st.st_mode & 022) || (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)));
}

/* The same for a path without links, from its end up to the root. */
static bool way_is_ours_alone(const char *real)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", real);
	for (char *slash; (slash = strrchr(part, '/')); *slash = '\0')
		if (!is_ours_alone(part))
			return false;
	return is_ours_alone("/");
}

bool file_real(const char *path, char out[PATH_MAX], struct err *e)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode)) {
		if (snprintf(out, PATH_MAX, "%s", path) >= PATH_MAX)
			return err_set(e, ENAMETOOLONG, "%s: too long a name", path);
		return true;
	}
	if (!realpath(path, out))
		return err_set(e, errno, "%s: is a link that leads to no file: %s", path,
			       strerror(errno));
	if (lstat(out, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: is a link to what is no regular file", path);
	return way_is_ours_alone(out) ||
	       err_set(e, EPERM,
		       "%s: is a link to a file that others than root can change or replace; "
		       "nothing was written",
		       path);
}

int file_flock(int fd, int how, unsigned limit_ms)
{
	const struct timespec step = {0, LOCK_STEP_MS * 1000000L};

	/* flock has no time limit of its own, and a process with threads gets no alarm */
	for (unsigned waited = 0;; waited += LOCK_STEP_MS) {
		if (flock(fd, how | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= limit_ms)
			return -ETIMEDOUT;
		nanosleep(&step, NULL);
	}
}

int file_lock(const char *path, unsigned limit_ms, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -errno : file_flock(fd, LOCK_EX, limit_ms);

	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	err_set(e, -rc, "%s: %s", path,
		rc == -ETIMEDOUT ? "another save goes on; try again" : strerror(-rc));
	return -1;
}

bool file_mkdirs(const char *path, mode_t mode, struct err *e)
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	if (n == 0 || n >= sizeof(part))
		return err_set(e, ENAMETOOLONG, "%s: not a usable path", path);
	memcpy(part, path, n + 1);
	for (char *at = part + 1;; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return err_set(e, errno, "%s: can't be made: %s", part,
				       strerror(errno));
		*at = c;
		if (c == '\0')
			break;
	}
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "%s: not a folder", path);
	return true;
}
