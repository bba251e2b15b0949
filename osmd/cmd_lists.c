/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/cmd_lists.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/model/listfile.h"

#define SHOWN 80
#define DAY_SIZE sizeof("YYYY-MM-DD")

struct lists {
	const struct accounts *accounts;
	char today[DAY_SIZE];
	lists_idle_fn fn;
	void *ctx;
};

__attribute__((format(printf, 3, 4))) static void
say(const struct lists *s, const struct listfile *l, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	s->fn(l->file, l->line, why, s->ctx);
}

static int shown(struct slice s)
{
	return (int)(s.n < SHOWN ? s.n : SHOWN);
}

/* KEY EVENT LIMIT... */
static void account_line(const struct lists *s, const struct listfile *l,
			 struct slice entry)
{
	struct slice key;

	if (!listfile_word(&entry, &key) || !key.n)
		return;
	if (key.p[0] == '/') {
		if (!accounts_by_path(s->accounts, key))
			say(s, l, "%.*s is below no account's home", shown(key), key.p);
	} else if (!accounts_by_login(s->accounts, key)) {
		say(s, l, "%.*s is no account or mailbox of this server", shown(key),
		    key.p);
	}
}

/* A word of TYPE:VALUE... that says until=DAY. */
static bool is_over(const struct lists *s, struct slice word)
{
	static const struct slice until = SLICE("until=");

	return slice_starts(word, until) && word.n == until.n + strlen(s->today) &&
	       memcmp(word.p + until.n, s->today, strlen(s->today)) < 0;
}

/* event= and until= are the last two words at most. */
static struct slice last_words(struct slice entry)
{
	size_t n = entry.n;

	for (unsigned words = 0; n && words < 2; n--)
		words += entry.p[n - 1] == ' ' || entry.p[n - 1] == '\t';
	return (struct slice){entry.p + n, entry.n - n};
}

static void ignore_line(const struct lists *s, const struct listfile *l,
			struct slice entry)
{
	struct slice words = last_words(entry), word, type, value;

	while (listfile_word(&words, &word))
		if (is_over(s, word))
			say(s, l, "its last day is over: %.*s", shown(word), word.p);
	if (!slice_cut(&entry, ':', &type) || !listfile_word(&entry, &value))
		return;
	if (slice_eq_nocase(type, SLICE("user")) &&
	    !accounts_by_user(s->accounts, value))
		say(s, l, "%.*s is no account of this server", shown(value), value.p);
	if (slice_eq_nocase(type, SLICE("mailbox")) &&
	    !accounts_by_login(s->accounts, value))
		say(s, l, "%.*s is no mailbox of this server", shown(value), value.p);
	if (slice_eq_nocase(type, SLICE("domain")) &&
	    !accounts_by_domain(s->accounts, value))
		say(s, l, "%.*s is no domain of this server", shown(value), value.p);
}

static void each_line(const struct cmd *c, const struct lists *s, const char *absolute,
		      void (*one)(const struct lists *s, const struct listfile *l,
				  struct slice entry))
{
	json_t *problems = json_array(); /* told with the settings */
	struct listfile l = {.file = strrchr(absolute, '/') + 1};
	struct slice entry;
	char *text = cmd_load_text(c, absolute, &l.rest.n, problems);

	l.rest.p = text;
	while (text && listfile_next(&l, &entry))
		one(s, &l, entry);
	free(text);
	json_decref(problems);
}

void lists_each_idle(const struct cmd *c, const struct accounts *accounts, int64_t now_s,
		     lists_idle_fn fn, void *ctx)
{
	struct lists s = {.accounts = accounts, .fn = fn, .ctx = ctx};
	const time_t now = (time_t)now_s;
	struct tm tm;

	if (!gmtime_r(&now, &tm) ||
	    strftime(s.today, sizeof(s.today), "%Y-%m-%d", &tm) == 0)
		return;
	each_line(c, &s, PATH_ACCOUNTS, account_line);
	each_line(c, &s, PATH_IGNORE, ignore_line);
}
