/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * tail: follow a log file by inotify across rename + create, truncation, copytruncate, and
 * a file that is missing at start; whole lines are handed out, with the offset they begin
 * at. A partial last line waits for its LF; a line over the bound is handed out once, cut,
 * with too_long set. Nothing polls; libevent tells when to read. After a rename the old file
 * is read to its end, and for a few seconds more (Exim may still write one line there).
 *
 * Truncation is told by the size and by the file's first bytes; what the copy of a
 * copytruncate holds beyond our place is read from the copy.
 */
#ifndef OSM_SYS_TAIL_H
#define OSM_SYS_TAIL_H

#include <event2/event.h>

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

struct tail;

struct tail_position {
	uint64_t dev, inode, offset;
	uint8_t fingerprint[32]; /* FNV/xx of the first fingerprint_n bytes, zero padded */
	uint32_t fingerprint_n;
	uint64_t line; /* by tail_position alone: lines given so far that stand before it */
};

/* line is valid during the call. tail_position() is still at the line's start then. */
typedef void (*tail_line_fn)(struct slice line, bool too_long, void *ctx);

/* Counters, all since the start. */
struct tail_stats {
	uint64_t lines, bytes, rotations, truncations, too_long;
	bool present;    /* the file is there now */
	bool lost_place; /* resume was given and no file holds that place any more */
};

/* path is copied. resume NULL: start at the end of the file; else at that place if it is the
 * same file, else (rotated meanwhile) the rest of the old file is looked for beside it
 * (path.*, path-*, uncompressed, by inode + fingerprint) before the new one from 0. */
struct tail *tail_new(struct event_base *base, const char *path,
		      const struct tail_position *resume, size_t line_max, tail_line_fn fn,
		      void *ctx, struct err *e);
void tail_free(struct tail *t);
void tail_position(const struct tail *t, struct tail_position *out); /* after the last whole line given */
void tail_stats(const struct tail *t, struct tail_stats *out);
/* While paused no line is given (the reader downstream is full); the log itself waits. */
void tail_pause(struct tail *t, bool paused);
/* Read what is there now without waiting (start-up, tests); true when at the end. */
bool tail_drain(struct tail *t);

#endif
