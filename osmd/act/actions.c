/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/actions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpanel-hooks/panel.h"
#include "osmd/act/custom.h"
#include "osmd/act/deliver.h"
#include "osmd/base/file.h"
#include "osmd/sys/spawn.h"

#define LIST_BYTES_MAX (16 * 1024 * 1024)
#define PANEL_OUTPUT_MAX (64 * 1024)

static bool is_mailbox(const struct action_job *job)
{
	return strchr(job->row->target, '@') != NULL;
}

static bool is_block(const struct action_job *job)
{
	return strcmp(job->row->action, action_name(ACTION_BLOCK_ACCOUNT)) == 0;
}

static enum panel_call panel_call_of(const struct action_job *job, bool on)
{
	if (is_block(job))
		return on ? PANEL_BLOCK_ACCOUNT : PANEL_UNBLOCK_ACCOUNT;
	if (is_mailbox(job))
		return on ? PANEL_HOLD_MAILBOX : PANEL_RELEASE_MAILBOX;
	return on ? PANEL_HOLD_ACCOUNT : PANEL_RELEASE_ACCOUNT;
}

/* A list file that isn't there holds nobody: cPanel makes it with the first entry. */
static enum action_force panel_in_force(const struct action_job *job)
{
	char path[PATH_MAX], *text = NULL;
	struct err why = {0};
	size_t n = 0;
	bool has;

	if (!paths_at(job->paths, panel_list_file(panel_call_of(job, true)), path,
		      sizeof(path)))
		return ACTION_FORCE_UNKNOWN;
	if (!file_read(path, LIST_BYTES_MAX, &text, &n, &why))
		return why.code == ENOENT ? ACTION_NOT_IN_FORCE : ACTION_FORCE_UNKNOWN;
	has = panel_list_has((struct slice){text, n}, slice_str(job->row->target));
	free(text);
	return has ? ACTION_IN_FORCE : ACTION_NOT_IN_FORCE;
}

/* Run the call. "" in why: the panel says that it did it. */
static void panel_run(const struct action_job *job, enum panel_call call,
		      char why[PANEL_WHY_MAX])
{
	struct panel_command command;
	struct spawn_request req = {.argv = command.argv,
				    .timeout_s = job->config->action_timeout_s,
				    .output_max = PANEL_OUTPUT_MAX};
	struct spawn_result got;
	struct err e = {0};

	if (!panel_command(call, job->paths, slice_str(job->row->account),
			   slice_str(job->row->target), &command, &e) ||
	    !spawn_run(&req, &got, &e)) {
		snprintf(why, PANEL_WHY_MAX, "%.*s", PANEL_WHY_MAX - 1, e.msg);
		return;
	}
	if (got.timed_out)
		snprintf(why, PANEL_WHY_MAX,
			 "the panel gave no answer in %u s and was stopped",
			 job->config->action_timeout_s);
	else if (panel_answer(call, buf_view(&got.output), why) && got.exit_code != 0)
		snprintf(why, PANEL_WHY_MAX, "the panel said OK, but ended with %s %d",
			 got.signal ? "signal" : "exit code",
			 got.signal ? got.signal : got.exit_code);
	buf_clear(&got.output);
}

/* Whatever the panel said, its file decides: what is in force must stand in the journal as
 * ours, or nobody would ever undo it. */
static enum action_state panel_perform(const struct action_job *job,
				       char detail[ACTION_DETAIL_MAX])
{
	enum panel_call call = panel_call_of(job, true);
	char why[PANEL_WHY_MAX] = "";
	enum action_force now;

	panel_run(job, call, why);
	now = panel_in_force(job);
	if (now == ACTION_IN_FORCE)
		snprintf(detail, ACTION_DETAIL_MAX, "seen in %s%s%s",
			 panel_list_file(call), why[0] ? "; but: " : "", why);
	else if (why[0])
		snprintf(detail, ACTION_DETAIL_MAX, "%s", why);
	else
		snprintf(detail, ACTION_DETAIL_MAX, "the panel said OK, but %s %s %s",
			 job->row->target,
			 now == ACTION_NOT_IN_FORCE ? "is not in"
						    : "could not be looked up in",
			 panel_list_file(call));
	return now == ACTION_IN_FORCE ? ACTION_DONE : ACTION_FAILED;
}

static bool panel_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX])
{
	enum panel_call call = panel_call_of(job, false);
	enum action_force now = panel_in_force(job);
	char why[PANEL_WHY_MAX] = "";

	if (now == ACTION_NOT_IN_FORCE) {
		snprintf(detail, ACTION_DETAIL_MAX,
			 "it was in force no more: somebody else had undone it");
		return true;
	}
	if (now == ACTION_IN_FORCE)
		panel_run(job, call, why);
	now = panel_in_force(job);
	if (now == ACTION_NOT_IN_FORCE)
		snprintf(detail, ACTION_DETAIL_MAX, "gone from %s%s%s",
			 panel_list_file(call), why[0] ? "; but: " : "", why);
	else if (now == ACTION_FORCE_UNKNOWN)
		snprintf(detail, ACTION_DETAIL_MAX, "%s can't be read",
			 panel_list_file(call));
	else
		snprintf(detail, ACTION_DETAIL_MAX, "still in force: %s",
			 why[0] ? why : "the panel said OK, but changed nothing");
	return now == ACTION_NOT_IN_FORCE;
}

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
	[ACTION_HOLD] = {.id = ACTION_HOLD,
			 .disruptive = true,
			 .on_mailbox = true,
			 .verb = "held",
			 .perform = panel_perform,
			 .reverse = panel_reverse,
			 .in_force = panel_in_force},
	[ACTION_BLOCK_ACCOUNT] = {.id = ACTION_BLOCK_ACCOUNT,
				  .disruptive = true,
				  .verb = "blocked",
				  .perform = panel_perform,
				  .reverse = panel_reverse,
				  .in_force = panel_in_force},
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
