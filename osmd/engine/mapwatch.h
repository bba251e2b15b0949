/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * mapwatch: tells when one of cPanel's account files changes, or one of its lists of held and
 * blocked senders, once the changes have settled: cPanel replaces several of them one after the
 * other.
 */
#ifndef OSM_ENGINE_MAPWATCH_H
#define OSM_ENGINE_MAPWATCH_H

#include <event2/event.h>

#include "osmd/base/err.h"
#include "osmd/base/paths.h"

struct mapwatch;

struct mapwatch *mapwatch_new(struct event_base *base, const struct paths *paths,
			      void (*changed)(void *ctx), void *ctx, struct err *e);
/* Tell of the lists, too (PATH_HOLD_USERS, PATH_SUSPENDED_USERS): some changes of them fire no
 * hook of cPanel's. */
void mapwatch_on_lists(struct mapwatch *m, void (*changed)(void *ctx));
void mapwatch_free(struct mapwatch *m); /* NULL is fine */

#endif
