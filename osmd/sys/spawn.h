/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * spawn: run a program by argument vector with a built environment, /dev/null or given bytes
 * on stdin, its own process group, a deadline and bounded output; never a shell. At the
 * deadline the whole group is killed. The executor may wait: spawn_run blocks.
 */
#ifndef OSM_SYS_SPAWN_H
#define OSM_SYS_SPAWN_H

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

struct spawn_request {
	const char *const *argv;  /* argv[0] is an absolute path; NULL at the end */
	const char *const *env;   /* NULL: PATH, HOME=/root, LANG=C only */
	struct slice input;       /* given on stdin; empty: /dev/null */
	const char *cwd;          /* NULL: "/" */
	unsigned timeout_s;       /* at least 1 */
	size_t output_max;        /* most bytes kept of stdout + stderr together */
};

struct spawn_result {
	bool timed_out;
	bool output_cut;
	int exit_code;            /* -1 when ended by a signal */
	int signal;
	struct buf output;        /* caller clears */
};

/* false: it could not be started; result is then cleared. */
bool spawn_run(const struct spawn_request *req, struct spawn_result *result, struct err *e);

#endif
