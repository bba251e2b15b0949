/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/log.h"

/* ---- the place ---- */

static bool read_place(const struct paths *paths, int64_t *place)
{
	char path[PATH_MAX], *text = NULL;
	uint64_t number = 0;
	size_t n;
	bool ok = paths_at(paths, PATH_STREAM_PLACE, path, sizeof(path)) &&
		  file_read(path, 64, &text, &n, NULL) &&
		  slice_u64(slice_trim((struct slice){text, n}), 0, INT64_MAX, &number);

	free(text);
	*place = (int64_t)number;
	return ok;
}

static bool keep_place(const struct paths *paths, int64_t place, struct err *e)
{
	char path[PATH_MAX], text[32];
	int n = snprintf(text, sizeof(text), "%lld\n", (long long)place);

	if (!paths_at(paths, PATH_STREAM_PLACE, path, sizeof(path)))
		return err_set(e, ENAMETOOLONG, "%s: too long a root", PATH_STREAM_PLACE);
	return file_replace(path, (struct slice){text, (size_t)n}, 0600, e);
}

static bool find_place(struct stream *s, const struct paths *paths, struct store *store,
		       struct err *e)
{
	int64_t newest = store_report_newest(store, e);

	if (newest < 0)
		return false;
	if (!s->known && !read_place(paths, &s->place)) {
		if (!keep_place(paths, newest, e))
			return false;
		s->place = newest;
	}
	if (s->place > newest)
		s->place = 0; /* another database, or all old ones were removed */
	s->known = true;
	return true;
}

/* ---- the file ---- */

/* Is this the beginning of a line that was not written whole? Anything else at the end of the
 * file is not ours, and not ours to take away. */
static bool is_half_line(struct slice text)
{
	return text.n <= STREAM_LINE_MAX && text.p[0] == '{' &&
	       (text.n == 1 || text.p[1] == '"');
}

/* A line that was not written whole is taken away; what whole line is the last? */
static bool read_end(int fd, struct buf *last, struct err *e)
{
	struct stat st;
	off_t from;
	ssize_t n;
	char *text, *end, *begin;
	struct slice half;
	bool ok = true;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "not a file");
	from = st.st_size > 2 * STREAM_LINE_MAX ? st.st_size - 2 * STREAM_LINE_MAX : 0;
	text = malloc((size_t)(st.st_size - from) + 1);
	if (!text)
		return err_set(e, ENOMEM, "no memory");
	n = pread(fd, text, (size_t)(st.st_size - from), from);
	end = n > 0 ? memrchr(text, '\n', (size_t)n) : NULL;
	if (end) {
		begin = memrchr(text, '\n', (size_t)(end - text));
		begin = begin ? begin + 1 : text;
		buf_add(last, begin, (size_t)(end - begin));
	}
	if (n < 0)
		ok = err_set(e, errno, "%s", strerror(errno));
	begin = end ? end + 1 : text;
	half = (struct slice){begin, n > 0 ? (size_t)(text + n - begin) : 0};
	if (ok && half.n && !is_half_line(half))
		ok = err_set(e, EINVAL, "its end is no report: not a file of osm's");
	else if (ok && half.n && ftruncate(fd, from + (begin - text)) < 0)
		ok = err_set(e, errno, "%s", strerror(errno));
	free(text);
	return ok;
}

static bool is_same(struct slice line, const json_t *report)
{
	json_t *there = line.n ? json_loadb(line.p, line.n, 0, NULL) : NULL;
	bool same = there && json_equal(json_object_get(there, "id"),
					json_object_get(report, "id"));

	json_decref(there);
	return same;
}

static bool append(int fd, const json_t *report, struct err *e)
{
	char *text = json_dumps(report, JSON_COMPACT);
	const size_t n = text ? strlen(text) : 0;
	const off_t before = lseek(fd, 0, SEEK_END);
	int rc = text ? 0 : -ENOMEM;

	if (text) {
		text[n] = '\n'; /* in its NUL's place */
		rc = file_write_all(fd, text, n + 1);
	}
	free(text);
	if (rc == 0)
		return true;
	/* nobody shall read half a line; if that fails too, the next one tidies up */
	if (before < 0 || ftruncate(fd, before) < 0)
		return err_set(e, -rc, "%s, in the middle of a line", strerror(-rc));
	return err_set(e, -rc, "%s", strerror(-rc));
}

/* ---- both ---- */

static bool follow(struct stream *s, const struct paths *paths, int fd,
		   struct store *store, struct err *e)
{
	struct buf last;
	int64_t next = s->place;
	json_t *report;
	bool ok;

	buf_init(&last, 2 * STREAM_LINE_MAX);
	ok = read_end(fd, &last, e);
	while (ok) {
		struct err why;

		report = store_report_after(store, &next, &why);
		if (!report && why.code == EBADMSG) {
			log_msg(LOG_LEVEL_ERROR, "REPORT_JSONL: left out: %s", why.msg);
			s->place = next;
			continue;
		}
		if (!report) {
			ok = why.code == 0 || err_set(e, why.code, "%s", why.msg);
			break;
		}
		ok = (is_same(buf_view(&last), report) || append(fd, report, e)) &&
		     keep_place(paths, next, e);
		json_decref(report);
		if (ok)
			s->place = next;
	}
	buf_clear(&last);
	return ok;
}

bool stream_follow(struct stream *s, const struct paths *paths, const char *file,
		   struct store *store, struct err *e)
{
	char path[PATH_MAX];
	bool ok;
	int fd;

	if (!file[0])
		return true;
	if (!find_place(s, paths, store, e))
		return err_prefix(e, "REPORT_JSONL: ");
	if (!paths_at(paths, file, path, sizeof(path)))
		return err_set(e, ENAMETOOLONG, "REPORT_JSONL: %s: too long", file);
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		  0600);
	if (fd < 0)
		return err_set(e, errno, "REPORT_JSONL: %s: %s", path, strerror(errno));
	ok = follow(s, paths, fd, store, e) ||
	     err_prefix(e, "REPORT_JSONL: %s: ", path);
	close(fd);
	return ok;
}
