/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* format_parts: what the writers of the formats share. For format*.c only. */
#ifndef OSM_ACT_FORMAT_PARTS_H
#define OSM_ACT_FORMAT_PARTS_H

#include "osmd/act/format.h"

/* A number as all formats read it: an integer, or a real with a point in it (YAML 1.1 takes
 * 1e+20 for a text). */
#define FORMAT_NUMBER_SIZE 48
const char *format_number(const json_t *number, char out[FORMAT_NUMBER_SIZE]);

/* Each writes one object; its nesting was checked. */
bool format_xml(const json_t *report, struct buf *out, struct err *e);
bool format_yaml(const json_t *report, struct buf *out, struct err *e);
bool format_perl(const json_t *report, struct buf *out, struct err *e);

#endif
