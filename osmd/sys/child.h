/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * child: a process of osmd's own, forked to go on beside the caller and joined to it by one
 * socket. When either side ends, the other reads an end of file.
 */
#ifndef OSM_SYS_CHILD_H
#define OSM_SYS_CHILD_H

#include <stddef.h>

#include "osmd/base/err.h"

/* Returns the exit code. fd: the child's end (SOCK_SEQPACKET, close-on-exec), its to close. */
typedef int child_fn(int fd, void *ctx);

/* Fork fn. The child is deaf to the signals that end or reload its parent, has the name (cut to
 * 15 bytes) and closes those of close_fds[0..count) that are not negative: the parent's alone.
 * Returns the parent's end or -1 with *e. */
int child_start(const char *name, const int *close_fds, size_t count, child_fn *fn, void *ctx,
		struct err *e);

#endif
