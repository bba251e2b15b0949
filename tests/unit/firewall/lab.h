/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * lab: a root of a test's own below /tmp with csf's folders in it, taken away at the end.
 */
#ifndef OSM_TEST_FIREWALL_LAB_H
#define OSM_TEST_FIREWALL_LAB_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/paths.h"

static struct paths lab;

static inline const char *lab_at(const char *name)
{
	static char path[PATH_MAX];

	cr_assert_not_null(paths_at(&lab, name, path, sizeof(path)));
	return path;
}

static inline void lab_put(const char *name, const char *text)
{
	char folder[PATH_MAX];
	FILE *f;

	snprintf(folder, sizeof(folder), "%s", lab_at(name));
	*strrchr(folder, '/') = '\0';
	cr_assert(file_mkdirs(folder, 0755, NULL));
	f = fopen(lab_at(name), "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

/* Borrowed until the next call; "" when there is no such file. */
static inline const char *lab_get(const char *name)
{
	static char text[65536];
	FILE *f = fopen(lab_at(name), "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

static inline void lab_make(void)
{
	char dir[] = "/tmp/osm-firewall-XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	cr_assert(paths_init(&lab, dir));
	lab_put("/proc/net/route", ""); /* else this machine's own would count */
	lab_put("/etc/csf/csf.deny", "");
	lab_put("/var/lib/csf/csf.tempban", "");
}

static inline int lab_unlink(const char *path, const struct stat *st, int kind,
			     struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void lab_remove(void)
{
	nftw(lab.root, lab_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
