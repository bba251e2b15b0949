/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/paths.h"

#include <stdio.h>
#include <string.h>

bool paths_init(struct paths *p, const char *root)
{
	size_t n = root ? strlen(root) : 0;

	while (n && root[n - 1] == '/')
		n--;
	if ((root && root[0] && root[0] != '/') || n >= sizeof(p->root))
		return false;
	if (n)
		memcpy(p->root, root, n);
	p->root[n] = '\0';
	return true;
}

const char *paths_at(const struct paths *p, const char *absolute, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s", p->root, absolute);

	return n >= 0 && (size_t)n < size ? out : NULL;
}
