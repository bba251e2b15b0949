/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/model/rules.h"
#include "whm/field.h"

#define PROBLEMS_MAX (256 * 1024)
#define LIST_LINE_MAX 4096

static const struct list {
	const char *name, *absolute, *title, *help;
} lists[] = {
	{"accounts", PATH_ACCOUNTS, "Limits of their own",
	 "One line for each account, mailbox or path: KEY EVENT LIMIT [INTERVAL] [ACTIONS]. EVENT is a "
	 "trigger or * for all, LIMIT 0 is no limit at all. The most special line wins."},
	{"ignore", PATH_IGNORE, "Never counted",
	 "One line each: user:NAME, mailbox:ADDRESS, domain:DOMAIN, path:DIRECTORY, ip:ADDRESS or "
	 "subject:EXPRESSION; event=TRIGGER and until=YYYY-MM-DD may follow. What is ignored is in the "
	 "statistics, and never in a report."},
};

static const struct field_choice kinds[] = {
	{"user", "Account"}, {"mailbox", "Mailbox"}, {"domain", "Domain"},
	{"path", "Directory"}, {"ip", "Address or network"}, {"subject", "Subject (expression)"},
};

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

/* Only this file's lines: the other one's are not what is being saved. */
static bool check(struct site *s, struct lists_draft *d)
{
	bool is_accounts = strcmp(d->absolute, PATH_ACCOUNTS) == 0;
	struct slice text = buf_view(&d->text), none = {"", 0};
	struct config config;
	struct edit conf;
	struct rules *rules;

	options_defaults(&config);
	if (edit_load(s, PATH_CONF, &conf, NULL))
		options_load((struct slice){conf.text, conf.n}, &config, on_option_problem, NULL);
	edit_clear(&conf);
	rules = rules_new(&config, is_accounts ? text : none, is_accounts ? none : text, on_problem,
			  &d->problems);
	if (!rules && d->problems.n == 0)
		buf_puts(&d->problems, "There is not enough memory to check it.\n");
	rules_free(rules);
	return d->problems.n == 0 && buf_ok(&d->text);
}

/* ---- showing ---- */

static void accounts_line(struct site *s)
{
	struct field_choice events[TRIGGER_COUNT + 1] = {{"*", "* (all)"}};
	size_t n = 1;

	for (int t = 0; t < TRIGGER_COUNT; t++)
		events[n++] = (struct field_choice){trigger_name((enum trigger_id)t),
						    trigger_name((enum trigger_id)t)};
	field_input(s->page, "Account, mailbox or path", "key", site_field(s, "key"), "text");
	field_select(s->page, "Trigger", "event", site_field(s, "event"), events, n);
	field_input(s->page, "Limit", "limit", site_field(s, "limit"), "text");
	field_input(s->page, "Interval in seconds (may be empty)", "interval",
		    site_field(s, "interval"), "text");
	field_input(s->page, "Actions, parted by commas (may be empty)", "actions",
		    site_field(s, "actions"), "text");
}

static void ignore_line(struct site *s)
{
	field_select(s->page, "What", "kind", site_field(s, "kind"), kinds,
		     sizeof(kinds) / sizeof(kinds[0]));
	field_input(s->page, "Which", "value", site_field(s, "value"), "text");
	field_input(s->page, "Until the day (YYYY-MM-DD, may be empty)", "until",
		    site_field(s, "until"), "text");
}

static void add_form(struct site *s, const struct list *l, const struct edit *x)
{
	page_form(s->page, "list-add", s->token, "filter");
	page_hidden(s->page, "file", l->name);
	page_hidden(s->page, "mark", x->mark);
	if (strcmp(l->name, "accounts") == 0)
		accounts_line(s);
	else
		ignore_line(s);
	page_button(s->page, strcmp(l->name, "accounts") == 0 ? "Add this limit" : "Ignore this", "go");
	page_close(s->page);
}

static void editor(struct site *s, const struct list *l, const struct edit *x,
		   const struct lists_draft *d)
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
	field_area(s->page, label, id, d ? buf_str((struct buf *)(uintptr_t)&d->text) : x->text);
	page_open(s->page, "div", "class", "save", NULL);
	page_button(s->page, "Change", "go");
	page_close(s->page);
	page_close(s->page);
}

static void show(struct site *s, const struct list *l, const struct lists_draft *d)
{
	struct err e = {0};
	struct edit x;

	page_open(s->page, "section", "id", l->name, NULL);
	page_put(s->page, "h2", l->title, NULL);
	page_put(s->page, "p", l->help, NULL);
	if (edit_load(s, l->absolute, &x, &e)) {
		if (!d)
			add_form(s, l, &x);
		editor(s, l, &x, d);
		edit_clear(&x);
	} else {
		page_callout_text(s->page, "bad", e.msg);
	}
	page_close(s->page);
}

