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
