/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* undo, hold, block, act, held: what an administrator does by hand. The daemon's executor does it; only
 * undo (and what the firewall does, cmd_firewall.c) works without a daemon, by an executor of its
 * own under the same lock. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "osmd/act/actions.h"
#include "osmd/act/executor.h"
#include "osmd/base/log.h"
#include "osmd/cmd.h"
#include "osmd/cmd_rows.h"
#include "osmd/ctl/ctl.h"

/* Longer numbers are the beginning of a report's id. */
#define ACTION_DIGITS_MAX 9
/* A panel call may take ACTION_TIMEOUT, and others may stand before it. */
#define WAIT_S 300

/* What it means for the mail from now on; the journal has what was seen. */
static const char *consequence(const char *action, bool done)
{
	static const struct {
		enum action_id id;
		const char *done, *undone;
	} all[] = {
		{ACTION_HOLD, "further mail to other servers waits in Exim's queue",
		 "what is held goes out at Exim's next attempt, unless something else "
		 "stops it"},
		{ACTION_BLOCK_ACCOUNT,
		 "further mail to other servers is refused, and what waits in the queue "
		 "is lost",
		 "what was refused meanwhile is not sent"},
		{ACTION_BLOCK_MAILBOX,
		 "further mail to other servers is refused, and what waits in the queue "
		 "is lost",
		 "what was refused meanwhile is not sent"},
		{ACTION_BLOCK_LOGIN, "sessions that are open go on",
		 "the same password is good again"},
		{ACTION_SUSPEND_MAILBOX,
		 "it can neither send nor log in; what comes in for it still arrives",
		 NULL},
		{ACTION_SUSPEND_ACCOUNT,
		 "its site, mail and logins are down, and its processes were killed",
		 "the processes that were killed don't come back"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(action, action_name(all[i].id)) == 0)
			return done ? all[i].done : all[i].undone;
	return NULL;
}

static void print_after(int64_t id, const char *action, const char *state)
{
	bool done = strcmp(state, action_state_name(ACTION_DONE)) == 0;
	const char *means = done || strcmp(state, action_state_name(ACTION_UNDONE)) == 0
				    ? consequence(action, done)
				    : NULL;

	if (means)
		printf("   %s\n", means);
	if (done)
		printf("   undo with: osm undo %" PRId64 "\n", id);
}

static void print_outcome(const json_t *answer, bool ok)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "actions"), i, row)
	{
		const char *detail = json_string_value(json_object_get(row, "detail"));
		const char *state = json_string_value(json_object_get(row, "state"));
		int64_t until_s = json_integer_value(json_object_get(row, "expires"));
		char until[TEXT_TIME_MAX];

		printf("%" JSON_INTEGER_FORMAT "  ",
		       json_integer_value(json_object_get(row, "id")));
		text_puts(stdout, json_string_value(json_object_get(row, "action")));
		putchar(' ');
		text_puts(stdout, json_string_value(json_object_get(row, "target")));
		fputs(": ", stdout);
		text_puts(stdout, state);
		if (ok && until_s && strcmp(state, action_state_name(ACTION_DONE)) == 0)
			printf(" until %s", text_time(until_s, until));
		if (detail && detail[0]) {
			fputs(" - ", stdout);
			text_puts(stdout, detail);
		}
		putchar('\n');
		if (ok)
			print_after(json_integer_value(json_object_get(row, "id")),
				    json_string_value(json_object_get(row, "action")),
				    state);
	}
}

/* Print an answer of the executor, whoever carried it; takes the reference. */
static int finish(const struct cmd *c, json_t *answer)
{
	bool ok = json_is_true(json_object_get(answer, "ok"));
	const char *why = json_string_value(json_object_get(answer, "error"));

	if (c->json) {
		cmd_print_json(answer);
		return ok ? CMD_OK : CMD_FAILED;
	}
	print_outcome(answer, ok);
	if (ok && json_object_get(answer, "message")) {
		text_puts(stdout, json_string_value(json_object_get(answer, "message")));
		putchar('\n');
	}
	if (!ok)
		cmd_fail(c, CMD_FAILED, "%s", why ? why : "it failed");
	json_decref(answer);
	return ok ? CMD_OK : CMD_FAILED;
}

