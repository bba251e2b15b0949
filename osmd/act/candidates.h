/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * candidates: which files in the folders that mail came from may have sent it. A look, no proof:
 * no action is ever taken on a candidate. It is done by a child with the customer's own rights,
 * by folder handles from the home, no symlink followed; so many entries, files, bytes and
 * milliseconds, and no more.
 */
#ifndef OSM_ACT_CANDIDATES_H
#define OSM_ACT_CANDIDATES_H

#include <jansson.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/base/paths.h"

#define CANDIDATES_MAX 10
#define CANDIDATES_BUDGET (8 * 1024) /* printed bytes of the list */
#define CANDIDATES_MS 1500

struct candidates_want {
	const struct paths *paths;
	const struct account *account;	/* with home, uid, gid */
	const json_t *folders, *scripts; /* a report's "paths" and "scripts" */
	bool run; /* the scripts are those of processes, not of web requests */
	int64_t first_s;		 /* of the report's events */
};

/* [{"path","size","owner","mtime","mtime_iso","why"}...], the most suspicious first; at most
 * CANDIDATES_MAX. *cut: there was more to look at. NULL: it could not be done. Owned by the
 * caller. */
json_t *candidates_of(const struct candidates_want *want, bool *cut);

#endif
