/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/stretch.h"

#include <string.h>

void stretch_init(struct stretch *s)
{
	*s = (struct stretch){.disturbed_end = STRETCH_WRITE_MAX};
}

bool stretch_is_sound(const struct stretch *s)
{
	return s->place >= s->disturbed_end;
}

/* A line end inside an address is either quoted or behind a backslash. */
static bool may_go_on(struct slice raw)
{
	bool quoted = false;

	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			return true;
		if (raw.p[i] == '"')
			quoted = !quoted;
	}
	return quoted;
}

/* Mail for a file or a command, whose name a customer's filter may make of anything; Exim
 * prints it as it is. */
static bool is_file_or_pipe(struct slice address)
{
	return slice_starts(address, SLICE("/")) || slice_starts(address, SLICE("|")) ||
	       slice_starts(address, SLICE("save "));
}

static bool disturbs(const struct exim_line *line, struct slice raw, bool safe_folder)
{
	switch (line->kind) {
	case EXIM_BAD:
	case EXIM_OVERFLOW:
		return true;
	case EXIM_CWD:
		return !safe_folder;
	case EXIM_ARRIVAL: /* the whole line fits: it ends where it should */
	case EXIM_COMPLETED:
		return false;
	case EXIM_DELIVERY:
		return is_file_or_pipe(line->field) || may_go_on(raw);
	case EXIM_ID_OTHER: /* a transport's trouble names its file or command, too */
		return memchr(raw.p, '/', raw.n) || memchr(raw.p, '|', raw.n) ||
		       may_go_on(raw);
	default:
		return may_go_on(raw);
	}
}

void stretch_pass(struct stretch *s, const struct exim_line *line, struct slice raw,
		  bool safe_folder)
{
	if (disturbs(line, raw, safe_folder))
		s->disturbed_end = s->place + STRETCH_WRITE_MAX;
	s->place += raw.n + 1;
}
