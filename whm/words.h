/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * words: texts as a person should see them. A stranger's text keeps its letters and loses its
 * powers: bytes that are no UTF-8 become U+FFFD, control characters and the marks that turn or
 * hide text become visible. Times are in the server's zone. Escaping for HTML is page's work.
 */
#ifndef OSM_WHM_WORDS_H
#define OSM_WHM_WORDS_H

#include "osmd/base/buf.h"

/* Appends text; line feeds and tabs stay when keeps_lines. At most max characters, then "…"
 * (0: all of it). */
void words_clean(struct slice text, bool keeps_lines, size_t max, struct buf *out);

#define WORDS_MAX 64
/* "2026-11-23 14:08:01", the server's zone; "-" for 0. Returns out. */
const char *words_time(int64_t at_s, char out[WORDS_MAX]);
/* "2026-11-23T14:08:01+01:00" for <time datetime>. Returns out. */
const char *words_stamp(int64_t at_s, char out[WORDS_MAX]);
/* The zone of those: "CET, UTC+01:00". Returns out. */
const char *words_zone(int64_t now_s, char out[WORDS_MAX]);
/* "1 h 5 min", "2 d": the two largest units. Returns out. */
const char *words_span(int64_t seconds, char out[WORDS_MAX]);
/* "3 min ago", "in 2 h", "now". Returns out. */
const char *words_age(int64_t at_s, int64_t now_s, char out[WORDS_MAX]);

#endif
