/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * stamp: what Exim puts before the text of a line: the time, the zone, its pid, and the
 * message id. Also the values of the time and of the id (declared in eximline.h).
 *
 *     2026-11-23 09:11:45.512 +0000 [18795] 1xVQ5R-0004t9-1d
 */
#ifndef OSM_PARSE_STAMP_H
#define OSM_PARSE_STAMP_H

#include "osmd/parse/eximline.h"

/* Fills time, zone, pid and id. The place where the text begins (the line's end when there
 * is none); NULL when the line does not begin with a time. */
const char *stamp_read(struct slice line, struct exim_line *out);

#endif
