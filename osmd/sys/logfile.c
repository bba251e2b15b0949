/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/logfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A fingerprint over fewer bytes than a time stamp and an id proves nothing by itself. */
#define TRUSTED_HEAD_BYTES 64
/* Rotated files looked at; a log folder with more has another problem. */
#define ROTATED_MAX 64

int logfile_open(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	rc = S_ISREG(st->st_mode) ? -errno : -EINVAL;
	close(fd);
	return rc;
}

/* FNV-1a, 64 bits: it tells files apart, it keeps no secret. */
static uint64_t hash_bytes(const uint8_t *p, size_t n)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

void logfile_fingerprint(const uint8_t *head, size_t n, struct tail_position *out)
{
	uint64_t h;

	if (n > LOGFILE_HEAD_MAX)
		n = LOGFILE_HEAD_MAX;
	memset(out->fingerprint, 0, sizeof(out->fingerprint));
	out->fingerprint_n = (uint32_t)n;
	if (n) {
		h = hash_bytes(head, n);
		memcpy(out->fingerprint, &h, sizeof(h));
	}
}

int logfile_position(int fd, uint64_t offset, struct tail_position *out)
{
	uint8_t head[LOGFILE_HEAD_MAX];
	struct stat st;
	ssize_t got;

	memset(out, 0, sizeof(*out));
	if (fstat(fd, &st) < 0)
		return -errno;
	got = pread(fd, head, sizeof(head), 0);
	if (got < 0)
		return -errno;
	out->dev = st.st_dev;
	out->inode = st.st_ino;
	out->offset = offset;
	logfile_fingerprint(head, (size_t)got, out);
	return 0;
}

uint64_t logfile_last_line(int fd, uint64_t size, size_t line_max)
{
	size_t n = size < line_max ? (size_t)size : line_max;
	char *bytes = malloc(n ? n : 1);
	ssize_t got = bytes ? pread(fd, bytes, n, (off_t)(size - n)) : -1;
	uint64_t end = size;

	if (got == (ssize_t)n && n) {
		const char *lf = memrchr(bytes, '\n', n);

		if (lf)
			end = size - n + (uint64_t)(lf - bytes) + 1;
		else if (n == size)
			end = 0;
	}
	free(bytes);
	return end;
}

static bool same_inode(const struct stat *st, const struct tail_position *p)
{
	return st->st_dev == p->dev && st->st_ino == p->inode;
}

bool logfile_holds(int fd, const struct tail_position *p)
{
	uint8_t head[LOGFILE_HEAD_MAX];
	struct tail_position here;
	struct stat st;

	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size < p->offset)
		return false;
	if (p->fingerprint_n > LOGFILE_HEAD_MAX ||
	    (!same_inode(&st, p) && p->fingerprint_n < TRUSTED_HEAD_BYTES))
		return false;
	if (pread(fd, head, p->fingerprint_n, 0) != (ssize_t)p->fingerprint_n)
		return false;
	logfile_fingerprint(head, p->fingerprint_n, &here);
	return memcmp(here.fingerprint, p->fingerprint, sizeof(p->fingerprint)) == 0;
}

static bool is_compressed(const char *name)
{
	static const char *const ends[] = {".gz", ".xz", ".bz2", ".zst", ".lz4", ".Z"};
	struct slice s = slice_str(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (slice_ends(s, slice_str(ends[i])))
			return true;
	return false;
}

void logfile_each(const char *path, void (*fn)(const char *rotated, void *ctx), void *ctx)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = strlen(base);
	char name[PATH_MAX];
	struct dirent *d;
	unsigned seen = 0;
	DIR *dir;

	if (slash == path)
		snprintf(name, sizeof(name), "/");
	else if (slash)
		snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path);
	else
		snprintf(name, sizeof(name), ".");
	dir = opendir(name);
	if (!dir)
		return;
	while (seen < ROTATED_MAX && (d = readdir(dir))) {
		if (strncmp(d->d_name, base, n) != 0 ||
		    (d->d_name[n] != '.' && d->d_name[n] != '-') ||
		    is_compressed(d->d_name))
			continue;
		seen++;
		if (snprintf(name, sizeof(name), "%.*s%s", (int)(base - path), path,
			     d->d_name) < (int)sizeof(name))
			fn(name, ctx);
	}
	closedir(dir);
}

struct search {
	const struct tail_position *position; /* borrowed */
	int fd;
	bool exact;
};

static void search_one(const char *rotated, void *ctx)
{
	struct search *s = ctx;
	struct stat st;
	int fd;

	if (s->exact)
		return;
	fd = logfile_open(rotated, &st);
	if (fd < 0)
		return;
	s->exact = same_inode(&st, s->position) && logfile_holds(fd, s->position);
	if (!s->exact && (s->fd >= 0 || !logfile_holds(fd, s->position))) {
		close(fd);
		return;
	}
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
}

int logfile_find(const char *path, const struct tail_position *p)
{
	struct search s = {.position = p, .fd = -1};

	logfile_each(path, search_one, &s);
	return s.fd >= 0 ? s.fd : -ENOENT;
}

struct between {
	struct tail_position old, log; /* their beginnings */
	struct timespec since;
	struct {
		int fd;
		struct timespec written;
	} file[ROTATED_MAX];
	size_t count;
};

static bool earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* As rotation names a file; a person's copy or extract is not counted again. */
static bool is_rotations_name(const char *name)
{
	size_t n = strlen(name), digits = 0;

	while (n && ((name[n - 1] >= '0' && name[n - 1] <= '9') || name[n - 1] == '-')) {
		digits += name[--n] != '-';
		if (name[n] == '-' && digits >= 8)
			return true;
	}
	return digits && n && name[n - 1] == '.';
}

static void between_one(const char *rotated, void *ctx)
{
	struct between *b = ctx;
	struct stat st;
	size_t at;
	int fd = is_rotations_name(rotated) ? logfile_open(rotated, &st) : -1;

	if (fd < 0)
		return;
	if (earlier(&st.st_mtim, &b->since) || same_inode(&st, &b->old) ||
	    same_inode(&st, &b->log) || logfile_holds(fd, &b->old) ||
	    logfile_holds(fd, &b->log)) {
		close(fd);
		return;
	}
	for (at = b->count++; at; at--) {
		if (!earlier(&st.st_mtim, &b->file[at - 1].written))
			break;
		b->file[at] = b->file[at - 1];
	}
	b->file[at].fd = fd;
	b->file[at].written = st.st_mtim;
}

size_t logfile_between(const char *path, int old_fd, int log_fd, int *fds, size_t max)
{
	struct between b = {.count = 0};
	struct stat st;

	if (fstat(old_fd, &st) < 0 || logfile_position(old_fd, 0, &b.old) < 0)
		return 0;
	b.since = st.st_mtim;
	if (log_fd >= 0)
		logfile_position(log_fd, 0, &b.log);
	logfile_each(path, between_one, &b);
	for (size_t i = 0; i < b.count; i++) {
		if (i < max)
			fds[i] = b.file[i].fd;
		else
			close(b.file[i].fd);
	}
	return b.count;
}
