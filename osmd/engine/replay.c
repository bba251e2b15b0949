/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/replay.h"

#include "osmd/engine/readahead.h"

#define REPORT_EVERY (4u * 1024 * 1024)

static bool read_all(struct engine *g, struct readahead *input,
		     replay_progress_fn progress, void *ctx, struct err *e)
{
	const uint64_t total = readahead_total(input);
	const struct readahead_line *line;
	struct err why = {0};
	uint64_t told = 0;
	size_t n;

	while ((n = readahead_next(input, &line, &why))) {
		uint64_t done = readahead_done(input);

		for (size_t i = 0; i < n; i++)
			engine_parsed_line(g, line[i].raw, &line[i].parsed);
		if (progress && done - told >= REPORT_EVERY) {
			progress(done, total, ctx);
			told = done;
		}
	}
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
	bool ok = input &&
		  (read_all(g, input, progress, ctx, e) || err_prefix(e, "%s: ", path));

	readahead_close(input);
	return ok;
}
