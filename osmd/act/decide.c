/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "osmd/act/guard.h"
#include "osmd/act/renameact.h"
#include "osmd/base/jsonread.h"
#include "osmd/base/log.h"

#define HOUR_S 3600

static void decide(struct decision *d, bool go, const char *before, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void decide(struct decision *d, bool go, const char *before, const char *fmt, ...)
{
	va_list ap;

	d->go = go;
	d->before = before;
	d->more[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(d->detail, sizeof(d->detail), fmt, ap);
	va_end(ap);
}

/* Is this account's own name the sender that was counted? The key is the sender, or with
 * logline:subject the sender, a blank and the subject; with others it names a place. */
static bool sent_as_account(const json_t *report, struct slice account)
{
	struct slice type = json_slice(report, "type"), key = json_slice(report, "key");
	bool with_subject = slice_eq(type, SLICE("logline:subject"));

	if (!with_subject && !slice_eq(type, SLICE("logline")))
		return true;
	if (with_subject && key.n > account.n && key.p[account.n] == ' ')
		key.n = account.n;
	return slice_eq(key, account);
}

/* Is it allowed, and to whom is it done? row->target is set in any case. */
static bool aim(struct executor *x, const struct action_kind *kind, const json_t *report,
		struct action_row *row, char why[GUARD_WHY_MAX])
{
	struct slice account = json_slice(report, "account"),
		     mailbox = json_slice(report, "mailbox");
	bool on_path = kind->on == ACTION_ON_PATH;
	bool on_address = kind->on == ACTION_ON_ADDRESS;
	bool narrow =
		kind->on != ACTION_ON_ACCOUNT && !on_path && !on_address && mailbox.n;
	struct slice target = on_path  ? renameact_target(kind->id, report)
			      : narrow ? mailbox
				       : account;

	why[0] = '\0';
	/* a path that is refused may be anything: it is in the report */
	if (on_path && target.n && !guard_path(x->accounts, account, target, why))
		target.n = 0;
	if (!on_address)
		snprintf(row->target, sizeof(row->target), "%.*s",
			 target.n ? (int)target.n : 1, target.n ? target.p : "-");
	if (!guard_account(x->accounts, &x->config, account, why))
		return false;
	if (on_address && !row->target[0]) {
		snprintf(row->target, sizeof(row->target), "-");
		snprintf(why, GUARD_WHY_MAX,
			 "no address logged in and sent a tenth of "
			 "what is confirmed");
		return false;
	}
	if (on_address)
		return true;
	if (!on_path && !narrow && kind->id != ACTION_BLOCK_SMTP &&
	    !guard_whole(x->accounts, account, why))
		return false;
	if (on_path && target.n)
		return true;
	if (on_path && !why[0])
		snprintf(why, GUARD_WHY_MAX, "%s",
			 kind->id == ACTION_RENAME_PATH
				 ? "the report is not about one folder"
				 : "it is not certain that one script sent most of this "
				   "(by hand: osm act rename_script PATH)");
	if (on_path)
		return false;
	if (kind->on == ACTION_ON_MAILBOX && !mailbox.n) {
		snprintf(why, GUARD_WHY_MAX, "the report names no mailbox");
		return false;
	}
	/* A login that fits no mailbox's grammar must not cost the whole account its mail. */
	if (kind->on == ACTION_ON_EITHER && !mailbox.n &&
	    !sent_as_account(report, account)) {
		snprintf(why, GUARD_WHY_MAX,
			 "the login is no mailbox that can be held alone");
		return false;
	}
	return !narrow || guard_mailbox(x->accounts, account, mailbox, row->target, why);
}

/* Somebody did it before; by which action of osm's, if it was one. */
static void decide_held(struct executor *x, const struct action_job *job,
			const char *verb, struct decision *d)
{
	struct action_row row;

	if (store_action_in_force(x->store, job->row->action, job->row->target, &row))
		decide(d, false, BEFORE_HELD, "was already %s, by action %lld", verb,
		       (long long)row.id);
	else
		decide(d, false, BEFORE_HELD, "was already %s", verb);
}

/* The limits on ourselves, for what is allowed as such. */
void decide_now(struct executor *x, const struct action_job *job,
		const struct action_kind *kind, bool testing, bool by_hand,
		struct decision *d)
{
	enum action_force now = kind->in_force(job);
	char more[ACTION_BEFORE_MAX] = "", why[ACTION_DETAIL_MAX] = "";
	unsigned done;

	if (now == ACTION_FORCE_UNKNOWN) {
		decide(d, false, BEFORE_NOT_DONE, "what is in force can't be read");
	} else if (now == ACTION_IN_FORCE) {
		decide_held(x, job, kind->verb, d);
	} else if (kind->before && !kind->before(job, more, why)) {
		decide(d, false, BEFORE_NOT_DONE, "refused: %.480s", why);
	} else if (testing) {
		decide(d, false, BEFORE_NOT_DONE, "TESTING: would have %s %s", kind->verb,
		       job->row->target);
	} else {
		done = by_hand ? 0
			       : store_action_count_since(x->store,
							  job->row->created_s - HOUR_S,
							  job->row);
		decide(d, true, BEFORE_FREE, "%s", "");
		snprintf(d->more, sizeof(d->more), "%s", more);
		if (!by_hand && done >= x->config.action_max)
			decide(d, false, BEFORE_NOT_DONE,
			       "ACTION_MAX: %u actions in the last hour are enough "
			       "(by hand: osm act %s %s)",
			       x->config.action_max, action_name(kind->id),
			       job->row->target);
		if (!d->go)
			log_msg(LOG_LEVEL_ERROR,
				"*ACTION_MAX reached* %s was NOT %s: %u actions in the "
				"last hour",
				job->row->target, kind->verb, x->config.action_max);
	}
}

void decide_disruptive(struct executor *x, const struct action_kind *kind,
		       const json_t *report, bool confirmed, struct action_row *row,
		       struct decision *d)
{
	struct action_job job = executor_job(x, row, report, row->created_s);
	int trigger = trigger_find(json_slice(report, "type"));
	bool testing =
		x->config.testing || json_is_true(json_object_get(report, "testing"));
	char why[GUARD_WHY_MAX];

	if (!aim(x, kind, report, row, why))
		decide(d, false, BEFORE_NOT_DONE, "refused: %s", why);
	else if (guard_ignored(x->rules, (enum trigger_id)trigger,
			       json_slice(report, "account"),
			       json_slice(report, "mailbox"), row->created_s, why))
		decide(d, false, BEFORE_NOT_DONE, "%s", why);
	else if (!confirmed)
		decide(d, false, BEFORE_NOT_DONE, "not enough confirmed events");
	else
		decide_now(x, &job, kind, testing, false, d);
}

/* The administrator's program may do anything to the account: never to who is protected, and
 * never on a guess. */
void decide_once(struct executor *x, const struct action_kind *kind, const json_t *report,
		 bool confirmed, int64_t now_s, struct decision *d)
{
	struct slice account = json_slice(report, "account");
	int trigger = trigger_find(json_slice(report, "type"));
	char why[GUARD_WHY_MAX];

	decide(d, true, BEFORE_ONCE, "%s", "");
	if (!x->config.custom_action[0])
		decide(d, false, BEFORE_NOT_DONE, "CUSTOM_ACTION is not set");
	else if (!guard_user(x->accounts, &x->config, account, why))
		decide(d, false, BEFORE_NOT_DONE, "refused: %s", why);
	else if (guard_ignored(x->rules, (enum trigger_id)trigger, account,
			       json_slice(report, "mailbox"), now_s, why))
		decide(d, false, BEFORE_NOT_DONE, "%s", why);
	else if (!confirmed)
		decide(d, false, BEFORE_NOT_DONE, "not enough confirmed events");
	else if (x->config.testing || json_is_true(json_object_get(report, "testing")))
		decide(d, false, BEFORE_NOT_DONE, "TESTING: would have %s %s", kind->verb,
		       x->config.custom_action);
}
