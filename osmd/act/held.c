/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* held: what the panel keeps in the queue for a mailbox: counted, or deleted by a person. */
#include <stdio.h>
#include <string.h>

#include "osmd/act/executor_parts.h"
#include "osmd/act/guard.h"
#include "osmd/act/panelact.h"
#include "osmd/base/jsonread.h"
#include "osmd/base/log.h"

json_t *held_request(struct executor *x, const json_t *request, int64_t now_s)
{
	struct slice account = json_slice(request, "account"),
		     target = json_slice(request, "target");
	bool remove = json_is_true(json_object_get(request, "delete"));
	struct action_row row = {0};
	struct action_job job = executor_job(x, &row, NULL, now_s);
	char who[EXECUTOR_WHO_MAX], why[ACTION_DETAIL_MAX],
		what[sizeof(row.target) + ACTION_DETAIL_MAX + 32];
	struct err e = {0};
	uint64_t n = 0;
	bool ok;

	if (!executor_who(request, who))
		return executor_refuse("held: \"who\" is missing");
	if (!guard_account(x->accounts, &x->config, account, why) ||
	    !guard_mailbox(x->accounts, account, target, row.target, why))
		return executor_refuse("held: %s", why);
	snprintf(row.account, sizeof(row.account), "%.*s", (int)account.n, account.p);
	ok = panelact_held(&job, remove, &n, why);
	if (remove) {
		snprintf(what, sizeof(what), "delete held messages of %s: %s", row.target,
			 ok ? "" : why);
		if (ok)
			snprintf(what, sizeof(what),
				 "delete held messages of %s: %llu deleted", row.target,
				 (unsigned long long)n);
		log_msg(ok ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "*Action* %s by %s", what,
			who);
		if (!store_audit(x->store, now_s, who, what, &e))
			log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	}
	if (!ok)
		return executor_refuse("held: %s", why);
	return json_pack("{s:b, s:s, s:I, s:[]}", "ok", 1, "target", row.target,
			 "messages", (json_int_t)n, "actions");
}
