/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * decide: is an action to be done, to whom exactly, and if not, why not? The guard's word, the
 * ignore list, certainty, TESTING, what is so already, and the limits on ourselves.
 */
#ifndef OSM_ACT_DECIDE_H
#define OSM_ACT_DECIDE_H

#include "osmd/act/executor_parts.h"

/* What was decided of one action. */
struct decision {
	bool go;
	char detail[ACTION_DETAIL_MAX];
	const char *before;
	char more[ACTION_BEFORE_MAX]; /* what stands behind it */
};

/* An action of a report that touches a customer; row->target is set in any case. */
void decide_disruptive(struct executor *x, const struct action_kind *kind,
		       const json_t *report, bool confirmed, struct action_row *row,
		       struct decision *d);
/* The administrator's program. */
void decide_once(struct executor *x, const struct action_kind *kind, const json_t *report,
		 bool confirmed, int64_t now_s, struct decision *d);
/* What is allowed as such: is it so already, may it be now? */
void decide_now(struct executor *x, const struct action_job *job,
		const struct action_kind *kind, bool testing, bool by_hand,
		struct decision *d);

#endif
