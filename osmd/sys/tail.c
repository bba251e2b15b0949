/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/tail.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/monotonic.h"
#include "osmd/sys/logfile.h"

#define CHUNK_BYTES (64 * 1024)
/* Bytes given in one turn of the loop: some milliseconds of counting. */
#define TURN_BYTES (1024 * 1024)
/* A process of Exim that has just compared inodes may write one more line into the old file. */
#define LINGER_S 5
/* Files that are read at once: the log and those it was rotated away from meanwhile. */
#define STREAMS_MAX 8

#define FOLDER_MASK                                                                      \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF |          \
	 IN_MOVE_SELF)
#define FILE_MASK (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF)

/* One open file. buf begins at line_at; of a line over the bound only its first line_max
 * bytes are kept, `skipped` bytes after them are gone. */
struct stream {
	struct stream *next; /* newer */
	int fd, wd;
	uint64_t line_at, skipped;
	uint64_t given; /* lines */
	int64_t close_at_s; /* when rotated away */
	uint8_t head[LOGFILE_HEAD_MAX];
	size_t head_n;
	size_t have;
	char buf[];
};

struct tail {
	struct event_base *base; /* borrowed */
	char path[PATH_MAX];
	size_t line_max;
	tail_line_fn fn;
	void *ctx;
	struct stream *first; /* oldest; the last one is the log itself if current */
	bool has_current, paused;
	int inotify_fd, folder_wd;
	bool folder_is_real; /* the log's own folder is watched, not one above it */
	struct event *wake, *more, *linger;
	struct tail_stats stats;
	uint64_t dropped; /* lines that the streams before the first have given */
};

static struct stream *newest(const struct tail *t)
{
	struct stream *s = t->first;

	while (s && s->next)
		s = s->next;
	return s;
}

static struct stream *current(const struct tail *t)
{
	return t->has_current ? newest(t) : NULL;
}

static void stream_free(struct tail *t, struct stream *s)
{
	if (s->wd >= 0)
		inotify_rm_watch(t->inotify_fd, s->wd);
	close(s->fd);
	free(s);
}

static void read_head(struct stream *s)
{
	ssize_t got = pread(s->fd, s->head, sizeof(s->head), 0);

	s->head_n = got > 0 ? (size_t)got : 0;
}

/* Takes fd in any case. The watch goes onto the file that was opened, whatever its name is
 * by now. */
static struct stream *stream_new(struct tail *t, int fd, uint64_t offset)
{
	struct stream *s = malloc(sizeof(*s) + t->line_max + CHUNK_BYTES);
	char self[64];

	if (!s) {
		close(fd);
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->line_at = offset;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	s->wd = inotify_add_watch(t->inotify_fd, self, FILE_MASK);
	if (s->wd < 0)
		s->wd = inotify_add_watch(t->inotify_fd, t->path, FILE_MASK);
	read_head(s);
	return s;
}

static void linger_start(struct tail *t)
{
	const struct timeval tv = {.tv_sec = LINGER_S};

	if (!evtimer_pending(t->linger, NULL))
		evtimer_add(t->linger, &tv);
}

static void drop_oldest(struct tail *t)
{
	struct stream *oldest = t->first;

	t->first = oldest->next;
	t->dropped += oldest->given;
	stream_free(t, oldest);
}

/* The log got a new file: what was newest becomes an old one. */
static void append(struct tail *t, struct stream *s)
{
	struct stream *before = newest(t);
	size_t count = 0;

	s->next = NULL;
	if (before) {
		before->close_at_s = monotonic_s() + LINGER_S;
		before->next = s;
		linger_start(t);
	} else {
		t->first = s;
	}
	t->has_current = true;
	for (struct stream *at = t->first; at; at = at->next)
		count++;
	for (; count > STREAMS_MAX; count--)
		drop_oldest(t);
}

/* The stream that reads this very file, taken out of the list. */
static struct stream *take_by_inode(struct tail *t, const struct stat *st)
{
	struct stream **at, *s;
	struct stat had;

