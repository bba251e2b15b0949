/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * widget: how a setting of the form stands on a page: switch, choice, number, text or a box
 * for each action word, and what is wrong with it beside it.
 */
#ifndef OSM_WHM_WIDGET_H
#define OSM_WHM_WIDGET_H

#include "whm/form.h"

/* The field of row i and its problem; label NULL: the setting's name. */
void widget_field(struct page *p, const struct form *f, size_t i, const char *label);
/* The same below its comment, with default and range: as csf's configuration page has it. */
void widget_setting(struct page *p, const struct form *f, size_t i);
/* What is wrong with the form as a whole, as a callout; nothing when all is well. */
void widget_complaints(struct page *p, const struct form *f);

#endif
