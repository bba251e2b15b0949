/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/widget.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void problem(struct page *p, const struct form *f, size_t i, const char *id)
{
	if (f->fields[i].problem)
		page_put(p, "p", f->fields[i].problem, "class", "problem", "id", id, NULL);
}

static void select_option(struct page *p, const char *value, const char *text, const char *now)
{
	page_put(p, "option", text, "value", value, "selected",
		 strcmp(value, now) == 0 ? PAGE_SET : NULL, NULL);
}

/* A value that is none of the choices stays one, marked, until another is taken. */
static void stray_option(struct page *p, const char *now, bool is_known)
{
	if (!is_known)
		select_option(p, now, now, now);
}

static void switch_options(struct page *p, const char *now)
{
	stray_option(p, now, strcmp(now, "0") == 0 || strcmp(now, "1") == 0);
	select_option(p, "0", "0 - off", now);
	select_option(p, "1", "1 - on", now);
}

static void choice_options(struct page *p, const char *choices, const char *now)
{
	struct slice rest = slice_str(choices), word;
	bool more = rest.n > 0, is_known = false;

	while (more) {
		char text[CONFIG_WORD_MAX];

		more = slice_cut(&rest, '|', &word);
		if (!more)
			word = rest;
		snprintf(text, sizeof(text), "%.*s", (int)word.n, word.p);
		is_known = is_known || strcmp(text, now) == 0;
		select_option(p, text, text, now);
	}
	stray_option(p, now, is_known);
}

static void select_widget(struct page *p, const struct form *f, size_t i, const char *error_id)
{
	const struct option_row *row = options_row(i);

	page_open(p, "select", "name", row->name, "id", row->name, "aria-describedby", error_id,
		  "aria-invalid", error_id ? "true" : NULL, NULL);
	if (strcmp(row->kind, "switch") == 0)
		switch_options(p, f->fields[i].value);
	else
		choice_options(p, row->choices, f->fields[i].value);
	page_close(p);
}

static void text_widget(struct page *p, const struct form *f, size_t i, const char *error_id)
{
	const struct option_row *row = options_row(i);
	bool is_number = strcmp(row->kind, "number") == 0;

	page_void(p, "input", "type", "text", "name", row->name, "id", row->name, "value",
		  f->fields[i].value, "inputmode", is_number ? "numeric" : NULL, "size",
		  is_number ? "8" : "40", "autocomplete", "off", "spellcheck", "false",
		  "aria-describedby", error_id, "aria-invalid", error_id ? "true" : NULL, NULL);
}

static void words_widget(struct page *p, const struct form *f, size_t i, const char *label,
			 const char *error_id)
{
	const struct option_row *row = options_row(i);
	unsigned bits = 0;

	actions_parse(slice_str(f->fields[i].value), &bits, NULL);
	page_open(p, "fieldset", "aria-describedby", error_id, NULL);
	page_put(p, "legend", label ? label : row->name, NULL);
	/* so that a form with no box ticked says so, too */
	page_hidden(p, row->name, "");
	for (int a = 0; a < ACTION_COUNT; a++) {
		const char *name = action_name((enum action_id)a);
		char id[96];

		snprintf(id, sizeof(id), "%s-%s", row->name, name);
		page_open(p, "label", "class", "check", "for", id, NULL);
		page_void(p, "input", "type", "checkbox", "name", row->name, "value", name, "id",
			  id, "checked", bits & ACTION_BIT(a) ? PAGE_SET : NULL, NULL);
		page_textf(p, " %s", name);
		page_close(p);
	}
	page_close(p);
}

void widget_field(struct page *p, const struct form *f, size_t i, const char *label)
{
	const struct option_row *row = options_row(i);
	char id[96];
	const char *error_id = f->fields[i].problem ? id : NULL;
	unsigned bits;

	snprintf(id, sizeof(id), "%s-problem", row->name);
	/* words that aren't known can't be boxes, and must not be lost */
	if (strcmp(row->kind, "actions") == 0 &&
	    actions_parse(slice_str(f->fields[i].value), &bits, NULL)) {
		words_widget(p, f, i, label, error_id);
	} else {
		page_put(p, "label", label ? label : row->name, "for", row->name, NULL);
		page_text(p, " ");
		if (strcmp(row->kind, "switch") == 0 || strcmp(row->kind, "choice") == 0)
			select_widget(p, f, i, error_id);
		else
			text_widget(p, f, i, error_id);
	}
	problem(p, f, i, id);
}

/* ---- a setting with its comment ---- */

/* LF ends a line, an empty line parts paragraphs. */
static void comment(struct page *p, const char *help)
{
	struct slice rest = slice_str(help), line;
	bool more = true, is_open = false;

	page_open(p, "div", "class", "comment", NULL);
	while (more) {
		char *text;

		more = slice_cut(&rest, '\n', &line);
		if (!more)
			line = rest;
		if (line.n && !is_open)
			page_open(p, "p", NULL);
		else if (line.n)
			page_void(p, "br", NULL);
		else if (is_open)
			page_close(p);
		is_open = line.n > 0;
		text = slice_dup(line);
		page_text(p, text);
		free(text);
	}
	if (is_open)
		page_close(p);
	page_close(p);
}

static void hint(struct page *p, const struct form *f, size_t i)
{
	const struct option_row *row = options_row(i);

	page_open(p, "p", "class", "effect", NULL);
	page_textf(p, "Default: %s", row->fallback[0] ? row->fallback : "(empty)");
	if (strcmp(row->kind, "number") == 0)
		page_textf(p, " [%u-%u]", row->min, row->max);
	if (form_changed(f, i))
		page_textf(p, ". Saved now: %s", f->fields[i].before);
	page_close(p);
}

void widget_setting(struct page *p, const struct form *f, size_t i)
{
	const struct option_row *row = options_row(i);
	bool is_other = strcmp(f->fields[i].value, row->fallback) != 0;

	comment(p, row->help);
	page_open(p, "div", "class",
		  f->fields[i].problem ? "setting wrong" : is_other ? "setting other" : "setting",
		  NULL);
	widget_field(p, f, i, NULL);
	hint(p, f, i);
	page_close(p);
}

/* ---- what is wrong ---- */

void widget_complaints(struct page *p, const struct form *f)
{
	size_t fields = 0;

	for (size_t i = 0; i < f->n; i++)
		fields += f->fields[i].problem != NULL;
	if (fields == 0 && f->problems.n == 0)
		return;
	page_callout(p, "bad");
	if (fields) {
		page_open(p, "p", NULL);
		page_textf(p, fields == 1 ? "%zu field is wrong, see beside it: "
					  : "%zu fields are wrong, see beside them: ", fields);
		for (size_t i = 0; i < f->n; i++) {
			char anchor[96];

			if (!f->fields[i].problem)
				continue;
			snprintf(anchor, sizeof(anchor), "#%s", options_row(i)->name);
			page_put(p, "a", options_row(i)->name, "href", anchor, NULL);
			page_text(p, " ");
		}
		page_close(p);
	}
	if (f->problems.n)
		page_lines(p, buf_str((struct buf *)(uintptr_t)&f->problems), "Wrong lines of osm.conf");
	page_close(p);
}
