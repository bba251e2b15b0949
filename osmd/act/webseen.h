/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * webseen: the requests that were seen of a few accounts while their counts rose, kept for the
 * report that may come. At most WEBSEEN_ACCOUNTS accounts (the one looked at longest ago goes)
 * with WEBSEEN_ROWS different requests each (further ones are not kept). No clock.
 */
#ifndef OSM_ACT_WEBSEEN_H
#define OSM_ACT_WEBSEEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "osmd/base/slice.h"

#define WEBSEEN_ACCOUNTS 32
#define WEBSEEN_ROWS 60
#define WEBSEEN_KEEP_S 3600

struct webseen;

struct webseen *webseen_new(void);
void webseen_free(struct webseen *s); /* NULL is fine */
/* From now on its requests are kept; *fresh: they were not before. false: its name is none. */
bool webseen_watch(struct webseen *s, struct slice account, int64_t now_s, bool *fresh);
bool webseen_watches(const struct webseen *s, struct slice account);
/* A request of a watched account. row: as of webfetch_rows; a reference of its own is kept. */
void webseen_add(struct webseen *s, struct slice account, json_t *row, int64_t now_s);
/* What was seen at or after from_s, the first seen first; times: in how many looks, and of how
 * many at once. */
void webseen_each(const struct webseen *s, struct slice account, int64_t from_s,
		  void (*fn)(const json_t *row, int64_t times, void *ctx), void *ctx);

#endif
