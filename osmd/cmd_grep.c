/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* grep: all that is known of an account, mailbox, domain, address or path. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/addr.h"
#include "osmd/cmd.h"
#include "osmd/cmd_rows.h"
#include "osmd/ctl/ctl.h"

#define REPORTS_MAX 20
#define TOP_MAX 1000

/* What the word is, and what belongs to it. Slices live as long as accounts and word. */
struct subject {
	const struct cmd *c;
	struct slice word;
	struct slice account, mailbox, domain, path; /* empty: it is none */
	struct addr addr;
	bool is_addr;
	const struct account *facts; /* NULL: no account of this server */
};

static void find_subject(struct subject *w, const struct accounts *accounts)
{
	struct slice rest = w->word, local;

	w->is_addr = addr_parse(w->word, &w->addr);
	if (w->word.n && w->word.p[0] == '/') {
		w->path = w->word;
		w->facts = accounts_by_path(accounts, w->word);
	} else if (slice_cut(&rest, '@', &local)) {
		w->mailbox = w->word;
		w->domain = rest;
		w->facts = accounts_by_login(accounts, w->word);
	} else if (!w->is_addr) {
		w->facts = accounts_by_user(accounts, w->word);
		if (!w->facts) {
			w->facts = accounts_by_domain(accounts, w->word);
			w->domain = w->word;
		}
	}
	if (w->facts)
		w->account = w->facts->name;
}

static json_t *slice_json(struct slice s)
{
	json_t *text = json_stringn(s.p ? s.p : "", s.n);

	return text ? text : json_string("?");
}

static json_t *facts_json(const struct account *a)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I}", "name", slice_json(a->name),
			 "domain", slice_json(a->domain), "owner", slice_json(a->owner),
			 "home", slice_json(a->home), "uid", (json_int_t)a->uid);
}

/* Is path at or below folder, on whole components? */
static bool is_below(struct slice path, struct slice folder)
{
	while (folder.n > 1 && folder.p[folder.n - 1] == '/')
		folder.n--;
	return slice_starts(path, folder) &&
	       (path.n == folder.n || folder.n == 1 || path.p[folder.n] == '/');
}

static bool names(const struct subject *w, struct slice value)
{
	struct addr net;

	if (value.n == 0)
		return false;
	if (value.p[0] == '/' && w->path.n)
		return is_below(w->path, value);
	if (w->is_addr && addr_parse_cidr(value, &net))
		return addr_contains(&net, &w->addr);
	return slice_eq_nocase(value, w->word) || slice_eq_nocase(value, w->account) ||
	       slice_eq_nocase(value, w->domain);
}

/* The first word of a line; of osm.ignore what follows its "type:". */
static struct slice line_key(struct slice line, bool is_ignore)
{
	struct slice rest = line, head;
	size_t n = 0;

	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	rest.n = n;
	if (is_ignore && slice_cut(&rest, ':', &head))
		return rest;
	return rest;
}

/* Lines of a list file that speak of the subject: [{"file","line","text"}...]. */
static void collect_lines(const struct subject *w, const char *absolute, bool is_ignore,
			  json_t *out)
{
	json_t *problems = json_array();
	struct slice rest, line;
	unsigned number = 0;
	size_t n;
	char *text = cmd_load_text(w->c, absolute, &n, problems);

	rest = (struct slice){text, text ? n : 0};
	while (rest.n) {
		struct slice all = rest;

		if (!slice_cut(&rest, '\n', &line)) {
			line = all;
			rest.n = 0;
		}
		number++;
		line = slice_trim(line);
		if (line.n == 0 || line.p[0] == '#' ||
		    !names(w, line_key(line, is_ignore)))
			continue;
		json_array_append_new(out,
				      json_pack("{s:s, s:i, s:o}", "file",
						strrchr(absolute, '/') + 1, "line",
						(int)number, "text", slice_json(line)));
	}
	free(text);
	json_decref(problems);
}

