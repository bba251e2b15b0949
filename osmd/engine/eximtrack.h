/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * eximtrack: which message ids were seen lately and as what, to tell a message whose arrival
 * line is missing (exim-log: overflowed buffers swallow it) from one that arrived before the
 * log began, and an arrival that is followed by its deliveries from one that never is.
 *
 * A ring of fixed-size entries in the order of arrival with an index of chains; the oldest
 * goes when it is full. An unknown id is new only if it was made after everything that was
 * forgotten, and after the log's first line. Nothing is allocated after eximtrack_new.
 */
#ifndef OSM_ENGINE_EXIMTRACK_H
#define OSM_ENGINE_EXIMTRACK_H

#include "osmd/base/slice.h"

#define TRACK_ID_MAX 24 /* the longer form has 23 characters */

enum track_state {
	TRACK_ARRIVED,	/* its arrival line was seen */
	TRACK_REJECTED, /* refused: the id is used up */
	TRACK_HIDDEN,	/* no arrival line, nobody charged yet */
	TRACK_CHARGED	/* no arrival line, but somebody was charged */
};

struct track_entry {
	uint64_t id[TRACK_ID_MAX / 8]; /* zero padded */
	int64_t at_s;
	uint64_t ref;  /* evidence of a counted arrival */
	uint32_t next; /* in its chain */
	uint8_t state; /* enum track_state */
	uint8_t replies;
	bool counted;	/* an arrival that was charged to somebody */
	bool followed;	/* a later line had the id */
	bool confirmed; /* the spool said so, or the log around it */
};

struct eximtrack;
/* An arrival that was counted and never followed is forgotten (or the log ended). */
typedef void (*track_unfollowed_fn)(const struct track_entry *e, void *ctx);

struct eximtrack *eximtrack_new(size_t max_ids, track_unfollowed_fn unfollowed,
				void *ctx);
void eximtrack_free(struct eximtrack *t); /* NULL is fine */
/* The log is this machine's, read from now on (or earlier): its times are right even before
 * an arrival shows it, and an arrival made from now on is in it. Only confirmed arrivals, and
 * several of them, tell that it is kept in another zone: any other may be forged, or slow. */
void eximtrack_own_log(struct eximtrack *t, int64_t now_s);
void eximtrack_confirmed(struct eximtrack *t, struct slice id, int64_t at_s);
/* The time of each line, before its id is asked for. */
void eximtrack_time(struct eximtrack *t, int64_t at_s);
/* Entries are valid until the next eximtrack_add. */
struct track_entry *eximtrack_find(struct eximtrack *t, struct slice id);
struct track_entry *eximtrack_add(struct eximtrack *t, struct slice id,
				  enum track_state state, int64_t at_s);
/* Would the arrival of this unknown id have been seen, had it been written? */
bool eximtrack_is_new(const struct eximtrack *t, struct slice id);
/* May an arrival of this unknown id have been seen and forgotten, or stand in the log before
 * its first line read? */
bool eximtrack_may_be_old(const struct eximtrack *t, struct slice id);
/* Was this reply's cause (R=) a message of this server, with not too many replies yet?
 * Anybody can give sendmail a made-up -E; of causes that may be forgotten a few are believed. */
bool eximtrack_reply(struct eximtrack *t, struct slice cause);
/* Every arrival that is counted and not followed. */
void eximtrack_unfollowed(struct eximtrack *t);

#endif
