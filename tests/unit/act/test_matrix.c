/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Every action with every trigger: which is done, to whom, and which is left out, and why. And
 * for each of them: done twice, undone twice, a kill in the middle, the cap, TESTING.
 */
#include <sys/wait.h>

#include "osmd/act/actions.h"
#include "tests/unit/act/lab.h"

#define BOB "bob@example.com"
#define BAD "/home/acct/public_html/bad"
#define SCRIPT BAD "/mailer.php"

static uid_t owner;

static void make(void)
{
	char passwd[128];

	make_lab();
	owner = geteuid() ? geteuid() : 1001;
	snprintf(passwd, sizeof(passwd), "acct:x:%u:%u::/home/acct:/bin/sh\n",
		 (unsigned)owner, (unsigned)owner);
	put(PATH_PASSWD, passwd);
	chmod(lab.root, 0755);
	cr_assert(file_mkdirs(at(BAD), 0755, NULL));
	put(SCRIPT, "<?php");
	cr_assert_eq(lchown(at("/home/acct/public_html"), owner, owner), 0);
	cr_assert_eq(lchown(at(BAD), owner, owner), 0);
	cr_assert_eq(lchown(at(SCRIPT), owner, owner), 0);
	config.action_max = 1000;
	restart();
}

TestSuite(matrix, .init = make, .fini = remove_lab, .timeout = 120);

/* What a report of each kind knows. */
struct column {
	const char *name;
	enum trigger_id trigger;
	enum event_type type;
	const char *mailbox, *key, *path;
};

static const struct column columns[] = {
	{"packet", TRIGGER_PACKET, EVENT_PACKET, "", "acct", ""},
	{"packet, one folder", TRIGGER_PACKET, EVENT_PACKET, "", "acct", BAD},
	{"packet:cwd", TRIGGER_PACKET_CWD, EVENT_PACKET, "", BAD, BAD},
	{"logline, a login", TRIGGER_LOGLINE, EVENT_LOGLINE, BOB, BOB, ""},
	{"logline, local", TRIGGER_LOGLINE, EVENT_LOGLINE, "", "acct", ""},
	{"logline, local, one folder", TRIGGER_LOGLINE, EVENT_LOGLINE, "", "acct", BAD},
	{"logline:subject", TRIGGER_LOGLINE_SUBJECT, EVENT_LOGLINE, "", "acct buy", ""},
	{"logline:subject, a login", TRIGGER_LOGLINE_SUBJECT, EVENT_LOGLINE, BOB,
	 BOB " buy", ""},
	{"cwdcheck", TRIGGER_CWDCHECK, EVENT_CWDCHECK, "", "acct", BAD},
	{"cwdcheck:cwd", TRIGGER_CWDCHECK_CWD, EVENT_CWDCHECK, "", BAD, BAD},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static json_t *report_in(const struct column *c, bool with_script)
{
	int64_t now_s = (int64_t)time(NULL) + 5;
	struct report_head head = {.kind = "limit",
				   .trigger = c->trigger,
				   .account = SLICE("acct"),
				   .mailbox = slice_str(c->mailbox),
				   .key = slice_str(c->key),
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = now_s};
	struct report_builder *b = report_begin(&head, 10);
	static unsigned made;
	char line[32];
	json_t *report;

	snprintf(line, sizeof(line), "line %u", made++);
	for (int i = 0; i < 2; i++)
		report_event(b, &(struct event){
					.type = c->type,
					.certainty = c->type == EVENT_PACKET
							     ? CERTAINTY_SOCKET
							     : CERTAINTY_CONFIRMED,
					.at_s = now_s,
					.account = head.account,
					.mailbox = head.mailbox,
					.path = slice_str(c->path),
					.script = with_script && c->type == EVENT_PACKET
							  ? SLICE(SCRIPT)
							  : SLICE(""),
					.line = slice_str(line)});
	report = report_end(b);
	/* as of Apache's status page */
	if (with_script && c->type != EVENT_PACKET)
		json_object_set_new(
			report, "scripts",
			json_pack("[{s:s, s:i}]", "value", SCRIPT, "count", 1));
	return report;
}

/* What becomes of the action: its state, and of whom or why. */
static void expect(const struct column *c, const char *action, bool with_script,
		   const char *state, const char *target, const char *detail)
{
	json_t *report = report_in(c, with_script);
	json_t *answer = send_report(report, action, true, NOW), *gone;

	cr_expect_str_eq(action_field(answer, 0, "action"), action);
	cr_expect_str_eq(action_field(answer, 0, "state"), state, "%s: %s: %s", c->name,
			 action, action_field(answer, 0, "detail"));
	if (target)
		cr_expect_str_eq(action_field(answer, 0, "target"), target, "%s: %s",
				 c->name, action);
	if (detail)
		cr_expect_not_null(strstr(action_field(answer, 0, "detail"), detail),
				   "%s: %s: %s", c->name, action,
				   action_field(answer, 0, "detail"));
	if (strcmp(state, "done") == 0 && action_kind_find(action)->reverse) {
		gone = undo(action_id_of(answer, 0));
		cr_expect(is_ok(gone), "%s: %s", c->name, action);
		json_decref(gone);
	}
	json_decref(answer);
	json_decref(report);
}

Test(matrix, tells_of_everything)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		expect(&columns[i], "email", false, "done", "administrator", NULL);
		expect(&columns[i], "store", false, "done", "osm.db", NULL);
		expect(&columns[i], "custom", false, "skipped", NULL, "CUSTOM_ACTION");
	}
}

