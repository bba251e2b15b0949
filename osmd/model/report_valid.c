/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/report.h"

#include <errno.h>
#include <string.h>

#include "osmd/model/report_fields.h"

#define ACCOUNT_MAX 64
#define LOCAL_PART_MAX 64
#define DOMAIN_MAX 253
#define HEX "0123456789abcdef"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

struct number_field {
	const char *name;
	json_int_t min, max;
};

struct word_field {
	const char *name;
	bool (*known)(struct slice word);
	bool may_be_empty;
};

static bool only(struct slice s, const char *allowed)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !strchr(allowed, s.p[i]))
			return false;
	return true;
}

/* A name that begins with a dot or a dash could be read as a folder above or an option. */
static bool name_begins_well(struct slice s)
{
	return s.n && s.p[0] != '.' && s.p[0] != '-';
}

bool report_account_fits(struct slice s)
{
	return s.n <= ACCOUNT_MAX && name_begins_well(s) && only(s, LOWER DIGITS "._-");
}

bool report_domain_fits(struct slice s)
{
	return s.n <= DOMAIN_MAX && name_begins_well(s) && only(s, LOWER DIGITS "._-") &&
	       slice_find(s, SLICE("..")) == SIZE_MAX;
}

bool report_mailbox_fits(struct slice s)
{
	struct slice local, domain = s;

	return slice_cut(&domain, '@', &local) && local.n <= LOCAL_PART_MAX &&
	       name_begins_well(local) &&
	       only(local, LOWER DIGITS "!#$%&'*+-=?^_`{|}~.") &&
	       report_domain_fits(domain);
}

bool report_kind_known(struct slice s)
{
	return slice_eq(s, SLICE("limit")) || slice_eq(s, SLICE("forgery")) ||
	       slice_eq(s, SLICE("hidden"));
}

static bool type_known(struct slice s)
{
	return trigger_find(s) >= 0;
}

static bool event_known(struct slice s)
{
	for (int t = EVENT_PACKET; t <= EVENT_CWDCHECK; t++)
		if (slice_eq(s, slice_str(event_type_name((enum event_type)t))))
			return true;
	return false;
}

static bool certainty_known(struct slice s)
{
	for (int c = CERTAINTY_UNKNOWN; c <= CERTAINTY_KERNEL; c++)
		if (slice_eq(s, slice_str(certainty_name((enum certainty)c))))
			return true;
	return false;
}

static bool unit_known(struct slice s)
{
	return slice_eq(s, SLICE("messages")) || slice_eq(s, SLICE("recipients")) ||
	       slice_eq(s, SLICE("connections"));
}

static bool zone_known(struct slice s)
{
	return slice_eq(s, SLICE("UTC"));
}

static bool id_fits(struct slice s)
{
	return s.n >= 16 && s.n < REPORT_ID_SIZE && only(s, HEX);
}

static const struct number_field numbers[] = {
	{"version", REPORT_VERSION, REPORT_VERSION}, {"limit", 0, REPORT_COUNT_LAST},
	{"trigger", 0, REPORT_COUNT_LAST},	     {"interval", 0, REPORT_COUNT_LAST},
	{"added_since", 0, REPORT_COUNT_LAST},	     {"count", 0, REPORT_COUNT_LAST},
	{"recipients", 0, REPORT_COUNT_LAST},	     {"lost", 0, REPORT_COUNT_LAST},
};

static const struct word_field words[] = {
	{"id", id_fits, false},
	{"kind", report_kind_known, false},
	{"type", type_known, false},
	{"event", event_known, false},
	{"zone", zone_known, false},
	{"unit", unit_known, false},
	{"confidence", certainty_known, false},
	{"account", report_account_fits, true},
	{"owner", report_account_fits, true},
	{"domain", report_domain_fits, true},
	{"mailbox", report_mailbox_fits, true},
};

static const char *const times[][2] = {
	{"time", "time_iso"}, {"first", "first_iso"}, {"last", "last_iso"}};

static const char *const counted_lists[] = {"paths",	  "subjects", "senders",
					    "source_ips", "confirmed_ips", "scripts",
					    "destinations", "processes",  "requests"};

static const char *const further_names[] = {"paths",	  "subjects",	 "senders",
					    "source_ips", "message_ids", "lines"};

/* Reports that were stored before connections were counted have none of these. */
static const char *const further_later[] = {"scripts", "destinations", "processes"};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool wrong(struct err *e, const char *field, const char *what)
{
	return err_set(e, EINVAL, "report: %s %s", field, what);
}

