/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * replay: runs log files (plain, .gz, .xz, .zst, .bz2 by libarchive; "-" is stdin) through an
 * engine, with the log's own time.
 */
#ifndef OSM_ENGINE_REPLAY_H
#define OSM_ENGINE_REPLAY_H

#include "osmd/base/addr.h"
#include "osmd/engine/engine.h"
#include "osmd/model/options.h"

/* done and total in bytes of the (compressed) input; total 0: unknown. May be NULL. */
typedef void (*replay_progress_fn)(uint64_t done, uint64_t total, void *ctx);

bool replay_file(struct engine *g, const char *path, replay_progress_fn progress,
		 void *ctx, struct err *e);

/* The same for a capture (pcap, pcapng): every connection to one of these ports that it saw
 * begin, once, counted by the address it came from: a capture knows no process. from: only
 * those of this address or network; NULL: all but those that the capture says came in.
 * *seen is counted up. */
bool replay_capture(struct engine *g, const char *path, const struct config_ports *ports,
		    const struct addr *from, uint64_t *seen, struct err *e);

#endif