Test(matrix, acts_on_accounts_with_every_trigger)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		const char *beside =
			columns[i].type == EVENT_PACKET ? "bypass Exim" : NULL;

		expect(&columns[i], "suspend_account", false, "done", "acct", NULL);
		expect(&columns[i], "block_account", false, "done", "acct", beside);
		expect(&columns[i], "hold", false, "done",
		       columns[i].mailbox[0] ? BOB : "acct", beside);
	}
}

Test(matrix, acts_on_mailboxes_when_one_logged_in)
{
	static const char *const actions[] = {"suspend_mailbox", "block_login",
					      "block_mailbox"};

	for (size_t i = 0; i < COLUMNS; i++)
		for (size_t a = 0; a < 3; a++) {
			if (columns[i].mailbox[0])
				expect(&columns[i], actions[a], false, "done", BOB, NULL);
			else
				expect(&columns[i], actions[a], false, "skipped", NULL,
				       "names no mailbox");
		}
}

Test(matrix, renames_what_is_known)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (columns[i].path[0])
			expect(&columns[i], "rename_path", false, "done", BAD, NULL);
		else
			expect(&columns[i], "rename_path", false, "skipped", "-",
			       "not about one folder");
		expect(&columns[i], "rename_script", false, "skipped", "-",
		       "not certain");
		if (columns[i].type == EVENT_PACKET)
			expect(&columns[i], "rename_script", true, "done", SCRIPT, NULL);
		else
			expect(&columns[i], "rename_script", true, "skipped", "-",
			       "not certain");
	}
}

/* ---- each that can be undone ---- */

struct one {
	const char *action, *target;
	const struct column *column;
};

static const struct one ones[] = {
	{"hold", BOB, &columns[3]},
	{"hold", "acct", &columns[4]},
	{"block_account", "acct", &columns[4]},
	{"block_mailbox", BOB, &columns[3]},
	{"block_login", BOB, &columns[3]},
	{"suspend_mailbox", BOB, &columns[3]},
	{"suspend_account", "acct", &columns[4]},
	{"rename_path", BAD, &columns[9]},
	{"rename_script", SCRIPT, &columns[2]},
};
#define ONES (sizeof(ones) / sizeof(ones[0]))

static json_t *report_for(const struct one *o)
{
	return report_in(o->column, strcmp(o->action, "rename_script") == 0);
}

static struct action_row do_it(const struct one *o, json_t *report)
{
	json_t *answer = send_report(report, o->action, true, NOW);
	struct action_row row = read_row(action_id_of(answer, 0));

	json_decref(answer);
	return row;
}

/* Everything that an action changes, as it lies on the disk. */
static char *picture(void)
{
	char command[PATH_MAX * 2], *text;
	FILE *p;
	size_t n;

	snprintf(command, sizeof(command),
		 "cd '%s' && sort etc/outgoing_mail_* 2>/dev/null; cat "
		 "home/acct/etc/example.com/shadow; find var/cpanel/suspended "
		 "home/acct/public_html -printf '%%P %%m\\n' | sort",
		 lab.root);
	p = popen(command, "r");
	text = calloc(1, 65536);
	n = fread(text, 1, 65535, p);
	cr_assert_gt(n, 0);
	pclose(p);
	return text;
}