static json_t *actions_json(unsigned bits)
{
	json_t *list = json_array();

	for (int a = 0; a < ACTION_COUNT; a++)
		if (bits & ACTION_BIT(a))
			json_array_append_new(
				list, json_string(action_name((enum action_id)a)));
	return list;
}

static enum event_type event_of(enum trigger_id t)
{
	if (t <= TRIGGER_PACKET_CWD)
		return EVENT_PACKET;
	return t < TRIGGER_CWDCHECK ? EVENT_LOGLINE : EVENT_CWDCHECK;
}

/* What the rules say of an event of the subject, for each trigger. */
static json_t *limits_json(const struct subject *w)
{
	json_t *problems = json_array(), *list = json_array();
	struct config config;
	struct rules *rules = cmd_load_settings(w->c, &config, problems);

	for (size_t i = 0; rules && i < TRIGGER_COUNT; i++) {
		const enum trigger_id id = (enum trigger_id)i;
		bool is_logline = event_of(id) == EVENT_LOGLINE;
		struct event ev = {.account = w->account};
		struct trigger_config t;

		ev.type = event_of(id);
		if (is_logline)
			ev.mailbox = w->mailbox;
		else
			ev.path = w->path;
		if (is_logline && w->is_addr)
			ev.address = w->word;
		t = rules_trigger(rules, id, &ev);
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:i, s:o, s:b}", "type",
						trigger_name(id), "limit", (int)t.limit,
						"interval", (int)t.interval_s, "actions",
						actions_json(t.actions), "ignored",
						rules_ignored(rules, id, &ev)));
	}
	rules_free(rules);
	json_decref(problems);
	return list;
}

struct action_search {
	const struct subject *w;
	json_t *out;
};

static void collect_action(const struct action_row *a, void *ctx)
{
	struct action_search *k = ctx;
	struct slice target = slice_str(a->target), account = slice_str(a->account);

	if (names(k->w, target) || names(k->w, account))
		rows_collect_action(a, k->out);
}

/* Reports and actions in force; without a database there are none. false: nobody knows. */
static bool collect_stored(const struct subject *w, json_t *reports, json_t *actions,
			   struct err *e)
{
	struct action_search search = {w, actions};
	struct report_filter f = {.limit = REPORTS_MAX};
	char path[PATH_MAX];
	struct store *s = store_open(cmd_path(w->c, PATH_DB, path), false, e);
	char *word;
	json_t *list;
	bool ok;

	if (!s)
		return e->code == ENOENT;
	word = slice_dup(w->word);
	f.word = word;
	list = word ? store_report_list(s, &f, e) : NULL;
	ok = list && store_action_each(s, -1, collect_action, &search, e);
	if (list)
		json_array_extend(reports, list);
	json_decref(list);
	free(word);
	store_close(s);
	return ok;
}

/* Windows of the running daemon that speak of the subject; false: no daemon. */
static bool collect_windows(const struct subject *w, json_t *out)
{
	char path[PATH_MAX];
	json_t *ask = json_pack("{s:s, s:i}", "do", "top", "n", TOP_MAX), *row;
	json_t *answer = ctl_ask(cmd_path(w->c, PATH_SOCKET, path), ask, 10, NULL);
	bool is_up = answer != NULL;
	size_t i;

	json_array_foreach(json_object_get(answer, "top"), i, row)
	{
		const char *account = json_string_value(json_object_get(row, "account"));
		const char *key = json_string_value(json_object_get(row, "key"));

		if (names(w, slice_str(account)) || names(w, slice_str(key)))
			json_array_append(out, row);
	}
	json_decref(answer);
	json_decref(ask);
	return is_up;
}

static void print_limits(const json_t *limits)
{
	char age[TEXT_TIME_MAX];
	json_t *row;
	size_t i;

	json_array_foreach(limits, i, row)
	{
		int64_t limit = json_integer_value(json_object_get(row, "limit"));

		printf("  %-16s ", json_string_value(json_object_get(row, "type")));
		if (limit == 0)
			fputs("not watched", stdout);
		else
			printf("more than %" PRId64 " in %s: ", limit,
			       text_age(json_integer_value(
						json_object_get(row, "interval")),
					age));
		if (limit)
			text_value(stdout, json_object_get(row, "actions"));
		puts(json_is_true(json_object_get(row, "ignored")) ? " (ignored)" : "");
	}
}

