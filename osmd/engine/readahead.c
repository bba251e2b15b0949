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

#define BLOCK_BYTES (256u * 1024)
#define BLOCKS 4

struct block {
	char *p; /* owned */
	size_t n;
};

struct readahead {
	struct archive *archive; /* the thread's, once it runs */
	uint64_t total;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	struct block block[BLOCKS];
	unsigned first, count; /* full ones; the first may be in use */
	bool in_use, ended, stop;
	uint64_t done;
	int code; /* of the error that ended it */
	char why[256];
};

/* A free block, which nobody else touches until it is given; NULL: told to stop. */
static char *wait_for_room(struct readahead *r)
{
	char *room = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->count == BLOCKS && !r->stop)
		pthread_cond_wait(&r->changed, &r->lock);
	if (!r->stop)
		room = r->block[(r->first + r->count) % BLOCKS].p;
	pthread_mutex_unlock(&r->lock);
	return room;
}

/* n < 0: an error; 0: the end. */
static void give(struct readahead *r, ssize_t n)
{
	pthread_mutex_lock(&r->lock);
	if (n > 0) {
		r->block[(r->first + r->count) % BLOCKS].n = (size_t)n;
		r->count++;
	} else {
		r->ended = true;
		r->code = n < 0 ? EIO : 0;
		if (n < 0)
			snprintf(r->why, sizeof(r->why), "%s",
				 archive_error_string(r->archive));
	}
	r->done = (uint64_t)archive_filter_bytes(r->archive, -1);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void *read_all(void *ctx)
{
	struct readahead *r = ctx;
	ssize_t n = 1;
	char *room;

	while (n > 0 && (room = wait_for_room(r))) {
		n = archive_read_data(r->archive, room, BLOCK_BYTES);
		give(r, n);
	}
	return NULL;
}

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
	if (archive_read_open_filename(r->archive, is_stdin ? NULL : path, BLOCK_BYTES) !=
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
		r->block[i].p = malloc(BLOCK_BYTES);
		if (!r->block[i].p)
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
		pthread_cond_broadcast(&r->changed);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	if (r->archive)
		archive_read_free(r->archive);
	for (int i = 0; i < BLOCKS; i++)
		free(r->block[i].p);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

bool readahead_next(struct readahead *r, struct slice *bytes, struct err *e)
{
	bool got;

	pthread_mutex_lock(&r->lock);
	if (r->in_use) {
		r->first = (r->first + 1) % BLOCKS;
		r->count--;
		r->in_use = false;
		pthread_cond_broadcast(&r->changed);
	}
	while (!r->count && !r->ended)
		pthread_cond_wait(&r->changed, &r->lock);
	got = r->in_use = r->count > 0;
	if (got)
		*bytes = (struct slice){r->block[r->first].p, r->block[r->first].n};
	else if (r->code)
		err_set(e, r->code, "%s", r->why);
	pthread_mutex_unlock(&r->lock);
	return got;
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