Test(matrix, does_each_once_and_undoes_it_once)
{
	for (size_t i = 0; i < ONES; i++) {
		const struct one *o = &ones[i];
		json_t *report = report_for(o), *other = report_for(o), *answer;
		char *before = picture(), *after;
		struct action_row row = do_it(o, report);
		size_t calls = count_lines("/calls");

		cr_expect_eq(row.state, ACTION_DONE, "%s: %s", o->action, row.detail);
		cr_expect_str_eq(row.target, o->target);
		cr_expect_eq(do_it(o, report).id, row.id, "%s: the same report",
			     o->action);
		if (action_kind_find(o->action)->on != ACTION_ON_PATH)
			cr_expect_eq(do_it(o, other).state, ACTION_SKIPPED,
				     "%s: another report", o->action);
		cr_expect_eq(count_lines("/calls"), calls, "%s: a second time",
			     o->action);
		answer = undo(row.id);
		cr_expect(is_ok(answer), "%s: %s", o->action, read_row(row.id).detail);
		json_decref(answer);
		calls = count_lines("/calls");
		answer = undo(row.id);
		cr_expect_not(is_ok(answer), "%s: undone twice", o->action);
		json_decref(answer);
		cr_expect_eq(count_lines("/calls"), calls);
		after = picture();
		cr_expect_str_eq(after, before, "%s", o->action);
		free(before);
		free(after);
		json_decref(report);
		json_decref(other);
	}
}

Test(matrix, does_none_while_testing)
{
	char *before = picture(), *after;

	config.testing = true;
	restart();
	for (size_t i = 0; i < ONES; i++) {
		json_t *report = report_for(&ones[i]);
		struct action_row row = do_it(&ones[i], report);

		cr_expect_eq(row.state, ACTION_SKIPPED, "%s", ones[i].action);
		cr_expect_not_null(strstr(row.detail, "TESTING: would have"), "%s: %s",
				   ones[i].action, row.detail);
		json_decref(report);
	}
	after = picture();
	cr_expect_str_eq(after, before);
	cr_expect_eq(count_lines("/calls"), 0);
	free(before);
	free(after);
}

Test(matrix, does_none_beyond_the_cap)
{
	char *before = picture(), *after;

	config.action_max = 0;
	restart();
	for (size_t i = 0; i < ONES; i++) {
		json_t *report = report_for(&ones[i]);
		struct action_row row = do_it(&ones[i], report);

		cr_expect_eq(row.state, ACTION_SKIPPED, "%s", ones[i].action);
		cr_expect_not_null(strstr(row.detail, "ACTION_MAX"), "%s: %s",
				   ones[i].action, row.detail);
		json_decref(report);
	}
	after = picture();
	cr_expect_str_eq(after, before);
	cr_expect_eq(count_lines("/calls"), 0);
	free(before);
	free(after);
}

Test(matrix, needs_confirmed_events)
{
	for (size_t i = 0; i < ONES; i++) {
		json_t *report = report_for(&ones[i]);
		json_t *answer = send_report(report, ones[i].action, false, NOW);

		cr_expect_str_eq(action_field(answer, 0, "state"), "skipped");
		cr_expect_not_null(strstr(action_field(answer, 0, "detail"),
					  "not enough confirmed"));
		json_decref(answer);
		json_decref(report);
	}
	cr_expect_eq(count_lines("/calls"), 0);
}

