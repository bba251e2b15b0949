/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * A log of any bytes through the whole engine, with limits so low that nearly everything
 * fires: every report is valid, and no hook is given what it was not promised. The first byte
 * says what the daemon has: a spool to ask, a clock, a warm-up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/engine/engine.h"
#include "osmd/model/report.h"
#include "osmd/parse/eximline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HAS_SPOOL = 1, HAS_CLOCK = 2, HAS_TOTALS = 4, HAS_FACTS = 8, IS_WARMED = 16 };

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* ---- a server with a few accounts ---- */

static const struct {
	const char *path, *text;
} files[] = {
	{PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
		      "nobody:x:65534:65534::/:/bin/false\n"
		      "mailnull:x:47:47::/var/spool:/bin/false\n"
		      "osmalice:x:1001:1001::/home/osmalice:/bin/sh\n"
		      "osmbob:x:1002:1002::/home/osmbob:/bin/sh\n"
		      "osmerin:x:1003:1003::/home/osmerin:/bin/sh\n"},
	{PATH_TRUEUSERDOMAINS, "alice-shop.example: osmalice\nbobs-garage.example: "
			       "osmbob\nerin-photo.example: osmerin\n"},
	{PATH_USERDOMAINS, "alice-shop.example: osmalice\nbobs-garage.example: osmbob\n"
			   "erin-photo.example: osmerin\n*: nobody\n"},
	{PATH_LOCALDOMAINS, "alice-shop.example\n"},
};

