/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"

/* No hand-written file of settings or lists comes near. */
#define TEXT_FILE_MAX (8 * 1024 * 1024)

struct teller {
	settings_problem_fn problem;
	const char *file;
	void *ctx;
};

static const char *base_name(const char *absolute)
{
	return strrchr(absolute, '/') + 1;
}

char *settings_text(const struct paths *paths, const char *absolute, size_t *n,
		    settings_problem_fn problem, void *ctx)
{
	char path[PATH_MAX];
	struct err e = {0};
	char *text = NULL;

	*n = 0;
	if (!paths_at(paths, absolute, path, sizeof(path)))
		return NULL;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return calloc(1, 1);
	if (!file_read(path, TEXT_FILE_MAX, &text, n, &e)) {
		problem(base_name(absolute), 0, e.msg, ctx);
		return NULL;
	}
	return text;
}

static void on_option_problem(unsigned line, const char *text, void *ctx)
{
	const struct teller *t = ctx;

	t->problem(t->file, line, text, t->ctx);
}

bool settings_config(const struct paths *paths, struct config *config,
		     settings_problem_fn problem, void *ctx)
{
	struct teller t = {problem, base_name(PATH_CONF), ctx};
	size_t n, bad;
	char *text = settings_text(paths, PATH_CONF, &n, problem, ctx);

	options_defaults(config);
	if (!text)
		return false;
	bad = options_load((struct slice){text, n}, config, on_option_problem, &t);
	free(text);
	return bad == 0;
}

struct rules *settings_rules(const struct paths *paths, const struct config *config,
			     settings_problem_fn problem, void *ctx)
{
	size_t accounts_n, ignore_n;
	char *accounts = settings_text(paths, PATH_ACCOUNTS, &accounts_n, problem, ctx);
	char *ignore = settings_text(paths, PATH_IGNORE, &ignore_n, problem, ctx);
	struct rules *r = NULL;

	if (accounts && ignore)
		r = rules_new(config, (struct slice){accounts, accounts_n},
			      (struct slice){ignore, ignore_n}, problem, ctx);
	free(accounts);
	free(ignore);
	return r;
}

struct rules *settings_load(const struct paths *paths, settings_problem_fn problem,
			    void *ctx)
{
	struct config config;
	const bool ok = settings_config(paths, &config, problem, ctx);
	struct rules *rules = settings_rules(paths, &config, problem, ctx);

	if (ok)
		return rules;
	rules_free(rules);
	return NULL;
}
