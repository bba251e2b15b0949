/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/renameact.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "osmd/act/quarantine.h"
#include "osmd/model/event.h"
#include "osmd/base/jsonread.h"

static bool is_path_action(const struct action_job *job)
{
	return strcmp(job->row->action, action_name(ACTION_RENAME_PATH)) == 0;
}

/* Is it sure that this script made most of the report's connections? So many of those that
 * name it may be uncertain ones; all others were told by the kernel, or their socket's owner
 * was looked up while it lived. */
static bool made_most(const json_t *report, const json_t *script)
{
	const json_t *certain = json_object_get(report, "certainty");
	int64_t all = json_number(report, "count");
	int64_t unsure = all - json_number(certain, certainty_name(CERTAINTY_SOCKET)) -
			 json_number(certain, certainty_name(CERTAINTY_KERNEL));

	return all > 0 && unsure >= 0 && (json_number(script, "count") - unsure) * 2 > all;
}

/* The scripts of connections are those that the processes run. All others come from Apache's
 * status page, where an outsider can have any script stand by asking for it. */
static struct slice certain_script(const json_t *report)
{
	const json_t *list = json_object_get(report, "scripts");

	if (!slice_eq(json_slice(report, "event"), SLICE("packet")) ||
	    json_array_size(list) != 1 ||
	    json_number(json_object_get(report, "further"), "scripts") != 0 ||
	    !made_most(report, json_array_get(list, 0)))
		return (struct slice){NULL, 0};
	return json_slice(json_array_get(list, 0), "value");
}

struct slice renameact_target(enum action_id id, const json_t *report)
{
	const json_t *list = json_object_get(report, "paths");

	if (id == ACTION_RENAME_SCRIPT)
		return certain_script(report);
	/* the key of packet:cwd begins with the account */
	if (slice_eq(json_slice(report, "type"), SLICE("cwdcheck:cwd")))
		return json_slice(report, "key");
	/* of some events the folder isn't known */
	if (json_array_size(list) != 1 ||
	    json_number(json_object_get(report, "further"), "paths") != 0 ||
	    json_number(json_array_get(list, 0), "count") != json_number(report, "count"))
		return (struct slice){NULL, 0};
	return json_slice(json_array_get(list, 0), "value");
}

/* false: the account is gone. */
static bool prepare(const struct action_job *job, struct quarantine *q,
		    char why[ACTION_DETAIL_MAX])
{
	*q = (struct quarantine){
		.paths = job->paths,
		.account = accounts_by_user(job->accounts, slice_str(job->row->account)),
		.path = slice_str(job->row->target),
		.is_folder = is_path_action(job),
		.suffix = job->config->rename_suffix,
		.seen_s = json_integer_value(json_object_get(job->report, "last"))};
	if (!q->account)
		snprintf(why, ACTION_DETAIL_MAX, "the account is gone");
	return q->account != NULL;
}

static const char *mark_of(const struct action_job *job)
{
	const char *mark = strchr(job->row->before, ' ');

	return mark ? mark + 1 : "";
}

static const char *suffix_of(const char *before)
{
	const char *blank = strrchr(before, ' ');

	return blank ? blank + 1 : "";
}

/* Is a rename in force of the first n bytes of a path? Its row. */
static bool is_renamed(const struct action_job *job, const char *path, size_t n,
		       struct action_row *row)
{
	static const enum action_id ids[] = {ACTION_RENAME_PATH, ACTION_RENAME_SCRIPT};
	char name[sizeof(row->target)];

	if (n >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)n, path);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (store_action_in_force(job->store, action_name(ids[i]), name, row))
			return true;
	return false;
}

/* A process that stands in a folder which osm has renamed shows it by its new name. Renamed
 * again it could not be found by the first action any more, and so not be undone. */
