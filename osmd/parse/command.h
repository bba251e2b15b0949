/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * command: which script a process runs, as far as its argument vector tells: the first word
 * of an interpreter (php, perl, python, ruby, node, a shell) that is no option. A process may
 * write anything into its arguments, so this is a hint for people, never a ground to act on.
 * Pure.
 */
#ifndef OSM_PARSE_COMMAND_H
#define OSM_PARSE_COMMAND_H

#include "osmd/base/slice.h"

/* arguments: as in /proc/PID/cmdline, a NUL behind each. Made absolute by cwd, into out.
 * Empty: none is named, or it doesn't fit. */
struct slice command_script(struct slice exe, struct slice arguments, struct slice cwd,
			    char *out, size_t size);
/* The arguments as one line for people, a blank between two, into out; cut at size. */
struct slice command_text(struct slice arguments, char *out, size_t size);

#endif
