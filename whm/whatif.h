/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * whatif: what would have happened: the log of the last hours or days through the same engine
 * (osm replay) with the limits that stand on the form, before they are saved.
 */
#ifndef OSM_WHM_WHATIF_H
#define OSM_WHM_WHATIF_H

#include "whm/site.h"

/* The button beside "Change", with how far back. */
void whatif_buttons(struct site *s);
void whatif_start(struct site *s);
void whatif_page(struct site *s);
/* How far it is, as JSON, for the page's bar. */
void whatif_progress(struct site *s);

#endif
