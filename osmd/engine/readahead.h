/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * readahead: the bytes of a file, uncompressed (.gz, .xz, .zst, .bz2 by libarchive), read by a
 * thread of its own a few blocks ahead, so that reading and counting go on side by side.
 */
#ifndef OSM_ENGINE_READAHEAD_H
#define OSM_ENGINE_READAHEAD_H

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

struct readahead;

/* "-" is stdin. */
struct readahead *readahead_open(const char *path, struct err *e);
void readahead_close(struct readahead *r); /* NULL is fine */
/* The next bytes, valid until the next call. false: the end, or an error (e->code is set). */
bool readahead_next(struct readahead *r, struct slice *bytes, struct err *e);
/* Bytes of the (compressed) input read so far, and in all; 0: not known. */
uint64_t readahead_done(struct readahead *r);
uint64_t readahead_total(const struct readahead *r);

#endif