/* The executor dies while it waits for the panel, or between the journal and the rename. */
Test(matrix, is_finished_and_undone_after_a_kill_in_the_middle)
{
	for (size_t i = 0; i < ONES; i++) {
		const struct one *o = &ones[i];
		int64_t now_s = (int64_t)time(NULL);
		json_t *report = report_for(o), *answer;
		char *before = picture(), *after;
		struct action_row row;
		int64_t id;
		pid_t pid;

		put("/mode", "late");
		executor_free(x);
		pid = fork();
		if (pid == 0) {
			config.action_timeout_s = 60;
			start();
			send_report(report, o->action, true, now_s);
			_exit(0);
		}
		/* the panel has done it and does not end; a rename is over at once */
		for (int n = 0; n < 500; n++) {
			char *now = picture();
			bool changed = strcmp(now, before) != 0;

			free(now);
			if (changed)
				break;
			usleep(10000);
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		put("/mode", "ok");
		start();
		answer = send_report(report, o->action, true, now_s);
		id = action_id_of(answer, 0);
		row = read_row(id);
		cr_expect_eq(row.state, ACTION_DONE, "%s: %s", o->action, row.detail);
		json_decref(answer);
		answer = undo(id);
		cr_expect(is_ok(answer), "%s: %s", o->action, read_row(id).detail);
		json_decref(answer);
		after = picture();
		cr_expect_str_eq(after, before, "%s", o->action);
		free(before);
		free(after);
		json_decref(report);
	}
}

/* ---- what can come between ---- */

static bool is_rename(const struct one *o)
{
	return action_kind_find(o->action)->on == ACTION_ON_PATH;
}

static void wake(int64_t at_s)
{
	json_decref(ask(at_s, "{\"do\":\"expire\"}"));
}

/* By hand of somebody else, as the panel leaves it; a renamed one gets its name back. */
static void others(const struct one *o, bool on)
{
	static const struct {
		const char *action, *on[2], *off[2];
	} calls[] = {
		{"hold", {"hold_outgoing"}, {"release_outgoing"}},
		{"block_account",
		 {"suspend_outgoing_email"},
		 {"unsuspend_outgoing_email"}},
		{"block_mailbox", {"suspend_outgoing"}, {"unsuspend_outgoing"}},
		{"block_login", {"suspend_login"}, {"unsuspend_login"}},
		{"suspend_mailbox",
		 {"suspend_outgoing", "suspend_login"},
		 {"unsuspend_outgoing", "unsuspend_login"}},
		{"suspend_account", {"suspendacct"}, {"unsuspendacct"}},
	};
	char command[PATH_MAX * 2];

	put("/mode", "ok");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (size_t k = 0; k < 2; k++) {
			const char *name = on ? calls[i].on[k] : calls[i].off[k];

			if (!name || strcmp(calls[i].action, o->action) != 0)
				continue;
			snprintf(command, sizeof(command), "'%s' %s email=%s >/dev/null",
				 at(PATH_UAPI), name, o->target);
			cr_assert_eq(system(command), 0);
		}
	if (is_rename(o) && !on) {
		char from[PATH_MAX];

		snprintf(from, sizeof(from), "%s.osm-disabled", o->target);
		cr_assert_eq(rename(at(from), at(o->target)), 0);
		cr_assert_eq(chmod(at(o->target), strchr(o->target, '.') ? 0644 : 0755),
			     0);
	}
	put("/calls", "");
}

/* A row for each thing that can come between; `renames` and `panel`: what becomes of it. */
struct between {
	const char *why, *mode;
	const char *ignore;
	bool so_before;
	int64_t expire_s, wake_s;
	const char *mode_then; /* of the waking */
	enum action_state panel, renames;
	bool in_force;	    /* then, by whomever */
	const char *detail; /* of the panel's */
};

static const struct between betweens[] = {
	{.why = "nothing",
	 .mode = "ok",
	 .panel = ACTION_DONE,
	 .renames = ACTION_DONE,
	 .in_force = true,
	 .detail = "seen in"},
	{.why = "already so",
	 .mode = "ok",
	 .so_before = true,
	 .panel = ACTION_SKIPPED,
	 .renames = ACTION_DONE,
	 .in_force = true,
	 .detail = "was already"},
	{.why = "protected",
	 .mode = "ok",
	 .ignore = "user:acct\n",
	 .panel = ACTION_SKIPPED,
	 .renames = ACTION_SKIPPED,
	 .detail = "osm.ignore protects"},
	{.why = "refused by the panel",
	 .mode = "refuse",
	 .wake_s = 700,
	 .mode_then = "ok",
	 .panel = ACTION_FAILED,
	 .renames = ACTION_DONE,
	 .detail = "No such user"},
	{.why = "the panel lies",
	 .mode = "lie",
	 .wake_s = 700,
	 .mode_then = "ok",
	 .panel = ACTION_FAILED,
	 .renames = ACTION_DONE,
	 .detail = "said OK, but"},
	{.why = "garbage, then fine",
	 .mode = "garbage",
	 .wake_s = 30,
	 .mode_then = "ok",
	 .panel = ACTION_DONE,
	 .renames = ACTION_DONE,
	 .in_force = true,
	 .detail = "seen in"},
	{.why = "garbage, then no",
	 .mode = "garbage",
	 .wake_s = 30,
	 .mode_then = "refuse",
	 .panel = ACTION_FAILED,
	 .renames = ACTION_DONE,
	 .detail = "No such user"},
	{.why = "timed out, then fine",
	 .mode = "hang",
	 .wake_s = 30,
	 .mode_then = "ok",
	 .panel = ACTION_DONE,
	 .renames = ACTION_DONE,
	 .in_force = true,
	 .detail = "seen in"},
	{.why = "done, but timed out",
	 .mode = "late",
	 .panel = ACTION_DONE,
	 .renames = ACTION_DONE,
	 .in_force = true,
	 .detail = "gave no answer"},
	{.why = "done, but a bad end",
	 .mode = "exit",
	 .panel = ACTION_DONE,
	 .renames = ACTION_DONE,
	 .in_force = true,
	 .detail = "exit code 3"},
	{.why = "expired",
	 .mode = "ok",
	 .expire_s = 60,
	 .wake_s = 60,
	 .mode_then = "ok",
	 .panel = ACTION_EXPIRED,
	 .renames = ACTION_EXPIRED,
	 .detail = "gone from"},
	{.why = "the expiry fails",
	 .mode = "ok",
	 .expire_s = 60,
	 .wake_s = 60,
	 .mode_then = "refuse",
	 .panel = ACTION_DONE,
	 .renames = ACTION_EXPIRED,
	 .in_force = true,
	 .detail = "undo failed"},
};

static void check_between(const struct one *o, const struct between *b)
{
	bool renames = is_rename(o), ours;
	enum action_state want = renames ? b->renames : b->panel;
	char *before, *then, *after;
	struct action_row row;
	json_t *report, *answer;

	remove_lab();
	make();
	config.action_expire_s = (unsigned)b->expire_s;
	put(PATH_IGNORE, b->ignore ? b->ignore : "");
	restart();
	report = report_for(o);
	before = picture();
	if (b->so_before)
		others(o, true);
	put("/mode", b->mode);
	row = do_it(o, report);
	if (b->wake_s) {
		put("/mode", b->mode_then);
		wake(NOW + b->wake_s);
	}
	row = read_row(row.id);
	cr_expect_eq(row.state, want, "%s, %s: %s", o->action, b->why, row.detail);
	cr_expect(renames || strstr(row.detail, b->detail), "%s, %s: %s", o->action,
		  b->why, row.detail);
	then = picture();
	cr_expect_eq(strcmp(then, before) != 0,
		     renames ? want == ACTION_DONE : b->in_force, "%s, %s", o->action,
		     b->why);
	/* what is ours can be undone, and nothing else */
	put("/mode", "ok");
	ours = want == ACTION_DONE;
	answer = undo(row.id);
	cr_expect_eq(is_ok(answer), ours, "%s, %s: %s", o->action, b->why,
		     read_row(row.id).detail);
	after = picture();
	cr_expect_str_eq(after, ours ? before : then, "%s, %s", o->action, b->why);
	json_decref(answer);
	json_decref(report);
	free(before);
	free(then);
	free(after);
}

Test(matrix, comes_to_its_end_whatever_comes_between)
{
	for (size_t i = 0; i < ONES; i++)
		for (size_t k = 0; k < sizeof(betweens) / sizeof(betweens[0]); k++)
			check_between(&ones[i], &betweens[k]);
}

/* Somebody else undoes it: it is closed, and a second undo touches nothing of theirs. */
Test(matrix, is_closed_when_it_was_lost)
{
	for (size_t i = 0; i < ONES; i++) {
		const struct one *o = &ones[i];
		json_t *report, *answer;
		struct action_row row;
		char *before, *after;

		remove_lab();
		make();
		report = report_for(o);
		before = picture();
		row = do_it(o, report);
		others(o, false);
		json_decref(ask(NOW + 9, "{\"do\":\"notice\",\"event\":\"lists\"}"));
		row = read_row(row.id);
		cr_expect_eq(row.state, ACTION_UNDONE, "%s: %s", o->action, row.detail);
		cr_expect_not_null(strstr(row.detail, "somebody else"), "%s", row.detail);
		answer = undo(row.id);
		cr_expect_not(is_ok(answer), "%s", o->action);
		cr_expect_eq(count_lines("/calls"), 0, "%s", o->action);
		after = picture();
		cr_expect_str_eq(after, before, "%s", o->action);
		json_decref(answer);
		json_decref(report);
		free(before);
		free(after);
	}
}
