/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * osm: the administrator's command. A table of subcommands, each with csf's way to say it
 * (-s, -l, ...) where there is one; see osm(8).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/version.h"
#include "osmd/cmd.h"

struct command {
	char toggle; /* 0: none */
	const char *name, *words, *help;
	int (*run)(struct cmd *c);
};

static int run_help(struct cmd *c);
static int run_version(struct cmd *c);

static const struct command commands[] = {
	{'s', "start", "", "start osmd", cmd_start},
	{'f', "stop", "", "stop osmd", cmd_stop},
	{'r', "restart", "", "stop osmd and start it again", cmd_restart},
	{'e', "enable", "", "enable osm and start osmd", cmd_enable},
	{'x', "disable", "", "stop osmd and keep it from starting", cmd_disable},
	{'l', "reports", "[--type T] [--account A] [--since 2h] [--limit N]",
	 "list the reports, newest first", cmd_reports},
	{'t', "inforce", "", "list the actions that are in force", cmd_inforce},
	{'d', "deny", "ADDRESS [TIME] [REASON...]",
	 "block an address or prefix in the firewall", cmd_deny},
	{0, "denyrm", "ADDRESS", "release what osm blocks of it", cmd_denyrm},
	{0, "audit", "[--limit N]", "who did what to whom, newest first", cmd_audit},
	{'u', "undo", "ID", "undo an action, or all actions of a report", cmd_undo},
	{'g', "grep", "WORD", "all that is known of an account, mailbox, address or path",
	 cmd_grep},
	{'c', "check", "",
	 "say what osm needs, whether it is there, what is lost without", cmd_check},
	{0, "show", "ID [--format json|xml|yaml|perl]", "show a report with its evidence",
	 cmd_show},
	{0, "life", "ID [LOG...]",
	 "what became of a report's messages, or of one message", cmd_life},
	{0, "status", "", "show the daemon's state and counters", cmd_status},
	{0, "top", "[--limit N]", "show the fullest windows", cmd_top},
	{0, "metrics", "", "print the counters in Prometheus' format", cmd_metrics},
	{0, "reload", "", "make osmd read its settings again", cmd_reload},
	{0, "hold", "TARGET [--expire 2h]", "hold the mail of a mailbox or an account",
	 cmd_act},
	{0, "block", "ACCOUNT [--expire 2h]", "block an account's sending", cmd_act},
	{0, "act", "ACTION TARGET [--expire 2h]",
	 "do by hand: hold, block_account, block_mailbox, block_login, block_smtp,\n"
	 "        suspend_mailbox, suspend_account, rename_path, rename_script or "
	 "firewall",
	 cmd_act},
	{0, "held", "MAILBOX [--delete]", "count, or delete, a mailbox's held messages",
	 cmd_held},
	{0, "custom", "[--report ID] [--format F] [--conf FILE] [--run]",
	 "what the custom action would get; a test run of it", cmd_custom},
	{0, "replay",
	 "[--pcap [--from NET]] [--totals] [--since 7d] [--conf FILE] FILE...",
	 "run old logs, or captures: what would have been reported", cmd_replay},
	{0, "conf", "[--default | --merge]",
	 "print the settings, or the shipped osm.conf; add new settings to osm.conf",
	 cmd_conf},
	{'v', "version", "", "print the version", run_version},
	{'h', "help", "[COMMAND]", "print this, or of one command", run_help},
};

/* csf's toggle of more than one letter. */
#define CSF_DENYRM "dr"

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find(const char *word)
{
	size_t dashes = strspn(word, "-");

	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *k = &commands[i];

		if (dashes == 1 && word[1] == k->toggle && k->toggle && word[2] == '\0')
			return k;
		if (dashes == 1 && k->run == cmd_denyrm &&
		    strcmp(word + 1, CSF_DENYRM) == 0)
			return k;
		/* csf has both "-s" and "--start"; a bare word does, too */
		if (dashes != 1 && dashes <= 2 && strcmp(word + dashes, k->name) == 0)
			return k;
	}
	return NULL;
}

static const char *toggle_of(const struct command *k, char out[4])
{
	snprintf(out, 4, "-%c", k->toggle);
	if (k->run == cmd_denyrm)
		return "-" CSF_DENYRM;
	return k->toggle ? out : "";
}

static json_t *command_json(const struct command *k)
{
	char space[4];

	return json_pack("{s:s, s:s, s:s, s:s}", "name", k->name, "toggle",
			 toggle_of(k, space), "words", k->words, "help", k->help);
}

