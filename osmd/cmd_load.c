/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/cmd.h"

/* No hand-written file of settings or lists comes near. */
#define TEXT_FILE_MAX (8 * 1024 * 1024)

struct collector {
	json_t *problems; /* borrowed */
	const char *file;
};

static void collect(json_t *problems, const char *file, unsigned line, const char *text)
{
	json_t *row = json_pack("{s:s, s:i, s:s}", "file", file, "line", (int)line,
				"text", text);

	if (!row) /* a stray byte of the file stands in the text */
		row = json_pack("{s:s, s:i, s:s}", "file", file, "line", (int)line,
				"text", "not understood, and not valid UTF-8");
	json_array_append_new(problems, row);
}

static void on_option_problem(unsigned line, const char *text, void *ctx)
{
	struct collector *k = ctx;

	collect(k->problems, k->file, line, text);
}

static void on_rules_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	struct collector *k = ctx;

	collect(k->problems, file, line, text);
}

char *cmd_load_text(const struct cmd *c, const char *absolute, size_t *n,
		    json_t *problems)
{
	char path[PATH_MAX];
	struct err e = {0};
	char *text = NULL;

	*n = 0;
	cmd_path(c, absolute, path);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return calloc(1, 1);
	if (!file_read(path, TEXT_FILE_MAX, &text, n, &e)) {
		collect(problems, strrchr(absolute, '/') + 1, 0, e.msg);
		return NULL;
	}
	return text;
}

bool cmd_load_config(const struct cmd *c, struct config *config, json_t *problems)
{
	struct collector k = {problems, "osm.conf"};
	size_t n, bad;
	char *text = cmd_load_text(c, PATH_CONF, &n, problems);

	options_defaults(config);
	if (!text)
		return false;
	bad = options_load((struct slice){text, n}, config, on_option_problem, &k);
	free(text);
	return bad == 0;
}

struct rules *cmd_load_rules(const struct cmd *c, const struct config *config,
			     json_t *problems)
{
	struct collector k = {problems, NULL};
	size_t accounts_n, ignore_n;
	char *accounts = cmd_load_text(c, PATH_ACCOUNTS, &accounts_n, problems);
	char *ignore = cmd_load_text(c, PATH_IGNORE, &ignore_n, problems);
	struct rules *r = NULL;

	if (accounts && ignore)
		r = rules_new(config, (struct slice){accounts, accounts_n},
			      (struct slice){ignore, ignore_n}, on_rules_problem, &k);
	free(accounts);
	free(ignore);
	return r;
}

struct rules *cmd_load_settings(const struct cmd *c, struct config *config,
				json_t *problems)
{
	bool ok = cmd_load_config(c, config, problems);
	struct rules *rules = cmd_load_rules(c, config, problems);

	if (ok)
		return rules;
	rules_free(rules);
	return NULL;
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
