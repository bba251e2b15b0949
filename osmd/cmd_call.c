/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/cmd.h"
#include "osmd/ctl/ctl.h"

/* Does arg name the option? 1: with its value in *value; 0: it doesn't; -1: value missing. */
static int option_value(const struct cmd_option *o, const char *arg, const char *next,
			const char **value, bool *took_next)
{
	size_t n = strlen(o->name);

	if (strncmp(arg, o->name, n) != 0 || (arg[n] != '\0' && arg[n] != '='))
		return 0;
	*took_next = false;
	if (o->flag)
		return arg[n] == '\0' ? 1 : -1;
	*value = arg[n] == '=' ? arg + n + 1 : next;
	*took_next = arg[n] == '\0';
	return *value ? 1 : -1;
}

static bool take_option(struct cmd *c, size_t *i, const struct cmd_option *options,
			size_t n)
{
	const char *arg = c->args[*i], *next = *i + 1 < c->count ? c->args[*i + 1] : NULL;

	for (size_t k = 0; k < n; k++) {
		const char *value = NULL;
		bool took_next = false;
		int got = option_value(&options[k], arg, next, &value, &took_next);

		if (got == 0)
			continue;
		if (got < 0) {
			cmd_fail(c, CMD_USAGE, "%s: %s %s", c->name, options[k].name,
				 options[k].flag ? "takes no value" : "needs a value");
			return false;
		}
		if (options[k].flag)
			*options[k].flag = true;
		else
			*options[k].value = value;
		*i += took_next;
		return true;
	}
	cmd_fail(c, CMD_USAGE, "%s: unknown option %s", c->name, arg);
	return false;
}

bool cmd_options(struct cmd *c, const struct cmd_option *options, size_t n, size_t min,
		 size_t max)
{
	size_t kept = 0;
	bool all_words = false;

	for (size_t i = 0; i < c->count; i++) {
		char *arg = c->args[i];

		if (!all_words && strcmp(arg, "--") == 0) {
			all_words = true;
		} else if (!all_words && arg[0] == '-' && arg[1] != '\0') {
			if (!take_option(c, &i, options, n))
				return false;
		} else {
			c->args[kept++] = arg;
		}
	}
	c->count = kept;
	if (kept < min || kept > max) {
		cmd_fail(c, CMD_USAGE, "%s: %s; usage: osm %s %s", c->name,
			 kept < min ? "something is missing" : "too many words", c->name,
			 c->words ? c->words : "");
		return false;
	}
	return true;
}

static json_t *sentence(bool ok, const char *text)
{
	return json_pack("{s:b, s:s%}", "ok", ok, ok ? "message" : "error", text,
			 strlen(text));
}

int cmd_fail(const struct cmd *c, int code, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (c->json) {
		json_t *doc = sentence(false, text);

		/* text that is no UTF-8 came from a command line */
		cmd_print_json(doc ? doc : sentence(false, "not printable as JSON"));
		return code;
	}
	fputs("osm: ", stderr);
	text_puts(stderr, text);
	fputc('\n', stderr);
	return code;
}

int cmd_say(const struct cmd *c, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (c->json) {
		cmd_print_json(sentence(true, text));
	} else {
		text_puts(stdout, text);
		putchar('\n');
	}
	return CMD_OK;
}

void cmd_print_json(json_t *doc)
{
	/* ASCII: a stranger's text can't steer the terminal of who looks at it */
	if (doc)
		json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(doc);
}

const char *cmd_path(const struct cmd *c, const char *absolute, char out[PATH_MAX])
{
	if (!paths_at(&c->paths, absolute, out, PATH_MAX))
		out[0] = '\0';
	return out;
}

bool cmd_is_down(const struct err *e)
{
	return e->code == ENOENT || e->code == ECONNREFUSED;
}

json_t *cmd_ask(const struct cmd *c, json_t *request, unsigned timeout_s, int *code)
{
	char path[PATH_MAX];
	struct err e = {0};
	json_t *answer;

	answer = ctl_ask(cmd_path(c, PATH_SOCKET, path), request, timeout_s, &e);
	json_decref(request);
	if (!answer) {
		*code = cmd_is_down(&e)
				? cmd_fail(c, CMD_NOT_RUNNING, "osmd is not running")
				: cmd_fail(c, CMD_FAILED, "%s", e.msg);
		return NULL;
	}
	if (!json_is_true(json_object_get(answer, "ok"))) {
		const char *why = json_string_value(json_object_get(answer, "error"));

		*code = CMD_FAILED;
		if (c->json)
			cmd_print_json(json_incref(answer));
		else
			cmd_fail(c, CMD_FAILED, "%s", why ? why : "osmd refused it");
		json_decref(answer);
		return NULL;
	}
	*code = CMD_OK;
	return answer;
}

struct store *cmd_store(const struct cmd *c, int *code)
{
	char path[PATH_MAX];
	struct err e = {0};
	struct store *s;

	cmd_path(c, PATH_DB, path);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		*code = cmd_fail(c, CMD_NOT_FOUND,
				 "%s: not there yet, osmd makes it at its first start",
				 path);
		return NULL;
	}
	s = store_open(path, false, &e);
	if (!s)
		*code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	return s;
}

const char *cmd_who(void)
{
	const char *who = getenv("SUDO_USER");
	size_t n = who ? strlen(who) : 0;

	if (n == 0 || n > 32)
		return "root";
	if (strspn(who,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
	    n)
		return "root";
	return who;
}
