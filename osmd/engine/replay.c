/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/replay.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "osmd/parse/eximline.h"

#define BLOCK_BYTES (64u * 1024)
#define REPORT_EVERY (4u * 1024 * 1024)

struct replay {
	struct engine *engine;
	char rest[EXIM_LINE_MAX + 1]; /* the line that a block ended in */
	size_t rest_n;
	bool cut; /* it is over the bound already */
};

static void keep(struct replay *r, const char *p, size_t n)
{
	size_t room = sizeof(r->rest) - r->rest_n;

	if (n > room) {
		r->cut = true;
		n = room;
	}
	memcpy(r->rest + r->rest_n, p, n);
	r->rest_n += n;
}

static void give(struct replay *r, struct slice line)
{
	bool too_long = r->cut || line.n > EXIM_LINE_MAX;

	if (line.n > EXIM_LINE_MAX)
		line.n = EXIM_LINE_MAX;
	engine_line(r->engine, line, too_long);
}

static void end_kept(struct replay *r)
{
	give(r, (struct slice){r->rest, r->rest_n});
	r->rest_n = 0;
	r->cut = false;
}

static void take_block(struct replay *r, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	while ((lf = memchr(p, '\n', (size_t)(end - p)))) {
		if (r->rest_n || r->cut) {
			keep(r, p, (size_t)(lf - p));
			end_kept(r);
		} else {
			give(r, (struct slice){p, (size_t)(lf - p)});
		}
		p = lf + 1;
	}
	if (p < end)
		keep(r, p, (size_t)(end - p));
}

static bool open_input(struct archive *a, const char *path, uint64_t *total,
		       struct err *e)
{
	struct archive_entry *entry;
	struct stat st;
	bool is_stdin = strcmp(path, "-") == 0;

	archive_read_support_filter_all(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (!is_stdin && stat(path, &st) < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	if (!is_stdin && !S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return err_set(e, EINVAL, "%s: not a file", path);
	*total = is_stdin || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
	if (archive_read_open_filename(a, is_stdin ? NULL : path, BLOCK_BYTES) !=
	    ARCHIVE_OK)
		return err_set(e, EIO, "%s: %s", path, archive_error_string(a));
	switch (archive_read_next_header(a, &entry)) {
	case ARCHIVE_OK:
	case ARCHIVE_WARN:
	case ARCHIVE_EOF: /* an empty file */
		return true;
	default:
		return err_set(e, EIO, "%s: %s", path, archive_error_string(a));
	}
}

static bool read_all(struct replay *r, struct archive *a, const char *path,
		     uint64_t total, replay_progress_fn progress, void *ctx,
		     struct err *e)
{
	uint64_t done = 0, told = 0;
	const void *block;
	int64_t offset;
	size_t n;
	int rc;

	while ((rc = archive_read_data_block(a, &block, &n, &offset)) == ARCHIVE_OK) {
		take_block(r, block, n);
		done = (uint64_t)archive_filter_bytes(a, -1);
		if (progress && done - told >= REPORT_EVERY) {
			progress(done, total, ctx);
			told = done;
		}
	}
	if (r->rest_n || r->cut)
		end_kept(r);
	if (rc != ARCHIVE_EOF)
		return err_set(e, EIO, "%s: %s", path, archive_error_string(a));
	if (progress)
		progress(total ? total : done, total, ctx);
	return true;
}

bool replay_file(struct engine *g, const char *path, replay_progress_fn progress,
		 void *ctx, struct err *e)
{
	struct archive *a = archive_read_new();
	struct replay *r = calloc(1, sizeof(*r));
	uint64_t total = 0;
	bool ok = a && r;

	if (!ok)
		err_set(e, ENOMEM, "%s: no memory", path);
	if (ok) {
		r->engine = g;
		ok = open_input(a, path, &total, e) &&
		     read_all(r, a, path, total, progress, ctx, e);
	}
	free(r);
	if (a)
		archive_read_free(a);
	return ok;
}
