/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * undo: by hand or because its time has come. Goes on while TESTING is on. An undo that
 * fails leaves the action done and says why, so that it can be tried again.
 */
#include <stdio.h>
#include <string.h>

#include "osmd/act/announce.h"
#include "osmd/act/executor_parts.h"
#include "osmd/base/log.h"
#include "osmd/model/report.h"

#define UNDO_FAILED "undo failed: "

bool undo_is_owed(const struct action_row *row)
{
	return strncmp(row->detail, UNDO_FAILED, strlen(UNDO_FAILED)) == 0;
}

/* Left pending by a crash, or by a disk that was full when it had been done. What is in force
 * becomes done, and so can be undone; what is not is never done any more. false: row has why,
 * or the journal could not be written. */
static bool settle_pending(struct executor *x, struct action_row *row, const char *who,
			   int64_t now_s)
{
	char more[ACTION_BEFORE_MAX];
	bool free_before = executor_is_free(row);
	enum action_claim now = free_before ? recover_claim(x, row, now_s, more) : CLAIM_NONE;
	bool ours = now == CLAIM_ALL || now == CLAIM_PART;
	struct err e = {0};

	if (now == CLAIM_UNKNOWN) {
		snprintf(row->detail, sizeof(row->detail),
			 UNDO_FAILED "what is in force can't be read");
		return false;
	}
	row->state = ours ? ACTION_DONE : ACTION_SKIPPED;
	if (ours && action_kind_find(row->action)->claim)
		recover_before(row, more);
	if (ours)
		snprintf(row->detail, sizeof(row->detail), "found in force");
	else if (now == CLAIM_OTHERS)
		recover_others(x, row, row->detail);
	else if (free_before)
		snprintf(row->detail, sizeof(row->detail),
			 "taken back by %s before it was done", who);
	if (store_action_end(x->store, row->id, row->state, row->detail, row->before,
			     now_s, &e)) {
		carry_audit(x, row, who, now_s);
		return true;
	}
	log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	row->state = ACTION_PENDING;
	return false;
}

/* false: it is still in force (or the journal could not be written); row has why. */
static bool undo_done(struct executor *x, struct action_row *row, enum action_state to,
		     const char *who, int64_t now_s)
{
	const struct action_kind *kind = action_kind_find(row->action);
	struct action_job job = executor_job(x, row, NULL, now_s);
	char detail[ACTION_DETAIL_MAX] = "", what[ACTION_DETAIL_MAX];
	struct err e = {0};
	bool gone = kind->reverse(&job, detail);

	snprintf(row->detail, sizeof(row->detail), "%s%.490s", gone ? "" : UNDO_FAILED,
		 detail);
	if (gone)
		row->state = to;
	log_msg(gone ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "*Action* %s %s: %s by %s, %s",
		row->action, row->target, gone ? action_state_name(to) : "undo failed",
		who, row->detail);
	announce_action(x, row);
	snprintf(what, sizeof(what), "undo %lld %s %.160s: done -> %s (%.200s)",
		 (long long)row->id, row->action, row->target,
		 gone ? action_state_name(to) : "done", row->detail);
	if (!store_action_end(x->store, row->id, row->state, row->detail, NULL, now_s,
			      &e) ||
	    !store_audit(x->store, now_s, who, what, &e)) {
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
		return false;
	}
	return gone;
}

static bool undo_row(struct executor *x, struct action_row *row, enum action_state to,
		     const char *who, int64_t now_s)
{
	if (row->state == ACTION_PENDING && !settle_pending(x, row, who, now_s))
		return false;
	return row->state != ACTION_DONE || undo_done(x, row, to, who, now_s);
}

bool undo_for(struct executor *x, struct action_row *row, const char *who, int64_t now_s)
{
	return undo_row(x, row, ACTION_UNDONE, who, now_s);
}

static bool can_undo(const struct action_row *row, char why[256])
{
	const struct action_kind *kind = action_kind_find(row->action);
	bool open = row->state == ACTION_DONE || row->state == ACTION_PENDING;

	if (!kind || !kind->reverse)
		snprintf(why, 256, "action %lld: %s can't be undone", (long long)row->id,
			 row->action);
	else if (!open)
		snprintf(why, 256, "action %lld is %s, there is nothing to undo",
			 (long long)row->id, action_state_name(row->state));
	return kind && kind->reverse && open;
}

