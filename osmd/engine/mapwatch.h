/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * mapwatch: tells when one of cPanel's account files changes, once the changes have settled:
 * cPanel replaces several of them one after the other.
 */
#ifndef OSM_ENGINE_MAPWATCH_H
#define OSM_ENGINE_MAPWATCH_H

#include <event2/event.h>

#include "osmd/base/err.h"
#include "osmd/base/paths.h"

struct mapwatch;

struct mapwatch *mapwatch_new(struct event_base *base, const struct paths *paths,
			      void (*changed)(void *ctx), void *ctx, struct err *e);
void mapwatch_free(struct mapwatch *m); /* NULL is fine */

#endif
