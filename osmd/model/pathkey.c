/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/pathkey.h"

static bool is_plain_part(struct slice part)
{
	return part.n && !slice_eq(part, SLICE(".")) && !slice_eq(part, SLICE(".."));
}

bool pathkey_clean(struct slice *path)
{
	struct slice s = *path, part;
	size_t depth = 0;
	bool more;

	if (!slice_starts(s, SLICE("/")))
		return false;
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	*path = s;
	s = (struct slice){s.p + 1, s.n - 1};
	for (more = s.n > 0; more; depth++) {
		more = slice_cut(&s, '/', &part);
		if (!is_plain_part(more ? part : s))
			return false;
	}
	return depth <= PATHKEY_DEPTH_MAX;
}

size_t pathkey_depth(struct slice path)
{
	size_t depth = 0;

	for (size_t i = 0; path.n > 1 && i < path.n; i++)
		depth += path.p[i] == '/';
	return depth;
}

size_t pathkey_prefixes(struct slice path, size_t max_depth,
			size_t length[PATHKEY_DEPTH_MAX + 1])
{
	size_t n = 0;

	if (!slice_starts(path, SLICE("/")))
		return 0;
	if (max_depth > PATHKEY_DEPTH_MAX)
		max_depth = PATHKEY_DEPTH_MAX;
	length[n++] = 1;
	for (size_t i = 1; i < path.n && n <= max_depth; i++) {
		if (path.p[i] == '/' || path.p[i - 1] != '/')
			continue;
		while (i < path.n && path.p[i] != '/')
			i++;
		length[n++] = i;
	}
	return n;
}
