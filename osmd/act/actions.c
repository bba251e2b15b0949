/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/actions.h"

#include <stdio.h>
#include <string.h>

#include "osmd/act/custom.h"
#include "osmd/act/deliver.h"
#include "osmd/act/fwact.h"
#include "osmd/act/panelact.h"
#include "osmd/act/renameact.h"

/* What the journal says of the report's other actions, for its mail. */
static json_t *told_actions(const struct action_job *job)
{
	json_t *stored = store_report_read(job->store, job->row->report_id, NULL);
	json_t *told = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(stored, "actions"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "action"));

		if (name && strcmp(name, job->row->action) != 0)
			json_array_append(told, (json_t *)one);
	}
	json_decref(stored);
	return told;
}

/* The mail is the last of a report's actions, so that it can tell of the others. */
static enum action_state email_perform(const struct action_job *job,
				       char detail[ACTION_DETAIL_MAX])
{
	json_t *told = told_actions(job);
	char note[256] = "";
	struct err e = {0};
	bool ok = deliver_report(job->paths, job->config, job->report, told, note, &e);

	json_decref(told);
	if (ok)
		snprintf(detail, ACTION_DETAIL_MAX, "given to sendmail%s%s",
			 note[0] ? "; " : "", note);
	else
		snprintf(detail, ACTION_DETAIL_MAX, "%.*s", ACTION_DETAIL_MAX - 1, e.msg);
	return ok ? ACTION_DONE : ACTION_FAILED;
}

/* Its document tells what was done before it. */
static enum action_state custom_perform(const struct action_job *job,
					char detail[ACTION_DETAIL_MAX])
{
	json_t *document = json_copy((json_t *)job->report);
	bool ok;

	json_object_set_new(document, "actions", told_actions(job));
	ok = custom_run(job->paths, job->config, document, detail, ACTION_DETAIL_MAX);
	json_decref(document);
	return ok ? ACTION_DONE : ACTION_FAILED;
}

/* The report itself was written before any of its actions was begun. */
static enum action_state store_perform(const struct action_job *job,
				       char detail[ACTION_DETAIL_MAX])
{
	(void)job;
	snprintf(detail, ACTION_DETAIL_MAX, "stored");
	return ACTION_DONE;
}

#define PANEL_KIND(id_, on_, verb_)                                                      \
	{                                                                                \
		.id = (id_), .disruptive = true, .on = (on_), .verb = (verb_),           \
		.perform = panelact_perform, .reverse = panelact_reverse,                \
		.in_force = panelact_in_force, .all_gone = panelact_all_gone,            \
		.before = panelact_before, .claim = panelact_claim                       \
	}

#define RENAME_KIND(id_)                                                                 \
	{                                                                                \
		.id = (id_), .disruptive = true, .on = ACTION_ON_PATH,                   \
		.verb = "renamed", .perform = renameact_perform,                         \
		.reverse = renameact_reverse, .in_force = renameact_in_force,            \
		.before = renameact_before                                               \
	}

#define FIREWALL_KIND(id_, on_, verb_)                                                   \
	{                                                                                \
		.id = (id_), .disruptive = true, .on = (on_), .verb = (verb_),           \
		.perform = fwact_perform, .reverse = fwact_reverse,                      \
		.in_force = fwact_in_force, .before = fwact_before                       \
	}

static const struct action_kind kinds[ACTION_COUNT] = {
	[ACTION_EMAIL] = {.id = ACTION_EMAIL,
			  .needs_report = true,
			  .verb = "mailed",
			  .target = "administrator",
			  .perform = email_perform},
	[ACTION_STORE] = {.id = ACTION_STORE,
			  .needs_report = true,
			  .in_store = true,
			  .verb = "stored",
			  .target = "osm.db",
			  .perform = store_perform},
	[ACTION_HOLD] = PANEL_KIND(ACTION_HOLD, ACTION_ON_EITHER, "held"),
	[ACTION_BLOCK_ACCOUNT] =
		PANEL_KIND(ACTION_BLOCK_ACCOUNT, ACTION_ON_ACCOUNT, "blocked"),
	[ACTION_BLOCK_MAILBOX] =
		PANEL_KIND(ACTION_BLOCK_MAILBOX, ACTION_ON_MAILBOX, "blocked"),
	[ACTION_BLOCK_LOGIN] =
		PANEL_KIND(ACTION_BLOCK_LOGIN, ACTION_ON_MAILBOX, "blocked from login"),
	[ACTION_SUSPEND_MAILBOX] =
		PANEL_KIND(ACTION_SUSPEND_MAILBOX, ACTION_ON_MAILBOX, "suspended"),
	[ACTION_SUSPEND_ACCOUNT] =
		PANEL_KIND(ACTION_SUSPEND_ACCOUNT, ACTION_ON_ACCOUNT, "suspended"),
	[ACTION_RENAME_PATH] = RENAME_KIND(ACTION_RENAME_PATH),
	[ACTION_RENAME_SCRIPT] = RENAME_KIND(ACTION_RENAME_SCRIPT),
	[ACTION_FIREWALL] = FIREWALL_KIND(ACTION_FIREWALL, ACTION_ON_ADDRESS, "blocked"),
	[ACTION_BLOCK_SMTP] = FIREWALL_KIND(ACTION_BLOCK_SMTP, ACTION_ON_ACCOUNT,
					    "blocked from SMTP"),
	/* stands for another one: see ladder.c */
	[ACTION_STEPS] = {.id = ACTION_STEPS, .needs_report = true, .verb = "taken"},
	[ACTION_CUSTOM] = {.id = ACTION_CUSTOM,
			   .needs_report = true,
			   .is_once = true,
			   .verb = "run",
			   .target = "program",
			   .perform = custom_perform},
};

const struct action_kind *action_kind(enum action_id id)
{
	return &kinds[id];
}

const struct action_kind *action_kind_find(const char *name)
{
	int id = action_find(slice_str(name));

	return id < 0 ? NULL : &kinds[id];
}
