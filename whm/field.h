/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * field: one labelled field of a form, with its error beside it when it has one. The label
 * names the field by its id, the error and the help describe it, so that they are read aloud
 * with it. name is used as id, too, and must be unique on the page.
 */
#ifndef OSM_WHM_FIELD_H
#define OSM_WHM_FIELD_H

#include "whm/page.h"

struct field_choice {
	const char *value, *text;
};

/* problem NULL: there is none. */
void field_input(struct page *p, const char *label, const char *name, const char *value,
		 const char *type, const char *problem);
void field_select(struct page *p, const char *label, const char *name, const char *value,
		  const struct field_choice *choices, size_t n);
void field_check(struct page *p, const char *label, const char *name, const char *value,
		 const char *id, bool is_on);
/* The whole text of a file; label is its name. */
void field_area(struct page *p, const char *label, const char *name, const char *value);

#endif
