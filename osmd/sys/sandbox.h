/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * sandbox: takes from the watcher, which reads what strangers write, all that it doesn't
 * need. Of root's capabilities CAP_DAC_READ_SEARCH stays (the spool, other users' /proc);
 * no new privileges; by seccomp no program can be run, no process made, traced or
 * signalled, nothing mounted, no module loaded, no id changed, no socket opened but a local
 * datagram one, no owner or mode changed. Where the kernel has Landlock, writing is
 * confined to the given folders, because root may write to its own files without any
 * capability.
 *
 * Fails closed: on false the process is in an unknown state between and must end.
 */
#ifndef OSM_SYS_SANDBOX_H
#define OSM_SYS_SANDBOX_H

#include "osmd/base/err.h"

struct sandbox_state {
	bool writes_confined; /* the kernel has Landlock */
};

/* writable: folders, NULL at the end; those that don't exist are left out. The process must
 * have one thread. out may be NULL. */
bool sandbox_enter(const char *const *writable, struct sandbox_state *out, struct err *e);

/* The same for the packet reader, which looks into other users' processes: of root's
 * capabilities CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE stay, and of all system calls those
 * few that reading needs: nothing can be opened for writing, no socket be made. (Landlock
 * would keep it from looking at other processes at all.) */
bool sandbox_enter_reader(struct err *e);

#endif
