/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* announce: reports and actions for the system's log (SYSLOG), with fields of their own. */
#ifndef OSM_ACT_ANNOUNCE_H
#define OSM_ACT_ANNOUNCE_H

#include "osmd/act/executor_parts.h"

/* Both do nothing while SYSLOG is off, or in another root: the system's log is not its. */
void announce_report(const struct executor *x, const json_t *report);
/* An action that was done, failed, undone or has expired. */
void announce_action(const struct executor *x, const struct action_row *row);

#endif
