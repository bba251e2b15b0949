/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/listline.h"

#include <stdio.h>
#include <string.h>

#include "osmd/model/rules.h"
#include "whm/field.h"

static const struct field_choice kinds[] = {
	{"user", "Account"}, {"mailbox", "Mailbox"}, {"domain", "Domain"},
	{"path", "Directory"}, {"ip", "Address or network"}, {"subject", "Subject (expression)"},
};

/* ---- the form ---- */

static void input(struct site *s, const char *label, const char *name,
		  const struct listline_problem *problem)
{
	bool is_wrong = problem && problem->name && strcmp(problem->name, name) == 0;

	field_input(s->page, label, name, site_field(s, name), "text",
		    is_wrong ? problem->text : NULL);
}

static void accounts_fields(struct site *s, const struct listline_problem *problem)
{
	struct field_choice events[TRIGGER_COUNT + 1] = {{"*", "* (all)"}};
	size_t n = 1;

	for (int t = 0; t < TRIGGER_COUNT; t++)
		events[n++] = (struct field_choice){trigger_name((enum trigger_id)t),
						    trigger_name((enum trigger_id)t)};
	input(s, "Account, mailbox or path", "key", problem);
	field_select(s->page, "Trigger", "event", site_field(s, "event"), events, n);
	input(s, "Limit", "limit", problem);
	input(s, "Interval in seconds (may be empty)", "interval", problem);
	input(s, "Actions, parted by commas (may be empty)", "actions", problem);
}

void listline_fields(struct site *s, bool is_accounts, const struct listline_problem *problem)
{
	if (is_accounts) {
		accounts_fields(s, problem);
		return;
	}
	field_select(s->page, "What", "kind", site_field(s, "kind"), kinds,
		     sizeof(kinds) / sizeof(kinds[0]));
	input(s, "Which", "value", problem);
	input(s, "Until the day (YYYY-MM-DD, may be empty)", "until", problem);
}

/* ---- one word ---- */

/* As listfile_word reads it back; false: it can't stand in a line. */
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

static void keep_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	struct listline_problem *problem = ctx;

	(void)file;
	(void)line;
	snprintf(problem->text, sizeof(problem->text), "%s", text);
}

/* Does the list's reader take this line? false with its words. */
static bool is_fine(bool is_accounts, const struct config *config, struct slice line,
		    struct listline_problem *problem)
{
	const struct slice none = {"", 0};
	struct rules *rules;

	problem->text[0] = '\0';
	rules = rules_new(config, is_accounts ? line : none, is_accounts ? none : line,
			  keep_problem, problem);
	rules_free(rules);
	if (!rules && !problem->text[0])
		snprintf(problem->text, sizeof(problem->text), "there is no memory to check it");
	return rules && !problem->text[0];
}

/* ---- the line ---- */

/* One field with a line around it that is right but for its word. */
struct part {
	const char *name;
	const char *before, *after;
	bool is_needed;
};

static const struct part accounts_parts[] = {
	{"key", "", " * 0", true},
	{"event", "x ", " 0", true},
	{"limit", "x * ", "", true},
	{"interval", "x * 1 ", "", false},
	{"actions", "x * 1 60 ", "", false},
};

static bool wrong(struct listline_problem *problem, const char *name, const char *text)
{
	problem->name = name;
	if (text)
		snprintf(problem->text, sizeof(problem->text), "%s", text);
	return false;
}

/* Try one word; put it behind the line. */
static bool take(const struct part *part, const char *word, bool is_accounts,
		 const struct config *config, struct buf *line,
		 struct listline_problem *problem)
{
	char quoted[LISTLINE_MAX], trial[LISTLINE_MAX + 32];
	struct buf one;
	bool ok;

	buf_init(&one, sizeof(quoted) - 1);
	ok = put_word(&one, word);
	snprintf(quoted, sizeof(quoted), "%s", buf_ok(&one) ? buf_str(&one) : "");
	buf_clear(&one);
	if (!ok || !quoted[0])
		return wrong(problem, part->name,
			     ok ? "this is too long" : "no quotes and no line ends can stand in it");
	snprintf(trial, sizeof(trial), "%s%s%s", part->before, quoted, part->after);
	if (!is_fine(is_accounts, config, slice_str(trial), problem))
		return wrong(problem, part->name, NULL);
	put_word(line, word);
	return true;
}

static bool accounts_line(const struct site *s, const struct config *config, struct buf *line,
			  struct listline_problem *problem)
{
	for (size_t i = 0; i < sizeof(accounts_parts) / sizeof(accounts_parts[0]); i++) {
		const struct part *part = &accounts_parts[i];
		const char *word = site_field(s, part->name);

		if (!word[0] && part->is_needed)
			return wrong(problem, part->name, "this is missing");
		if (word[0] && !take(part, word, true, config, line, problem))
			return false;
	}
	return true;
}

static bool ignore_line(const struct site *s, const struct config *config, struct buf *line,
			struct listline_problem *problem)
{
	static const struct part value = {"value", "", "", true};
	static const struct part until = {"until", "user:x ", "", false};
	char word[LISTLINE_MAX];
	int n = snprintf(word, sizeof(word), "%s:%s", site_field(s, "kind"), site_field(s, "value"));

	if (!site_field(s, "value")[0])
		return wrong(problem, "value", "this is missing");
	if (n < 0 || (size_t)n >= sizeof(word))
		return wrong(problem, "value", "this is too long");
	if (!take(&value, word, false, config, line, problem))
		return false;
	if (!site_field(s, "until")[0])
		return true;
	snprintf(word, sizeof(word), "until=%.64s", site_field(s, "until"));
	return take(&until, word, false, config, line, problem);
}

bool listline_build(const struct site *s, bool is_accounts, const struct config *config,
		    struct buf *line, struct listline_problem *problem)
{
	problem->name = NULL;
	if (is_accounts ? !accounts_line(s, config, line, problem)
			: !ignore_line(s, config, line, problem))
		return false;
	return buf_ok(line) || wrong(problem, is_accounts ? "key" : "value", "this is too long");
}
