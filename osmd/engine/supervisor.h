/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * supervisor: keeps an executor running. It is forked before the watcher reads a stranger's
 * byte or gives up a right, reads nothing but osm.conf itself, and starts the executor again
 * when it ends, slower each time. The watcher gets the socket of each new one handed over. All
 * of it ends with the watcher: an end of file is the sign, so even kill -9 leaves nothing
 * behind.
 *
 * It holds the settings that a new executor begins with: those of the start, then those of the
 * last reload. An executor finishes what is pending before anybody can tell it anything.
 */
#ifndef OSM_ENGINE_SUPERVISOR_H
#define OSM_ENGINE_SUPERVISOR_H

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"

/* Fork it. Returns the watcher's end of the handover (close-on-exec, non-blocking) or -1 with
 * *e. In the child it never returns. close_fd: a descriptor that is the watcher's alone. */
int supervisor_start(const struct paths *paths, const struct config *config, int close_fd,
		     struct err *e);
/* The next executor's socket: a descriptor; -EAGAIN: none is waiting; -EPIPE: the supervisor
 * is gone. *reloads: how many supervisor_reload it begins with. */
int supervisor_take(int handover, unsigned *reloads);
/* Read osm.conf again, for the executors to come; a wrong one changes nothing. Returns when it has
 * been read (waits a second at most). */
bool supervisor_reload(int handover, struct err *e);

#endif
