/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * activity: how much mail, how many connections and how many reports there were over a day
 * and a week, as pictures and as tables.
 */
#ifndef OSM_WHM_ACTIVITY_H
#define OSM_WHM_ACTIVITY_H

#include "whm/site.h"

/* A section of the page. Reports are of the store, the rest of watch.db, which the watcher
 * keeps; what can't be read is said. */
void activity_draw(struct site *s, struct store *store);

#endif
