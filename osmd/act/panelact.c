/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/panelact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpanel-hooks/panel.h"
#include "osmd/act/homewalk.h"
#include "osmd/base/file.h"
#include "osmd/sys/spawn.h"

#define PROOF_BYTES_MAX (16 * 1024 * 1024)
#define PANEL_OUTPUT_MAX (64 * 1024)
#define PARTS_MAX 2

struct part {
	enum panel_call on, off;
	const char *ours; /* what follows "free" when only this part is */
};

struct parts {
	const struct part *list;
	size_t n;
};

#define PARTS(array) ((struct parts){(array), sizeof(array) / sizeof((array)[0])})

static struct parts parts_of(const struct action_job *job)
{
	static const struct part hold_mailbox[] = {
		{PANEL_HOLD_MAILBOX, PANEL_RELEASE_MAILBOX, ""}};
	static const struct part hold_account[] = {
		{PANEL_HOLD_ACCOUNT, PANEL_RELEASE_ACCOUNT, ""}};
	static const struct part block_account[] = {
		{PANEL_BLOCK_ACCOUNT, PANEL_UNBLOCK_ACCOUNT, ""}};
	static const struct part block_mailbox[] = {
		{PANEL_BLOCK_MAILBOX, PANEL_UNBLOCK_MAILBOX, ""}};
	static const struct part block_login[] = {
		{PANEL_BLOCK_LOGIN, PANEL_UNBLOCK_LOGIN, ""}};
	/* sending first: it also bites in the sessions that are open */
	static const struct part suspend_mailbox[] = {
		{PANEL_BLOCK_MAILBOX, PANEL_UNBLOCK_MAILBOX, "sending"},
		{PANEL_BLOCK_LOGIN, PANEL_UNBLOCK_LOGIN, "login"}};
	static const struct part suspend_account[] = {
		{PANEL_SUSPEND_ACCOUNT, PANEL_UNSUSPEND_ACCOUNT, ""}};

	switch (action_find(slice_str(job->row->action))) {
	case ACTION_HOLD:
		return strchr(job->row->target, '@') ? PARTS(hold_mailbox)
						     : PARTS(hold_account);
	case ACTION_BLOCK_ACCOUNT:
		return PARTS(block_account);
	case ACTION_BLOCK_MAILBOX:
		return PARTS(block_mailbox);
	case ACTION_BLOCK_LOGIN:
		return PARTS(block_login);
	case ACTION_SUSPEND_MAILBOX:
		return PARTS(suspend_mailbox);
	case ACTION_SUSPEND_ACCOUNT:
		return PARTS(suspend_account);
	default: /* no action of the panel's */
		return (struct parts){NULL, 0};
	}
}

