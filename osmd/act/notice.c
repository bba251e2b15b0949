/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * notice: others change things, too: an administrator, a customer, cPanel itself. What is in
 * the journal as done but isn't so any more is closed; a renamed account's actions go with it, a
 * removed one's end; a new password may release.
 */
#include <stdio.h>
#include <string.h>

#include "osmd/act/announce.h"
#include "osmd/act/executor_parts.h"
#include "osmd/act/fwact.h"
#include "osmd/base/jsonread.h"
#include "osmd/base/log.h"

/* So late the panel may still tell of what we did ourselves: many expire at once. */
#define OURS_S 600

struct notice {
	struct executor *x;
	const char *event, *user, *newuser, *mailbox;
	int64_t now_s;
	json_t *actions; /* what was ended or undone, for the answer */
	struct err *e;
	bool ok;
	const struct accounts *old; /* of notice_maps */
	bool starting;
	bool ours; /* the unsuspension that is told of */
	const char *drop_why, *drop_target; /* of drop_row; target NULL: any */
};

bool notice_close(struct executor *x, const struct action_row *was, const char *detail,
		  int64_t now_s, struct err *e)
{
	struct action_row row = *was;
	char what[512];

	/* what was never done is not undone */
	row.state = was->state == ACTION_DONE ? ACTION_UNDONE : ACTION_SKIPPED;
	snprintf(row.detail, sizeof(row.detail), "%s", detail);
	snprintf(what, sizeof(what), "%.23s %.319s: %s -> %s (%.130s)", row.action,
		 row.target, action_state_name(was->state), action_state_name(row.state),
		 detail);
	log_msg(LOG_LEVEL_INFO, "*Action* %s", what);
	announce_action(x, &row);
	return store_action_end(x->store, row.id, row.state, detail, NULL, now_s, e) &&
	       store_audit(x->store, now_s, fwact_is(was) ? "osm" : "panel", what, e);
}

static void end_row(struct notice *n, const struct action_row *was, const char *detail)
{
	struct err e = {0};
	struct action_row row;

	n->ok = notice_close(n->x, was, detail, n->now_s, n->e) && n->ok;
	if (store_action_get(n->x->store, was->id, &row, &e))
		json_array_append_new(n->actions, executor_row(&row));
}

static void reconcile_row(const struct action_row *done, void *ctx)
{
	const struct action_kind *kind = action_kind_find(done->action);
	struct notice *n = ctx;
	struct action_job job = executor_job(n->x, done, NULL, n->now_s);

	/* the kernel forgets with a reboot, and an address has no account: see keep.c */
	if (!kind || !kind->in_force || fwact_is(done))
		return;
	/* not while the panel rewrites its maps one after the other */
	if (n->starting && kind->in_force(&job) != ACTION_IN_FORCE &&
	    accounts_from_panel(n->x->accounts) &&
	    !accounts_by_user(n->x->accounts, slice_str(done->account)))
		end_row(n, done, "the account is gone");
	else if (kind->all_gone ? kind->all_gone(&job)
				: kind->in_force(&job) == ACTION_NOT_IN_FORCE)
		end_row(n, done, "it is in force no more: somebody else has undone it");
}

/* The panel takes its own away with the account, but not what the firewall has: the uid will
 * be another's. An address stays blocked. */
static void remove_row(const struct action_row *done, void *ctx)
{
	struct notice *n = ctx;
	struct action_row row = *done;

	if (strcmp(done->account, n->user) != 0)
		return;
	if (!fwact_is(done)) {
		end_row(n, done, "the account was removed");
	} else if (strcmp(done->target, n->user) == 0) {
		n->ok = undo_for(n->x, &row, "account-removed", n->now_s) && n->ok;
		json_array_append_new(n->actions, executor_row(&row));
	}
}

/* The account's name, a mailbox (which stays), or a path in its home, which moves along:
 * /home/OLD/x is /home/NEW/x. */
static void rename_target(const struct notice *n, struct action_row *row)
{
	const struct account *a = accounts_by_user(n->x->accounts, slice_str(n->newuser));
	struct slice target = slice_str(row->target);
	char old[PATH_MAX], moved[sizeof(row->target)];
	size_t partition, k;

	if (strcmp(row->target, n->user) == 0)
		snprintf(row->target, sizeof(row->target), "%s", n->newuser);
	if (target.p[0] != '/' || !a || !slice_ends(a->home, slice_str(n->newuser)))
		return;
	partition = a->home.n - strlen(n->newuser);
	k = (size_t)snprintf(old, sizeof(old), "%.*s%s/", (int)partition, a->home.p,
			     n->user);
	if (k >= sizeof(old) || !slice_starts(target, slice_str(old)) ||
	    (size_t)snprintf(moved, sizeof(moved), "%.*s/%s", (int)a->home.n, a->home.p,
			     row->target + k) >= sizeof(moved))
		return;
	memcpy(row->target, moved, sizeof(moved));
}

