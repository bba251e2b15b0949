/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <stdlib.h>

#include "osmd/base/file.h"
#include "osmd/cmd.h"
#include "osmd/engine/settings.h"

#define CONF_MAX (8 * 1024 * 1024)

static void collect(json_t *problems, const char *file, unsigned line, const char *text)
{
	json_t *row = json_pack("{s:s, s:i, s:s}", "file", file, "line", (int)line,
				"text", text);

	if (!row) /* a stray byte of the file stands in the text */
		row = json_pack("{s:s, s:i, s:s}", "file", file, "line", (int)line,
				"text", "not understood, and not valid UTF-8");
	json_array_append_new(problems, row);
}

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	collect(ctx, file, line, text);
}

char *cmd_load_text(const struct cmd *c, const char *absolute, size_t *n,
		    json_t *problems)
{
	return settings_text(&c->paths, absolute, n, on_problem, problems);
}

bool cmd_load_config(const struct cmd *c, struct config *config, json_t *problems)
{
	return settings_config(&c->paths, config, on_problem, problems);
}

static void on_conf_problem(unsigned line, const char *text, void *ctx)
{
	collect(ctx, "--conf", line, text);
}

bool cmd_load_config_from(const struct cmd *c, const char *file, struct config *config,
			  json_t *problems)
{
	struct err e = {0};
	char *text = NULL;
	size_t n = 0, bad;

	if (!file)
		return cmd_load_config(c, config, problems);
	if (!file_read(file, CONF_MAX, &text, &n, &e)) {
		on_conf_problem(0, e.msg, problems);
		return false;
	}
	bad = options_load((struct slice){text, n}, config, on_conf_problem, problems);
	free(text);
	return bad == 0;
}

struct rules *cmd_load_rules(const struct cmd *c, const struct config *config,
			     json_t *problems)
{
	return settings_rules(&c->paths, config, on_problem, problems);
}

struct rules *cmd_load_settings(const struct cmd *c, struct config *config,
				json_t *problems)
{
	struct rules *rules = settings_load(&c->paths, on_problem, problems);

	options_defaults(config);
	if (rules)
		*config = *rules_config(rules);
	return rules;
}

bool cmd_settings_fine(const struct cmd *c, const char *consequence)
{
	json_t *problems = json_array();
	struct config config;
	struct rules *rules = cmd_load_settings(c, &config, problems);
	bool fine = rules != NULL;

	if (!fine && c->json) {
		cmd_print_json(json_pack("{s:b, s:s, s:O}", "ok", 0, "error", consequence,
					 "problems", problems));
	} else if (!fine) {
		cmd_print_problems(stderr, problems);
		cmd_fail(c, CMD_FAILED, "%s", consequence);
	}
	rules_free(rules);
	json_decref(problems);
	return fine;
}

void cmd_print_problems(FILE *stream, const json_t *problems)
{
	json_t *row;
	size_t i;

	json_array_foreach(problems, i, row)
	{
		text_puts(stream, json_string_value(json_object_get(row, "file")));
		if (json_integer_value(json_object_get(row, "line")))
			fprintf(stream, ": line %" JSON_INTEGER_FORMAT,
				json_integer_value(json_object_get(row, "line")));
		fputs(": ", stream);
		text_puts(stream, json_string_value(json_object_get(row, "text")));
		fputc('\n', stream);
	}
}
