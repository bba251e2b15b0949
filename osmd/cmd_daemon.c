/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* status, metrics, top, reload: what only the running daemon can tell or do. */
#include <string.h>
#include <unistd.h>

#include "osmd/cmd.h"
#include "osmd/ctl/ctl.h"
#include "osmd/model/metrics.h"

#define ANSWER_S 10

int cmd_status(struct cmd *c)
{
	char path[PATH_MAX];
	json_t *answer;
	bool disabled;
	struct err e = {0};
	json_t *ask;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	disabled = access(cmd_path(c, PATH_DISABLED, path), F_OK) == 0;
	ask = json_pack("{s:s}", "do", "status");
	answer = ctl_ask(cmd_path(c, PATH_SOCKET, path), ask, ANSWER_S, &e);
	json_decref(ask);
	if (!answer && !cmd_is_down(&e))
		return cmd_fail(c, CMD_FAILED, "%s", e.msg);
	if (!answer && c->json) {
		cmd_print_json(json_pack("{s:b, s:b, s:b, s:s}", "ok", 0, "running", 0,
					 "disabled", disabled, "error",
					 "osmd is not running"));
		return CMD_NOT_RUNNING;
	}
	if (!answer) {
		printf("osmd is not running%s\n",
		       disabled ? "; it is disabled (osm -e)" : "");
		return CMD_NOT_RUNNING;
	}
	json_object_set_new(answer, "running", json_true());
	if (c->json) {
		cmd_print_json(answer);
		return CMD_OK;
	}
	json_object_del(answer, "ok");
	json_object_del(answer, "running");
	puts("osmd is running");
	text_tree(stdout, answer, 0);
	json_decref(answer);
	return CMD_OK;
}

/* Also for a cron job that writes it where node_exporter's textfile collector looks. */
int cmd_metrics(struct cmd *c)
{
	char path[PATH_MAX];
	json_t *ask, *answer;
	struct err e = {0};
	struct buf text;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	if (c->json)
		return cmd_fail(c, CMD_USAGE, "metrics: osm --json status has the numbers as JSON");
	ask = json_pack("{s:s}", "do", "status");
	answer = ctl_ask(cmd_path(c, PATH_SOCKET, path), ask, ANSWER_S, &e);
	json_decref(ask);
	if (!answer && !cmd_is_down(&e))
		return cmd_fail(c, CMD_FAILED, "%s", e.msg);
	buf_init(&text, METRICS_MAX);
	metrics_text(answer, &text);
	fputs(buf_str(&text), stdout);
	buf_clear(&text);
	json_decref(answer);
	return answer ? CMD_OK : CMD_NOT_RUNNING;
}

static void print_top(const json_t *top)
{
	static const char *const heads[] = {"COUNT",   "LIMIT",	 "TYPE",
					    "ACCOUNT", "NEWEST", "KEY"};
	json_t *rows = json_array(), *row;
	char when[TEXT_TIME_MAX];
	size_t i;

	json_array_foreach(top, i, row)
	{
		int64_t newest = json_integer_value(json_object_get(row, "newest"));

		json_array_append_new(rows, json_pack("[O?, O?, O?, O?, s, O?]",
						      json_object_get(row, "count"),
						      json_object_get(row, "limit"),
						      json_object_get(row, "type"),
						      json_object_get(row, "account"),
						      text_time(newest, when),
						      json_object_get(row, "key")));
	}
	text_table(stdout, heads, sizeof(heads) / sizeof(heads[0]), rows);
	json_decref(rows);
}

int cmd_top(struct cmd *c)
{
	const char *limit = "20";
	const struct cmd_option options[] = {{"--limit", &limit, NULL}};
	json_t *answer;
	uint64_t n;
	int code;

	if (!cmd_options(c, options, 1, 0, 0))
		return CMD_USAGE;
	if (!slice_u64(slice_str(limit), 1, 1000, &n))
		return cmd_fail(c, CMD_USAGE, "top: --limit is a number from 1 to 1000");
	answer = cmd_ask(c, json_pack("{s:s, s:I}", "do", "top", "n", (json_int_t)n),
			 ANSWER_S, &code);
	if (!answer)
		return code;
	if (c->json) {
		cmd_print_json(answer);
		return CMD_OK;
	}
	print_top(json_object_get(answer, "top"));
	json_decref(answer);
	return CMD_OK;
}

int cmd_reload(struct cmd *c)
{
	int code;

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	/* said here with file and line; the daemon would refuse it all the same */
	if (!cmd_settings_fine(c, "the settings are wrong, nothing was changed"))
		return CMD_FAILED;
	json_decref(cmd_ask(c, json_pack("{s:s}", "do", "reload"), 30, &code));
	return code == CMD_OK ? cmd_say(c, "osmd has the new settings") : code;
}