static void print_windows(const json_t *windows)
{
	json_t *row;
	size_t i;

	json_array_foreach(windows, i, row)
	{
		printf("  %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT "  %s  ",
		       json_integer_value(json_object_get(row, "count")),
		       json_integer_value(json_object_get(row, "limit")),
		       json_string_value(json_object_get(row, "type")));
		text_value(stdout, json_object_get(row, "key"));
		putchar('\n');
	}
}

static void print_found(const json_t *found)
{
	const json_t *account = json_object_get(found, "account");
	const json_t *lines = json_object_get(found, "lines");
	const json_t *windows = json_object_get(found, "windows");
	const json_t *actions = json_object_get(found, "actions");
	const json_t *reports = json_object_get(found, "reports");

	if (json_is_object(account)) {
		puts("Account");
		text_tree(stdout, account, 2);
	} else {
		puts("No account of this server");
	}
	puts(json_array_size(json_object_get(found, "limits"))
		     ? "Limits"
		     : "Limits: unknown, the settings are wrong (osm check)");
	print_limits(json_object_get(found, "limits"));
	if (json_array_size(lines)) {
		puts("Lines of osm.accounts and osm.ignore");
		cmd_print_problems(stdout, lines);
	}
	puts(json_is_true(json_object_get(found, "running"))
		     ? json_array_size(windows) ? "Counted now" : "Nothing counted now"
		     : "Counted now: unknown, osmd is not running");
	print_windows(windows);
	puts(json_array_size(actions) ? "In force" : "Nothing in force");
	if (json_array_size(actions))
		rows_print_actions(actions);
	puts(json_array_size(reports) ? "Reports" : "No reports");
	if (json_array_size(reports))
		rows_print_reports(reports);
}

static int grep(const struct cmd *c, const struct accounts *accounts)
{
	struct subject w = {.c = c, .word = slice_str(c->args[0])};
	json_t *lines = json_array(), *windows = json_array(), *actions = json_array(),
	       *reports = json_array(), *found;
	struct err e = {0};
	bool is_up, known, read;

	find_subject(&w, accounts);
	collect_lines(&w, PATH_ACCOUNTS, false, lines);
	collect_lines(&w, PATH_IGNORE, true, lines);
	read = collect_stored(&w, reports, actions, &e);
	is_up = collect_windows(&w, windows);
	known = w.facts || json_array_size(lines) || json_array_size(windows) ||
		json_array_size(actions) || json_array_size(reports);
	found = json_pack("{s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "ok", known,
			  "word", slice_json(w.word), "account",
			  w.facts ? facts_json(w.facts) : json_null(), "limits",
			  limits_json(&w), "lines", lines, "running", is_up, "windows",
			  windows, "actions", actions, "reports", reports);
	if (c->json && !known)
		json_object_set_new(found, "error",
				    json_string("nothing is known of it"));
	if (!read)
		cmd_fail(c, CMD_FAILED, "what is in force is not known: %s", e.msg);
	else if (c->json)
		cmd_print_json(json_incref(found));
	else if (known)
		print_found(found);
	else
		cmd_fail(c, CMD_NOT_FOUND, "%s: nothing is known of it", c->args[0]);
	json_decref(found);
	if (!read)
		return CMD_FAILED;
	return known ? CMD_OK : CMD_NOT_FOUND;
}

int cmd_grep(struct cmd *c)
{
	struct accounts *accounts;
	struct err e = {0};
	int code;

	if (!cmd_options(c, NULL, 0, 1, 1))
		return CMD_USAGE;
	accounts = accounts_load(&c->paths, &e);
	if (!accounts)
		return cmd_fail(c, CMD_FAILED, "%s", e.msg);
	code = grep(c, accounts);
	accounts_free(accounts);
	return code;
}
