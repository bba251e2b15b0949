/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * life: what became of a few messages, by their ids: arrival, deliveries, deferrals, failures,
 * end. Fed with the log's lines in their order; it knows no file and no clock. It says what the
 * log says: a local user can forge lines of it.
 */
#ifndef OSM_ENGINE_LIFE_H
#define OSM_ENGINE_LIFE_H

#include <jansson.h>
#include <stdbool.h>

#include "osmd/parse/eximline.h"

#define LIFE_IDS_MAX 100 /* as many as a report names */
#define LIFE_LINES_MAX 50 /* kept of one message */
#define LIFE_LINE_MAX 1000

struct life;

struct life *life_new(void); /* NULL without memory */
void life_free(struct life *l); /* NULL is fine */
/* false: that is no message id, or there are too many. The same one twice is one. */
bool life_watch(struct life *l, struct slice id);
void life_line(struct life *l, const struct exim_line *line, struct slice raw);
/* [{"id","arrived","sender","recipients","delivered","deferred","failed","last","state","lines",
 * "further"}...] in the order of their watching; times as the log writes them, "" when not seen.
 * state: completed, removed, rejected, frozen, queued (is_queued says so), or unknown. Owned by
 * the caller. */
json_t *life_json(const struct life *l, bool (*is_queued)(struct slice id, void *ctx),
		  void *ctx);

#endif
