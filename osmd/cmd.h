/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * cmd: what the subcommands of osm share: the call, its exit codes, how an error and a
 * stranger's text are printed, and how root's files are loaded. Each cmd_*.c beside this
 * holds a few subcommands; osm.c holds their table.
 */
#ifndef OSM_CMD_H
#define OSM_CMD_H

#include <jansson.h>
#include <stdio.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/base/slice.h"
#include "osmd/model/rules.h"
#include "osmd/store/store.h"

/* osm(8), EXIT STATUS. */
enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_NOT_RUNNING = 3, /* osmd is needed and does not run */
	CMD_NOT_FOUND = 4
};

/* One call of osm. args holds what follows the subcommand; options are taken out of it. */
struct cmd {
	struct paths paths;
	bool json;
	const char *name;
	const char *words; /* what it takes, as osm help says it */
	char **args;
	size_t count;
};

/* Subcommands; each returns an enum cmd_exit. */
int cmd_audit(struct cmd *c);
int cmd_check(struct cmd *c);
int cmd_conf(struct cmd *c);
int cmd_custom(struct cmd *c);
int cmd_deny(struct cmd *c);
int cmd_denyrm(struct cmd *c);
int cmd_disable(struct cmd *c);
int cmd_enable(struct cmd *c);
int cmd_grep(struct cmd *c);
int cmd_act(struct cmd *c); /* hold, block, act */
int cmd_held(struct cmd *c);
int cmd_inforce(struct cmd *c);
int cmd_metrics(struct cmd *c);
int cmd_life(struct cmd *c);
int cmd_reload(struct cmd *c);
int cmd_replay(struct cmd *c);
int cmd_reports(struct cmd *c);
int cmd_restart(struct cmd *c);
int cmd_show(struct cmd *c);
int cmd_start(struct cmd *c);
int cmd_status(struct cmd *c);
int cmd_stop(struct cmd *c);
int cmd_top(struct cmd *c);
int cmd_undo(struct cmd *c);

/* ---- the call (cmd_call.c) ---- */

/* --name VALUE or --name=VALUE into *value; without value, --name sets *flag. */
struct cmd_option {
	const char *name;
	const char **value;
	bool *flag;
};
/* Takes the options out of c->args and checks that min..max words are left. false: said so,
 * the exit code is CMD_USAGE. */
bool cmd_options(struct cmd *c, const struct cmd_option *options, size_t n, size_t min,
		 size_t max);
/* Say why (with --json as {"ok":false,"error":...}); returns code. */
int cmd_fail(const struct cmd *c, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* One sentence of success (with --json {"ok":true,"message":...}); returns CMD_OK. */
int cmd_say(const struct cmd *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Print a document as JSON, in ASCII only; takes the reference. */
void cmd_print_json(json_t *doc);
/* root + path; "" when it does not fit (no such file then). */
const char *cmd_path(const struct cmd *c, const char *absolute, char out[PATH_MAX]);
/* Ask the daemon. NULL: *code is the exit code to return and it was said why. An answer
 * that is not ok counts as CMD_FAILED and is said, too. */
json_t *cmd_ask(const struct cmd *c, json_t *request, unsigned timeout_s, int *code);
/* Have the daemon's executor do it; without a daemon one of our own under its lock. Prints what
 * came of it. Takes no reference. */
int cmd_do(const struct cmd *c, const json_t *request);
/* Have the firewall block an address or prefix; ttl_s 0: until it is released; below: for
 * FIREWALL_TTL. */
int cmd_deny_address(const struct cmd *c, const char *address, int64_t ttl_s,
		     const char *reason);
/* Is there no daemon at all behind this error of ctl_ask? */
bool cmd_is_down(const struct err *e);
/* Open osm.db for reading. NULL: said so. */
struct store *cmd_store(const struct cmd *c, int *code);
/* "root", or who called sudo. */
const char *cmd_who(void);

/* ---- root's files (cmd_load.c) ---- */

/* Problems are appended to the array as {"file","line","text"}. A missing file is none. */
bool cmd_load_config(const struct cmd *c, struct config *config, json_t *problems);
/* The same of another file, which must be there, when file isn't NULL. */
bool cmd_load_config_from(const struct cmd *c, const char *file, struct config *config,
			  json_t *problems);
/* NULL when a line of osm.accounts or osm.ignore is wrong. */
struct rules *cmd_load_rules(const struct cmd *c, const struct config *config,
			     json_t *problems);
/* All of osm.conf and the lists, every wrong line told. NULL: there is one. */
struct rules *cmd_load_settings(const struct cmd *c, struct config *config,
				json_t *problems);
/* Are the settings fine? false: every wrong line was said, and what follows from it. */
bool cmd_settings_fine(const struct cmd *c, const char *consequence);
/* The text of a file of ours (owned by the caller), empty when it is missing; NULL: can't be
 * read, told in problems. */
char *cmd_load_text(const struct cmd *c, const char *absolute, size_t *n,
		    json_t *problems);
/* "osm.conf: line 3: ..." for each, on stream. */
void cmd_print_problems(FILE *stream, const json_t *problems);

/* ---- text (cmd_text.c) ---- */

/* A stranger's text for a terminal: control bytes, bytes that are no UTF-8, bidi and other
 * invisible marks become \xHH or \u{HHHH}. Line breaks too. */
void text_put(FILE *stream, struct slice s);
void text_puts(FILE *stream, const char *s); /* NULL is nothing */
/* A value of a document on one line: texts as text_put, numbers, lists with commas. */
void text_value(FILE *stream, const json_t *value);
/* Every member of an object as "name: value", nested ones indented. */
void text_tree(FILE *stream, const json_t *object, int indent);
/* rows: an array of arrays of texts or numbers. The last column is never padded; the others
 * are cut at a width that keeps a table readable. */
void text_table(FILE *stream, const char *const *heads, size_t columns,
		const json_t *rows);
/* "2026-11-23 14:08:01" in the local zone; "-" for 0. */
#define TEXT_TIME_MAX 32
const char *text_time(int64_t at_s, char out[TEXT_TIME_MAX]);
/* "1 h 5 min", "2 d"; for people. */
const char *text_age(int64_t seconds, char out[TEXT_TIME_MAX]);
/* "90", "90s", "15m", "2h", "7d", "1w" -> seconds. */
bool text_duration(const char *s, int64_t *out);
/* A duration before now, or a local date "YYYY-MM-DD[ HH:MM[:SS]]", or "@EPOCH". */
bool text_since(const char *s, int64_t now_s, int64_t *out);

#endif
