/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * listline: one more line for osm.accounts or osm.ignore, as a form with a field for each of
 * its parts. Each part is tried alone by the list's own reader, so that what is wrong stands
 * beside its field in the reader's words.
 */
#ifndef OSM_WHM_LISTLINE_H
#define OSM_WHM_LISTLINE_H

#include "osmd/model/options.h"
#include "whm/site.h"

#define LISTLINE_MAX 4096

/* What is wrong with one field; name NULL: nothing. */
struct listline_problem {
	const char *name;
	char text[512];
};

/* The fields with what was sent, and the problem beside its field. */
void listline_fields(struct site *s, bool is_accounts, const struct listline_problem *problem);
/* The line that was sent, without its LF, into line. false with the first problem. */
bool listline_build(const struct site *s, bool is_accounts, const struct config *config,
		    struct buf *line, struct listline_problem *problem);

#endif
