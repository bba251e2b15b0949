/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * aside: work on what strangers wrote is done by a child that has given up root, has little
 * memory and a deadline, and can't do worse than say something wrong: it answers with one JSON
 * document, which the caller holds against its form.
 */
#ifndef OSM_ACT_ASIDE_H
#define OSM_ACT_ASIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#define ASIDE_NOBODY 65534

struct aside {
	json_t *(*work)(void *ctx); /* in the child; its answer, or NULL */
	void *ctx;
	uid_t uid; /* whose rights it has; not root's */
	gid_t gid;
	unsigned timeout_ms;
	size_t answer_max; /* bytes */
};

/* The answer (owned by the caller), or NULL: none, not in time (*late), too long, no JSON. It
 * blocks for timeout_ms and a second at most: a child that does not end even when killed is left
 * behind, and while four are left none is begun. A process that isn't root (a test) keeps its own
 * rights. */
json_t *aside_run(const struct aside *a, bool *late);

#endif