/* A text without NUL of at most max bytes. */
static bool text_of(const json_t *value, size_t max, struct slice *out)
{
	if (!json_is_string(value))
		return false;
	*out = (struct slice){json_string_value(value), json_string_length(value)};
	return out->n <= max && (out->n == 0 || !memchr(out->p, '\0', out->n));
}

static bool number_in(const json_t *value, json_int_t min, json_int_t max)
{
	return json_is_integer(value) && json_integer_value(value) >= min &&
	       json_integer_value(value) <= max;
}

static bool numbers_fit(const json_t *r, struct err *e)
{
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (!number_in(json_object_get(r, numbers[i].name), numbers[i].min,
			       numbers[i].max))
			return wrong(e, numbers[i].name, "isn't a number in its range");
	if (json_integer_value(json_object_get(r, "limit")) !=
	    json_integer_value(json_object_get(r, "trigger")))
		return wrong(e, "trigger", "differs from limit");
	return true;
}

static bool words_fit(const json_t *r, struct err *e)
{
	struct slice s;

	for (size_t i = 0; i < LENGTH(words); i++)
		if (!text_of(json_object_get(r, words[i].name), REPORT_TEXT_MAX * 2,
			     &s) ||
		    !((s.n == 0 && words[i].may_be_empty) || words[i].known(s)))
			return wrong(e, words[i].name, "isn't a word that fits there");
	if (!text_of(json_object_get(r, "host"), REPORT_TEXT_MAX, &s))
		return wrong(e, "host", "isn't a text of its length");
	if (!text_of(json_object_get(r, "key"), REPORT_KEY_MAX, &s))
		return wrong(e, "key", "isn't a text of its length");
	return true;
}

static bool times_fit(const json_t *r, struct err *e)
{
	char want[REPORT_TIME_SIZE];
	struct slice iso;

	for (size_t i = 0; i < LENGTH(times); i++) {
		const json_t *at = json_object_get(r, times[i][0]);

		if (!number_in(at, 0, REPORT_TIME_LAST))
			return wrong(e, times[i][0], "isn't a time");
		if (!text_of(json_object_get(r, times[i][1]), REPORT_TIME_SIZE, &iso) ||
		    !slice_eq(iso, slice_str(report_time(json_integer_value(at), want))))
			return wrong(e, times[i][1], "isn't the same time in words");
	}
	if (json_integer_value(json_object_get(r, "first")) >
	    json_integer_value(json_object_get(r, "last")))
		return wrong(e, "first", "is after last");
	return true;
}

static bool certainty_fits(const json_t *r, struct err *e)
{
	const json_t *counts = json_object_get(r, "certainty");
	json_int_t sum = 0;

	for (int c = CERTAINTY_UNKNOWN; c <= CERTAINTY_KERNEL; c++) {
		const json_t *n =
			json_object_get(counts, certainty_name((enum certainty)c));

		if (!number_in(n, 0, REPORT_COUNT_LAST))
			return wrong(e, "certainty", "lacks a count");
		sum += json_integer_value(n);
	}
	if (sum != json_integer_value(json_object_get(r, "count")))
		return wrong(e, "certainty", "doesn't add up to count");
	return true;
}

static bool timeline_fits(const json_t *r, struct err *e)
{
	const json_t *t = json_object_get(r, "timeline");
	const json_t *counts = json_object_get(t, "counts");

	if (!number_in(json_object_get(t, "start"), 0, REPORT_TIME_LAST) ||
	    !number_in(json_object_get(t, "step"), 1, INT64_MAX) ||
	    !json_is_array(counts) || json_array_size(counts) > REPORT_BUCKETS)
		return wrong(e, "timeline", "isn't start, step and at most 120 counts");
	for (size_t i = 0; i < json_array_size(counts); i++)
		if (!number_in(json_array_get(counts, i), 0, REPORT_COUNT_LAST))
			return wrong(e, "timeline", "holds something else than counts");
	return true;
}

static bool counted_list_fits(const json_t *list)
{
	struct slice s;

	if (!json_is_array(list) || json_array_size(list) > REPORT_LIST_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (!text_of(json_object_get(row, "value"), REPORT_VALUE_MAX, &s) ||
		    !number_in(json_object_get(row, "count"), 1, REPORT_COUNT_LAST))
			return false;
	}
	return true;
}

static bool text_list_fits(const json_t *list, size_t max_values, size_t max_bytes)
{
	struct slice s;

	if (!json_is_array(list) || json_array_size(list) > max_values)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!text_of(json_array_get(list, i), max_bytes, &s))
			return false;
	return true;
}