void lists_show(struct site *s, const struct lists_draft *draft)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!draft || strcmp(draft->absolute, lists[i].absolute) == 0)
			show(s, &lists[i], draft);
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

/* Check the draft, write it or show it again with what is wrong. */
static void finish(struct site *s, const struct list *l, const struct edit *x,
		   struct lists_draft *d)
{
	struct err e = {0};

	if (!edit_is_same(x, site_field(s, "mark"))) {
		page_callout_text(s->page, "bad",
				  "The file was changed by somebody else since this form was opened. "
				  "Nothing was saved. What you entered stands below; look at it and "
				  "save again.");
	} else if (!check(s, d)) {
		page_callout(s->page, "bad");
		page_put(s->page, "p", "Nothing was saved: these lines are wrong.", NULL);
		page_lines(s->page, buf_str(&d->problems), "Wrong lines");
		page_close(s->page);
	} else if (!edit_save(s, x, buf_view(&d->text), &e)) {
		page_callout_text(s->page, "bad", e.msg);
	} else {
		saved(s, l);
		return;
	}
	lists_show(s, d);
}

/* A word as listfile_word reads it back; false: it can't stand in a line. */
static bool put_word(struct buf *line, const char *word)
{
	bool has_blank = strpbrk(word, " \t#") != NULL;

	if (strpbrk(word, "\"\r\n"))
		return false;
	if (line->n)
		buf_putc(line, ' ');
	buf_printf(line, has_blank ? "\"%s\"" : "%s", word);
	return true;
}

static bool accounts_words(const struct site *s, struct buf *line)
{
	static const char *const names[] = {"key", "event", "limit", "interval", "actions"};
	bool ended = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *word = site_field(s, names[i]);

		/* actions without an interval would be read as one */
		if (!word[0] && i < 3)
			return false;
		if (word[0] && (ended || !put_word(line, word)))
			return false;
		ended = ended || !word[0];
	}
	return true;
}

static bool ignore_words(const struct site *s, struct buf *line)
{
	char word[LIST_LINE_MAX];
	int n = snprintf(word, sizeof(word), "%s:%s", site_field(s, "kind"), site_field(s, "value"));

	if (n < 0 || (size_t)n >= sizeof(word) || !site_field(s, "value")[0] || !put_word(line, word))
		return false;
	if (!site_field(s, "until")[0])
		return true;
	snprintf(word, sizeof(word), "until=%.32s", site_field(s, "until"));
	return put_word(line, word);
}

static void append(struct lists_draft *d, const struct edit *x, const struct buf *line)
{
	buf_add(&d->text, x->text, x->n);
	if (x->n && x->text[x->n - 1] != '\n')
		buf_putc(&d->text, '\n');
	buf_slice(&d->text, buf_view(line));
	buf_putc(&d->text, '\n');
}

static void run(struct site *s, bool is_add)
{
	const struct list *l = find(site_field(s, "file"));
	struct lists_draft d = {0};
	struct err e = {0};
	struct edit x;
	struct buf line;
	char field[40];
	bool ok = true;

	if (!l || !edit_load(s, l->absolute, &x, &e)) {
		s->code = l ? 500 : 400;
		page_callout_text(s->page, "bad", l ? e.msg : "There is no such list.");
		return;
	}
	d.absolute = l->absolute;
	buf_init(&d.text, EDIT_MAX);
	buf_init(&d.problems, PROBLEMS_MAX);
	buf_init(&line, LIST_LINE_MAX);
	snprintf(field, sizeof(field), "text-%s", l->name);
	if (!is_add)
		edit_take(cgi_value(&s->cgi.form, field), &d.text);
	else
		ok = strcmp(l->name, "accounts") == 0 ? accounts_words(s, &line)
						      : ignore_words(s, &line);
	if (is_add && ok)
		append(&d, &x, &line);
	if (ok) {
		finish(s, l, &x, &d);
	} else {
		page_callout_text(s->page, "bad",
				  "Nothing was saved: something is missing, or holds quotes; an "
				  "interval is needed before actions.");
		show(s, l, NULL);
	}
	buf_clear(&line);
	buf_clear(&d.text);
	buf_clear(&d.problems);
	edit_clear(&x);
}

void lists_save(struct site *s)
{
	run(s, false);
}

void lists_add(struct site *s)
{
	run(s, true);
}
