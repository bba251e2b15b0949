/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * scan: the small steps that the readers of Exim's lines share. They are inline because a
 * line is told apart by a handful of them, some ten million times in a second.
 */
#ifndef OSM_PARSE_SCAN_H
#define OSM_PARSE_SCAN_H

#include <string.h>

#include "osmd/base/slice.h"

static inline struct slice scan_between(const char *p, const char *end)
{
	return (struct slice){p, (size_t)(end - p)};
}

/* Does the text from p to end begin with lit? */
static inline bool scan_starts(const char *p, const char *end, struct slice lit)
{
	return (size_t)(end - p) >= lit.n && !memcmp(p, lit.p, lit.n);
}

/* The first blank at or after p, or end. */
static inline const char *scan_word(const char *p, const char *end)
{
	const char *blank = memchr(p, ' ', (size_t)(end - p));

	return blank ? blank : end;
}

static inline bool scan_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool scan_all_digits(const char *p, const char *end)
{
	if (p == end)
		return false;
	while (p < end && scan_is_digit(*p))
		p++;
	return p == end;
}

#endif
