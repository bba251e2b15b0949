/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * overrides: osm.accounts, where one account, mailbox or path has its own limit, interval and
 * actions. Built from a text, then read only. Looking up costs a hash look-up for each kind
 * of key that the file has, and for a path one for each of its parts.
 */
#ifndef OSM_MODEL_OVERRIDES_H
#define OSM_MODEL_OVERRIDES_H

#include "osmd/model/event.h"
#include "osmd/model/listfile.h"
#include "osmd/model/options.h"

struct overrides;

/* What a line leaves out is taken from config. Problems are counted in l; NULL only without
 * memory. */
struct overrides *overrides_new(struct listfile *l, const struct config *config);
void overrides_free(struct overrides *o); /* NULL is fine */
size_t overrides_count(const struct overrides *o);
/* The most special line for this event, or NULL. */
const struct trigger_config *overrides_find(const struct overrides *o, enum trigger_id t,
					    const struct event *ev);
/* The longest interval of a line that has a limit; 0: none. */
unsigned overrides_longest_interval(const struct overrides *o);

#endif
