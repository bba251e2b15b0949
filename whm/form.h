/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * form: osm.conf as fields of a form: for each row of the option table its value, from the
 * file or as it was sent, and what is wrong with it. A wrong value stays in its field, with
 * the problem beside it; nothing is written then.
 */
#ifndef OSM_WHM_FORM_H
#define OSM_WHM_FORM_H

#include "osmd/model/options.h"
#include "whm/edit.h"

struct form_field {
	char *value;	/* owned; as it is shown */
	char *before;	/* owned; as it is in the file, or the default */
	char *problem;	/* owned; NULL: none */
	bool is_set;	/* the file has it */
};

struct form {
	struct edit file;
	struct form_field *fields; /* owned; in the option table's order */
	size_t n;
	struct buf problems; /* of lines that belong to no field, one a line */
};

/* The values of the file; one that is wrong there has its problem at once. */
bool form_load(const struct site *s, struct form *f, struct err *e);
/* The same for a page: false is said on it, and is its status. */
bool form_open(struct site *s, struct form *f);
void form_clear(struct form *f);
/* Put what was sent over it; fields that were not sent stay. */
void form_take(const struct site *s, struct form *f);
/* osm.conf with these values, every other byte as it is, into out; problems are put to the
 * fields. How many there are; out is good when there is none. */
size_t form_build(struct form *f, struct buf *out);
/* The row's index; SIZE_MAX when the table has none of that name. */
size_t form_index(const char *name);
/* Is one field other than in the file? */
bool form_changed(const struct form *f, size_t i);

/* Take what was sent, check it, write it: what came of it stands on the page. true: written,
 * or nothing was to be written. */
bool form_save(struct site *s, struct form *f);

#endif
