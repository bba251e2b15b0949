/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* events: the form of the triggers, with the values and problems that it has now. */
#ifndef OSM_WHM_EVENTS_H
#define OSM_WHM_EVENTS_H

#include "whm/form.h"

void events_triggers(struct site *s, const struct form *f);

#endif
