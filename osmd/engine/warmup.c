/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/warmup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/parse/eximline.h"
#include "osmd/sys/logfile.h"

/* Long enough that genuine time stamps stand in every block: one write of Exim has at most
 * 8 kB and begins with one. */
#define BLOCK_BYTES (64 * 1024)
/* Local time jumps by an hour twice a year, and a line may be stamped a moment late. */
#define SLACK_S 3700
/* Stored reports tell UTC, the log local time. */
#define ZONE_SLACK_S (24 * 3600)
/* Rotated files read at most; the longest interval is a week. */
#define FILES_MAX 10
#define STAMP_BYTES 19

/* A stretch of one file that is to be read. */
struct stretch {
	int fd;
	uint64_t from, end;
};

struct span {
	int64_t least, most; /* -1: no time stamp at all */
};

struct chain {
	struct stretch at[FILES_MAX]; /* newest first */
	size_t count;
};

/* Time stamps of the lines that begin in [from, from + BLOCK_BYTES) and before end. */
static struct span block_span(int fd, uint64_t from, uint64_t end, char *block)
{
	size_t want = end - from < BLOCK_BYTES ? (size_t)(end - from) : BLOCK_BYTES;
	ssize_t got = pread(fd, block, want, (off_t)from);
	struct slice rest = {block, got > 0 ? (size_t)got : 0}, line;
	struct span span = {-1, -1};
	int64_t at_s;

	if (from > 0 && !slice_cut(&rest, '\n', &line))
		return span;
	do {
		at_s = rest.n >= STAMP_BYTES
			       ? eximline_seconds((struct slice){rest.p, STAMP_BYTES})
			       : -1;
		if (at_s < 0)
			continue;
		if (span.least < 0 || at_s < span.least)
			span.least = at_s;
		if (at_s > span.most)
			span.most = at_s;
	} while (slice_cut(&rest, '\n', &line));
	return span;
}

static struct span last_span(int fd, uint64_t end, char *block)
{
	return block_span(fd, end > BLOCK_BYTES ? end - BLOCK_BYTES : 0, end, block);
}

/* A place before the first line that is as young as since_s. A forged stamp in the future
 * makes a block look younger and the place earlier; that is the safe side. */
static uint64_t find_since(int fd, uint64_t end, int64_t since_s, char *block)
{
	uint64_t low = 0, high = (end + BLOCK_BYTES - 1) / BLOCK_BYTES;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		struct span span = block_span(fd, mid * BLOCK_BYTES, end, block);

		if (span.most < 0 || span.most >= since_s)
			high = mid;
		else
			low = mid + 1;
	}
	/* the line before the block's first whole one may be young, too */
	return low ? (low - 1) * BLOCK_BYTES : 0;
}

struct older {
	const struct chain *chain;
	struct timespec before; /* the file whose predecessor is looked for */
	char *block;
	int fd;
	struct timespec best;
};

static bool earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static bool in_chain(const struct chain *chain, const struct stat *st)
{
	struct stat had;

	for (size_t i = 0; i < chain->count; i++)
		if (fstat(chain->at[i].fd, &had) == 0 && had.st_ino == st->st_ino &&
		    had.st_dev == st->st_dev)
			return true;
	return false;
}

/* The youngest file that was last written before the one at hand, by the file system's
 * time, which nobody forges. */
static void older_one(const char *rotated, void *ctx)
{
	struct older *o = ctx;
	struct stat st;
	int fd = logfile_open(rotated, &st);

	if (fd < 0)
		return;
	if (earlier(&o->before, &st.st_mtim) || in_chain(o->chain, &st) ||
	    (o->fd >= 0 && earlier(&st.st_mtim, &o->best)) ||
	    last_span(fd, (uint64_t)st.st_size, o->block).most < 0) {
		close(fd);
		return;
	}
	if (o->fd >= 0)
		close(o->fd);
	o->fd = fd;
	o->best = st.st_mtim;
}

/* Puts the file and those before it into the chain, as far back as since_s needs. */
static void chain_build(struct chain *chain, const char *log, int fd, uint64_t end,
			int64_t interval_s, int64_t *since_s, char *block)
{
	struct stat st;

	*since_s = -1;
	while (fd >= 0 && chain->count < FILES_MAX) {
		struct span last = last_span(fd, end, block), first;
		struct stretch *s = &chain->at[chain->count++];
		struct older older = {.chain = chain, .block = block, .fd = -1};

		if (*since_s < 0 && last.least >= 0)
			*since_s = last.least - interval_s - SLACK_S;
		*s = (struct stretch){fd, 0, end};
		if (*since_s >= 0)
			s->from = find_since(fd, end, *since_s, block);
		first = block_span(fd, 0, end, block);
		if (s->from > 0 || (first.most >= 0 && first.most < *since_s) ||
		    fstat(fd, &st) < 0)
			return;
		older.before = st.st_mtim;
		logfile_each(log, older_one, &older);
		fd = older.fd;
		end = fd >= 0 && fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	}
	if (fd >= 0)
		close(fd);
}

