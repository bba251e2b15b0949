/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * warmup: fills the windows again after a restart, from the log before the stored place: the
 * stretch that is younger than the longest interval, found by its time stamps in the log and
 * in the rotated, uncompressed files beside it; and with the connections that watch.db kept.
 * What stored reports have used is left out.
 *
 * A line's time stamp may be forged by a local user, so no single one is believed: whole
 * blocks are judged, and a doubt always means to read more.
 */
#ifndef OSM_ENGINE_WARMUP_H
#define OSM_ENGINE_WARMUP_H

#include "osmd/engine/engine.h"
#include "osmd/store/store.h"
#include "osmd/store/watch.h"
#include "osmd/sys/tail.h"

struct warmup {
	const char *log; /* absolute */
	const struct tail_position
		*stored;     /* NULL: never ran; the log's end is the place */
	unsigned interval_s; /* rules_longest_interval() */
	size_t line_max;
	struct engine *engine;
	struct store *store; /* NULL: no reports yet */
	struct watch *watch; /* NULL: no connections were kept */
	int64_t now_s;	     /* wall clock; of use with watch only */
};

struct warmup_result {
	struct tail_position position; /* where the tail goes on */
	bool has_position;	       /* false: there is no log yet */
	bool lost_place;	 /* stored was given, and no file holds it any more */
	uint64_t lines, reports; /* read, and left out */
	uint64_t packets;	 /* read */
};

/* false: the reports or connections can't be read; the windows are then as good as the log alone. */
bool warmup_run(const struct warmup *w, struct warmup_result *out, struct err *e);

#endif
