/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packetkeeper: keeps a packet reader running, on the best source that works: when one can't
 * be opened or fails while it runs, the next one gets its turn; when none works, all are
 * tried again after a while. Forked with root's rights before the watcher gives up its own;
 * reads nothing but osm.conf, and ends with the watcher.
 */
#ifndef OSM_ENGINE_PACKETKEEPER_H
#define OSM_ENGINE_PACKETKEEPER_H

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"

/* Fork it. Returns the watcher's end of a SOCK_SEQPACKET pair (close-on-exec, non-blocking),
 * over which the readers' messages come (packetreader.h); -1 with *e. In the child it never
 * returns. close_fds: descriptors that are the watcher's alone, -1 for none. */
int packetkeeper_start(const struct paths *paths, const struct config *config,
		       const int close_fds[2], struct err *e);
/* Read osm.conf again and begin anew; a wrong one changes nothing. */
bool packetkeeper_reload(int fd, struct err *e);

#endif
