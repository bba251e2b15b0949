/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/model/csffile.h"
#include "whm/widget.h"

#define PROBLEMS_MAX (64 * 1024)

size_t form_index(const char *name)
{
	for (size_t i = 0; i < options_count(); i++)
		if (strcmp(options_row(i)->name, name) == 0)
			return i;
	return SIZE_MAX;
}

static size_t index_of(struct slice key)
{
	for (size_t i = 0; i < options_count(); i++)
		if (slice_eq(slice_str(options_row(i)->name), key))
			return i;
	return SIZE_MAX;
}

static void set(char **field, struct slice value)
{
	char *copy = slice_dup(value);

	if (!copy)
		return;
	free(*field);
	*field = copy;
}

/* ---- from the file ---- */

static void on_setting(const struct csf_setting *setting, void *ctx)
{
	struct form *f = ctx;
	size_t i = index_of(setting->key);

	if (i == SIZE_MAX)
		return;
	set(&f->fields[i].value, setting->value);
	set(&f->fields[i].before, setting->value);
	f->fields[i].is_set = true;
}

static void on_file_problem(unsigned line, const char *text, void *ctx)
{
	(void)line; /* options_load tells them, too */
	(void)text;
	(void)ctx;
}

/* ---- what is wrong ---- */

struct finder {
	struct form *f;
	struct slice text;
	unsigned line; /* sought */
	size_t i;      /* found */
};

static void on_line(const struct csf_setting *setting, void *ctx)
{
	struct finder *w = ctx;

	if (setting->line == w->line)
		w->i = index_of(setting->key);
}

static void on_problem(unsigned line, const char *text, void *ctx)
{
	struct finder *w = ctx;

	w->line = line;
	w->i = SIZE_MAX;
	csffile_read(w->text, on_line, on_file_problem, w);
	if (w->i != SIZE_MAX)
		set(&w->f->fields[w->i].problem, slice_str(text));
	else
		buf_printf(&w->f->problems, "osm.conf, line %u: %s\n", line, text);
}

static void forget_problems(struct form *f)
{
	buf_reset(&f->problems);
	for (size_t i = 0; i < f->n; i++) {
		free(f->fields[i].problem);
		f->fields[i].problem = NULL;
	}
}

static size_t check(struct form *f, struct slice text)
{
	struct finder w = {.f = f, .text = text};
	struct config config;

	return options_load(text, &config, on_problem, &w);
}

bool form_load(const struct site *s, struct form *f, struct err *e)
{
	*f = (struct form){.n = options_count()};
	buf_init(&f->problems, PROBLEMS_MAX);
	f->fields = calloc(f->n, sizeof(*f->fields));
	if (!f->fields)
		return err_set(e, ENOMEM, "no memory for the settings");
	if (!edit_load(s, PATH_CONF, &f->file, e))
		return false;
	for (size_t i = 0; i < f->n; i++) {
		set(&f->fields[i].value, slice_str(options_row(i)->fallback));
		set(&f->fields[i].before, slice_str(options_row(i)->fallback));
		if (!f->fields[i].value || !f->fields[i].before)
			return err_set(e, ENOMEM, "no memory for the settings");
	}
	csffile_read((struct slice){f->file.text, f->file.n}, on_setting, on_file_problem, f);
	check(f, (struct slice){f->file.text, f->file.n});
	return true;
}

bool form_open(struct site *s, struct form *f)
{
	struct err e = {0};

	if (form_load(s, f, &e))
		return true;
	s->code = 500;
	page_callout_text(s->page, "bad", e.msg);
	return false;
}

void form_clear(struct form *f)
{
	for (size_t i = 0; f->fields && i < f->n; i++) {
		free(f->fields[i].value);
		free(f->fields[i].before);
		free(f->fields[i].problem);
	}
	free(f->fields);
	edit_clear(&f->file);
	buf_clear(&f->problems);
	*f = (struct form){0};
}

/* ---- as it was sent ---- */

/* Ticked boxes, in their order, parted by commas. */
static void take_words(const struct cgi_params *p, const char *name, char **value)
{
	struct buf words;

	buf_init(&words, 4096);
	for (size_t i = 0; i < p->n; i++) {
		if (!slice_eq(p->list[i].name, slice_str(name)) || p->list[i].value.n == 0)
			continue;
		if (words.n)
			buf_putc(&words, ',');
		buf_slice(&words, p->list[i].value);
	}
	if (buf_ok(&words))
		set(value, buf_view(&words));
	buf_clear(&words);
}

