/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/fwact.h"

#include <stdio.h>
#include <string.h>

#include "osmd/base/slice.h"
#include "osmd/model/event.h"

#define SHARE 10	  /* an address must have sent this part of what is confirmed */
#define CSF_TTL_LEAST_S 2 /* csf makes an hour of one */

static const char *const direction_words[] = {
	[FW_IN] = "in", [FW_OUT] = "out", [FW_INOUT] = "inout"};

bool fwact_is(const struct action_row *row)
{
	return strcmp(row->action, action_name(ACTION_FIREWALL)) == 0 ||
	       strcmp(row->action, action_name(ACTION_BLOCK_SMTP)) == 0;
}

/* ---- what is blocked ---- */

static const char *no_block(const struct action_job *job, struct fw_block *b)
{
	const struct action_row *row = job->row;
	const struct account *a;

	*b = (struct fw_block){.direction = FW_OUT};
	if (strcmp(row->action, action_name(ACTION_FIREWALL)) == 0) {
		/* by hand both ways, as csf -d does; a client is only kept out */
		b->direction = row->report_id[0] ? FW_IN : FW_INOUT;
		return addr_parse_cidr(slice_str(row->target), &b->net)
			       ? NULL
			       : "this is no address";
	}
	a = job->accounts ? accounts_by_user(job->accounts, slice_str(row->account))
			  : NULL;
	if (!a || a->uid <= 0)
		return "the account has no uid";
	if (accounts_by_uid(job->accounts, a->uid) != a)
		return "another account has the same uid";
	b->uid = (uid_t)a->uid;
	return NULL;
}

/* "free BACKEND WORD" */
static bool read_before(const char *before, struct slice *backend, struct slice *word)
{
	struct slice rest = slice_str(before), head;

	if (!slice_cut(&rest, ' ', &head) || !slice_cut(&rest, ' ', backend))
		return false;
	*word = rest;
	return backend->n && backend->n < FWACT_BACKEND_MAX && word->n;
}

static bool read_word(struct slice word, const struct action_row *row, struct fw_block *b)
{
	static const struct slice uid = SLICE("uid=");
	uint64_t n;

	if (slice_starts(word, uid)) {
		word = (struct slice){word.p + uid.n, word.n - uid.n};
		b->direction = FW_OUT;
		return slice_u64(word, 1, UINT32_MAX - 1, &n) && (b->uid = (uid_t)n);
	}
	for (int d = FW_IN; d <= FW_INOUT; d++)
		if (slice_eq(word, slice_str(direction_words[d]))) {
			b->direction = (enum fw_direction)d;
			return addr_parse_cidr(slice_str(row->target), &b->net);
		}
	return false;
}

