/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* events: the triggers with limit, interval and actions; who has limits of his own, and who is
 * never counted. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "whm/events.h"
#include "whm/lists.h"
#include "whm/widget.h"
#include "whm/whatif.h"

static const char *const counted[TRIGGER_COUNT] = {
	[TRIGGER_PACKET] = "Connections to mail ports, for each account that makes them",
	[TRIGGER_PACKET_CWD] = "The same, for each directory that the process stands in",
	[TRIGGER_LOGLINE] = "Messages, for each mailbox that logs in and each account whose scripts send",
	[TRIGGER_LOGLINE_SUBJECT] = "Messages with the same subject, for each sender",
	[TRIGGER_CWDCHECK] = "Starts of Exim, for each account whose directory they come from",
	[TRIGGER_CWDCHECK_CWD] = "Starts of Exim, for each directory",
};

#define NAME_SIZE 64

/* "logline:subject" -> "LOGLINE_SUBJECT_". Returns its length. */
static size_t prefix_of(enum trigger_id t, char out[NAME_SIZE])
{
	int n = snprintf(out, NAME_SIZE, "%.40s_", trigger_name(t));

	for (int i = 0; i < n; i++)
		out[i] = out[i] == ':' ? '_' : (char)toupper((unsigned char)out[i]);
	return (size_t)n;
}

/* LOGLINE_SUBJECT_LIMIT's index; SIZE_MAX: there is none. */
static size_t setting_of(enum trigger_id t, const char *what)
{
	char name[NAME_SIZE];
	size_t n = prefix_of(t, name);

	snprintf(name + n, sizeof(name) - n, "%s", what);
	return form_index(name);
}

/* Whose setting is it? The longest prefix says: LOGLINE_SUBJECT_X isn't logline's. */
static bool belongs_to(const char *name, enum trigger_id t)
{
	char prefix[NAME_SIZE];
	size_t n = prefix_of(t, prefix), other_n;

	if (strncmp(name, prefix, n) != 0)
		return false;
	for (int other = 0; other < TRIGGER_COUNT; other++) {
		other_n = prefix_of((enum trigger_id)other, prefix);
		if (other_n > n && strncmp(name, prefix, other_n) == 0)
			return false;
	}
	return true;
}

struct row_settings {
	size_t limit, interval, actions; /* SIZE_MAX: none */
};

/* Is it what the option table has for this trigger beside the three? */
static bool is_further(size_t i, enum trigger_id t, const struct row_settings *r)
{
	return i != r->limit && i != r->interval && i != r->actions &&
	       belongs_to(options_row(i)->name, t);
}

static bool has_further(const struct form *f, enum trigger_id t, const struct row_settings *r)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_further(i, t, r))
			return true;
	return false;
}

/* In a second line below the three. */
static void further(struct site *s, const struct form *f, enum trigger_id t,
		    const struct row_settings *r)
{
	page_open(s->page, "tr", NULL);
	page_open(s->page, "td", "colspan", "3", "class", "further", NULL);
	for (size_t i = 0; i < f->n; i++) {
		if (!is_further(i, t, r))
			continue;
		page_open(s->page, "div", "class", f->fields[i].problem ? "wrong" : NULL, NULL);
		widget_field(s->page, f, i, NULL);
		page_close(s->page);
	}
	page_close(s->page);
	page_close(s->page);
}

static void cell(struct site *s, const struct form *f, size_t i, const char *label)
{
	page_open(s->page, "td", "class", f->fields[i].problem ? "wrong" : NULL, NULL);
	widget_field(s->page, f, i, label);
	page_close(s->page);
}

/* Triggers that this osm has no settings for aren't built into it. */
static void trigger_row(struct site *s, const struct form *f, enum trigger_id t)
{
	const struct row_settings r = {setting_of(t, "LIMIT"), setting_of(t, "INTERVAL"),
				       setting_of(t, "ACTIONS")};
	bool has_more = has_further(f, t, &r);

	if (r.limit == SIZE_MAX || r.interval == SIZE_MAX || r.actions == SIZE_MAX)
		return;
	page_open(s->page, "tr", NULL);
	page_open(s->page, "th", "scope", "row", "rowspan", has_more ? "2" : NULL, NULL);
	page_text(s->page, trigger_name(t));
	page_put(s->page, "p", counted[t], "class", "effect", NULL);
	page_close(s->page);
	cell(s, f, r.limit, "More than");
	cell(s, f, r.interval, "within seconds");
	cell(s, f, r.actions, "then");
	page_close(s->page);
	if (has_more)
		further(s, f, t, &r);
}

void events_triggers(struct site *s, const struct form *f)
{
	static const char *const heads[] = {"Trigger", "Limit", "Interval", "Actions"};

	page_section(s->page, "Triggers");
	page_put(s->page, "p",
		 "A report is made when more than the limit is counted within the interval, which slides "
		 "with every event. 0 switches a trigger off. The actions stop nobody's mail while "
		 "TESTING is on.",
		 NULL);
	page_form(s->page, "events-save", s->token, "settings");
	page_hidden(s->page, "mark", f->file.mark);
	page_open(s->page, "div", "class", "triggers", NULL);
	page_table(s->page, "Limit, interval and actions of each trigger", heads,
		   sizeof(heads) / sizeof(heads[0]));
	page_open(s->page, "tbody", NULL);
	for (int t = 0; t < TRIGGER_COUNT; t++)
		trigger_row(s, f, (enum trigger_id)t);
	page_close(s->page);
	page_table_end(s->page);
	page_close(s->page);
	page_open(s->page, "div", "class", "save links", NULL);
	page_button(s->page, "Change", "go");
	whatif_buttons(s);
	page_close(s->page);
	page_close(s->page);
	page_close(s->page);
}

void events_page(struct site *s)
{
	struct form f;

	if (form_open(s, &f)) {
		widget_complaints(s->page, &f);
		events_triggers(s, &f);
	}
	form_clear(&f);
	lists_show(s);
}

void events_save(struct site *s)
{
	struct form f;
	bool saved = false;

	if (form_open(s, &f)) {
		saved = form_save(s, &f);
		if (!saved)
			events_triggers(s, &f);
	}
	form_clear(&f);
	if (saved)
		page_link(s->page, "Back to the events", "button", page_address("events", NULL));
}
