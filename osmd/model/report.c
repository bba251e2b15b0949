/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/base/buf.h"
#include "osmd/base/sip.h"
#include "osmd/model/report_fields.h"
#include "osmd/model/tally.h"

#define DISTINCT_MAX 1024
#define MINUTE_S 60

enum list {
	LIST_PATHS,
	LIST_SUBJECTS,
	LIST_SENDERS,
	LIST_SOURCE_IPS,
	LIST_SCRIPTS,
	LIST_DESTINATIONS,
	LIST_PROCESSES,
	LIST_COUNT
};

static const char *const list_names[LIST_COUNT] = {
	"paths",   "subjects",	   "senders",  "source_ips",
	"scripts", "destinations", "processes"};

/* Events by time: buckets of equal width that double when a time doesn't fit. */
struct timeline {
	int64_t step_s;
	int64_t base; /* the first bucket's time / step_s */
	size_t n;
	uint64_t count[REPORT_BUCKETS];
};

struct report_builder {
	json_t *doc, *lines, *message_ids, *notes; /* owned */
	struct tally *tally[LIST_COUNT];
	struct tally *confirmed_ips; /* of source_ips: who sent what is confirmed, logged in */
	struct timeline timeline;
	unsigned limit, sample_lines;
	bool recipients_unit;
	bool by_login; /* about a mailbox that logged in */
	uint64_t count, recipients, lost;
	uint64_t certain[CERTAINTY_KERNEL + 1]; /* events of each certainty */
	uint64_t weight[CERTAINTY_KERNEL + 1];	/* the same in the unit of the limit */
	int64_t first_s, last_s;
	uint64_t ids_further;
	size_t lines_budget, ids_budget, notes_budget;
	char last_id[REPORT_MESSAGE_ID_MAX], last_line[REPORT_LINE_MAX];
	size_t last_id_n, last_line_n;
	bool detail_lost; /* no memory for a list's value */
};

/* The length of the good UTF-8 character at p, or 0. NUL is none: C readers stop there. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (p[0] < 0x80)
		return p[0] != 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < length)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (p[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f; /* past U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Printable ASCII, as nearly all text is: nothing in it needs a second look. */
static bool is_plain(struct slice s)
{
	bool plain = true;

	for (size_t i = 0; i < s.n; i++)
		plain &= s.p[i] >= 0x20 && s.p[i] < 0x7f;
	return plain;
}

json_t *report_text(struct slice s, size_t max)
{
	static const char bad[] = "\xef\xbf\xbd";
	size_t room = s.n < max / 3 ? s.n * 3 : max, used = 0;
	json_t *text;
	char *out;

	if (s.n <= max && is_plain(s))
		return json_stringn_nocheck(s.p ? s.p : "", s.n);
	out = malloc(room + 1);
	if (!out)
		return NULL;
	for (size_t at = 0; at < s.n;) {
		size_t length = utf8_length((const unsigned char *)s.p + at, s.n - at);
		const char *from = length ? s.p + at : bad;
		size_t n = length ? length : sizeof(bad) - 1;

		if (n > room - used)
			break;
		memcpy(out + used, from, n);
		used += n;
		at += length ? length : 1;
	}
	text = json_stringn(out, used);
	free(out);
	return text;
}

static int64_t time_in_range(int64_t at_s)
{
	return at_s < 0 ? 0 : at_s > REPORT_TIME_LAST ? REPORT_TIME_LAST : at_s;
}