static bool is_put_away(const struct action_job *job, struct action_row *row)
{
	const char *path = job->row->target;

	for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
		size_t n = strcspn(dot, "/");

		if (dot > path && dot[-1] != '/' &&
		    is_renamed(job, path, (size_t)(dot - path), row) &&
		    slice_eq(slice_str(suffix_of(row->before)), (struct slice){dot, n}))
			return true;
	}
	return false;
}

/* Has osm renamed a folder above it? What lies there has its path again when that is undone. */
static bool is_below_renamed(const struct action_job *job, struct action_row *row)
{
	const char *path = job->row->target;

	for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/'))
		if (is_renamed(job, path, (size_t)(at - path), row))
			return true;
	return false;
}

bool renameact_before(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		      char why[ACTION_DETAIL_MAX])
{
	char mark[QUARANTINE_MARK_SIZE];
	struct action_row other;
	struct quarantine q;
	struct err e = {0};

	if (!prepare(job, &q, why))
		return false;
	if (is_put_away(job, &other)) {
		snprintf(why, ACTION_DETAIL_MAX,
			 "action %lld has renamed it already, this is its new name",
			 (long long)other.id);
		return false;
	}
	if (!quarantine_look(&q, mark, &e)) {
		snprintf(why, ACTION_DETAIL_MAX, "%.*s", ACTION_DETAIL_MAX - 1, e.msg);
		return false;
	}
	snprintf(out, ACTION_BEFORE_MAX, " %s", mark);
	return true;
}

enum action_state renameact_perform(const struct action_job *job,
				    char detail[ACTION_DETAIL_MAX])
{
	const char *name = strrchr(job->row->target, '/');
	struct quarantine q;
	struct err e = {0};

	if (!prepare(job, &q, detail))
		return ACTION_FAILED;
	if (!quarantine_take(&q, mark_of(job), &e)) {
		snprintf(detail, ACTION_DETAIL_MAX, "%.*s", ACTION_DETAIL_MAX - 1, e.msg);
		/* renamed, but its mode could not be set: to be undone all the same */
		return quarantine_is_taken(&q, mark_of(job)) == 1 ? ACTION_DONE
								  : ACTION_FAILED;
	}
	snprintf(detail, ACTION_DETAIL_MAX, "its name is %.*s%.64s now, with mode 0, was %.4s",
		 NAME_MAX, name ? name + 1 : "", suffix_of(mark_of(job)), mark_of(job));
	return ACTION_DONE;
}

bool renameact_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX])
{
	struct action_row other;
	struct quarantine q;
	struct err e = {0};
	bool gone = false;

	if (!prepare(job, &q, detail))
		return false;
	if (quarantine_return(&q, mark_of(job), &gone, &e)) {
		snprintf(detail, ACTION_DETAIL_MAX, "it has its name and mode %.4s again",
			 mark_of(job));
		return true;
	}
	if (gone && is_below_renamed(job, &other)) {
		snprintf(detail, ACTION_DETAIL_MAX,
			 "its folder is renamed by action %lld: undo that first",
			 (long long)other.id);
		return false;
	}
	if (gone)
		snprintf(detail, ACTION_DETAIL_MAX,
			 "nothing to put back: somebody else moved or removed it");
	else
		snprintf(detail, ACTION_DETAIL_MAX, "%.*s", ACTION_DETAIL_MAX - 1, e.msg);
	return gone;
}

enum action_force renameact_in_force(const struct action_job *job)
{
	char why[ACTION_DETAIL_MAX];
	struct action_row other;
	struct quarantine q;

	if (!mark_of(job)[0])
		return ACTION_NOT_IN_FORCE;
	if (!prepare(job, &q, why))
		return ACTION_FORCE_UNKNOWN;
	switch (quarantine_is_taken(&q, mark_of(job))) {
	case 1:
		return ACTION_IN_FORCE;
	case 0:
		return is_below_renamed(job, &other) ? ACTION_FORCE_UNKNOWN
						     : ACTION_NOT_IN_FORCE;
	default:
		return ACTION_FORCE_UNKNOWN;
	}
}
