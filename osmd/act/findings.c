/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * findings: what can be seen of an account at this moment and is put into its report before
 * anything is done: its processes (a suspension kills them), what Apache serves of it, files
 * that may have sent the mail. What can't be seen is said, and nothing else suffers.
 */
#include <string.h>

#include "osmd/act/candidates.h"
#include "osmd/act/executor_parts.h"
#include "osmd/act/processes.h"
#include "osmd/base/jsonread.h"

#define NOTES_MAX 20 /* as a report takes */

void findings_note(json_t *whole, const char *text)
{
	json_t *notes = json_copy(json_object_get(whole, "notes"));

	if (json_array_size(notes) < NOTES_MAX)
		json_array_append_new(notes, json_string(text));
	json_object_set_new(whole, "notes", notes);
}

static bool is_empty(const json_t *report, const char *name)
{
	return json_array_size(json_object_get(report, name)) == 0;
}

/* What Apache serves of it now; or a note why that isn't known. */
static void add_requests(struct executor *x, json_t *whole, const struct account *a,
			 int64_t now_s)
{
	const int64_t first_s = json_integer_value(json_object_get(whole, "first"));
	const struct webstatus_want want = {json_object_get(whole, "paths"),
					    first_s < now_s ? first_s : now_s, now_s};
	json_t *requests, *scripts;
	char why[256];

	if (!x->config.apachestatus || !is_empty(whole, "requests"))
		return;
	if (!webstatus_of(x->web, &x->paths, &x->config, x->accounts, a, &want, &requests,
			  &scripts, why))
		findings_note(whole, why);
	json_object_set_new(whole, "requests", requests);
	/* of connections only what the processes run: rename_script believes them */
	if (strcmp(json_text(whole, "event"), "packet") != 0)
		json_object_set(whole, "scripts", scripts);
	json_decref(scripts);
}

/* Files in the folders that the mail came from; a guess for a person to look at. */
static void add_candidates(struct executor *x, json_t *whole, const struct account *a)
{
	const struct candidates_want want = {
		.paths = &x->paths,
		.account = a,
		.folders = json_object_get(whole, "paths"),
		.scripts = json_object_get(whole, "scripts"),
		.run = strcmp(json_text(whole, "event"), "packet") == 0,
		.first_s = json_integer_value(json_object_get(whole, "first"))};
	bool cut = false;
	json_t *list;

	json_object_set_new(whole, "candidates",
			    json_array()); /* only our own look counts */
	if (is_empty(whole, "paths"))
		return;
	list = candidates_of(&want, &cut);
	if (!list)
		findings_note(
			whole,
			"The folders of its mail could not be searched for scripts.");
	else if (cut)
		findings_note(whole, "The folders of its mail hold more than was "
				     "searched for scripts.");
	if (list)
		json_object_set_new(whole, "candidates", list);
}

json_t *findings_add(struct executor *x, const json_t *report, int64_t now_s)
{
	const struct account *a =
		accounts_by_user(x->accounts, json_slice(report, "account"));
	json_t *whole = json_copy((json_t *)report), *running;

	if (!whole || !a || a->uid <= 0)
		return whole;
	running = is_empty(report, "processes") ? processes_of(a->uid) : NULL;
	if (running)
		json_object_set_new(whole, "processes", running);
	add_requests(x, whole, a, now_s);
	add_candidates(x, whole, a);
	return whole;
}

json_t *findings_look(struct executor *x, const json_t *request, int64_t now_s)
{
	const json_t *names = json_object_get(request, "accounts"), *name;
	size_t i;

	if (!json_is_array(names) || json_array_size(names) > EXECUTOR_LOOK_MAX)
		return executor_refuse("look: \"accounts\" is no list of names");
	json_array_foreach(names, i, name)
	{
		const struct account *a =
			!json_is_string(name)
				? NULL
				: accounts_by_user(
					  x->accounts,
					  (struct slice){json_string_value(name),
							 json_string_length(name)});

		if (a && x->config.apachestatus)
			webstatus_look(x->web, &x->paths, &x->config, x->accounts, a,
				       now_s);
	}
	return json_pack("{s:b, s:[]}", "ok", 1, "actions");
}
