/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* check: for everything that osm needs, whether it is there and what is lost without it. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "firewall/csffacts.h"
#include "osmd/act/custom.h"
#include "osmd/act/wall.h"
#include "osmd/act/webstatus.h"
#include "osmd/base/addr.h"
#include "osmd/base/log.h"
#include "osmd/cmd.h"
#include "osmd/cmd_lists.h"
#include "osmd/ctl/ctl.h"
#include "osmd/engine/packetsource.h"
#include "osmd/sys/spawn.h"

/* A log that nobody has written to for so long is probably the wrong file. */
#define LOG_SILENT_S 86400

enum check_state { CHECK_OK, CHECK_WARN, CHECK_MISSING, CHECK_BAD };

struct check {
	const struct cmd *c;
	struct config config;
	json_t *rows;
	json_t *status; /* owned; of osmd, NULL: it doesn't answer */
	bool needed_missing;
};

static const char *state_name(enum check_state s)
{
	switch (s) {
	case CHECK_OK:
		return "OK";
	case CHECK_WARN:
		return "WARN";
	case CHECK_MISSING:
		return "MISSING";
	case CHECK_BAD:
		break;
	}
	return "BAD";
}

/* lost: what does not work for it; said unless all is well. */
__attribute__((format(printf, 5, 6))) static void row(struct check *k, const char *name,
						      enum check_state s,
						      const char *lost, const char *fmt,
						      ...)
{
	char detail[1024];
	json_t *doc;
	va_list args;

	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	doc = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "state", state_name(s),
			"detail", detail, "lost", s == CHECK_OK ? "" : lost);
	if (!doc) /* bytes of a path or a file that are no UTF-8 */
		doc = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "state",
				state_name(s), "detail", "(not valid UTF-8)", "lost",
				lost);
	json_array_append_new(k->rows, doc);
	if (s == CHECK_MISSING || s == CHECK_BAD)
		k->needed_missing = true;
}

static void check_settings(struct check *k)
{
	json_t *problems = json_array(), *p;
	struct rules *rules;
	char path[PATH_MAX], at[32];
	size_t i;

	rules = cmd_load_settings(k->c, &k->config, problems);
	json_array_foreach(problems, i, p)
	{
		int line = (int)json_integer_value(json_object_get(p, "line"));

		at[0] = '\0';
		if (line)
			snprintf(at, sizeof(at), " line %d:", line);
		row(k, "settings", CHECK_BAD,
		    "osmd keeps its old settings and does not start with these",
		    "%s:%s %s", json_string_value(json_object_get(p, "file")), at,
		    json_string_value(json_object_get(p, "text")));
	}
	cmd_path(k->c, PATH_CONF, path);
	if (access(path, F_OK) < 0)
		row(k, "settings", CHECK_WARN,
		    "the defaults are in force (osm conf --default)", "%s is not there",
		    path);
	else if (rules)
		row(k, "settings", CHECK_OK, "",
		    "osm.conf, osm.accounts and osm.ignore are fine");
	if (rules && k->config.testing)
		row(k, "testing", CHECK_WARN,
		    "osm decides and reports, but holds and blocks nothing",
		    "TESTING = \"1\"");
	rules_free(rules);
	json_decref(problems);
}

