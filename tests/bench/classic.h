/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * classic: whose a connection is, as programs before osm find it out: read all of
 * /proc/net/tcp, then look through every descriptor of every process. The peer of the bench;
 * osm does not use it.
 */
#ifndef OSM_TESTS_CLASSIC_H
#define OSM_TESTS_CLASSIC_H

#include <stdbool.h>
#include <stdint.h>

#include "osmd/parse/flow.h"

struct classic_answer {
	int64_t uid, pid; /* -1: not found */
	char cwd[1024], exe[512];
};

void classic_find(const struct flow *f, struct classic_answer *out);

#endif
