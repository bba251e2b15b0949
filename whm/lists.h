/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * lists: osm.accounts and osm.ignore: an editor for each as csf has them, a form for one more
 * line, and the check of every line before anything is written.
 */
#ifndef OSM_WHM_LISTS_H
#define OSM_WHM_LISTS_H

#include "whm/edit.h"

/* Both lists, each with its forms. */
void lists_show(struct site *s);
/* The pages that take the forms. */
void lists_save(struct site *s);
void lists_add(struct site *s);

#endif
