/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* evidence: one report: what fired and why, who and from where, what was done about it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whm/chart.h"
#include "whm/meaning.h"
#include "whm/order.h"
#include "whm/rows.h"
#include "whm/run.h"
#include "whm/words.h"

#define ID_MAX 40
#define SHOW_S 20

static const struct format {
	const char *word, *name, *type, *ending;
} formats[] = {
	{"json", "JSON", "application/json", "json"},
	{"xml", "XML", "application/xml", "xml"},
	{"yaml", "YAML", "application/yaml", "yaml"},
	{"perl", "PERL", "text/plain; charset=us-ascii", "pl"},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct format *find_format(const char *word)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i].word, word[0] ? word : "json") == 0)
			return &formats[i];
	return NULL;
}

/* ---- what fired ---- */

static void fact(struct site *s, const char *label, const char *text)
{
	if (!text[0])
		return;
	page_row(s->page, label);
	page_foreign(s->page, text, 0);
	page_row_end(s->page);
}

static void who(struct site *s, const json_t *r)
{
	const char *account = json_text(r, "account");

	page_row(s->page, "Account");
	rows_account(s, account);
	if (json_text(r, "domain")[0])
		page_textf(s->page, " (%s)", json_text(r, "domain"));
	if (json_text(r, "owner")[0] && strcmp(json_text(r, "owner"), "root") != 0)
		page_textf(s->page, ", owned by the reseller %s", json_text(r, "owner"));
	page_row_end(s->page);
	fact(s, "Mailbox", json_text(r, "mailbox"));
	fact(s, "Who or what", json_text(r, "key"));
}

static void counted(struct site *s, const json_t *r)
{
	const char *unit = json_text(r, "unit");
	int64_t n = json_number(r, strcmp(unit, "recipients") == 0 ? "recipients" : "count");
	int64_t limit = json_number(r, "limit");
	char span[WORDS_MAX];

	page_row(s->page, "Counted");
	page_textf(s->page, "%" PRId64 " %s", n, unit);
	if (limit > 0) {
		page_textf(s->page, " within %s; the limit is %" PRId64,
			   words_span(json_number(r, "interval"), span), limit);
		page_textf(s->page, " (%" PRId64 " over, %" PRId64 " %%) ", n - limit,
			   n * 100 / limit);
		chart_share(s->page, n, limit);
	}
	page_row_end(s->page);
	page_row(s->page, "Recipients");
	page_textf(s->page, "%" PRId64, json_number(r, "recipients"));
	page_row_end(s->page);
	page_row(s->page, "Between");
	page_time(s->page, json_number(r, "first"), s->now_s);
	page_text(s->page, " and ");
	page_time(s->page, json_number(r, "last"), s->now_s);
	page_row_end(s->page);
}

static void certainty(struct site *s, const json_t *r)
{
	const char *name, *between = ": ";
	json_t *n;

	page_row(s->page, "How sure");
	page_text(s->page, json_text(r, "confidence"));
	json_object_foreach(json_object_get(r, "certainty"), name, n)
	{
		if (json_integer_value(n) == 0)
			continue;
		page_textf(s->page, "%s%" JSON_INTEGER_FORMAT " %s", between,
			   json_integer_value(n), name);
		between = ", ";
	}
	page_row_end(s->page);
}

static void head(struct site *s, const json_t *r)
{
	const char *kind = json_text(r, "kind");

	page_section(s->page, strcmp(kind, "forgery") == 0 ? "Somebody forges log lines"
			      : strcmp(kind, "hidden") == 0
				      ? "Messages are being kept out of the log"
				      : "What fired");
	page_table(s->page, NULL, NULL, 0);
	page_open(s->page, "tbody", NULL);
	fact(s, "Trigger", json_text(r, "type"));
	who(s, r);
	counted(s, r);
	certainty(s, r);
	if (json_number(r, "added_since") > 0) {
		page_row(s->page, "Meanwhile");
		page_textf(s->page, "%" PRId64 " more events since the last report of this",
			   json_number(r, "added_since"));
		page_row_end(s->page);
	}
	page_row(s->page, "Reported");
	page_time(s->page, json_number(r, "time"), s->now_s);
	page_row_end(s->page);
	fact(s, "Report", json_text(r, "id"));
	page_close(s->page);
	page_table_end(s->page);
	page_close(s->page);
}

