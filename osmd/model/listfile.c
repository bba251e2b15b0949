/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/listfile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "osmd/model/options.h"

#define SHOWN 64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool has_control(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static struct slice without_comment(struct slice s)
{
	if (s.n && s.p[0] == '#')
		return (struct slice){s.p, 0};
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '#' && is_blank(s.p[i - 1]) &&
		    (i + 1 == s.n || is_blank(s.p[i + 1])))
			return slice_trim((struct slice){s.p, i});
	return s;
}

bool listfile_next(struct listfile *l, struct slice *entry)
{
	while (l->rest.n) {
		struct slice line;

		if (!slice_cut(&l->rest, '\n', &line)) {
			line = l->rest;
			l->rest.n = 0;
		}
		l->line++;
		*entry = without_comment(slice_trim(line));
		if (entry->n == 0)
			continue;
		if (has_control(*entry)) {
			listfile_problem(l, "a control character in the line");
			continue;
		}
		if (l->entries >= LIST_ENTRIES_MAX) {
			listfile_problem(l, "more than %d entries", LIST_ENTRIES_MAX);
			return false;
		}
		l->entries++;
		return true;
	}
	return false;
}

bool listfile_word(struct slice *entry, struct slice *word)
{
	struct slice s = slice_trim(*entry);
	size_t n = 0;

	if (s.n == 0)
		return false;
	if (s.p[0] == '"') {
		struct slice quoted, rest = {s.p + 1, s.n - 1};

		if (slice_cut(&rest, '"', &quoted)) {
			*word = quoted;
			*entry = rest;
			return true;
		}
	}
	while (n < s.n && !is_blank(s.p[n]))
		n++;
	*word = (struct slice){s.p, n};
	*entry = (struct slice){s.p + n, s.n - n};
	return true;
}

bool listfile_problem(struct listfile *l, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	l->problems++;
	if (!l->problem)
		return false;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->problem(l->file, l->line, text, l->ctx);
	return false;
}

bool listfile_lower(struct slice name, char *out, size_t max, struct slice *lower)
{
	if (name.n > max)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	*lower = (struct slice){out, name.n};
	return true;
}

bool listfile_trigger(struct listfile *l, struct slice name, unsigned *t)
{
	int found = trigger_find(name);

	if (found < 0)
		return listfile_problem(l,
					"\"%.*s\" is no event (known are packet, "
					"packet:cwd, logline, logline:subject, "
					"cwdcheck, cwdcheck:cwd)",
					(int)(name.n < SHOWN ? name.n : SHOWN), name.p);
	*t = (unsigned)found;
	return true;
}
