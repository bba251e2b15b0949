/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/homewalk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int homewalk_home(const struct paths *paths, struct slice home)
{
	char absolute[PATH_MAX], path[PATH_MAX];
	int fd;

	if (home.n < 2 || home.p[0] != '/' || home.n >= sizeof(absolute))
		return -EINVAL;
	snprintf(absolute, sizeof(absolute), "%.*s", (int)home.n, home.p);
	if (!paths_at(paths, absolute, path, sizeof(path)))
		return -ENAMETOOLONG;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int homewalk_open(int folder, const char *relative, int flags)
{
	int at = dup(folder);
	unsigned depth = 0;

	while (at >= 0) {
		size_t n = strcspn(relative, "/");
		bool last = relative[n] == '\0';
		char name[NAME_MAX + 1];
		int next, why;

		snprintf(name, sizeof(name), "%.*s", (int)n, relative);
		if (n == 0 || n > NAME_MAX || strcmp(name, ".") == 0 ||
		    strcmp(name, "..") == 0 || ++depth > HOMEWALK_DEPTH_MAX) {
			close(at);
			return -EINVAL;
		}
		next = openat(at, name,
			      (last ? flags | O_NONBLOCK : O_PATH | O_DIRECTORY) |
				      O_NOFOLLOW | O_CLOEXEC);
		why = errno;
		close(at);
		if (next < 0)
			return -why;
		if (last)
			return next;
		at = next;
		relative += n + 1;
	}
	return -errno;
}
