/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * stretch: could a line of the log have been forged? Exim writes at most 8192 bytes at once,
 * and a forged line stands in the same write as what carried it: a newline in a folder's name,
 * in a quoted address, or in the file or command that a customer's filter delivers to. So a line is beyond doubt when nothing in the 8192 bytes before it
 * can have carried one.
 */
#ifndef OSM_ENGINE_STRETCH_H
#define OSM_ENGINE_STRETCH_H

#include "osmd/parse/eximline.h"

#define STRETCH_WRITE_MAX 8192

struct stretch {
	uint64_t place;		/* bytes of log before the line at hand */
	uint64_t disturbed_end; /* lines that begin before it may be forged */
};

/* Nothing is known of what came before the first line. */
void stretch_init(struct stretch *s);
/* Is the line at hand beyond doubt? */
bool stretch_is_sound(const struct stretch *s);
/* Go past the line at hand. safe_folder: of a cwd= line: nobody but root can have made a
 * folder there. */
void stretch_pass(struct stretch *s, const struct exim_line *line, struct slice raw,
		  bool safe_folder);

#endif
