/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * clock: the time stamp of a log line -> seconds since the epoch. A line that names its zone
 * is believed; any other is in the local time of this machine. The offset of the local time
 * is remembered for a quarter of an hour of log, so a line costs no look at the zone files.
 */
#ifndef OSM_ENGINE_CLOCK_H
#define OSM_ENGINE_CLOCK_H

#include "osmd/parse/eximline.h"

#define CLOCK_STAMP 19 /* YYYY-MM-DD hh:mm:ss */

struct clock {
	char stamp[CLOCK_STAMP]; /* of the line before */
	int64_t stamp_s;	 /* the same as if UTC; -1: none yet */
	int64_t quarter;	 /* the quarter of an hour that offset_s is for */
	int64_t offset_s;	 /* local time - UTC */
};

void clock_init(struct clock *c);
/* -1 when the line has no time. */
int64_t clock_seconds(struct clock *c, const struct exim_line *line);

#endif
