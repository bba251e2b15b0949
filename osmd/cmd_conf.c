/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* conf: the settings that are in force by osm.conf, the osm.conf that is shipped, or the settings of
 * this version put into the one that is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/buf.h"
#include "osmd/base/file.h"
#include "osmd/cmd.h"
#include "osmd/model/csffile.h"

#define CONF_MAX (8 * 1024 * 1024)
#define LOCK_MS 10000

static void on_setting(const struct csf_setting *s, void *ctx)
{
	char *name = slice_dup(s->key);

	if (name)
		json_object_set_new(ctx, name, json_stringn(s->value.p, s->value.n));
	free(name);
}

static void on_problem(unsigned line, const char *text, void *ctx)
{
	(void)line; /* options_load tells them, too, with all the others */
	(void)text;
	(void)ctx;
}

static json_t *option_json(const struct option_row *o, const json_t *set)
{
	json_t *value = json_object_get(set, o->name);

	return json_pack("{s:s, s:o, s:s, s:b, s:s, s:s, s:s}", "name", o->name, "value",
			 value ? json_incref(value) : json_string(o->fallback), "default",
			 o->fallback, "set", value != NULL, "kind", o->kind, "section",
			 o->section, "help", o->help);
}

static void print_settings(const json_t *list)
{
	const char *section = "";
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		const char *now = json_string_value(json_object_get(row, "section"));
		const json_t *value = json_object_get(row, "value");

		if (now && strcmp(now, section) != 0) {
			printf("%s# %s\n", i ? "\n" : "", now);
			section = now;
		}
		printf("%s = \"", json_string_value(json_object_get(row, "name")));
		text_value(stdout, value);
		fputs("\"", stdout);
		if (!json_equal(value, json_object_get(row, "default")))
			printf("   # default: \"%s\"",
			       json_string_value(json_object_get(row, "default")));
		putchar('\n');
	}
}

static int print_default(const struct cmd *c)
{
	struct buf text;
	int code = CMD_OK;

	buf_init(&text, 1024 * 1024);
	options_template(&text);
	if (!buf_ok(&text))
		code = cmd_fail(c, CMD_FAILED, "no memory");
	else if (c->json)
		cmd_print_json(json_pack("{s:b, s:s}", "ok", 1, "text", buf_str(&text)));
	else
		fputs(buf_str(&text), stdout);
	buf_clear(&text);
	return code;
}

static void on_added(const char *name, void *ctx)
{
	json_array_append_new(ctx, json_string(name));
}

/* The merged text into the file; *text is what it holds now, NULL: there is none. */
static bool write_merged(const struct cmd *c, const char *path, struct slice text,
			 json_t *added, struct err *e)
{
	char folder[PATH_MAX], real[PATH_MAX];
	struct buf merged;
	bool ok = true;

	buf_init(&merged, CONF_MAX);
	if (text.p)
		ok = options_merge(text, &merged, on_added, added);
	else
		options_template(&merged);
	ok = ok && buf_ok(&merged);
	if (!ok)
		err_set(e, EFBIG, "%s: too large, or no memory", path);
	if (ok && (!text.p || json_array_size(added)))
		ok = file_mkdirs(cmd_path(c, "/etc/osm", folder), 0700, e) &&
		     file_real(path, real, e) && file_replace(real, buf_view(&merged), 0600, e);
	buf_clear(&merged);
	return ok;
}

/* The page's saves and this wait for each other; -1: *e says why. */
static int lock_saves(const struct cmd *c, struct err *e)
{
	char path[PATH_MAX];

	return file_mkdirs(cmd_path(c, PATH_STATE_DIR, path), 0700, e)
		       ? file_lock(cmd_path(c, PATH_SAVE_LOCK, path), LOCK_MS, e)
		       : -1;
}

static int merge(const struct cmd *c)
{
	json_t *added = json_array(), *name;
	char path[PATH_MAX], *text = NULL;
	struct err e = {0};
	int code = CMD_OK, lock = lock_saves(c, &e);
	size_t n = 0, i;
	bool is_new;

	cmd_path(c, PATH_CONF, path);
	is_new = access(path, F_OK) < 0 && errno == ENOENT;
	if (lock < 0 || (!is_new && !file_read(path, CONF_MAX, &text, &n, &e)) ||
	    !write_merged(c, path, (struct slice){text, n}, added, &e)) {
		code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	} else if (c->json) {
		cmd_print_json(
			json_pack("{s:b, s:b, s:O}", "ok", 1, "new", is_new, "added", added));
	} else {
		if (is_new)
			printf("%s: made, with the defaults\n", path);
		json_array_foreach(added, i, name)
			printf("%s: new setting %s\n", path, json_string_value(name));
	}
	if (lock >= 0)
		close(lock);
	free(text);
	json_decref(added);
	return code;
}

int cmd_conf(struct cmd *c)
{
	bool shipped = false, merges = false;
	const struct cmd_option options[] = {{"--default", NULL, &shipped},
					     {"--merge", NULL, &merges}};
	json_t *set = json_object(), *list = json_array(), *problems = json_array();
	struct config config;
	int code = CMD_USAGE;
	char *text = NULL;
	size_t n = 0;

	if (!cmd_options(c, options, 2, 0, 0))
		goto out;
	if (merges) {
		code = merge(c);
		goto out;
	}
	if (shipped) {
		code = print_default(c);
		goto out;
	}
	code = cmd_load_config(c, &config, problems) ? CMD_OK : CMD_FAILED;
	text = cmd_load_text(c, PATH_CONF, &n, problems);
	if (text)
		csffile_read((struct slice){text, n}, on_setting, on_problem, set);
	for (size_t i = 0; i < options_count(); i++)
		json_array_append_new(list, option_json(options_row(i), set));
	if (c->json) {
		json_t *doc = json_pack("{s:b, s:O, s:O}", "ok", code == CMD_OK,
					"settings", list, "problems", problems);

		if (code != CMD_OK)
			json_object_set_new(doc, "error",
					    json_string("the settings are wrong"));
		cmd_print_json(doc);
	} else {
		print_settings(list);
		cmd_print_problems(stderr, problems);
	}
out:
	free(text);
	json_decref(set);
	json_decref(list);
	json_decref(problems);
	return code;
}
