/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* engine_parts: the engine's state, for engine.c, engine_lines.c and engine_status.c only. */
#ifndef OSM_ENGINE_ENGINE_PARTS_H
#define OSM_ENGINE_ENGINE_PARTS_H

#include "osmd/engine/clock.h"
#include "osmd/engine/connection.h"
#include "osmd/engine/engine.h"
#include "osmd/engine/eximtrack.h"
#include "osmd/engine/localport.h"
#include "osmd/engine/opensender.h"
#include "osmd/engine/proof.h"
#include "osmd/engine/starts.h"
#include "osmd/engine/stretch.h"
#include "osmd/engine/totals.h"
#include "osmd/engine/triggers.h"

struct engine_counters {
	uint64_t lines;
	uint64_t unparsed[EXIM_BAD_COUNT];
	uint64_t events[EVENT_CWDCHECK + 1];
	uint64_t not_counted[CLASS_COUNT];
	uint64_t local_only;
	uint64_t connections[CONNECTION_REASONS];
	uint64_t connection_sure[PACKET_KERNEL + 1];
	uint64_t confirmed, forged;
	uint64_t hidden;     /* messages whose arrival line is missing */
	uint64_t duplicates; /* a second arrival of one id */
	uint64_t future;     /* stamps ahead of the wall clock */
	uint64_t unfollowed; /* arrivals that no other line of the id followed */
};

struct engine {
	const struct config *config; /* of the rules */
	struct classify classify;
	struct connection connection;
	struct clock clock;
	struct stretch stretch;
	struct opensender open;
	struct proof proof;
	struct eximtrack *track;
	struct evidence *evidence;
	struct localport *ports;
	struct forgery *forgery;
	struct starts *starts;
	struct triggers *triggers;
	struct totals *totals; /* NULL unless asked for */
	bool live;	       /* there is a spool to ask */
	bool followed_any;     /* the log shows deliveries */
	int64_t now_s;	       /* of the newest line; 0: none */
	int64_t wall_s;	       /* when the wall clock was looked at last */
	char nobody[LOCALPORT_USER_MAX];
	size_t nobody_n;
	int64_t nobody_s;  /* when that line came */
	bool nobody_sound; /* and that nobody can have forged it */
	struct engine_counters counters;
};

/* One line that is not part of a longer one. */
void engine_take(struct engine *g, struct slice raw, const struct exim_line *line);
/* A counted arrival that nothing followed: a claim. */
void engine_unfollowed(const struct track_entry *e, void *ctx);

/* No event is of the future: its stamp is then forged, or the clock was set back. */
int64_t engine_not_later_than_now(struct engine *g, int64_t at_s);

#endif
