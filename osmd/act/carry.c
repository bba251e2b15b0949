/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * carry: a report or an order by hand -> decided, journalled, done. What has a row in the
 * journal already is never done again, so a report may come any number of times.
 *
 * A report is always kept in osm.db, also with REPORT_STORE = 0: undo, the warm-up after a
 * restart and REPORT_REPEAT all need it. The switch only decides whether "store" is one of
 * its actions.
 */
#include <stdio.h>
#include <string.h>

#include "osmd/act/announce.h"
#include "osmd/act/decide.h"
#include "osmd/act/deliver.h"
#include "osmd/act/executor_parts.h"
#include "osmd/act/fwact.h"
#include "osmd/act/guard.h"
#include "osmd/act/renameact.h"
#include "osmd/base/jsonread.h"
#include "osmd/base/log.h"
#include "osmd/model/report.h"

static void copy(char *out, size_t size, struct slice s)
{
	snprintf(out, size, "%.*s", (int)(s.n < size ? s.n : size - 1), s.n ? s.p : "");
}

bool carry_allowed(struct executor *x, const struct action_row *row, const json_t *report,
		   char why[EXECUTOR_WHY_MAX])
{
	struct slice account = slice_str(row->account), target = slice_str(row->target);
	const struct action_kind *kind = action_kind_find(row->action);
	char same[GUARD_TARGET_MAX];
	int trigger = trigger_find(json_slice(report, "type"));

	if (fwact_is(row) && (!fwact_allowed(x->wall, row, why, EXECUTOR_WHY_MAX) ||
			      !fwact_owned(x->accounts, row, why, EXECUTOR_WHY_MAX)))
		return false;
	if (kind && kind->on == ACTION_ON_ADDRESS && !account.n)
		return true; /* by hand: it is nobody's */
	if (!guard_account(x->accounts, &x->config, account, why))
		return false;
	if (slice_eq(target, account) && kind && kind->id != ACTION_BLOCK_SMTP &&
	    !guard_whole(x->accounts, account, why))
		return false;
	if (kind && kind->on == ACTION_ON_PATH) {
		if (!guard_path(x->accounts, account, target, why))
			return false;
	} else if (!slice_eq(target, account) && !(kind && kind->on == ACTION_ON_ADDRESS) &&
		   !guard_mailbox(x->accounts, account, target, same, why)) {
		return false;
	}
	return !report ||
	       !guard_ignored(x->rules, (enum trigger_id)trigger, account,
			      json_slice(report, "mailbox"), row->created_s, why);
}

/* What stands in the journal as done but isn't in force any more was undone by somebody
 * else. Left as it is, its expiry would soon take back what is done anew. What another firewall has,
 * or can't be asked for, stays in force: it ends by itself or is undone. */
static bool close_lost(struct executor *x, const struct action_row *row, int64_t now_s,
		       struct err *e)
{
	struct action_row lost;

	while (store_action_in_force(x->store, row->action, row->target, &lost)) {
		if (fwact_is(&lost) &&
		    fwact_still(x->wall, &lost, now_s) != ACTION_NOT_IN_FORCE)
			break;
		if (!notice_close(x, &lost,
				  "it was in force no more: somebody else had undone it",
				  now_s, e))
			return false;
	}
	return true;
}

int64_t carry_next_try(int64_t created_s, int64_t tried_s)
{
	/* each pause is about four times the one before */
	static const int64_t after_s[] = {30, 150, EXECUTOR_LAST_TRY_S};

	for (size_t i = 0; i < sizeof(after_s) / sizeof(after_s[0]); i++)
		if (tried_s - created_s < after_s[i])
			return created_s + after_s[i];
	return 0;
}

/* It is not done, but may be tried again: by hand that is up to the hand. */
static void put_off(struct executor *x, struct action_row *row,
		    char detail[ACTION_DETAIL_MAX], int64_t now_s)
{
	int64_t next_s = row->report_id[0] ? carry_next_try(row->created_s, now_s) : 0;
	size_t n = strlen(detail);

	if (!next_s) {
		row->state = ACTION_FAILED;
		return;
	}
	/* they must be in it, whatever it says before */
	if (n > ACTION_DETAIL_MAX - 64)
		n = ACTION_DETAIL_MAX - 64;
	snprintf(detail + n, ACTION_DETAIL_MAX - n, EXECUTOR_TRY_WORDS "%lld s",
		 (long long)(next_s - now_s));
	executor_settle_at(x, next_s);
}

