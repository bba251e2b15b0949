/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * utf8: one character off a stranger's text, and whether it may be shown as it is.
 */
#ifndef OSM_BASE_UTF8_H
#define OSM_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "osmd/base/slice.h"

/* The character at the start of s (not empty) into *cp: its bytes, or 0 when it is none
 * (overlong, surrogate, cut). */
size_t utf8_next(struct slice s, uint32_t *cp);
/* Does it steer a terminal, turn the reading order or can't be seen? */
bool utf8_is_treacherous(uint32_t cp);

#endif
