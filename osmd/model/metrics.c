/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/metrics.h"

#include <string.h>

#include "osmd/base/slice.h"

/* A place in the status: a number or a truth value; or an object of such, which are then
 * told apart by `label`. */
struct metric {
	const char *group, *member; /* status[group][member]; group NULL: status[member] */
	const char *name;	    /* ..._total: a counter; else a gauge */
	const char *label;
	const char *help;
};

static const struct metric table[] = {
	{NULL, "uptime", "osm_uptime_seconds", NULL, "Seconds since osmd started."},
	{NULL, "testing", "osm_testing", NULL, "1 while TESTING is on: nothing is done."},
	{NULL, "accounts", "osm_accounts", NULL, "Accounts that are known."},
	{NULL, "writes_confined", "osm_writes_confined", NULL,
	 "1 when the kernel keeps osmd from writing outside its own folders."},
	{"log", "present", "osm_log_present", NULL, "1 while Exim's log is there."},
	{"log", "lines", "osm_log_lines_total", NULL, "Lines of Exim's log read."},
	{"log", "bytes", "osm_log_bytes_total", NULL, "Bytes of Exim's log read."},
	{"log", "rotations", "osm_log_rotations_total", NULL, "Rotations followed."},
	{"log", "truncations", "osm_log_truncations_total", NULL,
	 "Truncations of the log."},
	{"log", "too_long", "osm_log_lines_too_long_total", NULL,
	 "Lines too long to be Exim's."},
	{"log", "lost_place", "osm_log_place_lost", NULL,
	 "1 when the place in the log was found in no file."},
	{"counters", "unparsed", "osm_lines_unparsed_total", "reason",
	 "Lines that were not understood."},
	{"counters", "events", "osm_events_total", "type", "Events counted."},
	{"counters", "not_counted", "osm_events_not_counted_total", "reason",
	 "Lines that tell of no outgoing mail of a customer."},
	{"counters", "confirmed", "osm_events_confirmed_total", NULL,
	 "Arrivals that more than the log speaks for."},
	{"counters", "claimed", "osm_events_claimed_total", NULL,
	 "Arrivals that nothing followed."},
	{"counters", "forged", "osm_lines_forged_total", NULL, "Lines found forged."},
	{"counters", "hidden", "osm_arrivals_hidden_total", NULL,
	 "Messages whose arrival line was missing."},
	{"counters", "duplicates", "osm_arrivals_repeated_total", NULL,
	 "Arrival lines of a message that was counted before."},
	{"counters", "ignored", "osm_events_ignored_total", NULL,
	 "Events that osm.ignore takes out."},
	{"counters", "lost", "osm_events_lost_total", NULL,
	 "Events lost for want of memory."},
	{"counters", "reports", "osm_reports_total", NULL, "Reports made."},
	{"counters", "held_back", "osm_reports_held_back_total", NULL,
	 "Times that a limit was exceeded within REPORT_REPEAT."},
	{"counters", "claims_only", "osm_reports_claims_only_total", NULL,
	 "Reports without enough confirmed events to act upon."},
	{"counters", "evicted", "osm_window_keys_evicted_total", "trigger",
	 "Keys forgotten because WINDOW_KEYS were remembered."},
	{"packets", "stats", "osm_connections_total", "what",
	 "Connections to SMTP_PORTS that were seen, and what became of them."},
	{"executor", "connected", "osm_executor_connected", NULL,
	 "1 while the executor is there."},
	{"executor", "restarts", "osm_executor_restarts_total", NULL,
	 "Executors that followed one that ended."},
	{"executor", "waiting", "osm_executor_reports_waiting", NULL,
	 "Reports that the executor has not acknowledged."},
	{"executor", "failed", "osm_executor_reports_failed_total", NULL,
	 "Reports that the executor could not carry out whole."},
	{"executor", "refused", "osm_executor_reports_refused_total", NULL,
	 "Reports that the executor refused."},
	{"errors", NULL, "osm_errors_total", "what", "What went wrong and was survived."},
};

static bool is_counter(const char *name)
{
	const size_t n = strlen(name), suffix = sizeof("_total") - 1;

	return n > suffix && strcmp(name + n - suffix, "_total") == 0;
}

/* false: no number at all. */
static bool number_of(const json_t *v, json_int_t *n)
{
	if (!json_is_integer(v) && !json_is_boolean(v))
		return false;
	*n = json_is_integer(v) ? json_integer_value(v) : json_is_true(v);
	return true;
}

/* In a label's value, backslash, quote and line feed are escaped. */
static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			buf_putc(out, '\\');
		if (*s == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *s);
	}
}

static void put_head(struct buf *out, const struct metric *m)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
		   is_counter(m->name) ? "counter" : "gauge");
}

static void put_each(struct buf *out, const struct metric *m, const json_t *values)
{
	const char *key;
	json_t *v;
	json_int_t n;

	json_object_foreach((json_t *)values, key, v)
	{
		if (!number_of(v, &n))
			continue;
		buf_printf(out, "%s{%s=\"", m->name, m->label);
		put_escaped(out, key);
		buf_printf(out, "\"} %" JSON_INTEGER_FORMAT "\n", n);
	}
}

static void put_metric(struct buf *out, const struct metric *m, const json_t *status)
{
	const json_t *at = m->group ? json_object_get(status, m->group) : status;
	json_int_t n;

	if (m->member)
		at = json_object_get(at, m->member);
	if (m->label && json_object_size(at)) {
		put_head(out, m);
		put_each(out, m, at);
	} else if (number_of(at, &n)) {
		put_head(out, m);
		buf_printf(out, "%s %" JSON_INTEGER_FORMAT "\n", m->name, n);
	}
}

static void put_version(struct buf *out, const json_t *status)
{
	const char *version = json_string_value(json_object_get(status, "version"));

	if (!version)
		return;
	buf_puts(out, "# HELP osm_build_info The version that runs.\n"
		      "# TYPE osm_build_info gauge\nosm_build_info{version=\"");
	put_escaped(out, version);
	buf_puts(out, "\"} 1\n");
}

void metrics_text(const json_t *status, struct buf *out)
{
	buf_printf(out,
		   "# HELP osm_up 1 while osmd answers.\n# TYPE osm_up gauge\nosm_up "
		   "%d\n",
		   status != NULL);
	put_version(out, status);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		put_metric(out, &table[i], status);
}