static void add(char detail[ACTION_DETAIL_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Another sentence behind those that are there. */
static void add(char detail[ACTION_DETAIL_MAX], const char *fmt, ...)
{
	size_t n = strlen(detail);
	va_list ap;

	if (n)
		n += (size_t)snprintf(detail + n, ACTION_DETAIL_MAX - n, "; ");
	if (n >= ACTION_DETAIL_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(detail + n, ACTION_DETAIL_MAX - n, fmt, ap);
	va_end(ap);
}

/* ---- what is in force ---- */

/* The domain's shadow file lies in the home, which is the customer's: by handles only. */
static enum action_force login_blocked(const struct action_job *job, const char *relative)
{
	const struct account *a =
		job->accounts
			? accounts_by_user(job->accounts, slice_str(job->row->account))
			: NULL;
	int home = a ? homewalk_home(job->paths, a->home) : -ENOENT, fd;
	char *text = NULL;
	size_t n = 0;
	int blocked;

	if (home < 0)
		return ACTION_FORCE_UNKNOWN;
	fd = homewalk_open(home, relative, O_RDONLY);
	close(home);
	if (fd < 0)
		return ACTION_FORCE_UNKNOWN;
	if (!file_read_fd(fd, PROOF_BYTES_MAX, &text, &n, NULL)) {
		close(fd);
		return ACTION_FORCE_UNKNOWN;
	}
	close(fd);
	blocked = panel_shadow_blocked((struct slice){text, n},
				       slice_str(job->row->target));
	free(text);
	return blocked < 0 ? ACTION_FORCE_UNKNOWN
			   : blocked ? ACTION_IN_FORCE : ACTION_NOT_IN_FORCE;
}

/* A list file that isn't there holds nobody: cPanel makes it with the first entry. */
static enum action_force listed(const char *path, const char *target)
{
	struct err why = {0};
	char *text = NULL;
	size_t n = 0;
	bool has;

	if (!file_read(path, PROOF_BYTES_MAX, &text, &n, &why))
		return why.code == ENOENT ? ACTION_NOT_IN_FORCE : ACTION_FORCE_UNKNOWN;
	has = panel_list_has((struct slice){text, n}, slice_str(target));
	free(text);
	return has ? ACTION_IN_FORCE : ACTION_NOT_IN_FORCE;
}

static enum action_force part_in_force(const struct action_job *job, enum panel_call on)
{
	char name[PATH_MAX], path[PATH_MAX];
	struct stat st;

	if (!panel_proof_path(on, slice_str(job->row->account),
			      slice_str(job->row->target), name))
		return ACTION_FORCE_UNKNOWN;
	if (panel_proof(on) == PANEL_PROOF_SHADOW)
		return login_blocked(job, name);
	if (!paths_at(job->paths, name, path, sizeof(path)))
		return ACTION_FORCE_UNKNOWN;
	if (panel_proof(on) == PANEL_PROOF_LIST)
		return listed(path, job->row->target);
	if (lstat(path, &st) == 0)
		return ACTION_IN_FORCE;
	return errno == ENOENT ? ACTION_NOT_IN_FORCE : ACTION_FORCE_UNKNOWN;
}

enum action_force panelact_in_force(const struct action_job *job)
{
	struct parts parts = parts_of(job);
	enum action_force all = ACTION_IN_FORCE;

	for (size_t i = 0; i < parts.n; i++) {
		enum action_force one = part_in_force(job, parts.list[i].on);

		if (one == ACTION_FORCE_UNKNOWN || all == ACTION_FORCE_UNKNOWN)
			all = ACTION_FORCE_UNKNOWN;
		else if (one == ACTION_NOT_IN_FORCE)
			all = ACTION_NOT_IN_FORCE;
	}
	return all;
}

static bool is_suspended(const struct action_job *job)
{
	return part_in_force(job, PANEL_SUSPEND_ACCOUNT) == ACTION_IN_FORCE;
}

static const char *state_before(const struct action_job *job)
{
	struct parts parts = parts_of(job);
	struct action_row row;

	if (parts.list[0].on == PANEL_SUSPEND_ACCOUNT)
		return part_in_force(job, PANEL_BLOCK_ACCOUNT) == ACTION_IN_FORCE &&
				       !store_action_in_force(
					       job->store,
					       action_name(ACTION_BLOCK_ACCOUNT),
					       job->row->target, &row)
			       ? " blocked"
			       : "";
	/* of what we did before, and somebody undid by half, the rest is ours still */
	if (parts.n == PARTS_MAX &&
	    store_action_in_force(job->store, job->row->action, job->row->target, &row))
		return strcmp(row.before, "free login") == 0	 ? " login"
		       : strcmp(row.before, "free sending") == 0 ? " sending"
								 : "";
	if (parts.n == PARTS_MAX &&
	    part_in_force(job, parts.list[0].on) == ACTION_IN_FORCE)
		return " login";
	if (parts.n == PARTS_MAX &&
	    part_in_force(job, parts.list[1].on) == ACTION_IN_FORCE)
		return " sending";
	return "";
}

bool panelact_before(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		     char why[ACTION_DETAIL_MAX])
{
	(void)why;
	snprintf(out, ACTION_BEFORE_MAX, "%s", state_before(job));
	return true;
}

static bool is_ours(const struct action_job *job, const struct part *p)
{
	const char *only = strchr(job->row->before, ' ');

	return !only || !p->ours[0] || strcmp(only + 1, p->ours) == 0;
}

bool panelact_all_gone(const struct action_job *job)
{
	struct parts parts = parts_of(job);
	bool gone = true;

	for (size_t i = 0; i < parts.n; i++)
		if (is_ours(job, &parts.list[i]))
			gone = gone && part_in_force(job, parts.list[i].on) ==
					       ACTION_NOT_IN_FORCE;
	return gone;
}

/* ---- what was left pending ---- */

/* The file of the proof as it lies there; -1 without. Of a customer's file the time of the
 * last change is asked that nobody can set. */
static int open_proof(const struct action_job *job, enum panel_call on)
{
	const struct account *a = accounts_by_user(job->accounts, slice_str(job->row->account));
	char name[PATH_MAX], path[PATH_MAX];
	int home, fd;

	if (!panel_proof_path(on, slice_str(job->row->account),
			      slice_str(job->row->target), name))
		return -1;
	if (panel_proof(on) != PANEL_PROOF_SHADOW)
		return paths_at(job->paths, name, path, sizeof(path))
			       ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
			       : -1;
	home = a ? homewalk_home(job->paths, a->home) : -1;
	fd = home < 0 ? -1 : homewalk_open(home, name, O_RDONLY);
	if (home >= 0)
		close(home);
	return fd;
}

static bool names_us(int fd)
{
	char text[512];
	ssize_t n = read(fd, text, sizeof(text));

	return n > 0 && slice_find((struct slice){text, (size_t)n},
				   slice_str(PANEL_REASON)) != SIZE_MAX;
}

/* It was not so before and is now: was the file last changed while our call ran? */
static bool set_by_us(const struct action_job *job, enum panel_call on, int64_t from_s,
		      int64_t until_s)
{
	int fd = open_proof(job, on);
	struct stat st;
	int64_t changed_s;
	bool ours = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0) {
		changed_s = panel_proof(on) == PANEL_PROOF_SHADOW ? st.st_ctim.tv_sec
								  : st.st_mtim.tv_sec;
		ours = (changed_s >= from_s && changed_s <= until_s) ||
		       (panel_proof(on) == PANEL_PROOF_FILE && names_us(fd));
	}
	close(fd);
	return ours;
}

/* Has somebody else blocked the mail of an account that we suspend? */
static bool blocked_by_others(const struct action_job *job, int64_t from_s,
			      int64_t until_s)
{
	struct action_row row;

	if (part_in_force(job, PANEL_BLOCK_ACCOUNT) != ACTION_IN_FORCE ||
	    store_action_in_force(job->store, action_name(ACTION_BLOCK_ACCOUNT),
				  job->row->target, &row))
		return false;
	/* our own call blocks it, too */
	return strcmp(job->row->before, "free blocked") == 0 ||
	       !set_by_us(job, PANEL_BLOCK_ACCOUNT, from_s, until_s);
}

enum action_claim panelact_claim(const struct action_job *job, int64_t from_s,
				 int64_t until_s, char before[ACTION_BEFORE_MAX])
{
	struct parts parts = parts_of(job);
	size_t there = 0, ours = 0;

	before[0] = '\0';
	for (size_t i = 0; i < parts.n; i++) {
		const struct part *p = &parts.list[i];
		enum action_force now = part_in_force(job, p->on);

		if (now == ACTION_FORCE_UNKNOWN)
			return CLAIM_UNKNOWN;
		if (now == ACTION_NOT_IN_FORCE)
			continue;
		there++;
		if (is_ours(job, p) && set_by_us(job, p->on, from_s, until_s))
			ours++;
		else if (parts.n == PARTS_MAX)
			snprintf(before, ACTION_BEFORE_MAX, " %s", parts.list[!i].ours);
	}
	if (parts.list[0].on == PANEL_SUSPEND_ACCOUNT &&
	    (there ? strcmp(job->row->before, "free blocked") == 0
		   : blocked_by_others(job, from_s, until_s)))
		snprintf(before, ACTION_BEFORE_MAX, " blocked");
	if (there == parts.n)
		return ours ? CLAIM_ALL : CLAIM_OTHERS;
	return ours ? CLAIM_PART : CLAIM_NONE;
}

/* ---- calls ---- */

static bool run(const struct action_job *job, enum panel_call call,
		struct spawn_result *got, char why[PANEL_WHY_MAX])
{
	struct panel_command command;
	struct spawn_request req = {.argv = command.argv,
				    .timeout_s = job->config->action_timeout_s,
				    .output_max = PANEL_OUTPUT_MAX};
	struct err e = {0};

	why[0] = '\0';
	if (!panel_command(call, job->paths, slice_str(job->row->account),
			   slice_str(job->row->target), &command, &e) ||
	    !spawn_run(&req, got, &e)) {
		snprintf(why, PANEL_WHY_MAX, "%.*s", PANEL_WHY_MAX - 1, e.msg);
		return false;
	}
	if (got->timed_out)
		snprintf(why, PANEL_WHY_MAX,
			 "the panel gave no answer in %u s and was stopped",
			 job->config->action_timeout_s);
	else if (panel_answer(call, buf_view(&got->output), why) && got->exit_code != 0)
		snprintf(why, PANEL_WHY_MAX, "the panel said OK, but ended with %s %d",
			 got->signal ? "signal" : "exit code",
			 got->signal ? got->signal : got->exit_code);
	return true;
}

/* Call, then look. "" in why: the panel says that it did it. *answered (may be NULL): it said
 * yes or no. */
static enum action_force call_and_look(const struct action_job *job, enum panel_call call,
				       char why[PANEL_WHY_MAX], bool *answered)
{
	struct spawn_result got;
	bool said = false;

	if (run(job, call, &got, why)) {
		said = !got.timed_out && panel_answered(call, buf_view(&got.output));
		buf_clear(&got.output);
	}
	if (answered)
		*answered = said;
	return part_in_force(job, call);
}

/* What is in force must stand in the journal as ours, or nobody would ever undo it. *again: it
 * is surely not in force and the panel did not even say no, so that asking again is safe. */
static bool do_part(const struct action_job *job, enum panel_call on, bool *again,
		    char detail[ACTION_DETAIL_MAX])
{
	char why[PANEL_WHY_MAX];
	bool answered;
	enum action_force now = call_and_look(job, on, why, &answered);

	*again = *again || (now == ACTION_NOT_IN_FORCE && !answered);

	if (now == ACTION_IN_FORCE)
		add(detail, "seen in %s%s%s", panel_proof_name(on),
		    why[0] ? "; but: " : "", why);
	else if (why[0])
		add(detail, "%s", why);
	else
		add(detail, "the panel said OK, but %s %s %s", job->row->target,
		    now == ACTION_NOT_IN_FORCE ? "is not in"
					       : "could not be looked up in",
		    panel_proof_name(on));
	return now == ACTION_IN_FORCE;
}

/* Exim asks the panel's lists; who speaks with other servers directly does not. */
static bool from_packets(const struct action_job *job)
{
	const char *event =
		json_string_value(json_object_get(job->report, "event"));

	return event && strcmp(event, "packet") == 0;
}

static bool is_held(const struct action_job *job)
{
	return part_in_force(job, strchr(job->row->target, '@')
					  ? PANEL_HOLD_MAILBOX
					  : PANEL_HOLD_ACCOUNT) == ACTION_IN_FORCE;
}

static bool is_blocked(const struct action_job *job)
{
	return part_in_force(job, strchr(job->row->target, '@')
					  ? PANEL_BLOCK_MAILBOX
					  : PANEL_BLOCK_ACCOUNT) == ACTION_IN_FORCE;
}

/* A block wins over a hold, whoever set them: what waits is lost then, which must be said. */
static void tell_of_block(const struct action_job *job, char detail[ACTION_DETAIL_MAX])
{
	if (strcmp(job->row->action, action_name(ACTION_BLOCK_LOGIN)) != 0 &&
	    is_held(job) && is_blocked(job))
		add(detail, "it is held and blocked: what waits in the queue is lost at "
			    "its next attempt");
}

/* What was so before is not of this action, and goes with what set it. */
static void tell_of_part(const struct action_job *job, const struct part *p,
			 char detail[ACTION_DETAIL_MAX])
{
	enum action_id id =
		p->on == PANEL_BLOCK_LOGIN ? ACTION_BLOCK_LOGIN : ACTION_BLOCK_MAILBOX;
	const char *what = id == ACTION_BLOCK_LOGIN ? "its login" : "its sending";
	struct action_row other;

	if (store_action_in_force(job->store, action_name(id), job->row->target, &other))
		add(detail,
		    "%s was blocked already, by action %lld, and is free again when "
		    "that is undone",
		    what, (long long)other.id);
	else
		add(detail, "%s was blocked already, and stays so", what);
}

enum action_state panelact_perform(const struct action_job *job,
				   char detail[ACTION_DETAIL_MAX])
{
	struct parts parts = parts_of(job);
	size_t reached = 0, wanted = 0;
	bool again = false;

	detail[0] = '\0';
	for (size_t i = 0; i < parts.n; i++) {
		if (!is_ours(job, &parts.list[i])) {
			tell_of_part(job, &parts.list[i], detail);
			continue;
		}
		wanted++;
		reached += do_part(job, parts.list[i].on, &again, detail);
	}
	if (reached && reached < wanted)
		add(detail, "only a part of it was reached");
	if (reached)
		tell_of_block(job, detail);
	if (reached && parts.list[0].on != PANEL_SUSPEND_ACCOUNT && from_packets(job))
		add(detail, "it does not stop connections that bypass Exim");
	/* a part that is in force is to be undone, too */
	return reached ? ACTION_DONE : again ? ACTION_PENDING : ACTION_FAILED;
}

static bool undo_part(const struct action_job *job, const struct part *p,
		      char detail[ACTION_DETAIL_MAX])
{
	enum action_force now = part_in_force(job, p->on);
	char why[PANEL_WHY_MAX] = "";

	if (now == ACTION_NOT_IN_FORCE) {
		add(detail, "it was in force no more: somebody else had undone it");
		return true;
	}
	if (now == ACTION_IN_FORCE)
		now = call_and_look(job, p->off, why, NULL);
	if (now == ACTION_NOT_IN_FORCE)
		add(detail, "gone from %s%s%s", panel_proof_name(p->on),
		    why[0] ? "; but: " : "", why);
	else if (now == ACTION_FORCE_UNKNOWN)
		add(detail, "%s can't be read", panel_proof_name(p->on));
	else
		add(detail, "still in force: %s",
		    why[0] ? why : "the panel said OK, but changed nothing");
	return now == ACTION_NOT_IN_FORCE;
}

/* cPanel's unsuspension lets all of the account's mail go, whoever had blocked it before. */
static void put_block_back(const struct action_job *job, char detail[ACTION_DETAIL_MAX])
{
	char why[PANEL_WHY_MAX] = "";
	struct action_row row;
	bool wanted = strcmp(job->row->before, "free blocked") == 0 ||
		      store_action_in_force(job->store,
					    action_name(ACTION_BLOCK_ACCOUNT),
					    job->row->target, &row);

	if (!wanted || part_in_force(job, PANEL_BLOCK_ACCOUNT) == ACTION_IN_FORCE)
		return;
	if (call_and_look(job, PANEL_BLOCK_ACCOUNT, why, NULL) == ACTION_IN_FORCE)
		add(detail, "the block of its mail was put back");
	else
		add(detail, "the block of its mail is LOST by this: %s",
		    why[0] ? why : "the panel did not put it back");
}

bool panelact_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX])
{
	struct parts parts = parts_of(job);
	bool gone = true;

	detail[0] = '\0';
	/* Lifting it would let a suspended account's mail go; the suspension's end lifts it. */
	if (parts.list[0].on == PANEL_BLOCK_ACCOUNT && is_suspended(job)) {
		add(detail, "the account is suspended, which blocks its mail until then");
		return true;
	}
	for (size_t i = 0; i < parts.n; i++)
		if (is_ours(job, &parts.list[i]))
			gone = undo_part(job, &parts.list[i], detail) && gone;
	if (gone && parts.list[0].on == PANEL_SUSPEND_ACCOUNT)
		put_block_back(job, detail);
	if (gone && strcmp(job->row->action, action_name(ACTION_HOLD)) == 0 &&
	    is_blocked(job))
		add(detail, "it is blocked: what was held is lost");
	return gone;
}

bool panelact_held(const struct action_job *job, bool remove, uint64_t *n,
		   char why[ACTION_DETAIL_MAX])
{
	enum panel_call call = remove ? PANEL_DELETE_HELD : PANEL_COUNT_HELD;
	char text[PANEL_WHY_MAX] = "";
	struct spawn_result got;
	bool ok = run(job, call, &got, text);

	if (ok) {
		ok = !text[0] && panel_number(call, buf_view(&got.output), n, text);
		buf_clear(&got.output);
	}
	snprintf(why, ACTION_DETAIL_MAX, "%s", text);
	return ok;
}
