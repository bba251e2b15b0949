/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * pathkey: a path in a list covers what is below it, by whole components: /home/a covers
 * /home/a and /home/a/b, not /home/ab. Finding the keys that cover a path costs one hash
 * look-up for each of its components, and no more than the deepest key has.
 */
#ifndef OSM_MODEL_PATHKEY_H
#define OSM_MODEL_PATHKEY_H

#include "osmd/base/slice.h"

#define PATHKEY_DEPTH_MAX 32

/* A path of a list in the form that is compared: absolute, no slash at its end. false if it
 * isn't absolute, has an empty part, "." or "..", or too many parts. */
bool pathkey_clean(struct slice *path);
/* Parts of a clean path: 0 for "/". */
size_t pathkey_depth(struct slice path);
/* The lengths of the prefixes of a path with at most max_depth parts, shortest first
 * ("/" is the first); returns how many. 0 for what is no absolute path. */
size_t pathkey_prefixes(struct slice path, size_t max_depth,
			size_t length[PATHKEY_DEPTH_MAX + 1]);

#endif
