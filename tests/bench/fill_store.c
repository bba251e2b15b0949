/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fill_store DB REPORTS ACCOUNTS: an osm.db with so many reports of the last 30 days, whole
 * documents of 20 events each, every fifth with a hold that was undone. For page.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/model/report.h"
#include "osmd/store/store.h"

#define SPAN_S (30 * 86400)
#define IN_ONE_PIECE 500

static bool fail(const struct err *e)
{
	fprintf(stderr, "fill_store: %s\n", e->msg);
	return false;
}

static json_t *make(int n, int accounts, int64_t at_s)
{
	char account[32], key[80], line[200];
	const enum trigger_id trigger = (enum trigger_id)(TRIGGER_LOGLINE + n % 4);
	struct report_head head = {.kind = "limit", .trigger = trigger, .limit = 20,
				   .interval_s = 3600, .actions = 7, .made_at_s = at_s};
	struct report_builder *b;

	snprintf(account, sizeof(account), "acct%d", n % accounts);
	snprintf(key, sizeof(key), "box%d@%s.example", n % 7, account);
	head.account = slice_str(account);
	head.key = slice_str(key);
	head.host = SLICE("server1.example");
	b = report_begin(&head, 10);
	for (int i = 0; b && i < 21; i++) {
		struct event ev = {.type = EVENT_LOGLINE, .at_s = at_s - 21 + i,
				   .account = head.account, .certainty = CERTAINTY_CONFIRMED};

		snprintf(line, sizeof(line), "report %d line %d of %s, long enough to be like one", n, i,
			 key);
		ev.line = slice_str(line);
		report_event(b, &ev);
	}
	return b ? report_end(b) : NULL;
}

static bool hold(struct store *s, const json_t *report, int64_t at_s, struct err *e)
{
	struct action_row row = {.action = "hold", .account = "acct", .created_s = at_s};
	bool fresh;

	snprintf(row.report_id, sizeof(row.report_id), "%s",
		 json_string_value(json_object_get(report, "id")));
	snprintf(row.target, sizeof(row.target), "%s",
		 json_string_value(json_object_get(report, "key")));
	return store_action_begin(s, &row, &fresh, e) &&
	       store_action_end(s, row.id, ACTION_DONE, "seen", "free", at_s, e) &&
	       store_action_end(s, row.id, ACTION_UNDONE, "undone", NULL, at_s + 60, e);
}

static bool fill(struct store *s, int reports, int accounts, struct err *e)
{
	const int64_t now_s = (int64_t)time(NULL);

	for (int n = 0; n < reports; n++) {
		int64_t at_s = now_s - SPAN_S + (int64_t)n * SPAN_S / reports;
		json_t *report = make(n, accounts, at_s);
		bool fresh, ok;

		if (n % IN_ONE_PIECE == 0 && !(store_settle(s, e) && store_gather(s, e)))
			return false;
		ok = report && store_report_add(s, report, &fresh, e) &&
		     (n % 5 || hold(s, report, at_s, e));
		json_decref(report);
		if (!ok)
			return false;
	}
	return store_settle(s, e);
}

int main(int argc, char **argv)
{
	struct err e = {0};
	struct store *s = argc == 4 ? store_open(argv[1], true, &e) : NULL;
	bool ok = s && fill(s, atoi(argv[2]), atoi(argv[3]), &e);

	if (!ok)
		fail(&e);
	store_close(s);
	return ok ? 0 : 1;
}
