/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * renameact: the actions rename_path and rename_script, done by quarantine. The journal's
 * `before` holds "free" and quarantine's mark: the mode, which file it was, the new name.
 */
#ifndef OSM_ACT_RENAMEACT_H
#define OSM_ACT_RENAMEACT_H

#include "osmd/act/actions.h"

enum action_state renameact_perform(const struct action_job *job,
				    char detail[ACTION_DETAIL_MAX]);
bool renameact_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX]);
/* Before it is marked nothing is in force. */
enum action_force renameact_in_force(const struct action_job *job);
bool renameact_before(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		      char why[ACTION_DETAIL_MAX]);
/* The one path that a report's action is about, or none (n 0). rename_path: of a trigger that
 * counts paths its key, else the only folder. rename_script: the only script of the report's
 * connections, when it is sure that it made most of them; never one that only Apache's status
 * page names, since an outsider can have any script stand there. */
struct slice renameact_target(enum action_id id, const json_t *report);

#endif
