/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * watch: watch.db, written by the watcher only: the position in the Exim log, and ids whose
 * submission was confirmed against the spool (so that a restart doesn't turn them into claims),
 * and the outgoing connections that were counted, which stand in no log.
 */
#ifndef OSM_STORE_WATCH_H
#define OSM_STORE_WATCH_H

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

struct watch;

struct watch_position {
	uint64_t dev, inode, offset;
	uint8_t fingerprint[32]; /* of the file's first bytes; see tail */
	uint32_t fingerprint_n;	 /* how many bytes it covers */
};

struct watch *watch_open(const char *path, struct err *e);
void watch_close(struct watch *w);
/* false without error (e->code 0): nothing stored yet. */
bool watch_position_get(struct watch *w, struct watch_position *out, struct err *e);
bool watch_position_set(struct watch *w, const struct watch_position *p, struct err *e);
/* Confirmed ids: added in batches (one transaction in watch_flush, which also comes by itself
 * after 256 and at the end), pruned by time (0: nothing is). */
void watch_confirmed_add(struct watch *w, struct slice message_id, int64_t at_s);
bool watch_flush(struct watch *w, int64_t prune_before_s, struct err *e);
bool watch_confirmed_has(struct watch *w, struct slice message_id);
/* Counted connections, as packetline writes them: added in batches, with the ids; the newest
 * WATCH_PACKETS_MAX are kept. */
#define WATCH_PACKETS_MAX 200000
void watch_packet_add(struct watch *w, struct slice line, int64_t at_s);
/* Those of since_s and later, in the order of their coming. false: can't be read. */
bool watch_packet_each(struct watch *w, int64_t since_s,
		       void (*fn)(struct slice line, void *ctx), void *ctx,
		       struct err *e);
bool watch_packet_prune(struct watch *w, int64_t before_s, struct err *e);
/* Connections that could not be kept. */
uint64_t watch_packets_lost(const struct watch *w);

#endif
