/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/rules.h"

#include <stdlib.h>

#include "osmd/model/ignore.h"
#include "osmd/model/listfile.h"
#include "osmd/model/overrides.h"

struct rules {
	struct config config;
	struct trigger_config base[TRIGGER_COUNT]; /* limit 0 where the method is off */
	bool is_off[TRIGGER_COUNT];		   /* its method is switched off */
	struct overrides *overrides;		   /* owned; NULL when there are none */
	struct ignore *ignore;			   /* owned; NULL when it is empty */
	unsigned longest_s;
};

void rules_free(struct rules *r)
{
	if (!r)
		return;
	overrides_free(r->overrides);
	ignore_free(r->ignore);
	free(r);
}

static void precompute(struct rules *r)
{
	const struct config *c = &r->config;

	r->is_off[TRIGGER_LOGLINE] = r->is_off[TRIGGER_LOGLINE_SUBJECT] =
		!c->logline_enable;
	r->is_off[TRIGGER_CWDCHECK] = r->is_off[TRIGGER_CWDCHECK_CWD] =
		!c->cwdcheck_enable;
	r->is_off[TRIGGER_PACKET] = r->is_off[TRIGGER_PACKET_CWD] = !c->packet_enable;
	for (int t = 0; t < TRIGGER_COUNT; t++) {
		r->base[t] = c->trigger[t];
		if (r->is_off[t])
			r->base[t].limit = 0;
		if (r->base[t].limit && r->base[t].interval_s > r->longest_s)
			r->longest_s = r->base[t].interval_s;
	}
}

static bool load_overrides(struct rules *r, struct listfile *l)
{
	r->overrides = overrides_new(l, &r->config);
	if (!r->overrides)
		return listfile_problem(l, "out of memory");
	if (overrides_longest_interval(r->overrides) > r->longest_s)
		r->longest_s = overrides_longest_interval(r->overrides);
	if (overrides_count(r->overrides) == 0) {
		overrides_free(r->overrides);
		r->overrides = NULL;
	}
	return l->problems == 0;
}

static bool load_ignore(struct rules *r, struct listfile *l)
{
	r->ignore = ignore_new(l);
	if (!r->ignore)
		return listfile_problem(l, "out of memory");
	if (ignore_count(r->ignore) == 0) {
		ignore_free(r->ignore);
		r->ignore = NULL;
	}
	return l->problems == 0;
}

struct rules *rules_new(const struct config *config, struct slice accounts_text,
			struct slice ignore_text, rules_problem_fn problem, void *ctx)
{
	struct listfile accounts = {.file = "osm.accounts",
				    .rest = accounts_text,
				    .problem = problem,
				    .ctx = ctx};
	struct listfile ignore = {.file = "osm.ignore",
				  .rest = ignore_text,
				  .problem = problem,
				  .ctx = ctx};
	struct rules *r = calloc(1, sizeof(*r));
	bool ok;

	if (!r) {
		listfile_problem(&accounts, "out of memory");
		return NULL;
	}
	r->config = *config;
	precompute(r);
	ok = load_overrides(r, &accounts);
	ok = load_ignore(r, &ignore) && ok;
	if (!ok) {
		rules_free(r);
		return NULL;
	}
	return r;
}

const struct config *rules_config(const struct rules *r)
{
	return &r->config;
}

struct trigger_config rules_trigger(const struct rules *r, enum trigger_id t,
				    const struct event *ev)
{
	const struct trigger_config *own;

	if (!r->overrides || r->is_off[t])
		return r->base[t];
	own = overrides_find(r->overrides, t, ev);
	return own ? *own : r->base[t];
}

unsigned rules_longest_interval(const struct rules *r)
{
	return r->longest_s;
}

bool rules_ignored(const struct rules *r, enum trigger_id t, const struct event *ev)
{
	return r->ignore && ignore_matches(r->ignore, t, ev);
}
