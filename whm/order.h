/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* order: what an administrator can still do because of a report that osm did not. */
#ifndef OSM_WHM_ORDER_H
#define OSM_WHM_ORDER_H

#include "whm/site.h"

void order_forms(struct site *s, const json_t *report);

#endif
