/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * lists: osm.accounts and osm.ignore: an editor for each as csf has them, a form for one more
 * line, and the check of every line before anything is written.
 */
#ifndef OSM_WHM_LISTS_H
#define OSM_WHM_LISTS_H

#include "whm/edit.h"

/* What one of the two files is to become, and what is wrong with it. */
struct lists_draft {
	const char *absolute; /* PATH_ACCOUNTS or PATH_IGNORE */
	struct buf text;
	struct buf problems; /* one a line; empty: none */
};

/* Both editors; draft, when there is one, stands in its file's instead of the file. */
void lists_show(struct site *s, const struct lists_draft *draft);
/* The pages that take the forms. */
void lists_save(struct site *s);
void lists_add(struct site *s);

#endif