static void timeline(struct site *s, const json_t *r)
{
	const json_t *t = json_object_get(r, "timeline"), *counts = json_object_get(t, "counts");
	uint32_t bars[CHART_BARS_MAX];
	struct chart c = {.id = "events", .title = "Events by time", .caption = "Events by time",
			  .series = {{"events", bars}}};

	c.start_s = json_number(t, "start");
	c.step_s = json_number(t, "step");
	for (; c.n < json_array_size(counts) && c.n < CHART_BARS_MAX; c.n++) {
		int64_t n = json_integer_value(json_array_get(counts, c.n));

		bars[c.n] = n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	}
	if (c.n && c.step_s > 0)
		chart_draw(s->page, &c);
}

static void notes(struct site *s, const json_t *r)
{
	const json_t *list = json_object_get(r, "notes");
	json_t *note;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	page_callout(s->page, "note");
	json_array_foreach(list, i, note)
	{
		page_open(s->page, "p", NULL);
		page_foreign(s->page, json_string_value(note), 0);
		page_close(s->page);
	}
	page_close(s->page);
}

/* ---- what was done ---- */

static void action_row(struct site *s, const json_t *a)
{
	char id[24], label[160], class[32];
	const char *action = json_text(a, "action"), *target = json_text(a, "target");

	snprintf(id, sizeof(id), "%" PRId64, json_number(a, "id"));
	snprintf(class, sizeof(class), "label %.12s", json_text(a, "state"));
	page_open(s->page, "tr", NULL);
	page_put(s->page, "td", meaning_name(action), NULL);
	page_open(s->page, "td", "class", "key", NULL);
	page_foreign(s->page, target, 0);
	page_close(s->page);
	page_open(s->page, "td", NULL);
	page_put(s->page, "span", json_text(a, "state"), "class", class, NULL);
	page_close(s->page);
	page_open(s->page, "td", NULL);
	page_time(s->page, json_number(a, "changed"), s->now_s);
	page_close(s->page);
	page_open(s->page, "td", "class", "key", NULL);
	page_foreign(s->page, json_text(a, "detail"), 0);
	page_close(s->page);
	page_open(s->page, "td", NULL);
	if (json_text(a, "undo")[0]) {
		snprintf(label, sizeof(label), "Undo: %s of %.100s", meaning_name(action), target);
		page_act(s->page, "undo", s->token, "id", id, "Undo", label, "undo");
	}
	page_close(s->page);
	page_close(s->page);
}

static void undo_hints(struct site *s, const json_t *actions)
{
	json_t *a;
	size_t i;

	json_array_foreach(actions, i, a)
	{
		if (!json_text(a, "undo")[0])
			continue;
		page_open(s->page, "p", "class", "effect", NULL);
		page_text(s->page, "What undoing does to ");
		meaning_undo(s->page, json_text(a, "action"), json_text(a, "target"));
		page_close(s->page);
	}
}

static void done(struct site *s, const json_t *r)
{
	static const char *const heads[] = {"Action", "To", "State", "Since", "Detail", ""};
	const json_t *actions = json_object_get(r, "actions");
	json_t *a;
	size_t i;

	page_section(s->page, "What was done");
	if (json_is_true(json_object_get(r, "testing")))
		page_put(s->page, "p", "osm was in test mode: it stopped nobody's mail.", NULL);
	if (json_array_size(actions) == 0) {
		page_put(s->page, "p", "Nothing.", "class", "none", NULL);
	} else {
		page_table(s->page, "Actions of this report", heads,
			   sizeof(heads) / sizeof(heads[0]));
		page_open(s->page, "tbody", NULL);
		json_array_foreach(actions, i, a) action_row(s, a);
		page_close(s->page);
		page_table_end(s->page);
		undo_hints(s, actions);
	}
	page_close(s->page);
}

/* ---- who, from where, with what ---- */

static void share_list(struct site *s, const json_t *r, const char *name, const char *title)
{
	const json_t *list = json_object_get(r, name), *row;
	int64_t most = json_number(r, "count");
	int64_t further = json_number(json_object_get(r, "further"), name);
	size_t i, n = json_array_size(list);

	if (n == 0)
		return;
	page_section(s->page, title);
	page_open(s->page, "ol", "class", "shares", NULL);
	for (i = 0; i < n; i++) {
		row = json_array_get(list, i);
		page_open(s->page, "li", NULL);
		page_open(s->page, "span", "class", "number", NULL);
		page_textf(s->page, "%" PRId64, json_number(row, "count"));
		page_close(s->page);
		chart_share(s->page, json_number(row, "count"), most);
		page_open(s->page, "span", "class", "value", NULL);
		page_foreign(s->page, json_text(row, "value"), 0);
		page_close(s->page);
		page_close(s->page);
	}
	page_close(s->page);
	if (further > 0) {
		page_open(s->page, "p", NULL);
		page_textf(s->page, "%" PRId64 " more", further);
		page_close(s->page);
	}
	page_close(s->page);
}

