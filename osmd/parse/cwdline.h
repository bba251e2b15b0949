/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * cwdline: "cwd=PATH N args: arg ...", which Exim writes once for each start.
 *
 * The path is printed raw and may hold " N args:" itself, as may the arguments. The first
 * split is taken whose N fits what follows it; greedy readers take the last, and see a new
 * path for each `-F "x 9 args: y"`.
 */
#ifndef OSM_PARSE_CWDLINE_H
#define OSM_PARSE_CWDLINE_H

#include "osmd/parse/eximline.h"

/* Fills path, args and arg_count from the text after "cwd="; false when nothing fits. */
bool cwdline_read(const char *p, const char *end, struct exim_line *out);
/* The byte after the argument at p: a blank or end. *unclosed, false at the first argument:
 * a search found no quote that ends an argument, so that none of the later ones need search
 * again. */
const char *cwdline_skip_arg(const char *p, const char *end, bool *unclosed);

#endif
