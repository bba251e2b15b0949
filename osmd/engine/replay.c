/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/engine/readahead.h"
#include "osmd/parse/eximline.h"

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

static bool read_all(struct replay *r, struct readahead *input,
		     replay_progress_fn progress, void *ctx, struct err *e)
{
	const uint64_t total = readahead_total(input);
	uint64_t told = 0;
	struct slice bytes;
	struct err why = {0};

	while (readahead_next(input, &bytes, &why)) {
		uint64_t done = readahead_done(input);

		take_block(r, bytes.p, bytes.n);
		if (progress && done - told >= REPORT_EVERY) {
			progress(done, total, ctx);
			told = done;
		}
	}
	if (r->rest_n || r->cut)
		end_kept(r);
	if (why.code)
		return err_set(e, why.code, "%s", why.msg);
	if (progress)
		progress(total ? total : readahead_done(input), total, ctx);
	return true;
}

bool replay_file(struct engine *g, const char *path, replay_progress_fn progress,
		 void *ctx, struct err *e)
{
	struct readahead *input = readahead_open(path, e);
	struct replay *r = input ? calloc(1, sizeof(*r)) : NULL;
	bool ok = false;

	if (r) {
		r->engine = g;
		ok = read_all(r, input, progress, ctx, e) || err_prefix(e, "%s: ", path);
	} else if (input) {
		err_set(e, ENOMEM, "%s: no memory", path);
	}
	free(r);
	readahead_close(input);
	return ok;
}
