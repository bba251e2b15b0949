/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * recover: rows that a crash left pending, or a panel that gave no answer. The panel's file tells whether a hold or a block
 * was reached; if not, it is done again while it is fresh (both are idempotent). For a mail
 * Exim's log tells: sendmail was given the whole text at once, so shortly after its start
 * the log has the mail's id or will never have it. Without a log nobody knows, and a mail is
 * not sent twice on a guess.
 */
#include <stdio.h>
#include <string.h>

#include "osmd/act/announce.h"
#include "osmd/act/deliver.h"
#include "osmd/act/executor_parts.h"
#include "osmd/base/log.h"

#define REDO_MAX_S 3600
/* A call to the panel that a crash left alone ends in its time, and a little more; an action is
 * two at most. */
#define CALL_SLACK_S 10
#define CALLS 2
/* A sendmail that outlived us has this long to take the mail; later than RESEND_MAX_S the
 * log may have been rotated away. */
#define SETTLE_S 10
#define RESEND_MAX_S 600

static bool end(struct executor *x, struct action_row *row, enum action_state state,
		const char *detail, int64_t now_s, struct err *e)
{
	row->state = state;
	if (detail != row->detail)
		snprintf(row->detail, sizeof(row->detail), "%s", detail);
	log_msg(LOG_LEVEL_WARN, "*Action* %s %s was left pending: %s, %s", row->action,
		row->target, action_state_name(state), detail);
	announce_action(x, row);
	if (!store_action_end(x->store, row->id, state, row->detail, row->before, now_s, e))
		return false;
	carry_audit(x, row, "osm", now_s);
	return true;
}

static bool recover_mail(struct executor *x, struct action_row *row, const json_t *report,
			 int64_t now_s, struct err *e)
{
	const char *place = strchr(row->before, ' ');
	int64_t age_s = now_s - row->created_s;

	place = place ? place + 1 : "";
	switch (deliver_look(&x->paths, &x->config, report)) {
	case DELIVER_TAKEN:
		return end(x, row, ACTION_DONE, "seen in Exim's log after a crash", now_s,
			   e);
	case DELIVER_UNKNOWN:
		break;
	case DELIVER_NOT_TAKEN:
		if (age_s >= 0 && age_s < SETTLE_S) {
			executor_settle_at(x, row->created_s + SETTLE_S);
			return true;
		}
		if (age_s >= 0 && age_s <= RESEND_MAX_S &&
		    deliver_same_log(&x->paths, &x->config, place))
			return carry_row(x, row, report, now_s, e);
		break;
	}
	return end(x, row, ACTION_FAILED,
		   "a crash came between: unknown whether the mail left, not sent again",
		   now_s, e);
}

bool recover_waits(const struct action_row *row)
{
	return row->state == ACTION_PENDING && row->report_id[0] &&
	       strstr(row->detail, EXECUTOR_TRY_WORDS);
}

enum action_claim recover_claim(struct executor *x, const struct action_row *row,
				int64_t now_s, char more[ACTION_BEFORE_MAX])
{
	const struct action_kind *kind = action_kind_find(row->action);
	struct action_job job = executor_job(x, row, NULL, now_s);
	struct action_row other;
	enum action_force now;

	more[0] = '\0';
	/* after its last try it was looked at, and was not so */
	if (kind->claim && recover_waits(row) &&
	    store_action_in_force(x->store, row->action, row->target, &other) &&
	    kind->in_force(&job) == ACTION_IN_FORCE)
		return CLAIM_OTHERS;
	if (kind->claim)
		return kind->claim(&job, row->changed_s,
				   recover_waits(row)
					   ? row->changed_s - 1
					   : row->changed_s + CALL_SLACK_S +
						     CALLS * x->config.action_timeout_s,
				   more);
	now = kind->in_force(&job);
	return now == ACTION_IN_FORCE	    ? CLAIM_ALL
	       : now == ACTION_NOT_IN_FORCE ? CLAIM_NONE
					    : CLAIM_UNKNOWN;
}

void recover_others(struct executor *x, const struct action_row *row,
		    char detail[ACTION_DETAIL_MAX])
{
	struct action_row other;

	if (store_action_in_force(x->store, row->action, row->target, &other))
		snprintf(detail, ACTION_DETAIL_MAX,
			 "it is so already, by action %lld: left so, and undone with "
			 "that one",
			 (long long)other.id);
	else
		snprintf(detail, ACTION_DETAIL_MAX,
			 "it is so already, and nothing shows that it was osm: "
			 "left so, and not undone later");
}

void recover_before(struct action_row *row, const char *more)
{
	snprintf(row->before, sizeof(row->before), BEFORE_FREE "%s", more);
}

