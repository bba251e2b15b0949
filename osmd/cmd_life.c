/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* life: what became of the messages of a report, or of one message: by the log and the queue. */
#include <inttypes.h>
#include <string.h>

#include "osmd/cmd.h"
#include "osmd/cmd_rows.h"
#include "osmd/engine/life.h"
#include "osmd/engine/readahead.h"
#include "osmd/engine/spool.h"

static bool is_queued(struct slice id, void *ctx)
{
	return spool_has(ctx, id);
}

/* The ids of the report that is meant, or the message's own. */
static bool watch_word(struct cmd *c, struct life *l, const char *word, int *code)
{
	struct store *s;
	json_t *report, *id;
	size_t i;

	if (life_watch(l, slice_str(word)))
		return true;
	s = cmd_store(c, code);
	report = s ? rows_find_report(c, s, word, code) : NULL;
	json_array_foreach(json_object_get(report, "message_ids"), i, id)
		life_watch(l, slice_str(json_string_value(id)));
	store_close(s);
	json_decref(report);
	return report != NULL;
}

static bool read_log(struct life *l, const char *path, struct err *e)
{
	struct readahead *input = readahead_open(path, e);
	const struct readahead_line *line;
	struct err why = {0};
	size_t n;

	if (!input)
		return false;
	while ((n = readahead_next(input, &line, &why)))
		for (size_t i = 0; i < n; i++)
			life_line(l, &line[i].parsed, line[i].raw);
	readahead_close(input);
	return !why.code || err_set(e, why.code, "%s: %s", path, why.msg);
}

static void print_messages(const json_t *list)
{
	static const char *const heads[] = {"ID",	 "ARRIVED",  "RECIPIENTS",
					    "DELIVERED", "DEFERRED", "FAILED",
					    "STATE"};
	json_t *rows = json_array(), *m, *states = json_object(), *n;
	const char *state, *between = "";
	size_t i;

	json_array_foreach(list, i, m)
	{
		state = json_string_value(json_object_get(m, "state"));
		json_array_append_new(rows, json_pack("[O, O, O, O, O, O, O]",
						      json_object_get(m, "id"),
						      json_object_get(m, "arrived"),
						      json_object_get(m, "recipients"),
						      json_object_get(m, "delivered"),
						      json_object_get(m, "deferred"),
						      json_object_get(m, "failed"),
						      json_object_get(m, "state")));
		json_object_set_new(states, state,
				    json_integer(1 + json_integer_value(json_object_get(
							     states, state))));
	}
	text_table(stdout, heads, sizeof(heads) / sizeof(heads[0]), rows);
	printf("\n%zu messages: ", json_array_size(list));
	json_object_foreach(states, state, n)
	{
		printf("%s%" JSON_INTEGER_FORMAT " %s", between, json_integer_value(n),
		       state);
		between = ", ";
	}
	putchar('\n');
	json_decref(states);
	json_decref(rows);
}

/* With one message, its lines too. */
static void print_lines(const json_t *message)
{
	json_t *line;
	size_t i;

	putchar('\n');
	json_array_foreach(json_object_get(message, "lines"), i, line)
	{
		fputs("  ", stdout);
		text_value(stdout, line);
		putchar('\n');
	}
	if (json_integer_value(json_object_get(message, "further")))
		printf("  ... and %" JSON_INTEGER_FORMAT " more\n",
		       json_integer_value(json_object_get(message, "further")));
}

static int show(struct cmd *c, const struct life *l, const struct config *config)
{
	char spool[PATH_MAX];
	json_t *list;

	cmd_path(c, config->exim_spool, spool);
	list = life_json(l, is_queued, spool);
	if (c->json) {
		cmd_print_json(json_pack("{s:b, s:o}", "ok", 1, "messages", list));
		return CMD_OK;
	}
	print_messages(list);
	if (json_array_size(list) == 1)
		print_lines(json_array_get(list, 0));
	json_decref(list);
	return CMD_OK;
}

static int run(struct cmd *c, struct life *l)
{
	json_t *problems = json_array();
	struct config config;
	struct err e = {0};
	char log[PATH_MAX];
	int code = CMD_OK;
	bool ok = cmd_load_config(c, &config, problems);

	cmd_print_problems(stderr, problems);
	json_decref(problems);
	if (!ok)
		return cmd_fail(c, CMD_FAILED, "life: the settings are wrong");
	if (!watch_word(c, l, c->args[0], &code))
		return code;
	if (c->count == 1)
		ok = read_log(l, cmd_path(c, config.exim_log, log), &e);
	for (size_t i = 1; ok && i < c->count; i++)
		ok = read_log(l, c->args[i], &e);
	return ok ? show(c, l, &config) : cmd_fail(c, CMD_FAILED, "%s", e.msg);
}

int cmd_life(struct cmd *c)
{
	struct life *l;
	int code;

	if (!cmd_options(c, NULL, 0, 1, SIZE_MAX))
		return CMD_USAGE;
	l = life_new();
	if (!l)
		return cmd_fail(c, CMD_FAILED, "no memory");
	code = run(c, l);
	life_free(l);
	return code;
}
