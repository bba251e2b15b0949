/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* reports, inforce, audit: tables from osm.db. */
#include <string.h>
#include <time.h>

#include "osmd/act/actions.h"
#include "osmd/cmd.h"
#include "osmd/cmd_rows.h"

static bool parse_filter(const struct cmd *c, struct report_filter *f, const char *since,
			 const char *limit)
{
	int t = f->type ? trigger_find(slice_str(f->type)) : TRIGGER_LOGLINE;
	uint64_t n;

	if (t < 0) {
		cmd_fail(c, CMD_USAGE,
			 "reports: %s is no type; packet, packet:cwd, logline, "
			 "logline:subject, "
			 "cwdcheck, cwdcheck:cwd are",
			 f->type);
		return false;
	}
	if (since && !text_since(since, (int64_t)time(NULL), &f->since_s)) {
		cmd_fail(c, CMD_USAGE, "reports: --since is 2h, 7d or 2026-01-31, not %s",
			 since);
		return false;
	}
	if (!slice_u64(slice_str(limit), 1, 100000, &n)) {
		cmd_fail(c, CMD_USAGE, "reports: --limit is a number from 1 to 100000");
		return false;
	}
	f->limit = (size_t)n;
	return true;
}

void rows_print_reports(const json_t *list)
{
	static const char *const heads[] = {"REPORT", "TIME",  "TYPE",	  "ACCOUNT",
					    "COUNT",  "LIMIT", "ACTIONS", "KEY"};
	json_t *rows = json_array(), *row;
	char when[TEXT_TIME_MAX];
	size_t i;

	json_array_foreach(list, i, row)
	{
		const char *id = json_string_value(json_object_get(row, "id"));
		const char *kind = json_string_value(json_object_get(row, "kind"));
		json_t *type = json_object_get(row, "type");
		int64_t at = json_integer_value(json_object_get(row, "time"));

		if (kind && strcmp(kind, "limit") != 0)
			type = json_object_get(row, "kind");
		json_array_append_new(rows, json_pack("[s#, s, O?, O?, O?, O?, O?, O?]",
						      id ? id : "",
						      id && strlen(id) > REPORT_ID_SHOWN
							      ? REPORT_ID_SHOWN
							      : (int)strlen(id ? id : ""),
						      text_time(at, when), type,
						      json_object_get(row, "account"),
						      json_object_get(row, "count"),
						      json_object_get(row, "limit"),
						      json_object_get(row, "actions"),
						      json_object_get(row, "key")));
	}
	text_table(stdout, heads, sizeof(heads) / sizeof(heads[0]), rows);
	json_decref(rows);
}

int cmd_reports(struct cmd *c)
{
	struct report_filter f = {0};
	const char *since = NULL, *limit = "50";
	const struct cmd_option options[] = {
		{"--type", &f.type, NULL},
		{"--account", &f.account, NULL},
		{"--since", &since, NULL},
		{"--limit", &limit, NULL},
	};
	struct err e = {0};
	struct store *s;
	json_t *list;
	int code = CMD_OK;

	if (!cmd_options(c, options, 4, 0, 0) || !parse_filter(c, &f, since, limit))
		return CMD_USAGE;
	s = cmd_store(c, &code);
	if (!s)
		return code;
	list = store_report_list(s, &f, &e);
	if (!list)
		code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	else if (c->json)
		cmd_print_json(json_pack("{s:b, s:O}", "ok", 1, "reports", list));
	else if (json_array_size(list) == 0)
		puts("no reports");
	else
		rows_print_reports(list);
	json_decref(list);
	store_close(s);
	return code;
}

json_t *rows_action(const struct action_row *a)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "id",
			 (json_int_t)a->id, "report", a->report_id, "action", a->action,
			 "account", a->account, "target", a->target, "state",
			 action_state_name(a->state), "created", (json_int_t)a->created_s,
			 "changed", (json_int_t)a->changed_s, "expires",
			 (json_int_t)a->expires_s, "detail", a->detail);
}

void rows_collect_action(const struct action_row *a, void *ctx)
{
	/* mails and stored reports hold nothing that could be undone */
	if (strcmp(a->action, "email") != 0 && strcmp(a->action, "store") != 0)
		json_array_append_new(ctx, rows_action(a));
}

