/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * opensender: an arrival whose quoted sender doesn't end in its line goes on in the next ones,
 * all of them in one write of Exim. The lines are put together until they are an arrival, or
 * more than one write could hold.
 */
#ifndef OSM_ENGINE_OPENSENDER_H
#define OSM_ENGINE_OPENSENDER_H

#include "osmd/base/slice.h"
#include "osmd/parse/eximline.h"

#define OPENSENDER_MAX 8192

struct opensender {
	bool waiting;
	size_t n;
	uint64_t place;		   /* of its first line */
	char text[OPENSENDER_MAX]; /* the lines so far, LF between them */
};

enum opensender_step {
	OPENSENDER_MORE,  /* taken; the next line may end it */
	OPENSENDER_WHOLE, /* text is an arrival */
	OPENSENDER_NONE	  /* it can't be one: text has the lines before this one */
};

void opensender_begin(struct opensender *o, struct slice line, uint64_t place);
enum opensender_step opensender_add(struct opensender *o, struct slice line,
				    bool too_long);
struct slice opensender_text(const struct opensender *o);

#endif
