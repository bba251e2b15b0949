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

struct merging {
	char path[PATH_MAX];
	json_t *added; /* owned; the new settings' names */
	bool is_new;   /* there is no file */
};

/* What the file lacks; with write, into the file. */
static bool merge_file(const struct cmd *c, struct merging *m, bool write, struct err *e)
{
	char folder[PATH_MAX], real[PATH_MAX], *text = NULL;
	struct buf merged;
	size_t n = 0;
	bool ok = true;

	json_array_clear(m->added);
	m->is_new = access(m->path, F_OK) < 0 && errno == ENOENT;
	if (!m->is_new && !file_read(m->path, CONF_MAX, &text, &n, e))
		return false;
	buf_init(&merged, CONF_MAX);
	if (m->is_new)
		options_template(&merged);
	else
		ok = options_merge((struct slice){text, n}, &merged, on_added, m->added);
	ok = ok && buf_ok(&merged);
	if (!ok)
		err_set(e, EFBIG, "%s: too large, or no memory", m->path);
	if (ok && write && (m->is_new || json_array_size(m->added)))
		ok = file_mkdirs(cmd_path(c, "/etc/osm", folder), 0700, e) &&
		     file_real(m->path, real, e) &&
		     file_replace(real, buf_view(&merged), 0600, e);
	buf_clear(&merged);
	free(text);
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

static void tell_merged(const struct cmd *c, const struct merging *m)
{
	json_t *name;
	size_t i;

	if (c->json) {
		cmd_print_json(json_pack("{s:b, s:b, s:O}", "ok", 1, "new", m->is_new,
					 "added", m->added));
		return;
	}
	if (m->is_new)
		printf("%s: made, with the defaults\n", m->path);
	json_array_foreach(m->added, i, name)
		printf("%s: new setting %s\n", m->path, json_string_value(name));
}

/* Where nothing is missing, nothing is touched, no lock either. */
static int merge(const struct cmd *c)
{
	struct merging m = {.added = json_array()};
	struct err e = {0};
	int code = CMD_OK, lock = -1;
	bool ok;

	cmd_path(c, PATH_CONF, m.path);
	ok = merge_file(c, &m, false, &e);
	if (ok && (m.is_new || json_array_size(m.added))) {
		lock = lock_saves(c, &e);
		ok = lock >= 0 && merge_file(c, &m, true, &e);
	}
	if (ok)
		tell_merged(c, &m);
	else
		code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	if (lock >= 0)
		close(lock);
	json_decref(m.added);
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
