/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/model/rules.h"
#include "whm/field.h"
#include "whm/listline.h"

#define PROBLEMS_MAX (256 * 1024)

static const struct list {
	const char *name, *absolute, *title, *help, *add;
} lists[] = {
	{"accounts", PATH_ACCOUNTS, "Limits of their own",
	 "One line for each account, mailbox or path: KEY EVENT LIMIT [INTERVAL] [ACTIONS]. EVENT is a "
	 "trigger or * for all, LIMIT 0 is no limit at all. The most special line wins.",
	 "Add this limit"},
	{"ignore", PATH_IGNORE, "Never counted",
	 "One line each: user:NAME, mailbox:ADDRESS, domain:DOMAIN, path:DIRECTORY, ip:ADDRESS or "
	 "subject:EXPRESSION; event=TRIGGER and until=YYYY-MM-DD may follow. What is ignored is in the "
	 "statistics, and never in a report.",
	 "Ignore this"},
};

/* What one of the files is to become, and what is wrong with it. */
struct draft {
	struct buf text;
	struct buf problems; /* one a line; empty: none */
};

static bool is_accounts(const struct list *l)
{
	return l == &lists[0];
}

static const struct list *find(const char *name)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	return NULL;
}

/* ---- checking ---- */

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	buf_printf(ctx, "%s, line %u: %s\n", file, line, text);
}

static void on_option_problem(unsigned line, const char *text, void *ctx)
{
	(void)line; /* the Settings page tells it */
	(void)text;
	(void)ctx;
}

/* osm.conf, or the defaults where it is wrong: lines are read with it. */
static void load_config(const struct site *s, struct config *config)
{
	struct edit conf;

	options_defaults(config);
	if (edit_load(s, PATH_CONF, &conf, NULL))
		options_load((struct slice){conf.text, conf.n}, config, on_option_problem, NULL);
	edit_clear(&conf);
}

/* Only this file's lines: the other one's are not what is being saved. */
static bool check(struct site *s, const struct list *l, struct draft *d)
{
	struct slice text = buf_view(&d->text), none = {"", 0};
	struct config config;
	struct rules *rules;

	load_config(s, &config);
	rules = rules_new(&config, is_accounts(l) ? text : none, is_accounts(l) ? none : text,
			  on_problem, &d->problems);
	if (!rules && d->problems.n == 0)
		buf_puts(&d->problems, "There is not enough memory to check it.\n");
	rules_free(rules);
	return d->problems.n == 0 && buf_ok(&d->text);
}

/* ---- showing ---- */

static void add_form(struct site *s, const struct list *l, const struct edit *x,
		     const struct listline_problem *problem)
{
	page_form(s->page, "list-add", s->token, "filter");
	page_hidden(s->page, "file", l->name);
	page_hidden(s->page, "mark", x->mark);
	listline_fields(s, is_accounts(l), problem);
	page_button(s->page, l->add, "go");
	page_close(s->page);
}

static void editor(struct site *s, const struct list *l, const struct edit *x,
		   struct draft *d)
{
	char id[40], label[80];

	if (!edit_is_plain(x)) {
		page_callout_text(s->page, "warn",
				  "The file holds bytes that a browser can't show and send back "
				  "unchanged. Edit it at the shell.");
		return;
	}
	snprintf(id, sizeof(id), "text-%s", l->name);
	snprintf(label, sizeof(label), "Edit %s", l->absolute);
	page_form(s->page, "list-save", s->token, "settings");
	page_hidden(s->page, "file", l->name);
	page_hidden(s->page, "mark", x->mark);
	field_area(s->page, label, id, d ? buf_str(&d->text) : x->text);
	page_open(s->page, "div", "class", "save", NULL);
	page_button(s->page, "Change", "go");
	page_close(s->page);
	page_close(s->page);
}

/* One file; draft: instead of its text. */
static void show(struct site *s, const struct list *l, struct draft *d,
		 const struct listline_problem *problem)
{
	struct err e = {0};
	struct edit x;

	page_open(s->page, "section", "id", l->name, NULL);
	page_put(s->page, "h2", l->title, NULL);
	page_put(s->page, "p", l->help, NULL);
	if (edit_load(s, l->absolute, &x, &e)) {
		if (!d)
			add_form(s, l, &x, problem);
		editor(s, l, &x, d);
		edit_clear(&x);
	} else {
		page_callout_text(s->page, "bad", e.msg);
	}
	page_close(s->page);
}

