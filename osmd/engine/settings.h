/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * settings: osm.conf, osm.accounts and osm.ignore from their files. A missing file is as good
 * as an empty one; a wrong line is a problem, and all of them are told before it is given up.
 */
#ifndef OSM_ENGINE_SETTINGS_H
#define OSM_ENGINE_SETTINGS_H

#include "osmd/base/paths.h"
#include "osmd/model/rules.h"

/* line 0: the file as a whole. */
typedef void (*settings_problem_fn)(const char *file, unsigned line, const char *text,
				    void *ctx);

/* The text of one of them, owned by the caller, NUL after its *n bytes; NULL with a problem. */
char *settings_text(const struct paths *paths, const char *absolute, size_t *n,
		    settings_problem_fn problem, void *ctx);
bool settings_config(const struct paths *paths, struct config *config,
		     settings_problem_fn problem, void *ctx);
/* NULL with a problem; owned by the caller. */
struct rules *settings_rules(const struct paths *paths, const struct config *config,
			     settings_problem_fn problem, void *ctx);
/* All of them; every problem of every file is told. NULL with a problem. */
struct rules *settings_load(const struct paths *paths, settings_problem_fn problem,
			    void *ctx);

#endif