static json_t *answer(json_t *actions, bool ok, const char *error)
{
	json_t *a = json_pack("{s:b, s:o}", "ok", ok, "actions", actions);

	if (a && !ok)
		json_object_set_new(a, "error", report_text(slice_str(error), 2048));
	return a;
}

/* Whoever is let go by a person has no strikes any more. */
static void begin_anew(struct executor *x, const char *account)
{
	struct err e = {0};

	if (!store_strikes_forget(x->store, account, &e))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
}

static json_t *undo_one(struct executor *x, int64_t id, const char *who, int64_t now_s)
{
	struct action_row row;
	struct err e = {0};
	char why[256];
	bool ok;

	if (!store_action_get(x->store, id, &row, &e))
		return executor_refuse("undo %lld: %s", (long long)id, e.msg);
	if (!can_undo(&row, why))
		return executor_refuse("%s", why);
	ok = undo_row(x, &row, ACTION_UNDONE, who, now_s);
	if (ok)
		begin_anew(x, row.account);
	return answer(json_pack("[o]", executor_row(&row)), ok, row.detail);
}

static json_t *undo_report(struct executor *x, const char *id, const char *who,
			   int64_t now_s)
{
	struct err e = {0};
	json_t *report = store_report_read(x->store, id, &e), *actions = json_array();
	const json_t *list;
	bool ok = true;
	size_t i;

	if (!report) {
		json_decref(actions);
		return executor_refuse("undo: %s", e.code ? e.msg : "no such report");
	}
	list = json_object_get(report, "actions");
	/* the last first: the panel does nothing to a mailbox of a suspended account */
	for (i = json_array_size(list); i-- > 0;) {
		const json_t *one = json_array_get(list, i);
		struct action_row row;
		char why[256];

		if (store_action_get(x->store,
				     json_integer_value(json_object_get(one, "id")), &row,
				     &e) &&
		    can_undo(&row, why)) {
			ok = undo_row(x, &row, ACTION_UNDONE, who, now_s) && ok;
			begin_anew(x, row.account);
			json_array_append_new(actions, executor_row(&row));
		}
	}
	json_decref(report);
	if (!json_array_size(actions)) {
		json_decref(actions);
		return executor_refuse("undo: nothing of this report is in force");
	}
	return answer(actions, ok, "not everything could be undone: see the actions");
}

json_t *undo_request(struct executor *x, const json_t *request, int64_t now_s)
{
	const json_t *id = json_object_get(request, "id");
	const char *report = json_string_value(json_object_get(request, "report"));
	char who[EXECUTOR_WHO_MAX];

	if (!executor_who(request, who))
		return executor_refuse("undo: \"who\" is missing");
	if (json_is_integer(id) && !report)
		return undo_one(x, json_integer_value(id), who, now_s);
	if (report && !id)
		return undo_report(x, report, who, now_s);
	return executor_refuse("undo: either an \"id\" or a \"report\" is needed");
}

struct expiring {
	struct executor *x;
	int64_t now_s;
	json_t *actions;
	bool failed;
};

static bool expire_one(const struct action_row *done, void *ctx)
{
	struct expiring *all = ctx;
	struct action_row row = *done;
	char why[256];

	if (!can_undo(&row, why))
		return true;
	if (!undo_row(all->x, &row, ACTION_EXPIRED, "osm", all->now_s))
		all->failed = true;
	json_array_append_new(all->actions, executor_row(&row));
	return true;
}

void undo_expired(struct executor *x, int64_t now_s, json_t *actions)
{
	struct expiring all = {.x = x, .now_s = now_s, .actions = actions};
	struct err e = {0};

	if (!store_action_expiring(x->store, now_s, expire_one, &all, &e)) {
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
		all.failed = true;
	}
	/* A panel that is broken is not asked again and again without a pause. */
	x->retry_s = all.failed ? now_s + EXECUTOR_RETRY_S : 0;
}
