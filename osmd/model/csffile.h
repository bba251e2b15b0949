/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csffile: text in csf's style. Reads KEY = "value" lines by csf's own grammar (value from
 * the first to the last quote; lines without "=" are skipped; no quotes or a name twice is
 * an error with its line) and sets one value leaving every other byte as it was.
 * Stricter than csf in two things, both told as problems: a line ends with LF or CR LF only
 * (csf also splits at lone CR, VT, FF and NEL), and a name holds no blanks (csf drops them).
 * Text in, text out: no files here.
 */
#ifndef OSM_MODEL_CSFFILE_H
#define OSM_MODEL_CSFFILE_H

#include "osmd/base/buf.h"

/* One setting found. line counts from 1. Slices are borrowed from the text. */
struct csf_setting {
	struct slice key;
	struct slice value;
	unsigned line;
};

/* Problems are given one by one, with the line that they stand in. */
typedef void (*csf_problem_fn)(unsigned line, const char *text, void *ctx);
typedef void (*csf_setting_fn)(const struct csf_setting *s, void *ctx);

/* Walk the text; returns the number of problems. Repeated names are a problem. */
size_t csffile_read(struct slice text, csf_setting_fn each, csf_problem_fn problem, void *ctx);
/* The text with key's value replaced (or the setting added at the end) into out. The value
 * must not hold a quote, CR, LF or other control bytes: false. Also false when the name is
 * there twice or without quotes: which one to change would be a guess. */
bool csffile_set(struct slice text, struct slice key, struct slice value, struct buf *out);

#endif