/* Why it is not done any more; false: it may be. */
static bool is_over(struct executor *x, const struct action_row *row, const json_t *report,
		    int64_t now_s, enum action_state *state, char why[EXECUTOR_WHY_MAX])
{
	int64_t age_s = now_s - row->created_s;
	bool waits = recover_waits(row);

	*state = ACTION_FAILED;
	if (age_s < 0 || age_s > REDO_MAX_S ||
	    (waits && !carry_next_try(row->created_s, row->changed_s)))
		snprintf(why, EXECUTOR_WHY_MAX, "%s",
			 waits ? "too old to be tried again"
			       : "a crash came between and it is too old to be done now");
	/* The settings and lists may have changed since it was decided. */
	else if (x->config.testing) {
		*state = ACTION_SKIPPED;
		snprintf(why, EXECUTOR_WHY_MAX, "%s",
			 waits ? "TESTING is on now: not tried again"
			       : "a crash came between, and now TESTING is on: not done");
	} else {
		return !carry_allowed(x, row, report, why);
	}
	return true;
}

/* The state before is recorded anew: others may have changed it since. A crash that comes now
 * is one in the middle of this try. */
static bool begin_again(struct executor *x, struct action_row *row, const char *more,
			int64_t now_s, struct err *e)
{
	if (!action_kind_find(row->action)->claim)
		return true;
	recover_before(row, more);
	row->changed_s = now_s;
	snprintf(row->detail, sizeof(row->detail), "being tried again");
	return store_action_end(x->store, row->id, ACTION_PENDING, row->detail,
				row->before, now_s, e);
}

/* A crash came in the middle, or the panel gave no answer and is asked again when the time
 * has come. What is so and not surely by us is left so, and is not undone later. */
static bool recover_disruptive(struct executor *x, struct action_row *row,
			       const json_t *report, int64_t now_s, struct err *e)
{
	int64_t next_s = carry_next_try(row->created_s, row->changed_s);
	char more[ACTION_BEFORE_MAX], why[EXECUTOR_WHY_MAX], detail[ACTION_DETAIL_MAX];
	enum action_claim claim;
	enum action_state state;

	if (!executor_is_free(row))
		return end(x, row, ACTION_SKIPPED, row->detail, now_s, e);
	if (recover_waits(row) && next_s && now_s >= row->created_s && now_s < next_s) {
		executor_settle_at(x, next_s);
		return true;
	}
	claim = recover_claim(x, row, now_s, more);
	if (claim == CLAIM_OTHERS) {
		recover_others(x, row, detail);
		return end(x, row, ACTION_SKIPPED, detail, now_s, e);
	}
	if (claim == CLAIM_ALL) {
		if (action_kind_find(row->action)->claim)
			recover_before(row, more);
		return end(x, row, ACTION_DONE,
			   recover_waits(row) ? "found in force before it was tried again"
					      : "found in force after a crash",
			   now_s, e);
	}
	if (is_over(x, row, report, now_s, &state, why)) {
		snprintf(detail, sizeof(detail), "%s%s",
			 claim == CLAIM_PART ? "a part of it was found in force; " : "", why);
		if (claim == CLAIM_PART)
			recover_before(row, more);
		return end(x, row, claim == CLAIM_PART ? ACTION_DONE : state, detail, now_s,
			   e);
	}
	if (claim == CLAIM_UNKNOWN && action_kind_find(row->action)->claim)
		return end(x, row, ACTION_FAILED, "what is in force can't be read", now_s, e);
	return begin_again(x, row, more, now_s, e) && carry_row(x, row, report, now_s, e);
}

static bool recover_once(struct executor *x, struct action_row *row, int64_t now_s,
			 struct err *e)
{
	if (strcmp(row->before, BEFORE_ONCE) != 0)
		return end(x, row, ACTION_SKIPPED, row->detail, now_s, e);
	return end(x, row, ACTION_FAILED,
		   "a crash came between: unknown whether it ran, not run again", now_s,
		   e);
}

bool recover_row(struct executor *x, struct action_row *row, int64_t now_s, struct err *e)
{
	const struct action_kind *kind = action_kind_find(row->action);
	json_t *report = row->report_id[0]
				 ? store_report_read(x->store, row->report_id, NULL)
				 : NULL;
	bool ok;

	if (!kind)
		ok = end(x, row, ACTION_FAILED,
			 "an action that this version doesn't know", now_s, e);
	else if (kind->needs_report && !report)
		ok = end(x, row, ACTION_FAILED, "its report is gone", now_s, e);
	else if (kind->id == ACTION_EMAIL)
		ok = recover_mail(x, row, report, now_s, e);
	else if (kind->is_once)
		ok = recover_once(x, row, now_s, e);
	else if (kind->disruptive)
		ok = recover_disruptive(x, row, report, now_s, e);
	else
		ok = carry_row(x, row, report, now_s, e);
	json_decref(report);
	return ok;
}

struct recovery {
	struct executor *x;
	int64_t now_s;
	struct err *e;
	bool ok;
};

static void recover_each(const struct action_row *pending, void *ctx)
{
	struct recovery *r = ctx;
	struct action_row row = *pending;

	r->ok = recover_row(r->x, &row, r->now_s, r->e) && r->ok;
}

bool recover_all(struct executor *x, int64_t now_s, struct err *e)
{
	struct recovery r = {.x = x, .now_s = now_s, .e = e, .ok = true};

	x->settle_s = 0;
	return store_action_each(x->store, ACTION_PENDING, recover_each, &r, e) && r.ok;
}
