/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * processes: what an account runs at this moment, as evidence for a report: taken before
 * anything is done, since the panel's suspension kills all of it.
 */
#ifndef OSM_ACT_PROCESSES_H
#define OSM_ACT_PROCESSES_H

#include <jansson.h>
#include <stdint.h>

/* For a report's "processes": rows of {value,count}, value being "PROGRAM in FOLDER: COMMAND
 * LINE", the same ones counted together; at most 20 rows and 8 KiB printed. All of it is the
 * account's own text. NULL without memory or /proc. */
json_t *processes_of(int64_t uid);

#endif