static bool wanted_fits(const json_t *list)
{
	struct slice s;

	if (!json_is_array(list) || json_array_size(list) > ACTION_COUNT)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!text_of(json_array_get(list, i), REPORT_TEXT_MAX, &s) ||
		    action_find(s) < 0)
			return false;
	return true;
}

/* What was done is written into a copy for readers; a document that asks for trust has
 * nothing there that is taken as true, only its shape must hold. */
static bool actions_fit(const json_t *list)
{
	struct slice s;

	if (!json_is_array(list) || json_array_size(list) > REPORT_ACTIONS_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (!text_of(json_object_get(row, "action"), REPORT_TEXT_MAX, &s) ||
		    action_find(s) < 0 ||
		    !text_of(json_object_get(row, "state"), REPORT_TEXT_MAX, &s))
			return false;
	}
	return true;
}

static bool candidates_fit(const json_t *list)
{
	struct slice s;

	if (!json_is_array(list) || json_array_size(list) > REPORT_CANDIDATES_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (!text_of(json_object_get(row, "path"), REPORT_VALUE_MAX, &s) ||
		    !text_of(json_object_get(row, "owner"), REPORT_TEXT_MAX, &s) ||
		    !text_of(json_object_get(row, "why"), REPORT_TEXT_MAX, &s) ||
		    !json_is_integer(json_object_get(row, "size")) ||
		    !json_is_integer(json_object_get(row, "mtime")))
			return false;
	}
	return true;
}

static bool lists_fit(const json_t *r, struct err *e)
{
	const json_t *further = json_object_get(r, "further");

	for (size_t i = 0; i < LENGTH(counted_lists); i++)
		if (!counted_list_fits(json_object_get(r, counted_lists[i])))
			return wrong(e, counted_lists[i],
				     "isn't a list of values and counts");
	if (!candidates_fit(json_object_get(r, "candidates")))
		return wrong(e, "candidates", "isn't a list of files");
	if (!text_list_fits(json_object_get(r, "message_ids"), REPORT_IDS_MAX,
			    REPORT_MESSAGE_ID_MAX))
		return wrong(e, "message_ids", "isn't a list of ids");
	if (!text_list_fits(json_object_get(r, "lines"), REPORT_LINES_MAX,
			    REPORT_LINE_MAX))
		return wrong(e, "lines", "isn't a list of lines");
	if (!text_list_fits(json_object_get(r, "notes"), REPORT_NOTES_MAX,
			    REPORT_NOTE_MAX))
		return wrong(e, "notes", "isn't a list of sentences");
	if (!wanted_fits(json_object_get(r, "wanted")))
		return wrong(e, "wanted", "isn't a list of known actions");
	if (!actions_fit(json_object_get(r, "actions")))
		return wrong(e, "actions",
			     "isn't a list of known actions and their states");
	for (size_t i = 0; i < LENGTH(further_names); i++)
		if (!number_in(json_object_get(further, further_names[i]), 0,
			       REPORT_COUNT_LAST))
			return wrong(e, "further", "lacks a count");
	for (size_t i = 0; i < LENGTH(further_later); i++) {
		const json_t *n = json_object_get(further, further_later[i]);

		if (n && !number_in(n, 0, REPORT_COUNT_LAST))
			return wrong(e, "further", "holds something else than a count");
	}
	return true;
}

bool report_valid(const json_t *report, struct err *e)
{
	struct slice mark;
	size_t size;

	if (!json_is_object(report))
		return err_set(e, EINVAL, "report: not a JSON object");
	size = json_dumpb(report, NULL, 0, JSON_COMPACT);
	if (size == 0 || size > REPORT_BYTES_MAX)
		return err_set(e, EMSGSIZE, "report: can't be printed in %d bytes",
			       REPORT_BYTES_MAX);
	if (!json_is_boolean(json_object_get(report, "testing")))
		return wrong(e, "testing", "isn't true or false");
	if (!text_of(json_object_get(report, "last_event"), REPORT_MARK_SIZE - 1,
		     &mark) ||
	    mark.n != REPORT_MARK_SIZE - 1 || !only(mark, HEX))
		return wrong(e, "last_event", "isn't 16 hex digits");
	if (!json_is_boolean(json_object_get(report, "window_complete")))
		return wrong(e, "window_complete", "isn't true or false");
	return numbers_fit(report, e) && words_fit(report, e) && times_fit(report, e) &&
	       certainty_fits(report, e) && timeline_fits(report, e) &&
	       lists_fit(report, e);
}