void form_take(const struct site *s, struct form *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct option_row *row = options_row(i);

		if (!cgi_has(&s->cgi.form, row->name))
			continue;
		if (strcmp(row->kind, "actions") == 0)
			take_words(&s->cgi.form, row->name, &f->fields[i].value);
		else
			set(&f->fields[i].value,
			    slice_trim(cgi_value(&s->cgi.form, row->name)));
	}
}

bool form_changed(const struct form *f, size_t i)
{
	return strcmp(f->fields[i].value, f->fields[i].before) != 0;
}

/* A new file begins as the shipped one, with all its comments. */
static bool start_text(const struct form *f, struct buf *out)
{
	if (f->file.is_missing)
		options_template(out);
	else
		buf_add(out, f->file.text, f->file.n);
	return buf_ok(out);
}

static bool put_value(struct form *f, size_t i, struct buf *text)
{
	struct buf next;
	bool ok;

	buf_init(&next, EDIT_MAX);
	ok = csffile_set(buf_view(text), slice_str(options_row(i)->name),
			 slice_str(f->fields[i].value), &next);
	if (ok) {
		buf_reset(text);
		buf_slice(text, buf_view(&next));
	}
	buf_clear(&next);
	return ok;
}

size_t form_build(struct form *f, struct buf *out)
{
	size_t problems = 0;

	forget_problems(f);
	if (!start_text(f, out))
		return 1;
	for (size_t i = 0; i < f->n; i++) {
		if (!form_changed(f, i) || put_value(f, i, out))
			continue;
		problems++;
		set(&f->fields[i].problem,
		    SLICE("can't be written: no quotes, no line ends and no control characters; "
			  "and the file must not name it twice"));
	}
	/* one that could not be put must not hide what is wrong with others */
	return problems + check(f, buf_view(out)) + !buf_ok(out);
}

/* ---- saving ---- */

static void say_saved(struct site *s, const struct form *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += form_changed(f, i);
	page_callout(s->page, n ? "good" : "note");
	if (n == 0) {
		page_put(s->page, "p", "Nothing was different, nothing was written.", NULL);
		page_close(s->page);
		return;
	}
	page_put(s->page, "p", "Changes saved", "class", "state", NULL);
	page_open(s->page, "ul", NULL);
	for (size_t i = 0; i < f->n; i++) {
		if (!form_changed(f, i))
			continue;
		page_open(s->page, "li", NULL);
		page_put(s->page, "code", options_row(i)->name, NULL);
		page_text(s->page, ": \"");
		page_foreign(s->page, f->fields[i].before, 0);
		page_text(s->page, "\" is now \"");
		page_foreign(s->page, f->fields[i].value, 0);
		page_text(s->page, "\"");
		page_close(s->page);
	}
	page_close(s->page);
	page_put(s->page, "p", "osmd works with the old settings until it is told.", NULL);
	page_act(s->page, "control", s->token, "do", "reload", "Apply now", NULL, "go");
	page_text(s->page, " ");
	page_act(s->page, "control", s->token, "do", "restart", "Restart osmd", NULL, NULL);
	page_put(s->page, "p",
		 "DEBUG, EXIM_LOG, WINDOW_KEYS and EVIDENCE_MB need the restart; everything else is "
		 "applied at once, without losing what was counted.",
		 "class", "effect", NULL);
	page_close(s->page);
}

static bool any_change(const struct form *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (form_changed(f, i))
			return true;
	return false;
}

bool form_save(struct site *s, struct form *f)
{
	struct err e = {0};
	struct buf text;
	bool ok = false;

	buf_init(&text, EDIT_MAX);
	form_take(s, f);
	if (site_is_stale(s)) {
		ok = false;
	} else if (!edit_is_same(&f->file, site_field(s, "mark"))) {
		page_callout_text(s->page, "bad",
				  "osm.conf was changed by somebody else since this form was opened. "
				  "Nothing was saved. What you entered stands below; look at it and "
				  "save again.");
	} else if (form_build(f, &text) > 0) {
		page_callout_text(s->page, "bad", "Nothing was saved.");
		widget_complaints(s->page, f);
	} else if (any_change(f) && !edit_save(s, &f->file, buf_view(&text), &e)) {
		page_callout_text(s->page, "bad", e.msg);
	} else {
		say_saved(s, f);
		ok = true;
	}
	buf_clear(&text);
	return ok;
}
