/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/csffile.h"

#include <stdio.h>
#include <string.h>

#include "osmd/base/map.h"

#define NAME_SHOWN 64
#define NEL 0x85 /* the byte that Perl takes for a line end, as csf does */

enum line_kind { LINE_NOTHING, LINE_SETTING, LINE_WRONG };

static bool next_line(struct slice *rest, struct slice *line)
{
	if (slice_cut(rest, '\n', line))
		return true;
	if (rest->n == 0)
		return false;
	*line = *rest;
	*rest = (struct slice){NULL, 0};
	return true;
}

/* 0x85 is also a part of many UTF-8 characters; there a byte above 0x7f stands before it. */
static bool is_bare_nel(struct slice s, size_t i)
{
	return (unsigned char)s.p[i] == NEL &&
	       (i == 0 || (unsigned char)s.p[i - 1] < 0x80);
}

/* csf ends a line at these; we don't, so that what stands behind them must not be guessed. */
static bool has_foreign_line_end(struct slice line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\r' || line.p[i] == '\v' || line.p[i] == '\f' ||
		    is_bare_nel(line, i))
			return true;
	return false;
}

static bool has_control(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f || is_bare_nel(s, i))
			return true;
	return false;
}

static bool has_blank(struct slice s)
{
	return s.n && (memchr(s.p, ' ', s.n) || memchr(s.p, '\t', s.n));
}

/* From the first to the last quote of what follows the "=". */
static bool quoted(struct slice s, struct slice *value)
{
	const char *first = s.n ? memchr(s.p, '"', s.n) : NULL;
	const char *last = s.n ? memrchr(s.p, '"', s.n) : NULL;

	if (!first || first == last)
		return false;
	*value = (struct slice){first + 1, (size_t)(last - first - 1)};
	return true;
}

/* LINE_WRONG gives why; the key is set as far as there is one. */
static enum line_kind read_line(struct slice line, struct csf_setting *s,
				const char **why)
{
	struct slice value, key;

	s->key = s->value = (struct slice){NULL, 0};
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (has_foreign_line_end(line)) {
		*why = "a CR, VT, FF or NEL byte inside the line (lines end with LF or "
		       "CR LF)";
		return LINE_WRONG;
	}
	value = slice_trim(line);
	if (value.n == 0 || value.p[0] == '#' || !slice_cut(&value, '=', &key))
		return LINE_NOTHING;
	s->key = slice_trim(key);
	if (s->key.n == 0)
		*why = "no name before the \"=\"";
	else if (has_blank(s->key))
		*why = "a blank inside the name";
	else if (!quoted(value, &s->value))
		*why = "the value must stand in double quotes";
	else
		return LINE_SETTING;
	return LINE_WRONG;
}

struct reading {
	csf_setting_fn each;
	csf_problem_fn problem;
	void *ctx;
	struct map *seen; /* name -> its line, as a pointer-sized number */
	size_t problems;
};

static void tell(struct reading *r, const struct csf_setting *s, const char *text)
{
	char message[256];

	r->problems++;
	if (!r->problem)
		return;
	if (s->key.n == 0 || has_control(s->key)) {
		r->problem(s->line, text, r->ctx);
		return;
	}
	snprintf(message, sizeof(message), "%.*s: %s",
		 (int)(s->key.n < NAME_SHOWN ? s->key.n : NAME_SHOWN), s->key.p, text);
	r->problem(s->line, message, r->ctx);
}

static void setting(struct reading *r, const struct csf_setting *s)
{
	char text[64];
	void *first = map_peek(r->seen, s->key);

	if (first) {
		snprintf(text, sizeof(text), "repeated; first set on line %lu",
			 (unsigned long)(uintptr_t)first);
		tell(r, s, text);
		return;
	}
	if (!map_put(r->seen, s->key, (void *)(uintptr_t)s->line)) {
		tell(r, s, "out of memory");
		return;
	}
	if (r->each)
		r->each(s, r->ctx);
}

size_t csffile_read(struct slice text, csf_setting_fn each, csf_problem_fn problem,
		    void *ctx)
{
	struct reading r = {.each = each, .problem = problem, .ctx = ctx};
	struct csf_setting s = {.line = 0};
	struct slice line;
	const char *why = "";

	/* no setting is shorter than A="": the map can't run full */
	r.seen = map_new(text.n / 4 + 1, NULL, NULL);
	if (!r.seen) {
		tell(&r, &s, "out of memory");
		return r.problems;
	}
	while (next_line(&text, &line)) {
		s.line++;
		switch (read_line(line, &s, &why)) {
		case LINE_NOTHING:
			break;
		case LINE_SETTING:
			setting(&r, &s);
			break;
		case LINE_WRONG:
			tell(&r, &s, why);
			break;
		}
	}
	map_free(r.seen);
	return r.problems;
}

/* Where key's value stands. 1: found, 0: no such name, -1: twice or not readable. */
static int find_value(struct slice text, struct slice key, struct slice *value)
{
	struct csf_setting s = {.line = 0};
	struct slice line;
	const char *why;
	int found = 0;

	while (next_line(&text, &line)) {
		enum line_kind kind = read_line(line, &s, &why);

		if (kind == LINE_NOTHING || !slice_eq(s.key, key))
			continue;
		if (kind == LINE_WRONG || found)
			return -1;
		*value = s.value;
		found = 1;
	}
	return found;
}

static bool is_name(struct slice key)
{
	return key.n && key.p[0] != '#' && !has_control(key) && !has_blank(key) &&
	       !memchr(key.p, '=', key.n) && !memchr(key.p, '"', key.n);
}

static void append(struct slice text, struct slice key, struct slice value,
		   struct buf *out)
{
	const char *end = slice_ends(text, SLICE("\r\n")) ? "\r\n" : "\n";

	buf_slice(out, text);
	if (text.n && text.p[text.n - 1] != '\n')
		buf_puts(out, end);
	buf_slice(out, key);
	buf_puts(out, " = \"");
	buf_slice(out, value);
	buf_puts(out, "\"");
	buf_puts(out, end);
}

bool csffile_set(struct slice text, struct slice key, struct slice value, struct buf *out)
{
	struct slice old;
	size_t at;

	if (!is_name(key) || has_control(value) ||
	    slice_find(value, SLICE("\"")) != SIZE_MAX)
		return false;
	switch (find_value(text, key, &old)) {
	case 0:
		append(text, key, value, out);
		return buf_ok(out);
	case 1:
		at = (size_t)(old.p - text.p);
		buf_add(out, text.p, at);
		buf_slice(out, value);
		buf_add(out, text.p + at + old.n, text.n - at - old.n);
		return buf_ok(out);
	}
	return false;
}
