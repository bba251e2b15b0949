/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * replay: runs log files (plain, .gz, .xz, .zst, .bz2 by libarchive; "-" is stdin) through an
 * engine, with the log's own time.
 */
#ifndef OSM_ENGINE_REPLAY_H
#define OSM_ENGINE_REPLAY_H

#include "osmd/engine/engine.h"

/* done and total in bytes of the (compressed) input; total 0: unknown. May be NULL. */
typedef void (*replay_progress_fn)(uint64_t done, uint64_t total, void *ctx);

bool replay_file(struct engine *g, const char *path, replay_progress_fn progress,
		 void *ctx, struct err *e);

#endif