static void check_log(struct check *k)
{
	static const char lost[] = "nothing is counted: no logline, no cwdcheck";
	char path[PATH_MAX], age[TEXT_TIME_MAX];
	struct stat st;
	int64_t silent;

	cmd_path(k->c, k->config.exim_log, path);
	if (stat(path, &st) < 0 || access(path, R_OK) < 0) {
		row(k, "exim log", CHECK_MISSING, lost, "%s: %s", path, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		row(k, "exim log", CHECK_BAD, lost, "%s: not a regular file", path);
		return;
	}
	silent = (int64_t)time(NULL) - st.st_mtime;
	text_age(silent > 0 ? silent : 0, age);
	if (silent > LOG_SILENT_S)
		row(k, "exim log", CHECK_WARN, "does Exim write to this file?",
		    "%s, last written %s ago", path, age);
	else
		row(k, "exim log", CHECK_OK, lost, "%s, last written %s ago", path, age);
}

/* Exim below the root, or the system's. false: none. */
static bool find_exim(const struct check *k, char out[PATH_MAX])
{
	static const char *const names[] = {"/usr/sbin/exim", "/usr/sbin/exim4"};

	for (size_t i = 0; i < 2; i++)
		if (access(cmd_path(k->c, names[i], out), X_OK) == 0)
			return true;
	for (size_t i = 0; i < 2; i++) {
		snprintf(out, PATH_MAX, "%s", names[i]);
		if (access(out, X_OK) == 0)
			return true;
	}
	return false;
}

/* Is the selector on in "log_selector = +a -b +all"? Later words win. */
static bool selector_is_on(struct slice text, const char *name)
{
	struct slice word, rest = text;
	bool on = false;

	while (rest.n) {
		struct slice all = rest;

		if (!slice_cut(&rest, ' ', &word)) {
			word = all;
			rest.n = 0;
		}
		word = slice_trim(word);
		if (word.n < 2 || (word.p[0] != '+' && word.p[0] != '-'))
			continue;
		if (slice_eq((struct slice){word.p + 1, word.n - 1}, slice_str(name)) ||
		    slice_eq((struct slice){word.p + 1, word.n - 1}, SLICE("all")))
			on = word.p[0] == '+';
	}
	return on;
}

static void check_selectors(struct check *k, const char *exim, struct slice text)
{
	static const struct {
		const char *name, *lost;
	} needed[] = {
		{"arguments", "no cwd= lines: cwdcheck and cwdcheck:cwd see nothing"},
		{"subject", "no subjects: logline:subject sees nothing"},
		{"received_recipients",
		 "no recipients: mail that stays on this server can't be "
		 "told apart, COUNT_UNIT = \"recipients\" counts 1 each"},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		bool on = selector_is_on(text, needed[i].name);

		row(k, "log_selector", on ? CHECK_OK : CHECK_MISSING, needed[i].lost,
		    "+%s %s (%s)", needed[i].name, on ? "is on" : "is off", exim);
	}
}

static void check_exim(struct check *k)
{
	static const char lost[] =
		"unknown whether the log has what osm reads: +arguments "
		"+subject +received_recipients";
	char exim[PATH_MAX];
	const char *const argv[] = {exim, "-bP", "log_selector", NULL};
	const struct spawn_request req = {
		.argv = argv, .timeout_s = 10, .output_max = 8192};
	struct spawn_result result;
	struct err e = {0};

	if (!find_exim(k, exim)) {
		row(k, "log_selector", CHECK_WARN, lost, "no exim program found");
		return;
	}
	if (!spawn_run(&req, &result, &e)) {
		row(k, "log_selector", CHECK_WARN, lost, "%s", e.msg);
		return;
	}
	if (result.exit_code != 0 || result.timed_out)
		row(k, "log_selector", CHECK_WARN, lost, "%s -bP log_selector fails",
		    exim);
	else
		check_selectors(k, exim, slice_trim(buf_view(&result.output)));
	buf_clear(&result.output);
}

static void check_program(struct check *k, const char *name, const char *absolute,
			  enum check_state without, const char *lost)
{
	char path[PATH_MAX];

	if (access(cmd_path(k->c, absolute, path), X_OK) == 0)
		row(k, name, CHECK_OK, lost, "%s", path);
	else
		row(k, name, without, lost, "%s: %s", path, strerror(errno));
}

static void on_idle(const char *file, unsigned line, const char *why, void *ctx)
{
	row(ctx, "lists", CHECK_WARN, "the line has no effect", "%s: line %u: %s", file,
	    line, why);
}

static void check_accounts(struct check *k)
{
	static const char lost[] =
		"mail can't be laid to an account, nothing is reported for it";
	struct err e = {0};
	struct accounts *a = accounts_load(&k->c->paths, &e);
	char path[PATH_MAX];

	if (!a)
		row(k, "accounts", CHECK_BAD, lost, "%s", e.msg);
	else if (accounts_count(a) == 0)
		row(k, "accounts", CHECK_MISSING, lost, "no account in %s or %s",
		    PATH_TRUEUSERDOMAINS, PATH_PASSWD);
	else
		row(k, "accounts", CHECK_OK, lost, "%zu accounts, from %s",
		    accounts_count(a),
		    accounts_from_panel(a) ? PATH_TRUEUSERDOMAINS : PATH_PASSWD);
	if (a && accounts_from_panel(a) &&
	    access(cmd_path(k->c, PATH_USERDOMAINS, path), R_OK) < 0)
		row(k, "accounts", CHECK_WARN,
		    "mailboxes of addon domains belong to nobody", "%s: %s", path,
		    strerror(errno));
	if (a && accounts_from_panel(a) &&
	    access(cmd_path(k->c, PATH_LOCALDOMAINS, path), R_OK) < 0)
		row(k, "accounts", CHECK_WARN,
		    "mail that stays on this server may be counted", "%s: %s", path,
		    strerror(errno));
	if (a && accounts_count(a))
		lists_each_idle(k->c, a, (int64_t)time(NULL), on_idle, k);
	accounts_free(a);
}

static void check_database(struct check *k)
{
	static const char lost[] = "no reports, no actions, no undo";
	char path[PATH_MAX], folder[PATH_MAX];
	struct err e = {0};
	struct store *s;

	cmd_path(k->c, PATH_DB, path);
	cmd_path(k->c, PATH_STATE_DIR, folder);
	if (access(path, F_OK) < 0) {
		/* osmd makes the folder, too */
		bool can = access(folder, W_OK) == 0 || errno == ENOENT;

		row(k, "database", can ? CHECK_WARN : CHECK_MISSING, lost,
		    can ? "%s is not there yet, osmd makes it"
			: "%s: its folder can't be written to",
		    path);
		return;
	}
	s = store_open(path, false, &e);
	if (s)
		row(k, "database", CHECK_OK, lost, "%s", path);
	else
		row(k, "database", CHECK_BAD, lost, "%s", e.msg);
	store_close(s);
}

static void check_spool(struct check *k)
{
	static const char lost[] =
		"log lines can't be confirmed: osm reports, but acts on none";
	char spool[PATH_MAX], path[PATH_MAX + 8];
	DIR *d;

	cmd_path(k->c, k->config.exim_spool, spool);
	snprintf(path, sizeof(path), "%s/input", spool);
	d = opendir(path);
	if (d)
		row(k, "spool", CHECK_OK, lost, "%s", path);
	else
		row(k, "spool", CHECK_MISSING, lost, "%s: %s", path, strerror(errno));
	if (d)
		closedir(d);
}

static void check_daemon(struct check *k)
{
	static const char lost[] = "nothing is watched";
	char path[PATH_MAX];
	struct err e = {0};
	json_t *ask = json_pack("{s:s}", "do", "status");
	json_t *answer;

	if (access(cmd_path(k->c, PATH_DISABLED, path), F_OK) == 0)
		row(k, "osmd", CHECK_MISSING, lost,
		    "osm is disabled (osm -e enables it)");
	answer = ctl_ask(cmd_path(k->c, PATH_SOCKET, path), ask, 10, &e);
	if (answer)
		row(k, "osmd", CHECK_OK, lost, "is running");
	else if (cmd_is_down(&e))
		row(k, "osmd", CHECK_MISSING, lost, "is not running (osm -s starts it)");
	else
		row(k, "osmd", CHECK_BAD, lost, "%s", e.msg);
	k->status = answer;
	json_decref(ask);
}

static const char packets_lost[] =
	"SMTP connections of scripts are not seen: no packet, no packet:cwd";

/* By the kernel, for want of room in its buffer, or after it. */
static uint64_t lost_count(const json_t *stats)
{
	static const char *const names[] = {"dropped", "overrun", "lost"};
	json_int_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		n += json_integer_value(json_object_get(stats, names[i]));
	return (uint64_t)n;
}

/* What the running osmd says. */
static void check_packets_live(struct check *k, const json_t *packets)
{
	const char *source = json_string_value(json_object_get(packets, "source"));
	const char *name;
	json_t *why;
	uint64_t lost;

	if (!source)
		source = "none";
	if (strcmp(source, "none") == 0)
		row(k, "packets", CHECK_BAD, packets_lost, "no source works");
	else
		row(k, "packets", CHECK_OK, packets_lost, "seen by %s", source);
	lost = lost_count(json_object_get(packets, "stats"));
	if (lost)
		row(k, "packets", CHECK_WARN, "they are not counted",
		    "%" PRIu64 " connections came faster than they could be taken", lost);
	json_object_foreach(json_object_get(packets, "failed"), name, why)
		row(k, "packets", CHECK_WARN, "a better source is not used", "%s: %s",
		    name, json_string_value(why));
}

/* Nobody watches: what would work? */
static void check_packets_here(struct check *k)
{
	const struct packetsource_kind *kind;

	for (size_t i = 0; (kind = packetsource_choice(k->config.packet_source, i));
	     i++) {
		struct err e = {0};
		void *source = kind->open(&k->config.smtp_ports, &e);

		kind->close(source);
		if (source) {
			row(k, "packets", CHECK_OK, packets_lost, "%s works here",
			    kind->name);
			return;
		}
		row(k, "packets", CHECK_WARN, packets_lost, "%s: %s", kind->name, e.msg);
	}
}

/* The file of REPORT_JSONL, or the folder where it is to be made. */
static void check_stream(struct check *k)
{
	static const char lost[] = "REPORT_JSONL: reports wait until it can be written";
	char path[PATH_MAX], folder[PATH_MAX];
	struct stat st;

	if (!k->config.report_jsonl[0])
		return;
	cmd_path(k->c, k->config.report_jsonl, path);
	if (lstat(path, &st) == 0) {
		row(k, "stream", S_ISREG(st.st_mode) ? CHECK_OK : CHECK_BAD, lost, "%s%s", path,
		    S_ISREG(st.st_mode) ? "" : ": not a file");
		return;
	}
	snprintf(folder, sizeof(folder), "%s", path);
	strrchr(folder, '/')[1] = '\0'; /* the path is absolute */
	if (stat(folder, &st) < 0)
		row(k, "stream", CHECK_BAD, lost, "%s: %s", folder, strerror(errno));
	else
		row(k, "stream", CHECK_OK, lost, "%s: not there yet", path);
}

static void check_metrics(struct check *k)
{
	const char *state = json_string_value(json_object_get(k->status, "metrics"));
	const char *where = k->config.metrics_listen;
	struct addr address;
	uint16_t port;

	if (!where[0] || !addr_parse_place(slice_str(where), &address, &port))
		return;
	if (state && strcmp(state, "answered") != 0)
		row(k, "metrics", CHECK_WARN, "Prometheus is not answered",
		    "METRICS_LISTEN: %s: %s", where,
		    strcmp(state, "off") == 0 ? "not before osm restart"
					      : "could not be had; see /var/log/osmd.log");
	else if (!addr_is_loopback(&address))
		row(k, "metrics", CHECK_WARN,
		    "whoever reaches it can read the counters: let the firewall say who",
		    "METRICS_LISTEN: %s: not only this server", where);
	else
		row(k, "metrics", CHECK_OK, "", "METRICS_LISTEN: %s", where);
}

static void check_packets(struct check *k)
{
	if (!k->config.packet_enable)
		row(k, "packets", CHECK_WARN, packets_lost, "PACKET_ENABLE = \"0\"");
	else if (k->status)
		check_packets_live(k, json_object_get(k->status, "packets"));
	else
		check_packets_here(k);
}

/* What osm-panel says of each part that lies in cPanel: "OK name" or "MISSING name". */
static void check_registration(struct check *k)
{
	static const char program[] = "/usr/libexec/osm/osm-panel";
	static const char lost[] = "a part of osm's in cPanel ("
				   "/usr/libexec/osm/osm-panel register puts it back)";
	const char *const argv[] = {program, "status", NULL};
	const struct spawn_request req = {
		.argv = argv, .timeout_s = 60, .output_max = 4096};
	struct spawn_result result;
	struct slice rest, line, state;
	struct err e = {0};

	/* the real system's alone: below --root nothing is registered */
	if (k->c->paths.root[0] || access(PATH_WHMAPI, X_OK) < 0 ||
	    access(program, X_OK) < 0)
		return;
	if (!spawn_run(&req, &result, &e)) {
		row(k, "cPanel", CHECK_WARN, lost, "%s", e.msg);
		return;
	}
	rest = buf_view(&result.output);
	while (slice_cut(&rest, '\n', &line))
		if (slice_cut(&line, ' ', &state))
			row(k, "cPanel",
			    slice_eq(state, SLICE("OK")) ? CHECK_OK : CHECK_WARN, lost,
			    "%.*s%s", (int)line.n, line.p,
			    slice_eq(state, SLICE("OK")) ? "" : " is not in its place");
	buf_clear(&result.output);
}

static void print_rows(const json_t *rows)
{
	json_t *r;
	size_t i;

	json_array_foreach(rows, i, r)
	{
		const char *lost = json_string_value(json_object_get(r, "lost"));
		const char *state = json_string_value(json_object_get(r, "state"));
		bool is_warning = strcmp(state, state_name(CHECK_WARN)) == 0;

		printf("%-8s %-13s ", state,
		       json_string_value(json_object_get(r, "name")));
		text_puts(stdout, json_string_value(json_object_get(r, "detail")));
		putchar('\n');
		if (lost && lost[0])
			printf("%-22s %s: %s\n", "", is_warning ? "note" : "lost", lost);
	}
}

static bool is_wanted(const struct check *k, unsigned bits)
{
	for (int t = 0; t < TRIGGER_COUNT; t++)
		if (k->config.trigger[t].actions & bits)
			return true;
	return false;
}

static void check_custom(struct check *k)
{
	static const char lost[] = "the program is not run: the action custom";
	struct err e = {0};
	bool wanted = is_wanted(k, ACTION_BIT(ACTION_CUSTOM));

	if (!wanted && !k->config.custom_action[0])
		return;
	if (custom_check(&k->c->paths, &k->config, &e))
		row(k, "custom", CHECK_OK, lost, "%s", k->config.custom_action);
	else
		row(k, "custom", wanted ? CHECK_BAD : CHECK_WARN, lost, "%s", e.msg);
}

/* Who must never be blocked, and whose address nobody knows. */
static void check_protected(struct check *k, struct wall *wall)
{
	static const char lost[] = "nothing is blocked: who is protected isn't known";
	struct err e = {0};
	size_t names;

	if (!wall_hold(wall, NULL, time(NULL), &e)) {
		row(k, "protected", CHECK_BAD, lost, "%s", e.msg);
		return;
	}
	names = wall_unresolved(wall);
	wall_let(wall);
	if (names)
		row(k, "protected", CHECK_WARN, "their addresses may be blocked",
		    "%zu name(s) in csf.rignore, which only lfd looks up: name the "
		    "addresses in csf.ignore or osm.ignore",
		    names);
}

/* Which firewall the actions and osm -d use, and why. */
static void check_firewall(struct check *k)
{
	static const char lost[] =
		"nothing is blocked: the actions firewall and block_smtp, osm -d";
	bool wanted = is_wanted(k, ACTION_BIT(ACTION_FIREWALL) | ACTION_BIT(ACTION_BLOCK_SMTP));
	enum check_state without = wanted ? CHECK_BAD : CHECK_WARN;
	struct wall *wall = wall_new(&k->c->paths, &k->config);
	const struct fw_backend *backend, *beside = NULL;
	struct err e = {0};

	backend = wall ? wall_backend(wall, &e) : NULL;
	if (backend && strcmp(backend->name, "csf") == 0)
		beside = wall_beside(wall);
	if (!backend)
		row(k, "firewall", without, lost, "%s", e.msg);
	else
		row(k, "firewall", strcmp(backend->name, "none") ? CHECK_OK : without, lost,
		    "%s%s%s%s: %s", backend->name, beside ? ", and " : "",
		    beside ? beside->name : "", beside ? " before it" : "",
		    wall_reason(wall));
	if (backend && strcmp(backend->name, "none") != 0)
		check_protected(k, wall);
	wall_free(wall);
}

/* What csf's configuration means for osm. */
static void check_csf(struct check *k)
{
	struct csf_facts f;

	csffacts_read(&k->c->paths, &f);
	if (!f.is_installed)
		return;
	if (f.is_disabled)
		row(k, "csf", CHECK_WARN, "osm blocks without csf, unless FIREWALL is csf",
		    "is disabled (csf -e enables it)");
	else if (f.has_failed)
		row(k, "csf", CHECK_WARN, "osm blocks without csf, unless FIREWALL is csf",
		    "its last start failed: /etc/csf/csf.error says why");
	if (!f.is_readable)
		row(k, "csf", CHECK_WARN, "osm blocks without csf, unless FIREWALL is csf",
		    "/etc/csf/csf.conf can't be read");
	if (f.is_testing)
		row(k, "csf", CHECK_WARN, "osm blocks without csf, unless FIREWALL is csf",
		    "TESTING is on in csf.conf: csf would block nothing");
	if (f.is_readable && !f.has_ipv6)
		row(k, "csf", CHECK_WARN, "IPv6 addresses are blocked in the kernel only",
		    "IPV6 is off in csf.conf: csf refuses IPv6 addresses");
	if (f.blocks_in_only)
		row(k, "csf", CHECK_OK, "",
		    "LF_BLOCKINONLY: osm -d blocks incoming packets only, as csf -d does");
	if (f.uses_ipset)
		row(k, "csf", CHECK_OK, "",
		    "LF_IPSET: csf -r empties every set of this host; osm puts its own back");
	if (f.blocks_smtp)
		row(k, "csf", CHECK_OK, "",
		    "SMTP_BLOCK: csf refuses all accounts' own SMTP connections but those of "
		    "SMTP_ALLOWUSER and SMTP_ALLOWGROUP; packet may not see them, and "
		    "block_smtp adds these accounts");
}

static void check_steps(struct check *k)
{
	for (int t = 0; t < TRIGGER_COUNT; t++)
		if ((k->config.trigger[t].actions & ACTION_BIT(ACTION_STEPS)) &&
		    !k->config.trigger[t].steps.n)
			row(k, "steps", CHECK_BAD, "nothing is done for its reports",
			    "the actions of %s name steps, but it has none",
			    trigger_name((enum trigger_id)t));
}

static void check_apache(struct check *k)
{
	static const char lost[] = "reports don't list web requests and their scripts";
	struct webstatus *w = k->config.apachestatus ? webstatus_new() : NULL;
	char why[256];
	size_t n;

	if (w && webstatus_try(w, &k->c->paths, &k->config, &n, why))
		row(k, "Apache", CHECK_OK, lost, "its status page lists requests");
	else if (w)
		row(k, "Apache", CHECK_WARN, lost, "its status page can't be used: %s",
		    why);
	webstatus_free(w);
}

int cmd_check(struct cmd *c)
{
	struct check k = {.c = c};

	if (!cmd_options(c, NULL, 0, 0, 0))
		return CMD_USAGE;
	log_open("osm", NULL, 1, LOG_LEVEL_WARN); /* its rows say the rest */
	k.rows = json_array();
	check_settings(&k);
	check_log(&k);
	check_exim(&k);
	check_accounts(&k);
	check_program(&k, "panel", PATH_WHMAPI, CHECK_MISSING,
		      "accounts can't be held, blocked or suspended");
	check_program(&k, "panel", PATH_UAPI, CHECK_MISSING,
		      "mailboxes can't be held, blocked or suspended");
	check_spool(&k);
	check_database(&k);
	check_program(&k, "sendmail", k.config.sendmail, CHECK_MISSING,
		      "reports are not mailed: the action email");
	check_firewall(&k);
	check_csf(&k);
	check_custom(&k);
	check_registration(&k);
	check_steps(&k);
	check_apache(&k);
	check_daemon(&k);
	check_packets(&k);
	check_stream(&k);
	check_metrics(&k);
	if (c->json && k.needed_missing)
		cmd_print_json(json_pack("{s:b, s:s, s:O}", "ok", 0, "error",
					 "something that osm needs is missing", "checks",
					 k.rows));
	else if (c->json)
		cmd_print_json(json_pack("{s:b, s:O}", "ok", 1, "checks", k.rows));
	else
		print_rows(k.rows);
	json_decref(k.rows);
	json_decref(k.status);
	return k.needed_missing ? CMD_FAILED : CMD_OK;
}