static void print_command(const struct command *k)
{
	char space[4];
	const char *toggle = toggle_of(k, space);

	printf("  %-2s%s %s%s%s\n        %s\n", toggle, toggle[0] ? "," : " ", k->name,
	       k->words[0] ? " " : "", k->words, k->help);
}

static int help_all(const struct cmd *c)
{
	json_t *list = json_array();

	if (!c->json)
		puts("usage: osm [--root DIR] [--json] COMMAND [WORD...]\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		if (c->json)
			json_array_append_new(list, command_json(&commands[i]));
		else
			print_command(&commands[i]);
	}
	if (c->json)
		cmd_print_json(json_pack("{s:b, s:O}", "ok", 1, "commands", list));
	else
		puts("\n--json prints JSON; exit status: 0 done, 1 failed, 2 wrong "
		     "usage, 3 osmd is "
		     "not\nrunning, 4 not found. See osm(8).");
	json_decref(list);
	return CMD_OK;
}

/* "osm COMMAND --help", whatever else is there. */
static bool wants_help(const struct cmd *c)
{
	for (size_t i = 0; i < c->count && strcmp(c->args[i], "--") != 0; i++)
		if (strcmp(c->args[i], "--help") == 0)
			return true;
	return false;
}

static int help_one(const struct cmd *c, const struct command *k)
{
	if (c->json) {
		cmd_print_json(
			json_pack("{s:b, s:[o]}", "ok", 1, "commands", command_json(k)));
		return CMD_OK;
	}
	printf("usage: osm [--root DIR] [--json] %s%s%s\n\n", k->name,
	       k->words[0] ? " " : "", k->words);
	print_command(k);
	puts("\nSee osm(8).");
	return CMD_OK;
}

static int run_help(struct cmd *c)
{
	const struct command *k = c->count == 1 ? find(c->args[0]) : NULL;

	if (c->count > 1)
		return cmd_fail(c, CMD_USAGE, "osm help [COMMAND]");
	if (c->count == 1 && !k)
		return cmd_fail(c, CMD_USAGE, "%s: no such command; see osm help",
				c->args[0]);
	return k ? help_one(c, k) : help_all(c);
}

static int run_version(struct cmd *c)
{
	if (c->json)
		cmd_print_json(json_pack("{s:b, s:s}", "ok", 1, "version", OSM_VERSION));
	else
		puts("osm " OSM_VERSION);
	return CMD_OK;
}

/* Takes --json and --root out, wherever they stand before a "--". */
static bool take_globals(struct cmd *c, const char **root)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		char *arg = c->args[i];

		if (strcmp(arg, "--") == 0) {
			while (i < c->count)
				c->args[kept++] = c->args[i++];
		} else if (strcmp(arg, "--json") == 0) {
			c->json = true;
		} else if (strncmp(arg, "--root=", 7) == 0) {
			*root = arg + 7;
		} else if (strcmp(arg, "--root") == 0) {
			if (i + 1 == c->count)
				return false;
			*root = c->args[++i];
		} else {
			c->args[kept++] = arg;
		}
	}
	c->count = kept;
	return true;
}

/* A relative root is meant from here. */
static bool set_root(struct cmd *c, const char *root)
{
	char whole[PATH_MAX];

	if (root && root[0] != '/' && realpath(root, whole))
		root = whole;
	return paths_init(&c->paths, root);
}

int main(int argc, char **argv)
{
	struct cmd c = {.args = argv + 1, .count = argc > 0 ? (size_t)argc - 1 : 0};
	const struct command *k;
	const char *root = NULL;
	int code;

	if (!take_globals(&c, &root) || !set_root(&c, root))
		return cmd_fail(&c, CMD_USAGE, "--root needs a folder");
	if (c.count == 0 && c.json)
		return cmd_fail(&c, CMD_USAGE, "no command; see osm help");
	if (c.count == 0) {
		help_all(&c);
		return CMD_USAGE;
	}
	k = find(c.args[0]);
	if (!k)
		return cmd_fail(&c, CMD_USAGE, "%s: no such command; see osm help",
				c.args[0]);
	c.name = k->name;
	c.words = k->words;
	c.args++;
	c.count--;
	code = wants_help(&c) ? help_one(&c, k) : k->run(&c);
	/* a full disk or a closed pipe must not look like success */
	if (fflush(stdout) != 0 || ferror(stdout))
		return CMD_FAILED;
	return code;
}
