/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * webfetch: one look at Apache's status page, by a child without rights: libevent's HTTP client
 * and the page's reader run there, and what it tells is checked again here.
 */
#ifndef OSM_ACT_WEBFETCH_H
#define OSM_ACT_WEBFETCH_H

#include <jansson.h>
#include <stdbool.h>

#define WEBFETCH_TIMEOUT_MS 2000
#define WEBFETCH_ROWS_MAX 1000

struct webfetch {
	const char *url; /* http://ADDRESS[:PORT]/PATH; localhost is 127.0.0.1 */
	const char *key; /* "" or what hides the page; letters, digits, - and _ */
	int port;	 /* when the url names none */
};

/* [{"client","vhost","method","target","vhost_cut","target_cut"}, ...], or NULL and why, in
 * which the key never stands. *slow: there was no answer in time. */
json_t *webfetch_rows(const struct webfetch *f, char why[256], bool *slow);

#endif