void rows_print_actions(const json_t *list)
{
	static const char *const heads[] = {"ID",      "SINCE",	 "ACTION",
					    "ACCOUNT", "TARGET", "EXPIRES",
					    "REPORT",  "UNDO",	 "DETAIL"};
	json_t *rows = json_array(), *row;
	char since[TEXT_TIME_MAX], until[TEXT_TIME_MAX], undo[48];
	size_t i;

	json_array_foreach(list, i, row)
	{
		const char *report = json_string_value(json_object_get(row, "report"));
		int64_t expires = json_integer_value(json_object_get(row, "expires"));
		bool by_hand = !report || !report[0];

		snprintf(undo, sizeof(undo), "osm undo %" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(row, "id")));
		text_time(json_integer_value(json_object_get(row, "created")), since);
		text_time(expires, until);
		json_array_append_new(
			rows,
			json_pack("[O?, s, O?, O?, O?, s, s#, s, O?]",
				  json_object_get(row, "id"), since,
				  json_object_get(row, "action"),
				  json_object_get(row, "account"),
				  json_object_get(row, "target"),
				  expires ? until : "never", by_hand ? "by hand" : report,
				  by_hand ? 7 : (int)strnlen(report, REPORT_ID_SHOWN),
				  undo, json_object_get(row, "detail")));
	}
	text_table(stdout, heads, sizeof(heads) / sizeof(heads[0]), rows);
	json_decref(rows);
}

/* Not in force, but about to be tried again. */
static void collect_waiting(const struct action_row *a, void *ctx)
{
	const struct action_kind *kind = action_kind_find(a->action);

	if (kind && kind->disruptive)
		json_array_append_new(ctx, rows_action(a));
}

static void print_in_force(const json_t *list, const json_t *waiting)
{
	if (json_array_size(list) == 0)
		puts("nothing is in force");
	else
		rows_print_actions(list);
	if (json_array_size(waiting) == 0)
		return;
	puts("\nNot in force yet: being done, or to be tried again (osm undo takes it back)");
	rows_print_actions(waiting);
}

int cmd_inforce(struct cmd *c)
{
	struct err e = {0};
	struct store *s;
	json_t *list, *waiting;
	int code = CMD_OK;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	s = cmd_store(c, &code);
	if (!s)
		return code;
	list = json_array();
	waiting = json_array();
	if (!store_action_each(s, -1, rows_collect_action, list, &e) ||
	    !store_action_each(s, ACTION_PENDING, collect_waiting, waiting, &e))
		code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	else if (c->json)
		cmd_print_json(json_pack("{s:b, s:O, s:O}", "ok", 1, "actions", list,
					 "waiting", waiting));
	else
		print_in_force(list, waiting);
	json_decref(list);
	json_decref(waiting);
	store_close(s);
	return code;
}

static void print_audit(const json_t *list)
{
	static const char *const heads[] = {"TIME", "WHO", "WHAT"};
	json_t *rows = json_array(), *row;
	char when[TEXT_TIME_MAX];
	size_t i;

	json_array_foreach(list, i, row) json_array_append_new(
		rows, json_pack("[s, O, O]",
				text_time(json_integer_value(json_object_get(row, "time")),
					  when),
				json_object_get(row, "who"), json_object_get(row, "what")));
	text_table(stdout, heads, sizeof(heads) / sizeof(heads[0]), rows);
	json_decref(rows);
}

int cmd_audit(struct cmd *c)
{
	const char *limit = "50";
	const struct cmd_option options[] = {{"--limit", &limit, NULL}};
	struct err e = {0};
	struct store *s;
	int code = CMD_OK;
	json_t *list;
	uint64_t n;

	if (!cmd_options(c, options, 1, 0, 0))
		return CMD_USAGE;
	if (!slice_u64(slice_str(limit), 1, 100000, &n))
		return cmd_fail(c, CMD_USAGE,
				"audit: --limit is a number from 1 to 100000");
	s = cmd_store(c, &code);
	if (!s)
		return code;
	list = store_audit_list(s, (size_t)n, &e);
	if (!list)
		code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	else if (c->json)
		cmd_print_json(json_pack("{s:b, s:O}", "ok", 1, "audit", list));
	else
		print_audit(list);
	json_decref(list);
	store_close(s);
	return code;
}
