/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * metrics: the daemon's status as Prometheus' text exposition format 0.0.4. Sums of the whole
 * server only: who sent what is nobody's business but root's, and names would be labels
 * without end.
 */
#ifndef OSM_MODEL_METRICS_H
#define OSM_MODEL_METRICS_H

#include <jansson.h>

#include "osmd/base/buf.h"

#define METRICS_MAX (256 * 1024) /* bytes; a text of all metrics has less than 16 KB */

/* status: the answer to {"do":"status"}, or NULL when osmd does not run: then only osm_up is
 * there, and 0. What the status does not hold is left out. */
void metrics_text(const json_t *status, struct buf *out);

#endif
