/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* replay: what old logs would have set off, by the same engine and the log's own time. */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/monotonic.h"
#include "osmd/cmd.h"
#include "osmd/engine/replay.h"

#define PROGRESS_EVERY_MS 100
/* Short work needs no bar. */
#define PROGRESS_AFTER_MS 400
#define BAR_WIDTH 30

struct replay {
	const struct cmd *c;
	int64_t since_s;
	bool totals_only;
	bool short_rows;  /* --short: what a list needs of each report */
	bool tells;	  /* --progress: "FILE FILES DONE TOTAL" lines on stderr */
	const char *conf; /* --conf: instead of osm.conf; NULL: osm.conf */
	size_t file_number;
	bool is_capture;	 /* the files are captures, not logs */
	const struct addr *from; /* of these: only connections from there; NULL: all */
	uint64_t fired, earlier, connections;
	/* the bar, on stderr when that is a terminal */
	bool has_terminal, drawn;
	const char *file;
	int64_t begun_ms, drawn_ms;
};

static void clear_bar(struct replay *r)
{
	if (r->drawn)
		fputs("\r\033[K", stderr);
	r->drawn = false;
}

static void on_progress(uint64_t done, uint64_t total, void *ctx)
{
	struct replay *r = ctx;
	int64_t now = monotonic_ms();
	int filled;

	if (r->tells) {
		fprintf(stderr, "%zu %zu %" PRIu64 " %" PRIu64 "\n", r->file_number, r->c->count,
			done, total);
		return;
	}
	if (!r->has_terminal || now - r->begun_ms < PROGRESS_AFTER_MS ||
	    now - r->drawn_ms < PROGRESS_EVERY_MS)
		return;
	r->drawn_ms = now;
	r->drawn = true;
	if (total == 0) {
		fprintf(stderr, "\r\033[K%" PRIu64 " MB ", done >> 20);
	} else {
		done = done < total ? done : total;
		filled = (int)((double)done * BAR_WIDTH / (double)total);
		fprintf(stderr, "\r\033[K[%.*s%*s] %3d %% of %" PRIu64 " MB ", filled,
			"##############################", BAR_WIDTH - filled, "",
			(int)((double)done * 100 / (double)total), total >> 20);
	}
	text_puts(stderr, r->file);
	fflush(stderr);
}

static void print_wanted(unsigned wanted)
{
	const char *between = "";

	for (int a = 0; a < ACTION_COUNT; a++) {
		if (!(wanted & ACTION_BIT(a)))
			continue;
		printf("%s%s", between, action_name((enum action_id)a));
		between = ",";
	}
	if (!wanted)
		putchar('-');
}

static void print_fired(const json_t *report, unsigned wanted)
{
	bool by_recipients = strcmp(json_string_value(json_object_get(report, "unit")),
				    "recipients") == 0;
	const char *kind = json_string_value(json_object_get(report, "kind"));
	const char *account = json_string_value(json_object_get(report, "account"));
	char when[TEXT_TIME_MAX];

	text_time(json_integer_value(json_object_get(report, "time")), when);
	printf("%s  ", when);
	text_puts(stdout, strcmp(kind, "limit") == 0
				  ? json_string_value(json_object_get(report, "type"))
				  : kind);
	printf("  %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT "  ",
	       json_integer_value(
		       json_object_get(report, by_recipients ? "recipients" : "count")),
	       json_integer_value(json_object_get(report, "limit")));
	print_wanted(wanted);
	fputs("  ", stdout);
	text_puts(stdout, account && account[0] ? account : "-");
	fputs("  ", stdout);
	text_value(stdout, json_object_get(report, "key"));
	putchar('\n');
}

/* The members that a list shows; NULL without memory. */
static json_t *short_row(const json_t *report)
{
	static const char *const names[] = {"id",      "time", "kind",	     "type",  "account",
					    "mailbox", "key",  "count", "recipients", "limit",
					    "unit",    "wanted", "confirmed"};
	json_t *row = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_object_set(row, names[i], json_object_get(report, names[i]));
	return row;
}