	for (at = &t->first; (s = *at); at = &s->next) {
		if (fstat(s->fd, &had) == 0 && had.st_dev == st->st_dev &&
		    had.st_ino == st->st_ino) {
			*at = s->next;
			return s;
		}
	}
	return NULL;
}

/* Whole lines of the buffer are given; how many bytes of the file that were. */
static size_t give_lines(struct tail *t, struct stream *s)
{
	size_t used = 0, given = 0;

	while (!t->paused) {
		const char *p = s->buf + used;
		const char *lf = memchr(p, '\n', s->have - used);
		struct slice line;
		bool too_long;

		if (!lf)
			break;
		line = (struct slice){p, (size_t)(lf - p)};
		used += line.n + 1;
		too_long = s->skipped > 0 || line.n > t->line_max;
		t->stats.lines++;
		t->stats.too_long += too_long;
		t->fn((struct slice){p, line.n > t->line_max ? t->line_max : line.n},
		      too_long, t->ctx);
		s->line_at += line.n + 1 + s->skipped;
		given += line.n + 1 + s->skipped;
		s->skipped = 0;
		s->given++;
	}
	t->stats.bytes += given;
	s->have -= used;
	memmove(s->buf, s->buf + used, s->have);
	if (!t->paused && s->have > t->line_max) {
		s->skipped += s->have - t->line_max;
		s->have = t->line_max;
	}
	return given;
}

/* Read and give at most about *budget bytes; true at the end of the file. */
static bool stream_read(struct tail *t, struct stream *s, size_t *budget)
{
	const size_t size = t->line_max + CHUNK_BYTES;

	give_lines(t, s);
	while (!t->paused) {
		ssize_t got;

		if (*budget == 0)
			return false;
		got = pread(s->fd, s->buf + s->have, size - s->have,
			    (off_t)(s->line_at + s->skipped + s->have));
		if (got <= 0)
			return true;
		s->have += (size_t)got;
		*budget -= (size_t)got < *budget ? (size_t)got : *budget;
		give_lines(t, s);
	}
	return false;
}

static bool was_truncated(const struct stream *s)
{
	uint8_t head[LOGFILE_HEAD_MAX];
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return false;
	if ((uint64_t)st.st_size < s->line_at + s->skipped + s->have)
		return true;
	return s->head_n && (pread(s->fd, head, s->head_n, 0) != (ssize_t)s->head_n ||
			     memcmp(head, s->head, s->head_n) != 0);
}

/* The place in s by what is remembered of its start: the file may be another by now. */
static void stream_position(const struct stream *s, struct tail_position *out)
{
	if (logfile_position(s->fd, s->line_at, out) < 0)
		memset(out, 0, sizeof(*out));
	logfile_fingerprint(s->head, s->head_n, out);
}

/* Go on at 0; what a copytruncate has put aside beyond our place is read from there. */
static void restart_truncated(struct tail *t, struct stream *s)
{
	struct tail_position place;
	struct stream *copy, **at = &t->first;
	int fd;

	stream_position(s, &place);
	fd = logfile_find(t->path, &place);
	copy = fd >= 0 ? stream_new(t, fd, place.offset) : NULL;
	if (copy) {
		while (*at != s)
			at = &(*at)->next;
		*at = copy;
		copy->next = s;
		copy->given = s->given;
		s->given = 0;
		copy->close_at_s = monotonic_s();
		linger_start(t);
	}
	t->stats.truncations++;
	s->line_at = s->skipped = 0;
	s->have = 0;
	read_head(s);
}

/* Old files first, then the log; true when all are read to their ends. */
static bool turn(struct tail *t)
{
	struct stream *log = current(t);
	size_t budget = TURN_BYTES;

	if (log && was_truncated(log))
		restart_truncated(t, log);
	for (struct stream *s = t->first; s; s = s->next) {
		if (s->head_n < sizeof(s->head))
			read_head(s);
		if (!stream_read(t, s, &budget))
			return false;
	}
	return true;
}

static void run(struct tail *t)
{
	if (!turn(t) && !t->paused)
		event_active(t->more, EV_TIMEOUT, 0);
}

/* Is the file at the path still the one that is read? If not, go on with the new one too. */
static void check_path(struct tail *t)
{
	struct stream *log = current(t);
	struct stream *s;
	struct stat now;
	int fd = logfile_open(t->path, &now);

	t->stats.present = fd >= 0;
	if (fd < 0)
		return;
	s = take_by_inode(t, &now); /* also when an old file was moved back */
	if (s)
		close(fd);
	else
		s = stream_new(t, fd, 0);
	if (!s)
		return;
	t->stats.rotations += log && s != log;
	append(t, s);
}

/* Watch the log's folder, or while it is missing the nearest one above it. */
static void watch_folder(struct tail *t)
{
	char folder[PATH_MAX];
	char *slash;

	if (t->folder_wd >= 0)
		inotify_rm_watch(t->inotify_fd, t->folder_wd);
	memcpy(folder, t->path, sizeof(folder));
	t->folder_is_real = true;
	for (;;) {
		slash = strrchr(folder, '/');
		if (!slash)
			return;
		slash[slash == folder ? 1 : 0] = '\0';
		t->folder_wd = inotify_add_watch(t->inotify_fd, folder,
						 FOLDER_MASK | IN_ONLYDIR);
		if (t->folder_wd >= 0 || !folder[1])
			return;
		t->folder_is_real = false;
	}
}

/* Does the event tell that the log's name may stand for another file now? */
static bool concerns_path(struct tail *t, const struct inotify_event *ev)
{
	const char *slash = strrchr(t->path, '/');

	if (ev->mask & IN_Q_OVERFLOW)
		return true;
	if (ev->wd != t->folder_wd)
		return (ev->mask & (IN_ATTRIB | IN_MOVE_SELF)) != 0;
	if (!t->folder_is_real ||
	    (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))) {
		if (ev->mask & IN_IGNORED)
			t->folder_wd = -1;
		watch_folder(t);
		return true;
	}
	return ev->len && slash && strcmp(ev->name, slash + 1) == 0;
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct tail *t = ctx;
	bool check = false;
	ssize_t n;

