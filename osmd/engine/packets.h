/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packets: the watcher's end of the packet reader: its messages as connections for the
 * engine and as what people are told about it. A message is believed as far as its strict
 * grammar goes; anything else is counted and dropped.
 */
#ifndef OSM_ENGINE_PACKETS_H
#define OSM_ENGINE_PACKETS_H

#include <event2/event.h>
#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

struct packets;

/* One connection, as packetline writes it. */
typedef void (*packets_fn)(struct slice line, void *ctx);

/* fd: packetkeeper_start's; taken in any case, also when it fails. Nothing is read before
 * packets_pause(p, false). */
struct packets *packets_new(struct event_base *base, int fd, packets_fn fn, void *ctx,
			    struct err *e);
void packets_free(struct packets *p); /* NULL is fine */
void packets_pause(struct packets *p, bool pause);
/* Have the settings read again; what was said about sources is forgotten. */
bool packets_reload(struct packets *p, struct err *e);
/* {"source","failed":{NAME:REASON},"stats":{...},"malformed"}; source is "starting", "off"
 * or "none" while there is none. */
json_t *packets_status(const struct packets *p);

#endif