/* The panel moved what is in force to the new name: a new row says so. */
static void rename_row(const struct action_row *done, void *ctx)
{
	struct action_row row = *done;
	struct notice *n = ctx;
	char detail[128];
	bool fresh;

	if (strcmp(done->account, n->user) != 0)
		return;
	row.report_id[0] = '\0';
	row.created_s = row.changed_s = n->now_s;
	snprintf(row.account, sizeof(row.account), "%s", n->newuser);
	rename_target(n, &row);
	snprintf(detail, sizeof(detail),
		 "carried over from action %lld: %.40s was renamed", (long long)done->id,
		 n->user);
	n->ok = store_action_begin(n->x->store, &row, &fresh, n->e) &&
		store_action_end(n->x->store, row.id, ACTION_DONE, detail, NULL, n->now_s,
				 n->e) &&
		n->ok;
	if (!n->ok)
		return;
	snprintf(detail, sizeof(detail), "the account is %.40s now: see action %lld",
		 n->newuser, (long long)row.id);
	end_row(n, done, detail);
}

/* Whoever has the old password is out. A suspended account stays so: a person looks at it. */
static void release_row(const struct action_row *done, void *ctx)
{
	const struct action_kind *kind = action_kind_find(done->action);
	struct notice *n = ctx;
	const char *target = n->mailbox[0] ? n->mailbox : n->user;
	struct action_row row = *done;

	if (!kind || kind->on == ACTION_ON_PATH || kind->id == ACTION_SUSPEND_ACCOUNT ||
	    strcmp(row.account, n->user) != 0 || strcasecmp(row.target, target) != 0)
		return;
	n->ok = undo_for(n->x, &row, "password-change", n->now_s) && n->ok;
	json_array_append_new(n->actions, executor_row(&row));
}

/* What waits for its next try is not done any more to whom it was decided for. */
static void drop_row(const struct action_row *row, void *ctx)
{
	struct notice *n = ctx;

	if (recover_waits(row) && strcmp(row->account, n->user) == 0 &&
	    (!n->drop_target || strcasecmp(row->target, n->drop_target) == 0))
		end_row(n, row, n->drop_why);
}

static void find_expired(const struct action_row *row, void *ctx)
{
	struct notice *n = ctx;

	n->ours = n->ours ||
		  (strcmp(row->account, n->user) == 0 &&
		   strcmp(row->action, action_name(ACTION_SUSPEND_ACCOUNT)) == 0 &&
		   n->now_s - row->changed_s < OURS_S);
}

/* Has a person let the account go? The panel tells of our own unsuspension, when its time has
 * come, as of anybody's; nobody looked after the account then. */
static bool is_let_go(struct notice *n)
{
	struct action_row row;

	if (strcmp(n->event, "unsuspended") != 0)
		return false;
	if (!store_action_in_force(n->x->store, action_name(ACTION_SUSPEND_ACCOUNT),
				   n->user, &row))
		n->ok = store_action_each(n->x->store, ACTION_EXPIRED, find_expired, n,
					  n->e) &&
			n->ok;
	return !n->ours;
}

/* What to do with each row that is done, or NULL: no such event. */
static void (*act_on(const struct notice *n))(const struct action_row *, void *)
{
	static const char *const looks[] = {"lists",	 "created",	"modified",
					    "suspended", "unsuspended", "mailbox"};

	if (strcmp(n->event, "removed") == 0)
		return remove_row;
	if (strcmp(n->event, "renamed") == 0 && n->newuser[0])
		return rename_row;
	if (strcmp(n->event, "password") == 0)
		return n->x->config.release_on_password ? release_row : reconcile_row;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(n->event, looks[i]) == 0)
			return reconcile_row;
	return NULL;
}

/* Why nothing that waits is to be done any more; NULL: it goes on waiting. */
static const char *why_drop(struct notice *n, bool let_go)
{
	bool released = strcmp(n->event, "password") == 0 &&
			n->x->config.release_on_password;

	if (released)
		n->drop_target = n->mailbox[0] ? n->mailbox : n->user;
	return strcmp(n->event, "removed") == 0	  ? "not tried again: the account was removed"
	       : strcmp(n->event, "created") == 0 ? "not tried again: the account is a new one"
	       : strcmp(n->event, "renamed") == 0 ? "not tried again: the account was renamed"
	       : let_go ? "not tried again: somebody has unsuspended the account"
	       : released ? "not tried again: its password was changed"
			  : NULL;
}

