/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * custom: the administrator's own program (CUSTOM_ACTION), run because of a report. It gets the
 * report's document in CUSTOM_FORMAT on stdin and six arguments: id, type, account, key, count,
 * format. No shell, a clean environment, a process group of its own that is killed after
 * CUSTOM_TIMEOUT; what it prints is kept up to a bound, made printable.
 *
 * It runs as root, so it is only run when nobody but root can have written it.
 */
#ifndef OSM_ACT_CUSTOM_H
#define OSM_ACT_CUSTOM_H

#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"

/* May it be run? Every folder on the way (below the root) and the file itself are root's,
 * nobody else may write to them, none is a symlink, the file is a program. */
bool custom_check(const struct paths *paths, const struct config *config, struct err *e);
/* Run it and wait. report: with its "actions" as done so far. said: its ending and the start of
 * what it printed. true: it ended with 0. */
bool custom_run(const struct paths *paths, const struct config *config,
		const json_t *report, char *said, size_t said_size);

#endif
