/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* settings: the whole osm.conf, section by section, each setting with its comment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whm/widget.h"

/* A section's id: its title with what an id can't hold left out. */
static const char *section_id(const char *title, char out[64])
{
	size_t n = 0;

	for (; *title && n < 63; title++)
		out[n++] = *title == ' ' ? '-' : *title;
	out[n] = '\0';
	return out;
}

static bool begins_section(size_t i)
{
	return i == 0 || strcmp(options_row(i)->section, options_row(i - 1)->section) != 0;
}

static void contents(struct site *s)
{
	char id[64], anchor[66];

	page_open(s->page, "nav", "class", "links", "aria-label", "Sections", NULL);
	for (size_t i = 0; i < options_count(); i++) {
		if (!begins_section(i))
			continue;
		snprintf(anchor, sizeof(anchor), "#%s", section_id(options_row(i)->section, id));
		page_put(s->page, "a", options_row(i)->section, "href", anchor, "class", "button",
			 NULL);
	}
	page_close(s->page);
}

static void show(struct site *s, const struct form *f)
{
	char id[64];

	contents(s);
	page_form(s->page, "settings-save", s->token, "settings");
	page_hidden(s->page, "mark", f->file.mark);
	for (size_t i = 0; i < f->n; i++) {
		if (begins_section(i)) {
			if (i)
				page_close(s->page);
			page_open(s->page, "section", "id",
				  section_id(options_row(i)->section, id), NULL);
			page_put(s->page, "h2", options_row(i)->section, NULL);
		}
		widget_setting(s->page, f, i);
	}
	page_close(s->page);
	page_open(s->page, "div", "class", "save", NULL);
	page_button(s->page, "Change", "go");
	page_put(s->page, "span", " writes osm.conf: its comments, its order and what osm doesn't know stay.",
		 NULL);
	page_close(s->page);
	page_close(s->page);
}

void settings_page(struct site *s)
{
	struct form f;

	if (form_open(s, &f)) {
		widget_complaints(s->page, &f);
		show(s, &f);
	}
	form_clear(&f);
}

void settings_save(struct site *s)
{
	struct form f;
	bool saved = false;

	if (form_open(s, &f)) {
		saved = form_save(s, &f);
		if (!saved)
			show(s, &f);
	}
	form_clear(&f);
	if (saved)
		page_link(s->page, "Back to the settings", "button",
			  page_address("settings", NULL));
}