/* The daemon is down: act here. Wrong settings must not keep anybody from undoing. */
static int act_here(const struct cmd *c, const json_t *request)
{
	json_t *problems = json_array(), *answer;
	struct config config;
	struct err e = {0};
	struct executor *x;
	char log[PATH_MAX];

	/* into osmd.log as the daemon would; what came of it is printed anyway */
	log_open("osm", cmd_path(c, PATH_LOG, log), 0, LOG_LEVEL_INFO);
	if (!cmd_load_config(c, &config, problems)) {
		cmd_print_problems(stderr, problems);
		options_defaults(&config);
	}
	json_decref(problems);
	x = executor_new_undo(&c->paths, &config, &e);
	if (!x)
		return cmd_fail(c, CMD_FAILED, "osmd is not running, and here: %s",
				e.msg);
	answer = executor_handle(x, request, (int64_t)time(NULL));
	executor_free(x);
	return answer ? finish(c, answer) : cmd_fail(c, CMD_FAILED, "no memory");
}

int cmd_do(const struct cmd *c, const json_t *request)
{
	char path[PATH_MAX];
	struct err e = {0};
	json_t *answer = ctl_ask(cmd_path(c, PATH_SOCKET, path), request, WAIT_S, &e);

	if (answer)
		return finish(c, answer);
	if (cmd_is_down(&e))
		return act_here(c, request);
	return cmd_fail(c, CMD_FAILED, "%s", e.msg);
}

/* Which action or report is meant; NULL: said why in *code. */
static json_t *undo_request(const struct cmd *c, struct store *s, const char *word,
			    int *code)
{
	struct slice digits = slice_str(word);
	struct action_row row;
	struct err e = {0};
	json_t *report, *request;
	uint64_t id;

	if (digits.n <= ACTION_DIGITS_MAX && slice_u64(digits, 0, INT32_MAX, &id)) {
		if (store_action_get(s, (int64_t)id, &row, &e))
			return json_pack("{s:s, s:I, s:s}", "do", "undo", "id",
					 (json_int_t)id, "who", cmd_who());
		*code = cmd_fail(c, CMD_NOT_FOUND,
				 "%s: no such action; osm -t lists them", word);
		return NULL;
	}
	report = rows_find_report(c, s, word, code);
	if (!report)
		return NULL;
	request = json_pack("{s:s, s:O, s:s}", "do", "undo", "report",
			    json_object_get(report, "id"), "who", cmd_who());
	json_decref(report);
	return request;
}

int cmd_undo(struct cmd *c)
{
	struct store *s;
	json_t *request;
	int code = CMD_FAILED;

	if (!cmd_options(c, NULL, 0, 1, 1))
		return CMD_USAGE;
	s = cmd_store(c, &code);
	if (!s)
		return code;
	request = undo_request(c, s, c->args[0], &code);
	store_close(s);
	if (!request)
		return code;
	code = cmd_do(c, request);
	json_decref(request);
	return code;
}

/* The account that a mailbox or a user belongs to, into out. */
static bool account_of(const struct cmd *c, const char *target, char out[72],
		       struct err *e)
{
	struct accounts *accounts = accounts_load(&c->paths, e);
	const struct account *a;

	if (!accounts)
		return false;
	a = target[0] == '/' ? accounts_by_path(accounts, slice_str(target))
			     : accounts_by_login(accounts, slice_str(target));
	if (a)
		snprintf(out, 72, "%.*s", (int)a->name.n, a->name.p);
	accounts_free(accounts);
	return a ||
	       err_set(e, ENOENT, "%s: no account, mailbox or customer's path of this server", target);
}

/* The order for the executor. NULL: said why in *code. */
static json_t *order(const struct cmd *c, const char *verb, const char *target, int *code)
{
	struct err e = {0};
	char account[72] = "";

	if (account_of(c, target, account, &e))
		return json_pack("{s:s, s:s, s:s, s:s}", "do", verb, "target", target,
				 "account", account, "who", cmd_who());
	*code = cmd_fail(c, e.code == ENOENT ? CMD_NOT_FOUND : CMD_FAILED, "%s", e.msg);
	return NULL;
}

/* Actions that a person can order: not those that need a report. */
static bool can_order(const char *word)
{
	const struct action_kind *kind = action_kind_find(word);

	return kind && kind->disruptive;
}