/* Give the lines of a stretch; one over the bound is given cut, as the tail does. */
static uint64_t feed(const struct warmup *w, const struct stretch *s, char *buf,
		     size_t size)
{
	uint64_t at = s->from, lines = 0;
	size_t have = 0;
	bool skip = s->from > 0; /* its first line began before the stretch */
	bool cut = false;

	while (at < s->end || have) {
		size_t want = size - have, used = 0;
		const char *lf;
		ssize_t got;

		if (want > s->end - at)
			want = (size_t)(s->end - at);
		got = want ? pread(s->fd, buf + have, want, (off_t)at) : 0;
		if (got <= 0)
			break;
		at += (uint64_t)got;
		have += (size_t)got;
		while ((lf = memchr(buf + used, '\n', have - used))) {
			struct slice line = {buf + used, (size_t)(lf - buf) - used};

			used += line.n + 1;
			if (!skip) {
				bool long_line = cut || line.n > w->line_max;

				if (line.n > w->line_max)
					line.n = w->line_max;
				engine_line(w->engine, line, long_line);
				lines++;
			}
			skip = cut = false;
		}
		have -= used;
		memmove(buf, buf + used, have);
		if (have > w->line_max) {
			have = w->line_max;
			cut = true;
		}
	}
	return lines;
}

struct used {
	struct engine *engine;
	uint64_t count;
};

static void leave_out(const json_t *report, void *ctx)
{
	struct used *u = ctx;

	engine_used(u->engine, report);
	u->count++;
}

static void take_release(const char *account, int64_t at_s, void *ctx)
{
	const struct used *u = ctx;

	engine_released(u->engine, slice_str(account), at_s);
}

/* The open file that the place lies in; its end for the warm-up is the place. */
static int open_place(const struct warmup *w, struct warmup_result *out)
{
	struct stat st;
	int fd = logfile_open(w->log, &st);

	if (w->stored) {
		out->has_position = true;
		out->position = *w->stored;
		if (fd >= 0 && logfile_holds(fd, w->stored))
			return fd;
		if (fd >= 0)
			close(fd);
		fd = logfile_find(w->log, w->stored);
		out->lost_place = fd < 0;
		return fd;
	}
	if (fd >= 0 &&
	    logfile_position(fd, logfile_last_line(fd, (uint64_t)st.st_size, w->line_max),
			     &out->position) == 0)
		out->has_position = true;
	return fd;
}

struct kept {
	struct engine *engine;
	uint64_t count;
};

static void take_packet(struct slice line, void *ctx)
{
	struct kept *k = ctx;

	engine_packet(k->engine, line);
	k->count++;
}

static bool feed_packets(const struct warmup *w, struct warmup_result *out, struct err *e)
{
	struct kept kept = {w->engine, 0};
	bool ok = !w->watch || watch_packet_each(w->watch, w->now_s - w->interval_s,
						 take_packet, &kept, e);

	out->packets = kept.count;
	return ok;
}

bool warmup_run(const struct warmup *w, struct warmup_result *out, struct err *e)
{
	const size_t size = BLOCK_BYTES + w->line_max;
	struct chain chain = {.count = 0};
	struct used used = {w->engine, 0};
	char *buf = malloc(size);
	int64_t since_s = -1;
	bool ok = true;
	int fd;

	memset(out, 0, sizeof(*out));
	if (!buf)
		return err_set(e, ENOMEM, "warm-up: no memory");
	fd = open_place(w, out);
	chain_build(&chain, w->log, fd, out->position.offset, w->interval_s, &since_s,
		    buf);
	engine_warm_begin(w->engine);
	since_s = since_s > ZONE_SLACK_S ? since_s - ZONE_SLACK_S : 0;
	if (w->store)
		ok = store_report_each(w->store, since_s, leave_out, &used, e) &&
		     store_released_each(w->store, since_s, take_release, &used, e);
	while (chain.count > 0) {
		struct stretch *s = &chain.at[--chain.count];

		out->lines += feed(w, s, buf, size);
		close(s->fd);
	}
	ok = feed_packets(w, out, ok ? e : NULL) && ok;
	engine_warm_end(w->engine);
	out->reports = used.count;
	free(buf);
	return ok;
}
