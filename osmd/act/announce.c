/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/announce.h"

#include <stdio.h>
#include <syslog.h>

#include "osmd/base/jsonread.h"
#include "osmd/base/log.h"
#include "osmd/sys/systemlog.h"

static bool is_wanted(const struct executor *x)
{
	return x->config.syslog && !x->paths.root[0];
}

static struct slice number(const json_t *doc, const char *name, char out[24])
{
	snprintf(out, 24, "%lld",
		 (long long)json_integer_value(json_object_get(doc, name)));
	return slice_str(out);
}

static void not_taken(const char *message)
{
	log_msg(LOG_LEVEL_WARN, "SYSLOG: the system's log takes nothing; left out: %s",
		message);
}

void announce_report(const struct executor *x, const json_t *report)
{
	char count[24], limit[24], message[256];
	const struct systemlog_field fields[] = {
		{"OSM_REPORT", json_slice(report, "id")},
		{"OSM_TYPE", json_slice(report, "type")},
		{"OSM_ACCOUNT", json_slice(report, "account")},
		{"OSM_MAILBOX", json_slice(report, "mailbox")},
		{"OSM_KEY", json_slice(report, "key")},
		{"OSM_COUNT", number(report, "count", count)},
		{"OSM_LIMIT", number(report, "limit", limit)},
	};

	if (!is_wanted(x))
		return;
	/* the key is a stranger's text and stands in its own field only */
	snprintf(message, sizeof(message), "report: %.24s of %.72s: %s (limit %s)",
		 fields[1].value.p, fields[2].value.n ? fields[2].value.p : "?", count,
		 limit);
	if (!systemlog_send(LOG_WARNING, message, fields,
			    sizeof(fields) / sizeof(fields[0])))
		not_taken(message);
}

void announce_action(const struct executor *x, const struct action_row *row)
{
	char message[512];
	const struct systemlog_field fields[] = {
		{"OSM_REPORT", slice_str(row->report_id)},
		{"OSM_ACCOUNT", slice_str(row->account)},
		{"OSM_ACTION", slice_str(row->action)},
		{"OSM_TARGET", slice_str(row->target)},
		{"OSM_STATE", slice_str(action_state_name(row->state))},
		{"OSM_DETAIL", slice_str(row->detail)},
	};

	if (!is_wanted(x))
		return;
	snprintf(message, sizeof(message), "action: %s %s: %s", row->action,
		 row->account, action_state_name(row->state));
	if (!systemlog_send(row->state == ACTION_FAILED ? LOG_ERR : LOG_NOTICE, message,
			    fields, sizeof(fields) / sizeof(fields[0])))
		not_taken(message);
}