const char *report_time(int64_t at_s, char out[REPORT_TIME_SIZE])
{
	time_t at = (time_t)time_in_range(at_s);
	struct tm tm;

	if (!gmtime_r(&at, &tm) ||
	    !strftime(out, REPORT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
	return out;
}

static void timeline_widen(struct timeline *t)
{
	uint64_t wide[REPORT_BUCKETS] = {0};
	int64_t base = t->base / 2;

	for (size_t i = 0; i < t->n; i++)
		wide[(t->base + (int64_t)i) / 2 - base] += t->count[i];
	t->n = (size_t)((t->base + (int64_t)t->n - 1) / 2 - base) + 1;
	t->base = base;
	t->step_s *= 2;
	memcpy(t->count, wide, sizeof(wide));
}

static void timeline_add(struct timeline *t, int64_t at_s)
{
	int64_t at = at_s / t->step_s, last;

	if (t->n == 0)
		*t = (struct timeline){.step_s = t->step_s, .base = at, .n = 1};
	for (;;) {
		at = at_s / t->step_s;
		last = t->base + (int64_t)t->n - 1;
		if ((at > last ? at : last) - (at < t->base ? at : t->base) <
		    REPORT_BUCKETS)
			break;
		timeline_widen(t);
	}
	if (at < t->base) {
		size_t shift = (size_t)(t->base - at);

		memmove(t->count + shift, t->count, t->n * sizeof(t->count[0]));
		memset(t->count, 0, shift * sizeof(t->count[0]));
		t->base = at;
		t->n += shift;
	} else if (at > last) {
		t->n += (size_t)(at - last);
	}
	t->count[at - t->base]++;
}

static json_t *timeline_json(const struct timeline *t)
{
	json_t *counts = json_array();

	for (size_t i = 0; counts && i < t->n; i++)
		json_array_append_new(counts, json_integer((json_int_t)t->count[i]));
	return json_pack("{s:I, s:I, s:o}", "start",
			 (json_int_t)(t->n ? t->base * t->step_s : 0), "step",
			 (json_int_t)t->step_s, "counts", counts);
}

/* false: no memory; the document is then given up as a whole. */
static bool put(json_t *doc, const char *name, json_t *value)
{
	return json_object_set_new(doc, name, value) == 0;
}

static bool put_number(json_t *doc, const char *name, uint64_t n)
{
	if (n > (uint64_t)REPORT_COUNT_LAST)
		n = (uint64_t)REPORT_COUNT_LAST;
	return put(doc, name, json_integer((json_int_t)n));
}

static bool put_time(json_t *doc, const char *name, const char *iso_name, int64_t at_s)
{
	char text[REPORT_TIME_SIZE];

	return put(doc, name, json_integer(time_in_range(at_s))) &&
	       put(doc, iso_name, json_string(report_time(at_s, text)));
}

/* A name that doesn't fit its grammar belongs to nobody here: it is left empty, so that no
 * reader can be made to act on it. The key and the lines still show it. */
static bool put_name(json_t *doc, const char *name, struct slice s,
		     bool (*fits)(struct slice))
{
	return put(doc, name, fits(s) ? json_stringn(s.p, s.n) : json_string(""));
}

static const char *trigger_event(enum trigger_id t)
{
	switch (t) {
	case TRIGGER_PACKET:
	case TRIGGER_PACKET_CWD:
		return event_type_name(EVENT_PACKET);
	case TRIGGER_LOGLINE:
	case TRIGGER_LOGLINE_SUBJECT:
		return event_type_name(EVENT_LOGLINE);
	case TRIGGER_CWDCHECK:
	case TRIGGER_CWDCHECK_CWD:
	case TRIGGER_COUNT:
		break;
	}
	return event_type_name(EVENT_CWDCHECK);
}

static const char *unit_name(const struct report_head *h)
{
	if (h->trigger == TRIGGER_PACKET || h->trigger == TRIGGER_PACKET_CWD)
		return "connections";
	return h->recipients_unit ? "recipients" : "messages";
}

static json_t *action_names(unsigned bits)
{
	json_t *names = json_array();

	for (unsigned a = 0; names && a < ACTION_COUNT; a++)
		if (bits & ACTION_BIT(a))
			json_array_append_new(
				names, json_string(action_name((enum action_id)a)));
	return names;
}

static bool put_head(json_t *doc, const struct report_head *h)
{
	const char *kind = report_kind_known(slice_str(h->kind)) ? h->kind : "limit";

	/* "id" is filled in at the end; set here because the first key is printed first. */
	return put_number(doc, "version", REPORT_VERSION) &&
	       put(doc, "id", json_string("")) && put(doc, "kind", json_string(kind)) &&
	       put(doc, "type", json_string(trigger_name(h->trigger))) &&
	       put(doc, "event", json_string(trigger_event(h->trigger))) &&
	       put_time(doc, "time", "time_iso", h->made_at_s) &&
	       put(doc, "zone", json_string("UTC")) &&
	       put(doc, "host", report_text(h->host, REPORT_TEXT_MAX)) &&
	       put_name(doc, "account", h->account, report_account_fits) &&
	       put_name(doc, "owner", h->owner, report_account_fits) &&
	       put_name(doc, "domain", h->domain, report_domain_fits) &&
	       put_name(doc, "mailbox", h->mailbox, report_mailbox_fits) &&
	       put(doc, "key", report_text(h->key, REPORT_KEY_MAX)) &&
	       put_number(doc, "limit", h->limit) &&
	       put_number(doc, "trigger", h->limit) &&
	       put_number(doc, "interval", h->interval_s) &&
	       put(doc, "unit", json_string(unit_name(h))) &&
	       put(doc, "testing", json_boolean(h->testing)) &&
	       put(doc, "wanted", action_names(h->actions)) &&
	       put_number(doc, "added_since", h->added_since);
}

struct report_builder *report_begin(const struct report_head *head, unsigned sample_lines)
{
	struct report_builder *b = calloc(1, sizeof(*b));
	bool ok = b != NULL;

	if (!b)
		return NULL;
	b->doc = json_object();
	b->lines = json_array();
	b->message_ids = json_array();
	b->notes = json_array();
	for (size_t i = 0; i < LIST_COUNT; i++) {
		b->tally[i] = tally_new(DISTINCT_MAX, REPORT_VALUE_MAX);
		ok = ok && b->tally[i];
	}
	b->confirmed_ips = tally_new(DISTINCT_MAX, REPORT_VALUE_MAX);
	ok = ok && b->confirmed_ips;
	b->timeline.step_s = MINUTE_S;
	b->limit = head->limit;
	b->recipients_unit = head->recipients_unit;
	b->by_login = report_mailbox_fits(head->mailbox);
	b->sample_lines =
		sample_lines < REPORT_LINES_MAX ? sample_lines : REPORT_LINES_MAX;
	b->lines_budget = REPORT_LINES_BUDGET;
	b->ids_budget = REPORT_IDS_BUDGET;
	b->notes_budget = REPORT_NOTES_BUDGET;
	b->first_s = b->last_s = time_in_range(head->made_at_s);
	if (!ok || !b->lines || !b->message_ids || !b->notes || !put_head(b->doc, head)) {
		report_abort(b);
		return NULL;
	}
	return b;
}

/* Bytes that a text takes when it is printed, with its quotes and a comma. */
static size_t printed_size(const json_t *text)
{
	struct slice s = {json_string_value(text), json_string_length(text)};
	size_t n = s.n + 3;

	if (!is_plain(s))
		return json_dumpb(text, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) + 1;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '"' || s.p[i] == '\\';
	return n;
}

/* Append text if it fits into what is left of the budget. */
static bool append_text(json_t *list, size_t *budget, struct slice s, size_t max)
{
	json_t *text = report_text(s, max);
	size_t cost = text ? printed_size(text) : SIZE_MAX;

	if (cost > *budget || json_array_append(list, text) != 0) {
		json_decref(text);
		return false;
	}
	*budget -= cost;
	json_decref(text);
	return true;
}

static void count_event(struct report_builder *b, int64_t at_s, enum certainty c,
			unsigned recipients)
{
	unsigned n = recipients ? recipients : 1;

	at_s = time_in_range(at_s);
	if (b->count == 0 || at_s < b->first_s)
		b->first_s = at_s;
	if (b->count == 0 || at_s > b->last_s)
		b->last_s = at_s;
	b->count++;
	b->recipients += n;
	b->certain[c]++;
	b->weight[c] += b->recipients_unit ? n : 1;
	timeline_add(&b->timeline, at_s);
}

static void add_message_id(struct report_builder *b, struct slice id)
{
	/* repeats come one after the other */
	if (!id.n || slice_eq(id, (struct slice){b->last_id, b->last_id_n}))
		return;
	if (json_array_size(b->message_ids) >= REPORT_IDS_MAX ||
	    !append_text(b->message_ids, &b->ids_budget, id, REPORT_MESSAGE_ID_MAX))
		b->ids_further++;
}

static size_t keep_start(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size;

	if (n)
		memcpy(out, s.p, n);
	return n;
}

void report_event(struct report_builder *b, const struct event *ev)
{
	count_event(b, ev->at_s, ev->certainty, ev->recipients);
	if (!tally_add(b->tally[LIST_PATHS], ev->path) ||
	    !tally_add(b->tally[LIST_SUBJECTS], ev->subject) ||
	    !tally_add(b->tally[LIST_SENDERS], ev->sender) ||
	    !tally_add(b->tally[LIST_SOURCE_IPS], ev->address) ||
	    !tally_add(b->tally[LIST_SCRIPTS], ev->script) ||
	    !tally_add(b->tally[LIST_DESTINATIONS], ev->destination) ||
	    !tally_add(b->tally[LIST_PROCESSES], ev->process))
		b->detail_lost = true;
	if (ev->certainty >= CERTAINTY_CONFIRMED && b->by_login &&
	    !tally_add(b->confirmed_ips, ev->address))
		b->detail_lost = true;
	add_message_id(b, ev->message_id);
	if (ev->line.n && json_array_size(b->lines) < b->sample_lines)
		append_text(b->lines, &b->lines_budget, ev->line, REPORT_LINE_MAX);
	b->last_id_n = keep_start(b->last_id, sizeof(b->last_id), ev->message_id);
	b->last_line_n = keep_start(b->last_line, sizeof(b->last_line), ev->line);
}

void report_lost_event(struct report_builder *b, int64_t at_s, enum certainty c)
{
	count_event(b, at_s, c, 0);
	b->lost++;
	b->last_id_n = 0;
	b->last_line_n = 0;
}

void report_note(struct report_builder *b, const char *text)
{
	if (json_array_size(b->notes) < REPORT_NOTES_MAX)
		append_text(b->notes, &b->notes_budget, slice_str(text), REPORT_NOTE_MAX);
}

/* The best certainty at which the events still exceed the limit by themselves; when not even
 * all together do (a forgery has no limit to exceed), the worst that is there. */
static enum certainty confidence(const struct report_builder *b)
{
	uint64_t sum = 0;
	int c;

	for (c = CERTAINTY_KERNEL; c > CERTAINTY_UNKNOWN; c--) {
		sum += b->weight[c];
		if (sum > b->limit)
			return (enum certainty)c;
	}
	for (c = CERTAINTY_UNKNOWN; c < CERTAINTY_KERNEL; c++)
		if (b->certain[c])
			break;
	return b->count ? (enum certainty)c : CERTAINTY_UNKNOWN;
}

static json_t *certainty_json(const struct report_builder *b)
{
	json_t *counts = json_object();

	for (int c = CERTAINTY_UNKNOWN; counts && c <= CERTAINTY_KERNEL; c++)
		put_number(counts, certainty_name((enum certainty)c), b->certain[c]);
	return counts;
}

static void add_part(struct buf *b, struct slice s)
{
	buf_printf(b, "%zu:", s.n); /* no two lists of parts give the same bytes */
	buf_slice(b, s);
}

const char *report_mark(struct slice message_id, struct slice line,
			char out[REPORT_MARK_SIZE])
{
	struct buf text;

	if (message_id.n > REPORT_MESSAGE_ID_MAX)
		message_id.n = REPORT_MESSAGE_ID_MAX;
	if (line.n > REPORT_LINE_MAX)
		line.n = REPORT_LINE_MAX;
	buf_init(&text, 8 * 1024);
	add_part(&text, message_id);
	add_part(&text, line);
	snprintf(out, REPORT_MARK_SIZE, "%016llx",
		 (unsigned long long)sip_hash(buf_view(&text), 2, 0));
	buf_clear(&text);
	return out;
}

/* One firing has one id. What makes it that firing is the event that set it off; the other
 * events' ids are left out, because a window rebuilt after a crash may have lost them. */
static bool put_id(struct report_builder *b)
{
	static const char *const parts[] = {"kind", "type", "account", "key"};
	char id[REPORT_ID_SIZE];
	struct buf text;
	bool ok;

	buf_init(&text, 16 * 1024);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		add_part(&text,
			 slice_str(json_string_value(json_object_get(b->doc, parts[i]))));
	buf_printf(&text, "%lld,%lld,", (long long)b->first_s, (long long)b->last_s);
	add_part(&text, (struct slice){b->last_id, b->last_id_n});
	add_part(&text, (struct slice){b->last_line, b->last_line_n});
	snprintf(id, sizeof(id), "%016llx%016llx",
		 (unsigned long long)sip_hash(buf_view(&text), 0, 0),
		 (unsigned long long)sip_hash(buf_view(&text), 1, 0));
	ok = buf_ok(&text) && put(b->doc, "id", json_string(id));
	buf_clear(&text);
	return ok;
}

static bool put_counts(struct report_builder *b)
{
	char mark[REPORT_MARK_SIZE];

	report_mark((struct slice){b->last_id, b->last_id_n},
		    (struct slice){b->last_line, b->last_line_n}, mark);
	return put(b->doc, "last_event", json_string(mark)) &&
	       put_number(b->doc, "count", b->count) &&
	       put_number(b->doc, "recipients", b->recipients) &&
	       put_time(b->doc, "first", "first_iso", b->first_s) &&
	       put_time(b->doc, "last", "last_iso", b->last_s) &&
	       put(b->doc, "window_complete",
		   json_boolean(!b->lost && !b->detail_lost)) &&
	       put_number(b->doc, "lost", b->lost) &&
	       put(b->doc, "confidence", json_string(certainty_name(confidence(b)))) &&
	       put(b->doc, "certainty", certainty_json(b)) &&
	       put(b->doc, "timeline", timeline_json(&b->timeline));
}

/* How much of all events each value has, in whole percent. */
static bool put_shares(json_t *list, uint64_t all)
{
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		uint64_t n = (uint64_t)json_integer_value(json_object_get(row, "count"));

		if (!all || !put_number(row, "share", (n * 100 + all / 2) / all))
			return false;
	}
	return true;
}

static bool put_lists(struct report_builder *b)
{
	/* What only Apache's status page and the executor can tell. */
	static const char *const others[] = {"requests", "candidates", "actions"};
	json_t *further = json_object();
	bool ok = further != NULL;
	uint64_t more;

	for (size_t i = 0; ok && i < LIST_COUNT; i++) {
		json_t *list = tally_json(b->tally[i], REPORT_LIST_MAX,
					  i < LIST_SCRIPTS ? REPORT_LIST_BUDGET
							   : REPORT_SMALL_LIST_BUDGET,
					  &more);

		ok = put(b->doc, list_names[i], list) && put_shares(list, b->count) &&
		     put_number(further, list_names[i], more);
	}
	ok = ok && put(b->doc, "confirmed_ips",
		       tally_json(b->confirmed_ips, REPORT_IPS_MAX, REPORT_IPS_BUDGET,
				  &more));
	for (size_t i = 0; ok && i < sizeof(others) / sizeof(others[0]); i++)
		ok = put(b->doc, others[i], json_array());
	ok = ok && put(b->doc, "message_ids", json_incref(b->message_ids)) &&
	     put_number(further, "message_ids", b->ids_further) &&
	     put(b->doc, "lines", json_incref(b->lines)) &&
	     put_number(further, "lines", b->count - json_array_size(b->lines)) &&
	     put(b->doc, "notes", json_incref(b->notes)) &&
	     put(b->doc, "further", json_incref(further));
	json_decref(further);
	return ok;
}

json_t *report_end(struct report_builder *b)
{
	json_t *doc = NULL;

	if (put_counts(b) && put_lists(b) && put_id(b))
		doc = json_incref(b->doc);
	report_abort(b);
	return doc;
}

void report_abort(struct report_builder *b)
{
	if (!b)
		return;
	json_decref(b->doc);
	json_decref(b->lines);
	json_decref(b->message_ids);
	json_decref(b->notes);
	for (size_t i = 0; i < LIST_COUNT; i++)
		tally_free(b->tally[i]);
	tally_free(b->confirmed_ips);
	free(b);
}
