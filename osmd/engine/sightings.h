/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * sightings: what a source has seen, from the first look to the finished line, in the order
 * of their coming. The same packet again (a retransmission, a bridge) is left out. A line is
 * held for a moment after its owner was found: if the same addresses and ports begin another
 * connection meanwhile, it can't be told whose the answer was, and nobody is named.
 *
 * At most SIGHTINGS_MAX are under way: who adds asks for room first. Time is the caller's
 * (monotonic nanoseconds).
 */
#ifndef OSM_ENGINE_SIGHTINGS_H
#define OSM_ENGINE_SIGHTINGS_H

#include "osmd/engine/owner.h"
#include "osmd/engine/packetsource.h"

#define SIGHTINGS_MAX 8192
/* How long a found owner may still turn out to be another connection's. */
#define SIGHTINGS_SETTLE_NS INT64_C(50000000)
/* A search among all processes is given up after this. */
#define SIGHTINGS_SEARCH_NS INT64_C(1000000000)

struct sightings;

struct sightings_stats {
	uint64_t seen;	    /* connections, each once */
	uint64_t repeated;  /* the same packet again */
	uint64_t ambiguous; /* two connections of the same addresses and ports */
	uint64_t overrun;   /* came without room */
	uint64_t lost;	    /* no memory */
};

/* owner is borrowed. NULL without memory. */
struct sightings *sightings_new(struct owner *owner);
void sightings_free(struct sightings *s); /* NULL is fine */
/* How many may be added now. */
size_t sightings_room(const struct sightings *s);
void sightings_add(struct sightings *s, const struct sighting *seen, int64_t now_ns);
/* Packets were lost, and may have been of the same ends as one that isn't told yet: such a
 * one names nobody, unless netfilter told its user. */
void sightings_doubt(struct sightings *s);
/* Look for the owner of the oldest one that has none; false: there is none to look for. */
bool sightings_answer(struct sightings *s, int64_t now_ns);
/* Is a search under way? */
bool sightings_searching(const struct sightings *s);
/* Go on with the longest search under way, as long as nothing is busy; false: none is. */
bool sightings_search(struct sightings *s, bool (*busy)(void *ctx), void *ctx,
		      int64_t now_ns);
/* The oldest finished line that has waited long enough, or with NULL *wait_ns: how long until
 * there may be one, -1: nothing is under way. seen_ns: what came before this was added, so
 * what stands unread in a full buffer of the kernel is waited for. When there is no room to
 * wait, the line comes out and names no process. Call sightings_done when it is sent. */
const struct buf *sightings_line(struct sightings *s, int64_t seen_ns, int64_t *wait_ns);
void sightings_done(struct sightings *s);
void sightings_stats(const struct sightings *s, struct sightings_stats *out);

#endif
