/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * readahead: the lines of a file, uncompressed (.gz, .xz, .zst, .bz2 by libarchive), cut and
 * parsed by a thread of its own a few blocks ahead, so that reading and counting go on side
 * by side.
 */
#ifndef OSM_ENGINE_READAHEAD_H
#define OSM_ENGINE_READAHEAD_H

#include "osmd/base/err.h"
#include "osmd/parse/eximline.h"

struct readahead;

struct readahead_line {
	struct slice
		raw; /* without its LF; of a longer line the first EXIM_LINE_MAX bytes */
	struct exim_line parsed;
};

/* "-" is stdin. */
struct readahead *readahead_open(const char *path, struct err *e);
void readahead_close(struct readahead *r); /* NULL is fine */
/* The next lines (at least one), valid until the next call. 0: the end, or an error
 * (e->code is set). */
size_t readahead_next(struct readahead *r, const struct readahead_line **lines,
		      struct err *e);
/* Bytes of the (compressed) input read so far, and in all; 0: not known. */
uint64_t readahead_done(struct readahead *r);
uint64_t readahead_total(const struct readahead *r);

#endif
