/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * jsonread: members of a jansson object by name, where a missing or wrongly typed one reads
 * as empty. What comes back is borrowed and lives as long as the member.
 */
#ifndef OSM_BASE_JSONREAD_H
#define OSM_BASE_JSONREAD_H

#include <jansson.h>
#include <stdint.h>

#include "osmd/base/slice.h"

struct slice json_string_slice(const json_t *text); /* may hold a NUL; not a string: empty */
struct slice json_slice(const json_t *doc, const char *name);
const char *json_text(const json_t *doc, const char *name); /* "" when absent, never NULL */
int64_t json_number(const json_t *doc, const char *name);   /* 0 when absent */

#endif
