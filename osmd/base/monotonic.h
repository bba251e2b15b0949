/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * monotonic: a clock that nobody can set back (CLOCK_MONOTONIC), for time limits and waits.
 * What happened when is told by the event's own time, never by this one.
 */
#ifndef OSM_BASE_MONOTONIC_H
#define OSM_BASE_MONOTONIC_H

#include <stdint.h>

/* Since an unspecified start that is the same for every process until the next boot. */
int64_t monotonic_ns(void);
int64_t monotonic_ms(void);
int64_t monotonic_s(void);

#endif