static void put_file(const struct paths *paths, const char *absolute, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	must(paths_at(paths, absolute, path, sizeof(path)) != NULL);
	f = fopen(path, "w");
	must(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static const struct accounts *make_accounts(void)
{
	char root[] = "/tmp/fuzz_engine.XXXXXX", path[PATH_MAX];
	struct accounts *accounts;
	struct paths paths;
	struct err e = {0};

	must(mkdtemp(root) && paths_init(&paths, root));
	must(paths_at(&paths, "/etc", path, sizeof(path)) && mkdir(path, 0700) == 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put_file(&paths, files[i].path, files[i].text);
	accounts = accounts_load(&paths, &e);
	must(accounts && accounts_count(accounts) == 3);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		must(unlink(paths_at(&paths, files[i].path, path, sizeof(path))) == 0);
	must(rmdir(paths_at(&paths, "/etc", path, sizeof(path))) == 0);
	must(rmdir(root) == 0);
	return accounts;
}

static const struct rules *make_rules(void)
{
	struct config config;
	struct rules *r;

	options_defaults(&config);
	config.evidence_mb = 1;
	config.window_keys = 1000;
	config.report_repeat_s = 60;
	config.count_unit = COUNT_RECIPIENTS;
	for (int t = TRIGGER_LOGLINE; t < TRIGGER_COUNT; t++)
		config.trigger[t].limit = 1;
	r = rules_new(&config, SLICE("osmbob * 2 60\n"), SLICE("subject:news\n"), NULL,
		      NULL);
	must(r != NULL);
	return r;
}

/* ---- the hooks ---- */

struct run {
	json_t *last; /* owned */
	unsigned reports;
	bool warm, may_confirm;
	int64_t wall_s;
};

static void on_report(json_t *report, unsigned wanted, bool confirmed, void *ctx)
{
	struct run *run = ctx;
	struct err e = {0};

	must(!run->warm);
	must(report_valid(report, &e));
	must(json_dumpb(report, NULL, 0, JSON_COMPACT) <= REPORT_BYTES_MAX);
	must(wanted < ACTION_BIT(ACTION_COUNT));
	must(run->may_confirm || !confirmed);
	run->reports++;
	json_decref(run->last);
	run->last = json_deep_copy(report);
}

/* The last character of the id decides. */
static enum spool_answer on_confirm(struct slice id, struct slice user,
				    struct slice login, struct slice address,
				    char who[72], void *ctx)
{
	(void)address;
	(void)ctx;
	must(eximline_is_id(id));
	strcpy(who, id.p[0] & 1 ? "osmbob" : "osmerin");
	switch (id.p[id.n - 1] % 3) {
	case 0:
		who[0] = '\0';
		return SPOOL_ABSENT;
	case 1:
		return user.n || login.n ? SPOOL_CONFIRMS : SPOOL_REFUTES;
	default:
		return SPOOL_REFUTES;
	}
}

static bool on_newline_path(struct slice printed, char who[72], void *ctx)
{
	(void)ctx;
	if (!printed.n || printed.p[printed.n - 1] != 'x')
		return false;
	strcpy(who, "osmbob");
	return true;
}

static bool on_newline_sender(struct slice id, char who[72], void *ctx)
{
	(void)ctx;
	must(eximline_is_id(id));
	if (id.p[id.n - 1] & 1)
		return false;
	strcpy(who, "osmerin");
	return true;
}

static int64_t on_wall(void *ctx)
{
	return ((struct run *)ctx)->wall_s;
}

static int64_t on_last_report(const char *type, const char *key, void *ctx)
{
	(void)ctx;
	must(trigger_find(slice_str(type)) >= 0);
	return key[0] == 'i' ? 1795424742 : 0;
}

static bool on_known(struct slice fact, void *ctx)
{
	(void)ctx;
	must(fact.n > 0 && fact.n <= ENGINE_FACT_MAX);
	return fact.p[fact.n - 1] & 1;
}

static void on_note(struct slice fact, int64_t at_s, void *ctx)
{
	(void)ctx;
	(void)at_s;
	must(fact.n > 0 && fact.n <= ENGINE_FACT_MAX);
}

/* ---- a run ---- */

static void feed(struct engine *g, struct slice log)
{
	struct slice line;

	while (slice_cut(&log, '\n', &line))
		engine_line(g, line, false);
	engine_line(g, log, log.n > 4000);
}

static void check_state(const struct engine *g, bool totals)
{
	json_t *counters = engine_counters(g), *top = engine_top(g, 5);
	json_t *sums = engine_totals(g);

	must(json_is_object(counters) && json_is_array(top));
	must(json_array_size(top) <= 5);
	must((sums != NULL) == totals);
	json_decref(counters);
	json_decref(top);
	json_decref(sums);
}

static struct engine *start(uint8_t has, struct run *run)
{
	static const struct accounts *accounts;
	static const struct rules *rules;
	struct engine_hooks hooks = {.report = on_report, .ctx = run};
	struct engine *g;
	struct err e = {0};

	if (!rules) {
		accounts = make_accounts();
		rules = make_rules();
	}
	if (has & HAS_SPOOL) {
		hooks.confirm = on_confirm;
		hooks.newline_path = on_newline_path;
		hooks.newline_sender = on_newline_sender;
	}
	if (has & HAS_CLOCK) {
		hooks.wall = on_wall;
		hooks.last_report = on_last_report;
	}
	run->may_confirm = has & HAS_SPOOL;
	run->wall_s = 1795425000;
	g = engine_new(rules, accounts, &hooks, has & HAS_TOTALS, &e);
	must(g != NULL);
	if (has & HAS_FACTS)
		engine_set_confirmed_lookup(g, on_known, on_note, NULL);
	return g;
}

static void warm_up(struct engine *g, struct run *run, struct slice log,
		    const json_t *used)
{
	run->warm = true;
	engine_warm_begin(g);
	if (used)
		engine_used(g, used);
	feed(g, log);
	engine_warm_end(g);
	run->warm = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.last = NULL};
	struct slice log = {(const char *)data + 1, size - 1};
	struct engine *g;

	if (!size)
		return 0;
	g = start(data[0], &run);
	if (data[0] & IS_WARMED)
		warm_up(g, &run, (struct slice){log.p, log.n / 2}, NULL);
	feed(g, log);
	check_state(g, data[0] & HAS_TOTALS);
	if (run.last) {
		/* as after a restart: the same log again, with its newest report stored */
		json_t *used = json_incref(run.last);

		warm_up(g, &run, log, used);
		json_decref(used);
	}
	engine_forget(g, SLICE("osmbob"));
	engine_end(g);
	must(!engine_waits(g));
	check_state(g, data[0] & HAS_TOTALS);
	engine_free(g);
	json_decref(run.last);
	return 0;
}