void carry_audit(struct executor *x, const struct action_row *row, const char *who,
		 int64_t now_s)
{
	const struct action_kind *kind = action_kind_find(row->action);
	char what[sizeof(row->target) + sizeof(row->before) + ACTION_DETAIL_MAX + 128];
	struct err e = {0};

	if (!kind || (!kind->disruptive && !kind->is_once))
		return;
	snprintf(what, sizeof(what), "%s %s: %s -> %s (%s)%s%s", row->action, row->target,
		 row->before, action_state_name(row->state), row->detail,
		 row->report_id[0] ? " report " : "", row->report_id);
	if (!store_audit(x->store, now_s, who, what, &e))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
}

bool carry_row(struct executor *x, struct action_row *row, const json_t *report,
	       int64_t now_s, struct err *e)
{
	const struct action_kind *kind = action_kind_find(row->action);
	struct action_job job = executor_job(x, row, report, now_s);
	char detail[ACTION_DETAIL_MAX] = "";

	if (kind->disruptive && !close_lost(x, row, now_s, e))
		return false;
	if (!kind->in_store && !store_settle(x->store, e))
		return false;
	row->state = kind->perform(&job, detail);
	if (row->state == ACTION_PENDING)
		put_off(x, row, detail, now_s);
	copy(row->detail, sizeof(row->detail), slice_str(detail));
	log_msg(row->state == ACTION_DONE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
		"*Action* %s %s: %s, %s%s%s", row->action, row->target,
		action_state_name(row->state), row->detail,
		row->report_id[0] ? " report " : "", row->report_id);
	if (!kind->in_store)
		announce_action(x, row);
	if (store_action_end(x->store, row->id, row->state, row->detail, NULL, now_s, e)) {
		carry_audit(x, row, x->acting_for[0] ? x->acting_for : "osm", now_s);
		return true;
	}
	/* what it says of them must not stay untrue until we are started anew */
	executor_settle_at(x, now_s + EXECUTOR_SETTLE_S);
	return false;
}

static int64_t expires_after_s(const struct executor *x, const struct action_kind *kind)
{
	if (!kind->disruptive)
		return 0;
	return kind->on == ACTION_ON_ADDRESS ? x->config.firewall_ttl_s
					     : x->config.action_expire_s;
}

/* One wanted action of a report, unless the journal knows it. address: of those that are done
 * to one, "" when the report has none. */
static bool carry_action(struct executor *x, const struct action_kind *kind,
			 const json_t *report, const char *address, bool confirmed,
			 int64_t now_s, struct err *e)
{
	int64_t after_s = expires_after_s(x, kind);
	struct action_row row = {.created_s = now_s, .changed_s = now_s};
	struct decision d = {.go = true, .before = BEFORE_STORED};
	char place[DELIVER_PLACE_SIZE] = "";
	bool fresh;

	copy(row.report_id, sizeof(row.report_id), json_slice(report, "id"));
	copy(row.account, sizeof(row.account), json_slice(report, "account"));
	copy(row.action, sizeof(row.action), slice_str(action_name(kind->id)));
	copy(row.target, sizeof(row.target), slice_str(address));
	row.expires_s = after_s ? now_s + after_s : 0;
	if (kind->disruptive)
		decide_disruptive(x, kind, report, confirmed, &row, &d);
	else
		copy(row.target, sizeof(row.target), slice_str(kind->target));
	if (kind->is_once)
		decide_once(x, kind, report, confirmed, now_s, &d);
	if (kind->id == ACTION_EMAIL)
		deliver_place(&x->paths, &x->config, place);
	if (kind->id == ACTION_EMAIL)
		snprintf(row.before, sizeof(row.before), BEFORE_UNSENT " %s", place);
	else
		snprintf(row.before, sizeof(row.before), "%.20s%s", d.before,
			 d.go ? d.more : "");
	copy(row.detail, sizeof(row.detail), slice_str(d.detail));
	if (!d.go)
		row.expires_s = 0;
	if (!store_gather(x->store, e) || !store_action_begin(x->store, &row, &fresh, e))
		return false;
	if (!fresh)
		return row.state != ACTION_PENDING || recover_row(x, &row, now_s, e);
	if (d.go)
		return carry_row(x, &row, report, now_s, e);
	log_msg(LOG_LEVEL_INFO, "*Action* %s %s: skipped, %s report %s", row.action,
		row.target, row.detail, row.report_id);
	return store_action_end(x->store, row.id, ACTION_SKIPPED, row.detail, NULL, now_s,
				e);
}

static bool read_wanted(const json_t *list, unsigned *bits)
{
	const json_t *one;
	size_t i;

	*bits = 0;
	if (!json_is_array(list) || json_array_size(list) > ACTION_COUNT)
		return false;
	json_array_foreach(list, i, one)
	{
		int id = json_is_string(one)
				 ? action_find((struct slice){json_string_value(one),
							      json_string_length(one)})
				 : -1;

		if (id < 0)
			return false;
		*bits |= ACTION_BIT(id);
	}
	return true;
}