	(void)what;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ev = (const void *)p;

			check = concerns_path(t, ev) || check;
			p += sizeof(*ev) + ev->len;
		}
	}
	if (check)
		check_path(t);
	run(t);
}

static void on_more(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	run(ctx);
}

/* Close the old files whose time is over; what is left without an LF there is no line. */
static void on_linger(evutil_socket_t fd, short what, void *ctx)
{
	struct tail *t = ctx;
	int64_t now_s = monotonic_s();
	bool at_end = turn(t);

	(void)fd;
	(void)what;
	while (at_end && t->first && t->first->next && t->first->close_at_s <= now_s)
		drop_oldest(t);
	if (t->first && t->first->next)
		linger_start(t);
	if (!at_end && !t->paused)
		event_active(t->more, EV_TIMEOUT, 0);
}

/* The old file from its place on, and those that it was rotated away for before the log's. */
static void resume_old(struct tail *t, int log_fd, const struct tail_position *resume)
{
	int between[STREAMS_MAX - 2];
	int old = logfile_find(t->path, resume);
	size_t n = old >= 0 ? logfile_between(t->path, old, log_fd, between,
					      STREAMS_MAX - 2)
			    : 0;
	struct stream *s = old >= 0 ? stream_new(t, old, resume->offset) : NULL;

	t->stats.lost_place = s == NULL || n > STREAMS_MAX - 2;
	if (s)
		append(t, s);
	for (size_t i = 0; i < n && i < STREAMS_MAX - 2; i++) {
		s = stream_new(t, between[i], 0);
		if (s)
			append(t, s);
	}
	t->has_current = false;
}

/* The log from `offset`, or from the stored place, with the old files before it. */
static void start(struct tail *t, const struct tail_position *resume)
{
	struct stat st;
	struct stream *s;
	uint64_t offset = 0;
	int fd;

	fd = logfile_open(t->path, &st);
	t->stats.present = fd >= 0;
	if (fd >= 0 && !resume)
		offset = logfile_last_line(fd, (uint64_t)st.st_size, t->line_max);
	else if (fd >= 0 && logfile_holds(fd, resume))
		offset = resume->offset;
	else if (resume)
		resume_old(t, fd, resume);
	s = fd >= 0 ? stream_new(t, fd, offset) : NULL;
	if (s)
		append(t, s);
}

struct tail *tail_new(struct event_base *base, const char *path,
		      const struct tail_position *resume, size_t line_max,
		      tail_line_fn fn, void *ctx, struct err *e)
{
	struct tail *t = calloc(1, sizeof(*t));

	if (!t) {
		err_set(e, ENOMEM, "follow %s: no memory", path);
		return NULL;
	}
	t->base = base;
	t->line_max = line_max;
	t->fn = fn;
	t->ctx = ctx;
	t->folder_wd = -1;
	t->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (t->inotify_fd < 0 || path[0] != '/' || strlen(path) >= sizeof(t->path)) {
		err_set(e, errno, "follow %s: %s", path,
			t->inotify_fd < 0 ? strerror(errno) : "not an absolute path");
		goto fail;
	}
	memcpy(t->path, path, strlen(path) + 1);
	t->wake = event_new(base, t->inotify_fd, EV_READ | EV_PERSIST, on_wake, t);
	t->more = event_new(base, -1, 0, on_more, t);
	t->linger = evtimer_new(base, on_linger, t);
	if (!t->wake || !t->more || !t->linger || event_add(t->wake, NULL) < 0) {
		err_set(e, ENOMEM, "follow %s: no memory", path);
		goto fail;
	}
	watch_folder(t);
	start(t, resume);
	event_active(t->more, EV_TIMEOUT, 0);
	return t;
fail:
	tail_free(t);
	return NULL;
}

void tail_free(struct tail *t)
{
	if (!t)
		return;
	while (t->first) {
		struct stream *s = t->first;

		t->first = s->next;
		stream_free(t, s);
	}
	if (t->wake)
		event_free(t->wake);
	if (t->more)
		event_free(t->more);
	if (t->linger)
		event_free(t->linger);
	if (t->inotify_fd >= 0)
		close(t->inotify_fd);
	free(t);
}

void tail_position(const struct tail *t, struct tail_position *out)
{
	if (t->first)
		stream_position(t->first, out);
	else
		memset(out, 0, sizeof(*out));
	out->line = t->dropped + (t->first ? t->first->given : 0);
}

void tail_stats(const struct tail *t, struct tail_stats *out)
{
	*out = t->stats;
}

void tail_pause(struct tail *t, bool paused)
{
	bool was = t->paused;

	t->paused = paused;
	if (was && !paused)
		event_active(t->more, EV_TIMEOUT, 0);
}

bool tail_drain(struct tail *t)
{
	check_path(t);
	while (!turn(t))
		if (t->paused)
			return false;
	return true;
}
