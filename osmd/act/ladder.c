/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * ladder: the word "steps" of a trigger's actions -> one of its steps, by how often the mailbox
 * or the account was reported of late. Only what may be acted upon is a strike: not a report
 * with too few confirmed events, not in TESTING, not one of somebody who is protected.
 */
#include <stdio.h>
#include <string.h>

#include "osmd/act/executor_parts.h"
#include "osmd/act/fwact.h"
#include "osmd/act/guard.h"
#include "osmd/act/renameact.h"
#include "osmd/base/jsonread.h"

static bool is_strike(struct executor *x, const json_t *report, int trigger,
		      bool confirmed)
{
	struct slice account = slice_str(json_text(report, "account"));
	char why[GUARD_WHY_MAX];

	return confirmed && !x->config.testing &&
	       !json_is_true(json_object_get(report, "testing")) &&
	       guard_account(x->accounts, &x->config, account, why) &&
	       !guard_ignored(x->rules, (enum trigger_id)trigger, account,
			      slice_str(json_text(report, "mailbox")),
			      json_integer_value(json_object_get(report, "last")), why);
}

/* A step that needs a mailbox, a path or an address is none of a report without. */
static size_t fitting(const json_t *report, const struct action_steps *steps,
		      enum action_id out[STEPS_MAX])
{
	char addresses[FWACT_ADDRESSES_MAX][ADDR_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < steps->n; i++) {
		const enum action_id id = (enum action_id)steps->list[i];
		const enum action_on on = action_kind(id)->on;

		if ((on == ACTION_ON_MAILBOX && !*json_text(report, "mailbox")) ||
		    (on == ACTION_ON_PATH && !renameact_target(id, report).n) ||
		    (on == ACTION_ON_ADDRESS && !fwact_targets(report, addresses)))
			continue;
		out[n++] = id;
	}
	return n;
}

/* "1 d", "36 h", "90 s": in the largest unit that fits without a rest. */
static void say_time(unsigned seconds, char out[16])
{
	static const struct {
		unsigned s;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;

	while (seconds % units[i].s)
		i++;
	snprintf(out, 16, "%u %s", seconds / units[i].s, units[i].name);
}

bool ladder_step(struct executor *x, const json_t *report, bool confirmed, unsigned *bit,
		 char note[LADDER_NOTE_MAX], struct err *e)
{
	const char *type = json_text(report, "type"),
		   *mailbox = json_text(report, "mailbox");
	int trigger = trigger_find(slice_str(type));
	enum action_id steps[STEPS_MAX];
	size_t n = fitting(report, &x->config.trigger[trigger].steps, steps), at;
	struct strike k = {.report_id = json_text(report, "id"),
			   .type = type,
			   .account = json_text(report, "account"),
			   .target = *mailbox ? mailbox : json_text(report, "account"),
			   .first_s =
				   json_integer_value(json_object_get(report, "first")),
			   .last_s = json_integer_value(json_object_get(report, "last"))};
	unsigned number;
	char span[16];

	*bit = 0;
	if (!n) {
		snprintf(note, LADDER_NOTE_MAX,
			 "The actions name steps, but this trigger has none that fits "
			 "(see _STEPS "
			 "in osm.conf).");
		return true;
	}
	if (!store_strike(x->store, &k, x->config.steps_time_s,
			  is_strike(x, report, trigger, confirmed), &number, e))
		return false;
	at = number < n ? number - 1 : n - 1;
	*bit = ACTION_BIT(steps[at]);
	say_time(x->config.steps_time_s, span);
	snprintf(note, LADDER_NOTE_MAX, "Strike %u within %s: the step is %s.", number,
		 span, action_name(steps[at]));
	return true;
}
