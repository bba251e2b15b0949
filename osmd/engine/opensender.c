/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/opensender.h"

#include <string.h>

void opensender_begin(struct opensender *o, struct slice line, uint64_t place)
{
	o->waiting = line.n <= OPENSENDER_MAX;
	o->place = place;
	o->n = o->waiting ? line.n : 0;
	if (o->n)
		memcpy(o->text, line.p, line.n);
}

struct slice opensender_text(const struct opensender *o)
{
	return (struct slice){o->text, o->n};
}

/* What is open is a quoted word, or the byte after a backslash. A line without either leaves
 * the first open, and there may be thousands of them. */
static bool leaves_open(const struct opensender *o, struct slice line)
{
	if (!o->n || o->text[o->n - 1] == '\\')
		return false;
	return !line.n ||
	       (!memchr(line.p, '"', line.n) && !memchr(line.p, '\\', line.n));
}

enum opensender_step opensender_add(struct opensender *o, struct slice line,
				    bool too_long)
{
	struct exim_line whole;
	bool open;

	if (too_long || o->n + 1 + line.n > OPENSENDER_MAX)
		return OPENSENDER_NONE;
	open = leaves_open(o, line);
	o->text[o->n++] = '\n';
	if (line.n)
		memcpy(o->text + o->n, line.p, line.n);
	o->n += line.n;
	if (open)
		return OPENSENDER_MORE;
	eximline_parse(opensender_text(o), &whole);
	if (whole.kind == EXIM_ARRIVAL)
		return OPENSENDER_WHOLE;
	if (whole.why == EXIM_BAD_OPEN_SENDER)
		return OPENSENDER_MORE;
	/* the sender ends here, and no other field of Exim's holds a newline */
	o->n -= 1 + line.n;
	return OPENSENDER_NONE;
}
