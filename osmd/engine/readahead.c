/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/readahead.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define READ_BYTES (128u * 1024)
#define BLOCK_LINES 4096u
#define BLOCKS 4

struct block {
	char *bytes; /* owned; READ_BYTES + EXIM_LINE_MAX: a read behind what was left over */
	struct readahead_line *lines; /* owned; BLOCK_LINES */
	size_t bytes_n, lines_n;
};

struct readahead {
	uint64_t total;
	bool has_thread;
	pthread_t thread;
	/* the thread's, once it runs */
	struct archive *archive;
	bool cutting; /* inside of a line of which enough is known */
	/* between the two */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct block block[BLOCKS];
	unsigned first, count; /* full ones; the first may be in use */
	bool in_use, ended, stop;
	uint64_t done;
	int code; /* of the error that ended it */
	char why[256];
};

/* ---- the thread ---- */

/* A free block, which nobody else touches until it is given; NULL: told to stop. */
static struct block *wait_for_room(struct readahead *r)
{
	struct block *room = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->count == BLOCKS && !r->stop)
		pthread_cond_wait(&r->changed, &r->lock);
	if (!r->stop)
		room = &r->block[(r->first + r->count) % BLOCKS];
	pthread_mutex_unlock(&r->lock);
	return room;
}

static void give(struct readahead *r, const struct block *b)
{
	pthread_mutex_lock(&r->lock);
	r->count += b->lines_n > 0;
	r->done = (uint64_t)archive_filter_bytes(r->archive, -1);
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void end(struct readahead *r, bool failed)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	if (failed) {
		r->code = EIO;
		snprintf(r->why, sizeof(r->why), "%s", archive_error_string(r->archive));
	}
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void add_line(struct block *b, const char *p, size_t n, bool is_cut)
{
	struct readahead_line *line = &b->lines[b->lines_n++];

	line->raw = (struct slice){p, n < EXIM_LINE_MAX ? n : EXIM_LINE_MAX};
	if (is_cut || n > EXIM_LINE_MAX)
		eximline_parse_cut(line->raw, &line->parsed);
	else
		eximline_parse(line->raw, &line->parsed);
}

/* The lines of the block's bytes; returns the bytes after the last of them. */
static struct slice cut_lines(struct readahead *r, struct block *b)
{
	const char *p = b->bytes, *stop = p + b->bytes_n, *lf;

	b->lines_n = 0;
	while (b->lines_n < BLOCK_LINES && (lf = memchr(p, '\n', (size_t)(stop - p)))) {
		add_line(b, p, (size_t)(lf - p), r->cutting);
		r->cutting = false;
		p = lf + 1;
	}
	return (struct slice){p, (size_t)(stop - p)};
}

/* Put what is left of one block at the beginning of the next. What is longer than a line may
 * be ends in its first EXIM_LINE_MAX bytes, unless the block was only full of lines. */
static void carry_over(struct readahead *r, struct slice rest, bool was_full,
		       struct block *to)
{
	if (!was_full && rest.n > EXIM_LINE_MAX) {
		rest.n = EXIM_LINE_MAX;
		r->cutting = true;
	}
	memcpy(to->bytes, rest.p, rest.n);
	to->bytes_n = rest.n;
}

/* > 0: there may be more; 0: the end; < 0: an error. */
static ssize_t fill(struct readahead *r, struct block *b)
{
	size_t room = READ_BYTES + EXIM_LINE_MAX - b->bytes_n;
	ssize_t n = archive_read_data(r->archive, b->bytes + b->bytes_n, room);

	b->bytes_n += n > 0 ? (size_t)n : 0;
	return n;
}

static void *read_all(void *ctx)
{
	struct readahead *r = ctx;
	struct slice rest = {"", 0};
	struct block *b;
	bool full = false;
	ssize_t n = 1;

	while ((b = wait_for_room(r))) {
		carry_over(r, rest, full, b);
		if (!full && n > 0)
			n = fill(r, b);
		rest = cut_lines(r, b);
		full = b->lines_n == BLOCK_LINES;
		if (n <= 0 && !full && rest.n) { /* the last line has no LF */
			add_line(b, rest.p, rest.n, r->cutting);
			rest.n = 0;
		}
		give(r, b);
		if (n <= 0 && !full)
			break;
	}
	end(r, n < 0);
	return NULL;
}

/* ---- its user ---- */

static bool open_input(struct readahead *r, const char *path, struct err *e)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	struct archive_entry *entry;
	struct stat st;

	archive_read_support_filter_all(r->archive);
	archive_read_support_format_raw(r->archive);
	archive_read_support_format_empty(r->archive);
	if (!is_stdin && stat(path, &st) < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	if (!is_stdin && !S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return err_set(e, EINVAL, "%s: not a file", path);
	r->total = is_stdin || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
	if (archive_read_open_filename(r->archive, is_stdin ? NULL : path, READ_BYTES) !=
	    ARCHIVE_OK)
		return err_set(e, EIO, "%s: %s", path, archive_error_string(r->archive));
	switch (archive_read_next_header(r->archive, &entry)) {
	case ARCHIVE_OK:
	case ARCHIVE_WARN:
		return true;
	case ARCHIVE_EOF: /* an empty file */
		r->ended = true;
		return true;
	default:
		return err_set(e, EIO, "%s: %s", path, archive_error_string(r->archive));
	}
}

static bool start(struct readahead *r, struct err *e)
{
	for (int i = 0; i < BLOCKS; i++) {
		r->block[i].bytes = malloc(READ_BYTES + EXIM_LINE_MAX);
		r->block[i].lines = calloc(BLOCK_LINES, sizeof(*r->block[i].lines));
		if (!r->block[i].bytes || !r->block[i].lines)
			return err_set(e, ENOMEM, "no memory to read with");
	}
	if (r->ended)
		return true;
	r->has_thread = pthread_create(&r->thread, NULL, read_all, r) == 0;
	return r->has_thread || err_set(e, EAGAIN, "no thread to read with");
}

struct readahead *readahead_open(const char *path, struct err *e)
{
	struct readahead *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, ENOMEM, "%s: no memory", path);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->archive = archive_read_new();
	if (!r->archive || !open_input(r, path, e) || !start(r, e)) {
		readahead_close(r);
		return NULL;
	}
	return r;
}

void readahead_close(struct readahead *r)
{
	if (!r)
		return;
	if (r->has_thread) {
		pthread_mutex_lock(&r->lock);
		r->stop = true;
		pthread_cond_signal(&r->changed);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	if (r->archive)
		archive_read_free(r->archive);
	for (int i = 0; i < BLOCKS; i++) {
		free(r->block[i].bytes);
		free(r->block[i].lines);
	}
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

size_t readahead_next(struct readahead *r, const struct readahead_line **lines,
		      struct err *e)
{
	size_t n = 0;

	pthread_mutex_lock(&r->lock);
	if (r->in_use) {
		r->first = (r->first + 1) % BLOCKS;
		r->count--;
		pthread_cond_signal(&r->changed);
	}
	while (!r->count && !r->ended)
		pthread_cond_wait(&r->changed, &r->lock);
	r->in_use = r->count > 0;
	if (r->in_use) {
		*lines = r->block[r->first].lines;
		n = r->block[r->first].lines_n;
	} else if (r->code) {
		err_set(e, r->code, "%s", r->why);
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}

uint64_t readahead_done(struct readahead *r)
{
	uint64_t done;

	pthread_mutex_lock(&r->lock);
	done = r->done;
	pthread_mutex_unlock(&r->lock);
	return done;
}

uint64_t readahead_total(const struct readahead *r)
{
	return r->total;
}