/* What an administrator reads in csf's lists and the kernel's. */
static void set_reason(const struct action_row *row, const char *why, struct fw_block *b)
{
	size_t n = 0;

	if (row->report_id[0])
		n += (size_t)snprintf(b->reason, sizeof(b->reason),
				      "action %lld, report %.12s", (long long)row->id,
				      row->report_id);
	else
		n += (size_t)snprintf(b->reason, sizeof(b->reason), "action %lld by hand",
				      (long long)row->id);
	if (*why)
		snprintf(b->reason + n, sizeof(b->reason) - n, ": %s", why);
	for (char *p = b->reason; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
}

/* What was asked for when it was done: fwact_perform() wrote it behind this. */
static const char *kept_reason(const struct action_row *row, const char *backend)
{
	char head[FWACT_BACKEND_MAX + 16];
	int n = snprintf(head, sizeof(head), "blocked by %s: ", backend);

	return strncmp(row->detail, head, (size_t)n) == 0 ? row->detail + n : "";
}

bool fwact_block_of(const struct action_row *row, int64_t now_s, struct fw_block *out,
		    char backend[FWACT_BACKEND_MAX])
{
	struct slice name, word;

	*out = (struct fw_block){0};
	if (!read_before(row->before, &name, &word) || !read_word(word, row, out))
		return false;
	snprintf(backend, FWACT_BACKEND_MAX, "%.*s", (int)name.n, name.p);
	if (row->expires_s)
		out->ttl = row->expires_s > now_s ? row->expires_s - now_s : -1;
	set_reason(row, kept_reason(row, backend), out);
	return true;
}

int64_t fwact_uid(const struct action_row *row)
{
	char backend[FWACT_BACKEND_MAX];
	struct fw_block b;

	return fwact_is(row) && fwact_block_of(row, row->created_s, &b, backend) &&
			       !b.net.family
		       ? (int64_t)b.uid
		       : -1;
}

bool fwact_owned(const struct accounts *a, const struct action_row *row, char *why,
		 size_t size)
{
	int64_t blocked = fwact_uid(row), uid;
	bool still;

	if (blocked < 0 || !users_name(accounts_users(a), 0).n)
		return true;
	uid = users_uid(accounts_users(a), slice_str(row->account));
	/* renamed: passwd knows it before the panel's list does */
	still = uid < 0 ? users_name(accounts_users(a), blocked).n &&
				  accounts_by_user(a, slice_str(row->account))
			: uid == blocked;
	if (!still)
		snprintf(why, size, "the account %.71s has not this uid any more",
			 row->account);
	return still;
}

bool fwact_allowed(struct wall *w, const struct action_row *row, char *why, size_t size)
{
	char backend[FWACT_BACKEND_MAX], said[WALL_WHY_MAX] = "its row says not what";
	struct fw_block b;
	bool may = fwact_block_of(row, row->created_s, &b, backend) &&
		   wall_may(w, &b, NULL, row->created_s, said);

	if (!may)
		snprintf(why, size, "%.*s", (int)size - 1, said);
	return may;
}

/* ---- the action ---- */

enum action_force fwact_still(struct wall *w, const struct action_row *row, int64_t now_s)
{
	char backend[FWACT_BACKEND_MAX];
	struct fw_block b;
	bool has;

	if (!fwact_block_of(row, now_s, &b, backend) ||
	    !wall_has(w, backend, &b, &has, NULL))
		return ACTION_FORCE_UNKNOWN;
	return has ? ACTION_IN_FORCE : ACTION_NOT_IN_FORCE;
}

/* What was blocked before FIREWALL was changed is blocked. */
static bool has_by_journal(const struct action_job *job)
{
	struct action_row row;

	return store_action_in_force(job->store, job->row->action, job->row->target,
				     &row) &&
	       fwact_still(job->wall, &row, job->now_s) == ACTION_IN_FORCE;
}

/* Nothing can be known of it before there is a firewall: fwact_before tells. */
static enum action_force decided_force(const struct action_job *job)
{
	const struct fw_backend *backend = NULL;
	struct fw_block b;
	bool has = false;

	if (!no_block(job, &b))
		backend = wall_backend_for(job->wall, &b, NULL);
	if (!backend || !wall_has(job->wall, backend->name, &b, &has, NULL))
		return ACTION_NOT_IN_FORCE;
	return has || has_by_journal(job) ? ACTION_IN_FORCE : ACTION_NOT_IN_FORCE;
}

enum action_force fwact_in_force(const struct action_job *job)
{
	enum action_force now;

	if (!job->wall)
		return ACTION_FORCE_UNKNOWN;
	if (job->row->id == 0)
		return decided_force(job);
	now = fwact_still(job->wall, job->row, job->now_s);
	/* the kernel forgets with a reboot; what is in the journal as done is put back */
	return now == ACTION_NOT_IN_FORCE && job->row->state == ACTION_DONE
		       ? ACTION_FORCE_UNKNOWN
		       : now;
}

bool fwact_before(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		  char why[ACTION_DETAIL_MAX])
{
	const struct fw_backend *backend = NULL;
	struct err e = {0};
	struct fw_block b;
	const char *wrong = no_block(job, &b);

	if (job->wall && !wrong)
		backend = wall_backend_for(job->wall, &b, &e);
	if (wrong || !backend) {
		snprintf(why, ACTION_DETAIL_MAX, "%.*s", ACTION_DETAIL_MAX - 1,
			 wrong ? wrong : e.msg);
		return false;
	}
	if (strcmp(backend->name, "none") == 0) {
		snprintf(why, ACTION_DETAIL_MAX, "no firewall is in use: %.400s",
			 wall_reason(job->wall));
		return false;
	}
	b.ttl = job->row->expires_s ? job->row->expires_s - job->row->created_s : 0;
	if (!wall_may(job->wall, &b, job->from, job->row->created_s, why) ||
	    wall_foreign(job->wall, &b, job->row->created_s, why))
		return false;
	if (b.net.family)
		snprintf(out, ACTION_BEFORE_MAX, " %s %s", backend->name,
			 direction_words[b.direction]);
	else
		snprintf(out, ACTION_BEFORE_MAX, " %s uid=%u", backend->name,
			 (unsigned)b.uid);
	return true;
}

/* By hand what the person said, else what it was counted for. */
static void why_of(const struct action_job *job, char out[FW_REASON_MAX])
{
	const char *type = json_string_value(json_object_get(job->report, "type"));
	const char *key = json_string_value(json_object_get(job->report, "key"));

	if (type && key)
		snprintf(out, FW_REASON_MAX, "%s %.120s", type, key);
	else
		snprintf(out, FW_REASON_MAX, "%.*s", FW_REASON_MAX - 1, job->row->detail);
}

enum action_state fwact_perform(const struct action_job *job,
				char detail[ACTION_DETAIL_MAX])
{
	char backend[FWACT_BACKEND_MAX], note[WALL_WHY_MAX] = "", asked[FW_REASON_MAX];
	struct err e = {0};
	struct fw_block b;

	why_of(job, asked);
	if (!job->wall || !fwact_block_of(job->row, job->now_s, &b, backend)) {
		snprintf(detail, ACTION_DETAIL_MAX, "its row does not say what to block");
		return ACTION_FAILED;
	}
	if (b.ttl == 1 && strcmp(backend, "csf") == 0)
		b.ttl = CSF_TTL_LEAST_S;
	if (b.ttl < 0) {
		snprintf(detail, ACTION_DETAIL_MAX,
			 "its time was over before it was done");
		return ACTION_FAILED;
	}
	set_reason(job->row, asked, &b);
	if (!wall_block(job->wall, backend, &b, 1, note, &e)) {
		snprintf(detail, ACTION_DETAIL_MAX, "%.*s", ACTION_DETAIL_MAX - 1, e.msg);
		return ACTION_FAILED;
	}
	snprintf(detail, ACTION_DETAIL_MAX, "blocked by %s%s%s%s%.200s", backend,
		 asked[0] ? ": " : "", asked, note[0] ? "; " : "", note);
	return ACTION_DONE;
}

bool fwact_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX])
{
	char backend[FWACT_BACKEND_MAX], note[WALL_WHY_MAX] = "";
	struct err e = {0};
	struct fw_block b;
	bool gone;

	if (!job->wall || !fwact_block_of(job->row, job->now_s, &b, backend)) {
		snprintf(detail, ACTION_DETAIL_MAX,
			 "its row does not say what was blocked");
		return false;
	}
	gone = wall_release(job->wall, backend, &b, note, &e);
	if (gone)
		snprintf(detail, ACTION_DETAIL_MAX, "released by %s%s%.200s", backend,
			 note[0] ? "; " : "", note);
	else
		snprintf(detail, ACTION_DETAIL_MAX, "%.250s%s%.200s", e.msg,
			 note[0] ? "; " : "", note);
	return gone;
}

/* ---- whom of a report ---- */

size_t fwact_targets(const json_t *report, char out[FWACT_ADDRESSES_MAX][ADDR_TEXT_MAX])
{
	const json_t *list = json_object_get(report, "confirmed_ips"), *one;
	const json_t *certain = json_object_get(report, "certainty");
	json_int_t all = 0;
	size_t i, n = 0;

	for (int c = CERTAINTY_CONFIRMED; c <= CERTAINTY_KERNEL; c++)
		all += json_integer_value(
			json_object_get(certain, certainty_name((enum certainty)c)));
	json_array_foreach(list, i, one)
	{
		const json_t *value = json_object_get(one, "value");
		json_int_t count = json_integer_value(json_object_get(one, "count"));
		struct addr a;

		if (n < FWACT_ADDRESSES_MAX && count * SHARE >= all &&
		    addr_parse((struct slice){json_string_value(value),
					      json_string_length(value)},
			       &a))
			addr_print(&a, out[n++]);
	}
	return n;
}
