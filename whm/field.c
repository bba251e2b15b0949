/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/field.h"

#include <stdio.h>
#include <string.h>

static void open(struct page *p, const char *label, const char *name)
{
	page_open(p, "span", "class", "field", NULL);
	page_put(p, "label", label, "for", name, NULL);
}

void field_input(struct page *p, const char *label, const char *name, const char *value,
		 const char *type, const char *problem)
{
	char id[80];

	snprintf(id, sizeof(id), "%.60s-problem", name);
	open(p, label, name);
	page_void(p, "input", "type", type, "name", name, "id", name, "value", value,
		  "autocomplete", "off", "spellcheck", "false", "aria-describedby",
		  problem ? id : NULL, "aria-invalid", problem ? "true" : NULL, NULL);
	if (problem)
		page_put(p, "p", problem, "class", "problem", "id", id, NULL);
	page_close(p);
}

void field_select(struct page *p, const char *label, const char *name, const char *value,
		  const struct field_choice *choices, size_t n)
{
	open(p, label, name);
	page_open(p, "select", "name", name, "id", name, NULL);
	for (size_t i = 0; i < n; i++)
		page_put(p, "option", choices[i].text, "value", choices[i].value, "selected",
			 strcmp(choices[i].value, value) == 0 ? PAGE_SET : NULL, NULL);
	page_close(p);
	page_close(p);
}

void field_check(struct page *p, const char *label, const char *name, const char *value,
		 const char *id, bool is_on)
{
	page_open(p, "label", "class", "check", "for", id, NULL);
	page_void(p, "input", "type", "checkbox", "name", name, "value", value, "id", id,
		  "checked", is_on ? PAGE_SET : NULL, NULL);
	page_text(p, " ");
	page_text(p, label);
	page_close(p);
}

void field_area(struct page *p, const char *label, const char *name, const char *value)
{
	page_put(p, "label", label, "for", name, NULL);
	page_open(p, "textarea", "name", name, "id", name, "rows", "16", "spellcheck", "false",
		  "wrap", "off", NULL);
	/* HTML drops a line feed that directly follows <textarea> */
	if (value[0] == '\n')
		page_text(p, "\n");
	page_text(p, value);
	page_close(p);
}