static void print_json(const struct replay *r, const json_t *report)
{
	json_t *row = r->short_rows ? short_row(report) : NULL;

	json_dumpf(row ? row : report, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(row);
}

static void on_report(json_t *report, unsigned wanted, bool confirmed, void *ctx)
{
	struct replay *r = ctx;

	if (json_integer_value(json_object_get(report, "time")) < r->since_s) {
		r->earlier++;
		return;
	}
	r->fired++;
	if (r->totals_only)
		return;
	clear_bar(r);
	if (r->c->json) {
		/* one by one, so that memory stays flat however much is set off */
		fputs(r->fired > 1 ? ",\n" : "\n", stdout);
		json_object_set_new(report, "confirmed", json_boolean(confirmed));
		print_json(r, report);
	} else {
		print_fired(report, wanted);
	}
}

static bool run_files(struct replay *r, const struct config *config, struct engine *g,
		      struct err *e)
{
	for (size_t i = 0; i < r->c->count; i++) {
		bool ok;

		r->file = r->c->args[i];
		r->file_number = i + 1;
		r->begun_ms = monotonic_ms();
		ok = r->is_capture ? replay_capture(g, r->file, &config->smtp_ports,
						    r->from, &r->connections, e)
				   : replay_file(g, r->file, on_progress, r, e);
		clear_bar(r);
		if (!ok)
			return false;
	}
	engine_end(g);
	return true;
}

static void print_totals(const struct cmd *c, const struct engine *g)
{
	static const char *const heads[] = {"MESSAGES", "RECIPIENTS", "TYPE",
					    "KIND",	"ACCOUNT",    "KEY"};
	json_t *doc = engine_totals(g), *rows, *row;
	size_t i;

	if (c->json) {
		cmd_print_json(doc);
		return;
	}
	rows = json_array();
	json_array_foreach(json_object_get(doc, "totals"), i, row) json_array_append_new(
		rows,
		json_pack("[O?, O?, O?, O?, O?, O?]", json_object_get(row, "messages"),
			  json_object_get(row, "recipients"),
			  json_object_get(row, "type"), json_object_get(row, "kind"),
			  json_object_get(row, "account"), json_object_get(row, "key")));
	text_table(stdout, heads, sizeof(heads) / sizeof(heads[0]), rows);
	json_object_del(doc, "totals");
	text_tree(stdout, doc, 0);
	json_decref(rows);
	json_decref(doc);
}

static int print_end(const struct replay *r, const struct engine *g, bool ok,
		     const struct err *e)
{
	json_t *counters = engine_counters(g);

	if (r->totals_only && ok) {
		print_totals(r->c, g);
	} else if (r->totals_only ||
		   (!ok && !r->c->json && !r->connections &&
		    json_integer_value(json_object_get(counters, "lines")) == 0)) {
		cmd_fail(r->c, CMD_FAILED, "%s", e->msg);
	} else if (r->c->json) {
		printf("\n],\n\"ok\":%s,\n", ok ? "true" : "false");
		if (!ok) {
			json_t *why = json_string(e->msg);

			fputs("\"error\":", stdout);
			json_dumpf(why ? why : json_null(), stdout,
				   JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
			fputs(",\n", stdout);
			json_decref(why);
		}
		fputs("\"counters\":", stdout);
		json_dumpf(counters, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		puts("}");
	} else {
		printf("%s%" PRIu64 " %s would have been made\n", r->fired ? "\n" : "",
		       r->fired, r->fired == 1 ? "report" : "reports");
		if (r->earlier)
			printf("%" PRIu64 " more before the time that was asked for\n",
			       r->earlier);
		if (r->is_capture)
			printf("%" PRIu64 " connections (a capture knows no process: "
			       "they are counted by the address they came from)\n",
			       r->connections);
		else if (r->fired)
			puts("(from the log alone: nothing here says which of its lines "
			     "are true)");
		text_tree(stdout, counters, 0);
		if (!ok)
			cmd_fail(r->c, CMD_FAILED, "%s", e->msg);
	}
	json_decref(counters);
	return ok ? CMD_OK : CMD_FAILED;
}

static int run(struct replay *r, const struct rules *rules,
	       const struct accounts *accounts)
{
	const struct engine_hooks hooks = {.report = on_report, .ctx = r};
	struct err e = {0};
	struct engine *g = engine_new(rules, accounts, &hooks, r->totals_only, &e);
	bool ok;
	int code;

	if (!g)
		return cmd_fail(r->c, CMD_FAILED, "%s", e.msg);
	if (r->c->json && !r->totals_only)
		fputs("{\"reports\":[", stdout);
	ok = run_files(r, rules_config(rules), g, &e);
	code = print_end(r, g, ok, &e);
	engine_free(g);
	return code;
}

/* The settings of --conf, the lists of /etc/osm. */
static struct rules *load_rules(const struct replay *r, struct config *config,
				json_t *problems)
{
	if (!r->conf)
		return cmd_load_settings(r->c, config, problems);
	return cmd_load_config_from(r->c, r->conf, config, problems)
		       ? cmd_load_rules(r->c, config, problems)
		       : NULL;
}

static int load_and_run(struct replay *r)
{
	json_t *problems = json_array();
	struct accounts *accounts = NULL;
	struct rules *rules;
	struct err e = {0};
	struct config config;
	int code;

	rules = load_rules(r, &config, problems);
	if (rules)
		accounts = accounts_load(&r->c->paths, &e);
	if (!rules) {
		cmd_print_problems(stderr, problems);
		code = cmd_fail(r->c, CMD_FAILED, "replay: the settings are wrong");
	} else if (!accounts) {
		code = cmd_fail(r->c, CMD_FAILED, "%s", e.msg);
	} else {
		code = run(r, rules, accounts);
	}
	accounts_free(accounts);
	rules_free(rules);
	json_decref(problems);
	return code;
}

int cmd_replay(struct cmd *c)
{
	struct replay r = {.c = c, .has_terminal = isatty(STDERR_FILENO)};
	const char *since = NULL, *from = NULL;
	struct addr net;
	const struct cmd_option options[] = {
		{"--totals", NULL, &r.totals_only},
		{"--since", &since, NULL},
		{"--short", NULL, &r.short_rows},
		{"--progress", NULL, &r.tells},
		{"--conf", &r.conf, NULL},
		{"--pcap", NULL, &r.is_capture},
		{"--from", &from, NULL},
	};

	if (!cmd_options(c, options, 7, 1, SIZE_MAX))
		return CMD_USAGE;
	if (r.is_capture && r.totals_only)
		return cmd_fail(c, CMD_USAGE,
				"replay: totals are of logs, not of captures");
	if (from && !r.is_capture)
		return cmd_fail(c, CMD_USAGE, "replay: --from goes with --pcap");
	if (from && !addr_parse_cidr(slice_str(from), &net))
		return cmd_fail(c, CMD_USAGE,
				"replay: --from is an address or a network, not %s",
				from);
	if (from)
		r.from = &net;
	if (since && r.totals_only)
		return cmd_fail(c, CMD_USAGE,
				"replay: totals are of whole logs, without --since");
	if (since && !text_since(since, (int64_t)time(NULL), &r.since_s))
		return cmd_fail(c, CMD_USAGE,
				"replay: --since is 2h, 7d or 2026-01-31, not %s", since);
	return load_and_run(&r);
}