static void lines(struct site *s, const json_t *r)
{
	const json_t *list = json_object_get(r, "lines");
	size_t i, n = json_array_size(list);
	struct buf text;

	if (n == 0)
		return;
	buf_init(&text, 4 * 1024 * 1024);
	for (i = 0; i < n; i++) {
		/* one line each: a line feed inside must not make two of one */
		words_clean(slice_str(json_string_value(json_array_get(list, i))), false, 0,
			    &text);
		buf_putc(&text, '\n');
	}
	page_section(s->page, "Sample lines of the log");
	page_lines(s->page, buf_str(&text), "Sample lines of the log");
	page_close(s->page);
	buf_clear(&text);
}

/* ---- the page ---- */

/* NULL: said so on the page. */
static json_t *find(struct site *s)
{
	const char *id = site_field(s, "id");
	struct store *store = site_store(s);
	struct err e = {0};
	json_t *r = NULL;

	if (!store)
		return NULL;
	if (strlen(id) < ID_MAX && strspn(id, "0123456789abcdef") == strlen(id))
		r = store_report_read(store, id, &e);
	if (r)
		return r;
	s->code = e.code ? 500 : 404;
	page_callout_text(s->page, "bad",
			  e.code ? e.msg
				 : "There is no such report. It may have been removed: reports are "
				   "kept for REPORT_DAYS.");
	return NULL;
}

static void links(struct site *s, const json_t *r)
{
	page_open(s->page, "p", "class", "links", NULL);
	page_link(s->page, "All reports", "button", page_address("reports", NULL));
	if (json_text(r, "account")[0])
		page_link(s->page, "Reports of this account", "button",
			  page_address("reports", "account", json_text(r, "account"), NULL));
	page_close(s->page);
}

static void downloads(struct site *s, const json_t *r)
{
	page_section(s->page, "This report as a file");
	page_open(s->page, "p", "class", "links", NULL);
	for (size_t i = 0; i < FORMATS; i++) {
		char text[32];

		snprintf(text, sizeof(text), "Download as %s", formats[i].name);
		page_link(s->page, text, "button",
			  page_address("export", "id", json_text(r, "id"), "format",
				       formats[i].word, NULL));
	}
	page_close(s->page);
	page_close(s->page);
}

void evidence_page(struct site *s)
{
	static const struct {
		const char *name, *title;
	} lists[] = {
		{"source_ips", "Where it came from"}, {"paths", "Directories"},
		{"scripts", "Possible scripts"},      {"requests", "Requests being served"},
		{"processes", "Processes"},	      {"destinations", "Destinations"},
		{"subjects", "Subjects"},	      {"senders", "Senders"},
	};
	json_t *r = find(s);

	if (!r)
		return;
	links(s, r);
	notes(s, r);
	head(s, r);
	timeline(s, r);
	done(s, r);
	page_open(s->page, "div", "class", "columns", NULL);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		share_list(s, r, lists[i].name, lists[i].title);
	page_close(s->page);
	lines(s, r);
	order_forms(s, r);
	downloads(s, r);
	json_decref(r);
}

/* As osm show prints it: the page doesn't know the formats. */
void evidence_export(struct site *s)
{
	const struct format *f = find_format(site_field(s, "format"));
	const char *const words[] = {"show", "--format", f ? f->word : "", site_field(s, "id"), NULL};
	json_t *r = f ? find(s) : NULL;
	struct err e = {0};
	int code = 0;

	if (!f) {
		s->code = 400;
		page_callout_text(s->page, "bad", "A report is there as JSON, XML, YAML or PERL.");
	} else if (!r) {
		/* before osmd's first start there is no database, which other pages only tell */
		s->code = s->code == 200 ? 404 : s->code;
	} else if (!run_osm(&s->paths, words, SHOW_S, &s->raw, &code, &e) || code != 0) {
		s->code = 500;
		page_callout_text(s->page, "bad", e.code ? e.msg : "osm show failed.");
	} else {
		/* the id is a stored report's: no letter of a header's */
		s->type = f->type;
		snprintf(s->attachment, sizeof(s->attachment), "osm-report-%.12s.%s",
			 site_field(s, "id"), f->ending);
	}
	json_decref(r);
}