void lists_show(struct site *s)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		show(s, &lists[i], NULL, NULL);
}

/* ---- saving ---- */

static void saved(struct site *s, const struct list *l)
{
	page_callout(s->page, "good");
	page_put(s->page, "p", "Changes saved", "class", "state", NULL);
	page_open(s->page, "p", NULL);
	page_textf(s->page, "%s is written. osmd works with the old one until it is told.",
		   l->absolute);
	page_close(s->page);
	page_act(s->page, "control", s->token, "do", "reload", "Apply now", NULL, "go");
	page_close(s->page);
	page_link(s->page, "Back to the events", "button", page_address("events", NULL));
}

static bool is_changed_meanwhile(struct site *s, const struct edit *x)
{
	if (edit_is_same(x, site_field(s, "mark")))
		return false;
	page_callout_text(s->page, "bad",
			  "The file was changed by somebody else since this form was opened. Nothing was "
			  "saved. What you entered stands below; look at it and save again.");
	return true;
}

/* Check the draft and write it. false: said why not. */
static bool write_draft(struct site *s, const struct list *l, const struct edit *x, struct draft *d)
{
	struct err e = {0};

	if (site_is_stale(s) || is_changed_meanwhile(s, x))
		return false;
	if (!check(s, l, d)) {
		page_callout(s->page, "bad");
		page_put(s->page, "p", "Nothing was saved: these lines are wrong.", NULL);
		page_lines(s->page, buf_str(&d->problems), "Wrong lines");
		page_close(s->page);
		return false;
	}
	if (!edit_save(s, x, buf_view(&d->text), &e)) {
		page_callout_text(s->page, "bad", e.msg);
		return false;
	}
	saved(s, l);
	return true;
}

static void append(struct draft *d, const struct edit *x, const struct buf *line)
{
	buf_add(&d->text, x->text, x->n);
	if (x->n && x->text[x->n - 1] != '\n')
		buf_putc(&d->text, '\n');
	buf_slice(&d->text, buf_view(line));
	buf_putc(&d->text, '\n');
}

static void save_text(struct site *s, const struct list *l, const struct edit *x, struct draft *d)
{
	char field[40];

	snprintf(field, sizeof(field), "text-%s", l->name);
	if (!cgi_has(&s->cgi.form, field)) {
		/* no empty list: half a form */
		s->code = 400;
		page_callout_text(s->page, "bad",
				  "The form came without the list's text. Nothing was saved.");
		return;
	}
	edit_take(cgi_value(&s->cgi.form, field), &d->text);
	if (!write_draft(s, l, x, d))
		show(s, l, d, NULL);
}

static void save_line(struct site *s, const struct list *l, const struct edit *x, struct draft *d)
{
	struct listline_problem problem = {0};
	struct config config;
	struct buf line;

	buf_init(&line, 2 * LISTLINE_MAX);
	load_config(s, &config);
	if (!listline_build(s, is_accounts(l), &config, &line, &problem)) {
		page_callout_text(s->page, "bad",
				  "Nothing was saved: a field is wrong, see beside it.");
		show(s, l, NULL, &problem);
	} else {
		append(d, x, &line);
		if (!write_draft(s, l, x, d))
			show(s, l, NULL, NULL);
	}
	buf_clear(&line);
}

static void run(struct site *s,
		void (*save)(struct site *, const struct list *, const struct edit *, struct draft *))
{
	const struct list *l = find(site_field(s, "file"));
	struct draft d = {0};
	struct err e = {0};
	struct edit x = {0};

	if (!l || !edit_load(s, l->absolute, &x, &e)) {
		s->code = l ? 500 : 400;
		page_callout_text(s->page, "bad", l ? e.msg : "There is no such list.");
		return;
	}
	buf_init(&d.text, EDIT_MAX);
	buf_init(&d.problems, PROBLEMS_MAX);
	save(s, l, &x, &d);
	buf_clear(&d.text);
	buf_clear(&d.problems);
	edit_clear(&x);
}

void lists_save(struct site *s)
{
	run(s, save_text);
}

void lists_add(struct site *s)
{
	run(s, save_line);
}
