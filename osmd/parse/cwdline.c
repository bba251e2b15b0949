/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/cwdline.h"

#include "osmd/parse/scan.h"

/* A directory's name may be made of " N args:", and each of them costs a count of what
 * follows it. No honest path has more. */
#define SPLITS_MAX 64
#define COUNT_DIGITS_MAX 5

/* The quote that ends an argument: one before a blank or the end; NULL without one. */
static const char *closing_quote(const char *p, const char *end)
{
	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		if (p + 1 == end || p[1] == ' ')
			return p;
		p++;
	}
	return NULL;
}

static const char *last_closing_quote(const char *p, const char *end)
{
	const char *q = end;

	while (q > p && (q = memrchr(p, '"', (size_t)(q - p))))
		if (q + 1 == end || q[1] == ' ')
			return q;
	return NULL;
}

const char *cwdline_skip_arg(const char *p, const char *end, bool *unclosed)
{
	const char *close = NULL;

	if (p < end && *p == '"' && !*unclosed) {
		close = closing_quote(p + 1, end);
		*unclosed = !close;
	}
	return close ? close + 1 : scan_word(p, end);
}

/* How many arguments are at p. Quotes inside an argument are not escaped, so one that holds
 * `" ` can be read as several: `most` is the reading in which each ends at the first quote
 * that can end it, `least` the one in which the first goes on to the last such quote.
 * Stops when `least` is more than `wanted`. */
static void count_args(const char *p, const char *end, unsigned wanted, unsigned *least,
		       unsigned *most)
{
	const char *last = NULL; /* quote that can end the first quoted argument */
	unsigned saved = 0;	 /* arguments that the longest reading takes into one */
	bool unclosed = false;

	*most = 0;
	while (p < end && *most - saved <= wanted) {
		bool is_first = !last && !unclosed && *p == '"';

		if (is_first)
			last = last_closing_quote(p + 1, end);
		else if (last && p <= last)
			saved++;
		p = cwdline_skip_arg(p, end, &unclosed);
		++*most;
		if (p < end)
			p++;
	}
	*least = *most - saved;
}

/* Exim's marks of a list that was too long: the count is then more than what is left. */
static bool is_cut(const char *p, const char *end)
{
	static const struct slice trunc = SLICE("<trunc>");
	static const struct slice stars =
		SLICE("**** log string overflowed log buffer ****");

	return slice_ends(scan_between(p, end), trunc) ||
	       slice_ends(scan_between(p, end), stars);
}

/* " args:" at p: the number before it must be preceded by a blank. */
static const char *count_before(const char *start, const char *p, unsigned *count)
{
	const char *digits = p;

	while (digits > start && scan_is_digit(digits[-1]))
		digits--;
	if (digits == p || p - digits > COUNT_DIGITS_MAX || digits == start ||
	    digits[-1] != ' ')
		return NULL;
	*count = 0;
	for (const char *c = digits; c < p; c++)
		*count = *count * 10 + (unsigned)(*c - '0');
	return digits - 1;
}

static bool fits(const char *args, const char *end, unsigned count, bool *cut)
{
	unsigned least, most;

	count_args(args, end, count, &least, &most);
	*cut = is_cut(args, end);
	return (count >= least && count <= most) || (*cut && count > most);
}

bool cwdline_read(const char *p, const char *end, struct exim_line *out)
{
	static const struct slice mark = SLICE(" args:");
	const char *at = p;

	if (p == end || *p != '/')
		return false;
	for (unsigned i = 0; i < SPLITS_MAX; i++) {
		const char *path_end, *args;
		unsigned count;
		bool cut;

		at = memmem(at, (size_t)(end - at), mark.p, mark.n);
		if (!at)
			return false;
		path_end = count_before(p, at, &count);
		at += mark.n;
		if (!path_end || (at < end && *at != ' '))
			continue;
		args = at < end ? at + 1 : end;
		if (count && fits(args, end, count, &cut)) {
			out->path = scan_between(p, path_end);
			out->args = scan_between(args, end);
			out->arg_count = count;
			out->truncated = cut && args < end;
			return true;
		}
	}
	return false;
}