/* Each address that the firewall is to block is an action of its own. */
static bool carry_addresses(struct executor *x, const json_t *report, bool confirmed,
			    int64_t now_s, struct err *e)
{
	char targets[FWACT_ADDRESSES_MAX][ADDR_TEXT_MAX];
	size_t n = fwact_targets(report, targets);
	struct err why = {0};
	bool ok = true;

	if (n == 0)
		return carry_action(x, action_kind(ACTION_FIREWALL), report, "",
				    confirmed, now_s, e);
	/* csf's lists may be long: once for all; if they can't be read, each address says so */
	wall_hold(x->wall, NULL, now_s, &why);
	for (size_t i = 0; i < n; i++)
		ok = carry_action(x, action_kind(ACTION_FIREWALL), report, targets[i],
				  confirmed, now_s, e) &&
		     ok;
	wall_let(x->wall);
	return ok;
}

/* In the order in which it must happen; the mail tells of the others. */
static bool carry_all(struct executor *x, const json_t *report, unsigned wanted,
		      bool confirmed, int64_t now_s, struct err *e)
{
	/* The suspension of an account after what is done with that account's rights. */
	static const enum action_id order[] = {
		ACTION_STORE,
		ACTION_FIREWALL,
		ACTION_BLOCK_SMTP,
		ACTION_HOLD,
		ACTION_BLOCK_LOGIN,
		ACTION_BLOCK_MAILBOX,
		ACTION_SUSPEND_MAILBOX,
		ACTION_BLOCK_ACCOUNT,
		ACTION_RENAME_SCRIPT,
		ACTION_RENAME_PATH,
		ACTION_SUSPEND_ACCOUNT,
		ACTION_CUSTOM,
		ACTION_EMAIL,
	};
	bool ok = true;

	if (!x->config.report_email)
		wanted &= ~ACTION_BIT(ACTION_EMAIL);
	if (!x->config.report_store)
		wanted &= ~ACTION_BIT(ACTION_STORE);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (wanted & ACTION_BIT(order[i]))
			ok = (order[i] == ACTION_FIREWALL
				      ? carry_addresses(x, report, confirmed, now_s, e)
				      : carry_action(x, action_kind(order[i]), report,
						     "", confirmed, now_s, e)) &&
			     ok;
	return ok;
}

static json_t *report_answer(struct executor *x, const json_t *report, bool ok,
			     const struct err *e)
{
	const char *id = json_string_value(json_object_get(report, "id"));
	json_t *stored = store_report_read(x->store, id, NULL);
	json_t *answer = json_pack("{s:b, s:s, s:O?}", "ok", ok, "report", id, "actions",
				   json_object_get(stored, "actions"));

	json_decref(stored);
	if (answer && !ok)
		json_object_set_new(answer, "error",
				    report_text(slice_str(e->msg), sizeof(e->msg) * 3));
	return answer;
}

/* "steps" becomes the one that it stands for. */
static bool take_step(struct executor *x, json_t *whole, unsigned *wanted, bool confirmed,
		      struct err *e)
{
	char note[LADDER_NOTE_MAX];
	unsigned step;

	if (!(*wanted & ACTION_BIT(ACTION_STEPS)))
		return true;
	*wanted &= ~ACTION_BIT(ACTION_STEPS);
	if (!ladder_step(x, whole, confirmed, &step, note, e))
		return false;
	*wanted |= step;
	findings_note(whole, note);
	return true;
}

json_t *carry_report(struct executor *x, const json_t *request, int64_t now_s)
{
	const json_t *report = json_object_get(request, "report");
	const json_t *confirmed = json_object_get(request, "confirmed");
	struct err e = {0};
	unsigned wanted;
	json_t *whole, *answer;
	bool fresh = false, ok;

	if (!report_valid(report, &e))
		return executor_refuse("%s", e.msg);
	if (!read_wanted(json_object_get(request, "wanted"), &wanted))
		return executor_refuse("\"wanted\" is no list of known actions");
	if (!json_is_boolean(confirmed))
		return executor_refuse("\"confirmed\" is neither true nor false");
	whole = findings_add(x, report, now_s);
	if (!whole)
		return executor_refuse("no memory for the report");
	ok = store_gather(x->store, &e) &&
	     take_step(x, whole, &wanted, json_is_true(confirmed), &e) &&
	     store_report_add(x->store, whole, &fresh, &e);
	if (ok && fresh)
		announce_report(x, whole);
	ok = ok && carry_all(x, whole, wanted, json_is_true(confirmed), now_s, &e);
	ok = store_settle(x->store, &e) && ok;
	if (!ok) {
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
		/* an outcome may have been gathered that could not be written */
		executor_settle_at(x, now_s + EXECUTOR_SETTLE_S);
	}
	executor_stream(x, now_s);
	answer = report_answer(x, whole, ok, &e);
	json_decref(whole);
	return answer;
}

