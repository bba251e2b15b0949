/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * run: runs osm, the administrator's command, by argument vector with a clean environment:
 * for what no daemon can be asked for. Never a shell.
 */
#ifndef OSM_WHM_RUN_H
#define OSM_WHM_RUN_H

#include "osmd/base/buf.h"
#include "osmd/base/err.h"
#include "osmd/base/paths.h"

#define RUN_WORDS_MAX 32

/* osm beside this program, else /usr/sbin/osm. Returns out. */
const char *run_program(char out[PATH_MAX]);
/* "osm --root ROOT WORD...": its standard output into out (up to its limit), killed after
 * timeout_s. words end with NULL. false with e when it did not run to its end; *code is its
 * exit status. */
bool run_osm(const struct paths *paths, const char *const *words, unsigned timeout_s,
	     struct buf *out, int *code, struct err *e);
/* The same without waiting: it lives on when this program ends, with its output in a file and
 * its messages in another (both are made anew, mode 0600). */
bool run_osm_behind(const struct paths *paths, const char *const *words,
		    const char *output_path, const char *messages_path, struct err *e);
/* Is the one that writes output_path still at it? */
bool run_goes_on(const char *output_path);

#endif
