/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * window: for each key of one trigger, the events that are younger than the interval.
 *
 * An event enters; events with age > interval leave; if more than `level` are left the
 * window fires with them and they leave this window. Time never runs backwards for a key: a
 * late event counts at the newest time seen. A key's ring holds at most level + 1 entries
 * (grown as needed), so an event costs O(1). At most max_keys keys in all and
 * max_keys_per_owner for one owner (subjects and paths are an attacker's to invent); the
 * least recently used goes and is counted. Level and interval come with each event, since an
 * account may have its own; a changed level or interval is applied to the entries that are there.
 *
 * With unit recipients an entry weighs its recipients and the sum is compared with level.
 * An entry weighs at least 1. Level 0 means not watched: such an event changes nothing.
 * Memory is bounded too, at WINDOW_BYTES_PER_KEY for each of max_keys: beyond it keys go as
 * they do at the bound of their number.
 * No clock, no I/O.
 */
#ifndef OSM_MODEL_WINDOW_H
#define OSM_MODEL_WINDOW_H

#include "osmd/base/slice.h"

struct window;

#define WINDOW_BYTES_PER_KEY 512
#define WINDOW_BYTES_LEAST   (8u << 20)

/* One remembered event: what a report needs to find it again. */
struct window_entry {
	int64_t at_s;
	uint64_t ref;        /* the engine's evidence reference */
	uint32_t weight;     /* 1, or recipients */
	uint8_t certainty;   /* enum certainty */
};

/* What window_add says. entries is valid until the next call; oldest first. */
struct window_state {
	bool fired;
	size_t count;                        /* entries in the window (before they left, if fired) */
	uint64_t weight;                     /* their sum */
	uint64_t evicted;                    /* entries that a full ring pushed out, weight mode */
	const struct window_entry *entries;  /* only when fired; else NULL */
};

struct window *window_new(size_t max_keys, size_t max_keys_per_owner);
void window_free(struct window *w); /* NULL is fine */
/* false only without memory: the event is lost and counted by the caller. */
bool window_add(struct window *w, struct slice owner, struct slice key, unsigned level,
		unsigned interval_s, const struct window_entry *entry,
		struct window_state *out);
/* How full the key is now: entries younger than its interval at its newest time; 0 if unknown. */
size_t window_count(const struct window *w, struct slice owner, struct slice key);
/* Forget one key (an account was released by hand). */
void window_forget(struct window *w, struct slice owner, struct slice key);
/* Forget every key of one owner. */
void window_forget_owner(struct window *w, struct slice owner);
/* Keys that went at a bound. */
uint64_t window_evicted(const struct window *w);
size_t window_keys(const struct window *w);
/* The fullest keys (by the share of their level that is used) first, at most n, for `osm status`; returns how many were given. */
struct window_top {
	struct slice owner, key; /* borrowed until the next change */
	size_t count;
	unsigned level;
	int64_t newest_s;
};
size_t window_top(const struct window *w, struct window_top *out, size_t n);

#endif