/* Without the hook: the account is not there any more, or is another one by now. While the panel
 * writes its maps a name may lack in one of them alone. */
static void drop_by_maps(const struct action_row *row, void *ctx)
{
	struct notice *n = ctx;
	const struct account *was = accounts_by_user(n->old, slice_str(row->account));
	const struct account *is = accounts_by_user(n->x->accounts, slice_str(row->account));

	if (!was || was->uid < 0 || !recover_waits(row))
		return;
	if (!is && users_uid(accounts_users(n->x->accounts), slice_str(row->account)) < 0)
		end_row(n, row, "not tried again: the account is gone");
	else if (is && is->uid >= 0 && is->uid != was->uid)
		end_row(n, row, "not tried again: the account is a new one");
}

/* The same uid and the same main domain under another name, and the old name is gone. */
static void maps_row(const struct action_row *done, void *ctx)
{
	struct notice *n = ctx;
	const struct account *was = accounts_by_user(n->old, slice_str(done->account));
	const struct account *is;
	char name[sizeof(done->account)];
	int64_t uid = was ? was->uid : -1;

	if (uid < 0) /* passwd was read with the new name, the panel's list with the old */
		uid = fwact_uid(done);
	if (!was || uid <= 0 || !was->domain.n ||
	    accounts_by_user(n->x->accounts, was->name))
		return;
	is = accounts_by_domain(n->x->accounts, was->domain);
	if (!is || is->uid != uid || accounts_by_user(n->old, is->name) ||
	    is->name.n >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)is->name.n, is->name.p);
	n->user = done->account;
	n->newuser = name;
	rename_row(done, n);
}

void notice_maps(struct executor *x, const struct accounts *old, int64_t now_s)
{
	struct err e = {0};
	struct notice n = {.x = x,
			   .old = old,
			   .now_s = now_s,
			   .actions = json_array(),
			   .e = &e,
			   .ok = true};

	if (accounts_from_panel(old) && accounts_from_panel(x->accounts) &&
	    (!store_action_each(x->store, -1, maps_row, &n, &e) ||
	     !store_action_each(x->store, ACTION_PENDING, drop_by_maps, &n, &e) || !n.ok))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	json_decref(n.actions);
}

bool notice_begin(struct executor *x, int64_t now_s, struct err *e)
{
	struct notice n = {.x = x,
			   .now_s = now_s,
			   .actions = json_array(),
			   .e = e,
			   .ok = true,
			   .starting = true};
	bool ok = store_action_each(x->store, -1, reconcile_row, &n, e) && n.ok;

	json_decref(n.actions);
	return ok;
}

static bool reconcile(struct executor *x, int64_t now_s, struct err *e)
{
	struct notice n = {.x = x,
			   .event = "lists",
			   .now_s = now_s,
			   .actions = json_array(),
			   .e = e,
			   .ok = true};
	bool ok = store_action_each(x->store, -1, reconcile_row, &n, e) && n.ok;

	json_decref(n.actions);
	return ok;
}

json_t *notice_request(struct executor *x, const json_t *request, int64_t now_s)
{
	struct err e = {0};
	struct notice n = {.x = x,
			   .event = json_text(request, "event"),
			   .user = json_text(request, "user"),
			   .newuser = json_text(request, "newuser"),
			   .mailbox = json_text(request, "mailbox"),
			   .now_s = now_s,
			   .e = &e,
			   .ok = true};
	void (*fn)(const struct action_row *, void *) = act_on(&n);
	bool let_go;

	if (!fn)
		return executor_refuse("notice: an event that nobody knows");
	n.actions = json_array();
	let_go = is_let_go(&n);
	n.drop_why = why_drop(&n, let_go);
	if (n.drop_why)
		n.ok = store_action_each(x->store, ACTION_PENDING, drop_row, &n, &e) && n.ok;
	n.ok = store_action_each(x->store, -1, fn, &n, &e) && n.ok;
	/* somebody looked after it, or it is somebody else now */
	if (fn == remove_row || fn == rename_row || fn == release_row || let_go)
		n.ok = store_strikes_forget(x->store, n.user, &e) && n.ok;
	/* the removed one's rows are gone by now; others may have changed with it */
	if (n.ok && fn != reconcile_row)
		n.ok = reconcile(x, now_s, &e);
	if (n.ok)
		return json_pack("{s:b, s:o}", "ok", 1, "actions", n.actions);
	json_decref(n.actions);
	return executor_refuse("notice: %s", e.msg[0] ? e.msg : "an undo failed");
}
