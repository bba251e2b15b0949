/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* custom: the administrator's own program: its settings, what it gets in each format, and a
 * test run with what stands on the form. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "whm/widget.h"

#define FOLDER PATH_STATE_DIR "/whatif"
#define SAMPLES_S 20
/* A web server waits about so long; the program itself has CUSTOM_TIMEOUT. */
#define RUN_S 280

static const char *const formats[] = {"JSON", "XML", "YAML", "PERL"};

/* Whatever the option table has in the section of CUSTOM_ACTION. */
static bool is_ours(size_t i)
{
	size_t ours = form_index("CUSTOM_ACTION");

	return ours != SIZE_MAX &&
	       strcmp(options_row(i)->section, options_row(ours)->section) == 0;
}

static void settings(struct site *s, const struct form *f)
{
	page_section(s->page, "The program");
	page_put(s->page, "p",
		 "It runs for every report of a trigger that has \"custom\" among its actions, once "
		 "enough events are confirmed.",
		 NULL);
	page_form(s->page, "custom-save", s->token, "settings");
	page_hidden(s->page, "mark", f->file.mark);
	for (size_t i = 0; i < f->n; i++)
		if (is_ours(i))
			widget_setting(s->page, f, i);
	page_open(s->page, "div", "class", "save links", NULL);
	page_button(s->page, "Change", "go");
	page_put(s->page, "button", "Run it now with the sample below", "type", "submit",
		 "formaction", "?page=custom-run", NULL);
	page_close(s->page);
	page_close(s->page);
	page_close(s->page);
}

static void samples(struct site *s)
{
	static const char *const words[] = {"custom", NULL};
	struct err e = {0};
	json_t *doc = site_run(s, words, SAMPLES_S, &e);
	const json_t *documents = json_object_get(doc, "documents");

	page_section(s->page, "What it gets");
	page_put(s->page, "p",
		 "The report comes on its standard input in the format above; its arguments are the "
		 "report's id, type, account, key, count and format. All four carry the same data. This is "
		 "a sample: nothing of it has happened.",
		 NULL);
	if (!documents)
		page_callout_text(s->page, "bad", doc ? json_text(doc, "error") : e.msg);
	for (size_t i = 0; documents && i < sizeof(formats) / sizeof(formats[0]); i++) {
		page_open(s->page, "details", NULL);
		page_put(s->page, "summary", formats[i], NULL);
		page_lines(s->page, json_text(documents, formats[i]), formats[i]);
		page_close(s->page);
	}
	page_close(s->page);
	json_decref(doc);
}

void custom_page(struct site *s)
{
	struct form f;

	if (form_open(s, &f)) {
		widget_complaints(s->page, &f);
		settings(s, &f);
	}
	form_clear(&f);
	samples(s);
}

void custom_save(struct site *s)
{
	struct form f;

	if (form_open(s, &f)) {
		if (form_save(s, &f))
			page_link(s->page, "Back to the custom action", "button",
				  page_address("custom", NULL));
		else
			settings(s, &f);
	}
	form_clear(&f);
}

/* ---- the test run ---- */

static void ended(struct site *s, const json_t *doc, const struct err *e)
{
	bool ok = json_is_true(json_object_get(doc, "ok"));

	page_callout(s->page, ok ? "good" : "bad");
	page_put(s->page, "p", ok ? "The program ran with the sample" : "The test run failed", "class",
		 "state", NULL);
	page_open(s->page, "p", NULL);
	page_foreign(s->page, doc ? json_text(doc, ok ? "message" : "error") : e->msg, 0);
	page_close(s->page);
	page_put(s->page, "p", "Nothing was saved by this.", "class", "effect", NULL);
	page_close(s->page);
}

/* With the settings of the form, which stand in a file of their own for as long. */
static void run(struct site *s, struct slice conf)
{
	char name[96], path[PATH_MAX], folder[PATH_MAX];
	const char *const words[] = {"custom", "--run", "--conf", path, NULL};
	struct err e = {0};
	json_t *doc = NULL;

	snprintf(name, sizeof(name), FOLDER "/custom-%ld.conf", (long)getpid());
	site_path(s, name, path);
	if (file_mkdirs(site_path(s, FOLDER, folder), 0700, &e) &&
	    file_replace(path, conf, 0600, &e))
		doc = site_run(s, words, RUN_S, &e);
	unlink(path);
	ended(s, doc, &e);
	json_decref(doc);
}

void custom_run_page(struct site *s)
{
	struct form f;
	struct buf text;

	buf_init(&text, EDIT_MAX);
	if (form_open(s, &f)) {
		form_take(s, &f);
		if (site_is_stale(s))
			;
		else if (form_build(&f, &text) > 0)
			widget_complaints(s->page, &f);
		else
			run(s, buf_view(&text));
		settings(s, &f);
	}
	form_clear(&f);
	buf_clear(&text);
}