/* An address or a prefix, which no account owns. */
static bool read_address_order(const json_t *request, struct slice target,
			       int64_t after_s, struct action_row *row,
			       char why[GUARD_WHY_MAX])
{
	char text[ADDR_TEXT_MAX];
	struct addr net;

	if (!addr_parse_cidr(target, &net)) {
		snprintf(why, GUARD_WHY_MAX, "%.64s is no address",
			 target.n ? target.p : "it");
		return false;
	}
	copy(row->target, sizeof(row->target), slice_str(addr_print(&net, text)));
	copy(row->detail, FW_REASON_MAX / 2, json_slice(request, "reason"));
	row->expires_s = after_s ? row->created_s + after_s : 0;
	return true;
}

static bool read_order(struct executor *x, const json_t *request,
		       const struct action_kind *kind, struct action_row *row,
		       char who[EXECUTOR_WHO_MAX], char why[GUARD_WHY_MAX])
{
	struct slice account = json_slice(request, "account"),
		     target = json_slice(request, "target");
	const json_t *expire = json_object_get(request, "expire");
	json_int_t after_s =
		expire ? json_integer_value(expire) : x->config.action_expire_s;

	if (!executor_who(request, who))
		snprintf(why, GUARD_WHY_MAX, "\"who\" is missing");
	else if (expire && (!json_is_integer(expire) || after_s < 0 ||
			    after_s > EXECUTOR_EXPIRE_MAX_S))
		snprintf(why, GUARD_WHY_MAX,
			 "\"expire\" is not 0 to %d seconds (ten years)",
			 EXECUTOR_EXPIRE_MAX_S);
	else if (kind->on == ACTION_ON_ADDRESS)
		return read_address_order(
			request, target, expire ? after_s : x->config.firewall_ttl_s, row,
			why);
	else if (guard_account(x->accounts, &x->config, account, why)) {
		copy(row->account, sizeof(row->account), account);
		copy(row->target, sizeof(row->target), account);
		row->expires_s = after_s ? row->created_s + after_s : 0;
		if (kind->on == ACTION_ON_PATH) {
			copy(row->target, sizeof(row->target), target);
			return guard_path(x->accounts, account, target, why);
		}
		if (slice_eq(account, target) && kind->on != ACTION_ON_MAILBOX)
			return kind->id == ACTION_BLOCK_SMTP ||
			       guard_whole(x->accounts, account, why);
		if (kind->on != ACTION_ON_ACCOUNT)
			return guard_mailbox(x->accounts, account, target, row->target,
					     why);
		snprintf(why, GUARD_WHY_MAX, "this is only done to a whole account");
	}
	return false;
}

json_t *carry_by_hand(struct executor *x, const json_t *request, enum action_id id,
		      int64_t now_s)
{
	const struct action_kind *kind = action_kind(id);
	struct action_row row = {.created_s = now_s, .changed_s = now_s};
	struct action_job job = executor_job(x, &row, NULL, now_s);
	char who[EXECUTOR_WHO_MAX], why[GUARD_WHY_MAX],
		what[EXECUTOR_WHO_MAX + GUARD_TARGET_MAX + 16];
	struct decision d = {0};
	struct err e = {0};
	bool fresh, ok;

	copy(row.action, sizeof(row.action), slice_str(action_name(id)));
	if (!read_order(x, request, kind, &row, who, why))
		return executor_refuse("%s: %s", row.action, why);
	job.from = json_string_value(json_object_get(request, "from"));
	decide_now(x, &job, kind, x->config.testing, true, &d);
	if (!d.go)
		return executor_refuse("%s %s: %s", row.action, row.target, d.detail);
	snprintf(row.before, sizeof(row.before), "%.20s%s", d.before, d.more);
	snprintf(what, sizeof(what), "%s %s: asked for", row.action, row.target);
	snprintf(x->acting_for, sizeof(x->acting_for), "%s", who);
	ok = store_audit(x->store, now_s, who, what, &e) &&
	     store_action_begin(x->store, &row, &fresh, &e) &&
	     carry_row(x, &row, NULL, now_s, &e);
	x->acting_for[0] = '\0';
	if (!ok)
		return executor_refuse("%s: %s", what, e.msg);
	if (row.state == ACTION_DONE)
		return json_pack("{s:b, s:[o]}", "ok", 1, "actions", executor_row(&row));
	return json_pack("{s:b, s:s, s:[o]}", "ok", 0, "error", row.detail, "actions",
			 executor_row(&row));
}
