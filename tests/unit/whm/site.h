/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* site: a scratch root with an /etc/osm, and a request to it, for tests of the pages' parts. */
#ifndef OSM_TESTS_WHM_SITE_H
#define OSM_TESTS_WHM_SITE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "whm/site.h"

static struct site site;

static inline void site_begin(void)
{
	char root[] = "/tmp/osm-whm-XXXXXX", path[PATH_MAX];
	struct err e = {0};

	cr_assert_not_null(mkdtemp(root));
	site = (struct site){.code = 200, .now_s = 1790000000};
	cr_assert(paths_init(&site.paths, root));
	site.page = page_new();
	page_open(site.page, "div", NULL);
	cr_assert(file_mkdirs(site_path(&site, "/etc/osm", path), 0700, &e), "%s", e.msg);
}

static inline void site_end(void)
{
	char command[PATH_MAX + 16];

	page_free(site.page);
	cgi_clear(&site.cgi);
	snprintf(command, sizeof(command), "rm -rf '%s'", site.paths.root);
	cr_assert_eq(system(command), 0);
}

static inline void put_file(const char *absolute, const char *text)
{
	char path[PATH_MAX];
	FILE *f = fopen(site_path(&site, absolute, path), "w");

	cr_assert_not_null(f);
	fputs(text, f);
	cr_assert_eq(fclose(f), 0);
}

/* Owned by the caller; NULL: not there. */
static inline char *get_file(const char *absolute)
{
	char path[PATH_MAX], *text = NULL;
	size_t n;

	file_read(site_path(&site, absolute, path), 1 << 20, &text, &n, NULL);
	return text;
}

/* The form that a browser sends. */
static inline void post(const char *body)
{
	const struct cgi_env env = {"POST", "", "application/x-www-form-urlencoded", NULL};

	cgi_clear(&site.cgi);
	cr_assert_eq(cgi_parse(&env, slice_str(body), &site.cgi, NULL), 0);
}

static inline const char *html(void)
{
	const char *text;

	page_close(site.page);
	text = page_html(site.page);
	cr_assert_not_null(text);
	return text;
}

#endif
