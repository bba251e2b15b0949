/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * cmd_lists: lines of osm.accounts and osm.ignore that are well written and do nothing:
 * whom they name is not on this server (a mistyped name?), or their last day is over.
 */
#ifndef OSM_CMD_LISTS_H
#define OSM_CMD_LISTS_H

#include "osmd/cmd.h"

typedef void (*lists_idle_fn)(const char *file, unsigned line, const char *why, void *ctx);
/* now_s tells today's date. */
void lists_each_idle(const struct cmd *c, const struct accounts *accounts, int64_t now_s,
		     lists_idle_fn fn, void *ctx);

#endif
