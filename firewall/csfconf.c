/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfconf.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Is left, with every blank taken out, the name? */
static bool is_name(struct slice left, struct slice name)
{
	size_t at = 0;

	for (size_t i = 0; i < left.n; i++) {
		if (is_blank(left.p[i]))
			continue;
		if (at == name.n || left.p[i] != name.p[at])
			return false;
		at++;
	}
	return at == name.n;
}

bool csfconf_get(struct slice text, struct slice name, struct slice *value)
{
	while (text.n) {
		struct slice line, left;
		const char *first, *last;

		if (!slice_cut(&text, '\n', &line)) {
			line = text;
			text.n = 0;
		}
		line = slice_trim(line);
		if (!line.n || line.p[0] == '#' || !slice_cut(&line, '=', &left) ||
		    !is_name(left, name))
			continue;
		first = memchr(line.p, '"', line.n);
		last = memrchr(line.p, '"', line.n);
		if (!first || first == last)
			return false; /* csf itself does not start with such a line */
		*value = (struct slice){first + 1, (size_t)(last - first - 1)};
		return true;
	}
	return false;
}

bool csfconf_on(struct slice text, struct slice name)
{
	struct slice value;
	uint64_t n;

	return csfconf_get(text, name, &value) &&
	       slice_u64(slice_trim(value), 1, UINT32_MAX, &n);
}
