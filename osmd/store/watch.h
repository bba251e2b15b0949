/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * watch: watch.db, written by the watcher only: the position in the Exim log, and ids whose
 * submission was confirmed against the spool (so that a restart doesn't turn them into claims),
 * and the outgoing connections that were counted, which stand in no log; and how many events
 * of each type every hour had, for drawing.
 */
#ifndef OSM_STORE_WATCH_H
#define OSM_STORE_WATCH_H

#include "osmd/base/err.h"
#include "osmd/base/slice.h"
#include "osmd/model/event.h"

struct watch;

struct watch_position {
	uint64_t dev, inode, offset;
	uint8_t fingerprint[32]; /* of the file's first bytes; see tail */
	uint32_t fingerprint_n;	 /* how many bytes it covers */
	uint64_t ahead; /* how many lines behind it are in the hours already */
};

/* How far the watcher is, and what is too old to be kept. */
struct watch_progress {
	struct watch_position at;
	int64_t ids_before_s, packets_before_s; /* 0: none goes */
	int64_t now_s;				/* for the hours; 0: none goes */
};

struct watch *watch_open(const char *path, struct err *e);
/* Not the watcher: only watch_hours may be asked. */
struct watch *watch_open_reading(const char *path, struct err *e);
void watch_close(struct watch *w);
/* false without error (e->code 0): nothing stored yet. */
bool watch_position_get(struct watch *w, struct watch_position *out, struct err *e);
/* In one transaction: how far we are, and all that waits (ids, connections, hours). Once it is
 * written or not at all, so no event is in the hours twice or never. */
bool watch_save(struct watch *w, const struct watch_progress *p, struct err *e);
/* One more event of a line of the log, in memory until watch_save. Connections are counted by
 * watch_packet_add. */
void watch_hour_add(struct watch *w, enum event_type type, int64_t at_s);
/* Events of a type from since_s on in n steps of step_s, a multiple of an hour; since_s begins
 * an hour. The last WATCH_HOURS_KEPT hours are known. */
#define WATCH_HOURS_KEPT (8 * 24)
bool watch_hours(struct watch *w, enum event_type type, int64_t since_s, int64_t step_s,
		 uint32_t *counts, size_t n, struct err *e);
/* Confirmed ids: added in batches (one transaction in watch_flush, which also comes by itself
 * after 256 and at the end). */
void watch_confirmed_add(struct watch *w, struct slice message_id, int64_t at_s);
bool watch_flush(struct watch *w, struct err *e);
bool watch_confirmed_has(struct watch *w, struct slice message_id);
/* Counted connections, as packetline writes them: added in batches, with the ids, to the hour
 * of at_s as well; watch_save keeps the newest WATCH_PACKETS_MAX, and counts those that go for
 * want of room as lost: they count now, and are not known after a restart. */
#define WATCH_PACKETS_MAX 200000
void watch_packet_add(struct watch *w, struct slice line, int64_t at_s);
/* Those of since_s and later, in the order of their coming. false: can't be read. */
bool watch_packet_each(struct watch *w, int64_t since_s,
		       void (*fn)(struct slice line, void *ctx), void *ctx,
		       struct err *e);
/* Connections that could not be kept. */
uint64_t watch_packets_lost(const struct watch *w);

#endif