/* "hold", "block", or "act ACTION": the action's name; NULL: said so. */
static const char *wanted_action(const struct cmd *c)
{
	char known[256] = "";
	size_t n = 0;

	if (strcmp(c->name, "act") != 0)
		return strcmp(c->name, "hold") == 0 ? "hold" : "block_account";
	if (can_order(c->args[0]))
		return c->args[0];
	for (int a = 0; a < ACTION_COUNT; a++)
		if (can_order(action_name((enum action_id)a)))
			n += (size_t)snprintf(known + n, sizeof(known) - n, " %s",
					      action_name((enum action_id)a));
	cmd_fail(c, CMD_USAGE, "act: %s is none of:%s", c->args[0], known);
	return NULL;
}

int cmd_act(struct cmd *c)
{
	const char *expire = NULL, *action, *target;
	const struct cmd_option options[] = {{"--expire", &expire, NULL}};
	size_t words = strcmp(c->name, "act") == 0 ? 2 : 1;
	int64_t expire_s = 0;
	json_t *answer, *request;
	int code;

	if (!cmd_options(c, options, 1, words, words))
		return CMD_USAGE;
	action = wanted_action(c);
	if (!action)
		return CMD_USAGE;
	target = c->args[words - 1];
	if (expire && !text_duration(expire, &expire_s))
		return cmd_fail(c, CMD_USAGE, "%s: --expire is 30m, 2h or 7d, not %s",
				c->name, expire);
	if (strcmp(action, action_name(ACTION_FIREWALL)) == 0)
		return cmd_deny_address(c, target, expire ? expire_s : -1, "");
	if (strcmp(c->name, "block") == 0 && strchr(target, '@'))
		return cmd_fail(c, CMD_USAGE,
				"block: an account, not a mailbox; osm hold "
				"holds one mailbox");
	request = order(c, action, target, &code);
	if (!request)
		return code;
	if (expire)
		json_object_set_new(request, "expire", json_integer(expire_s));
	answer = cmd_ask(c, request, WAIT_S, &code);
	return answer ? finish(c, answer) : code;
}

/* A line of the standard input is this word. */
static bool typed(const char *word)
{
	char line[512];

	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	return slice_eq(slice_trim(slice_str(line)), slice_str(word));
}

/* What is deleted can't be brought back, and it may be a customer's: asked twice. */
static bool confirmed(const char *mailbox, json_int_t n)
{
	printf("%" JSON_INTEGER_FORMAT " held messages of ", n);
	text_puts(stdout, mailbox);
	printf(" will be deleted.\nType the mailbox to go on: ");
	if (!typed(mailbox))
		return false;
	printf("They can't be brought back, the good ones neither.\nType delete: ");
	return typed("delete");
}

int cmd_held(struct cmd *c)
{
	bool remove = false;
	const struct cmd_option options[] = {{"--delete", NULL, &remove}};
	const char *target;
	json_t *request, *answer;
	json_int_t n;
	int code;

	if (!cmd_options(c, options, 1, 1, 1))
		return CMD_USAGE;
	target = c->args[0];
	if (!strchr(target, '@'))
		return cmd_fail(c, CMD_USAGE, "held: a mailbox, not an account");
	request = order(c, "held", target, &code);
	if (!request)
		return code;
	answer = cmd_ask(c, json_incref(request), WAIT_S, &code);
	n = json_integer_value(json_object_get(answer, "messages"));
	if (answer && remove && n > 0) {
		json_decref(answer);
		answer = NULL;
		code = CMD_FAILED;
		if (confirmed(target, n)) {
			json_object_set_new(request, "delete", json_true());
			answer = cmd_ask(c, json_incref(request), WAIT_S, &code);
			n = json_integer_value(json_object_get(answer, "messages"));
		} else {
			cmd_fail(c, CMD_FAILED, "held: nothing was deleted");
		}
	}
	json_decref(request);
	if (!answer)
		return code;
	if (c->json)
		cmd_print_json(json_incref(answer));
	else
		printf("%" JSON_INTEGER_FORMAT " held messages%s\n", n,
		       remove ? " deleted" : "");
	json_decref(answer);
	return CMD_OK;
}
