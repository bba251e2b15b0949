/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * osm.accounts and osm.ignore from any bytes, and an event of any bytes. The input is both
 * texts and the event's fields, with a form feed between them. A text is wrong and told with
 * its line, or every limit that comes out of it is in bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "osmd/model/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static struct slice take(struct slice *bytes)
{
	struct slice piece;

	if (slice_cut(bytes, '\f', &piece))
		return piece;
	piece = *bytes;
	bytes->n = 0;
	return piece;
}

static unsigned count_lines(struct slice text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n + 1;
}

struct told {
	unsigned accounts_lines, ignore_lines;
	size_t problems;
};

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	struct told *t = ctx;

	t->problems++;
	must(line > 0);
	if (!strcmp(file, "osm.accounts"))
		must(line <= t->accounts_lines);
	else
		must(!strcmp(file, "osm.ignore") && line <= t->ignore_lines);
	must(text[0] != '\0');
	for (const char *p = text; *p; p++)
		must(((unsigned char)*p >= 0x20 || *p == '\t') && *p != 0x7f);
}

static struct event read_event(struct slice bytes)
{
	struct event ev = {.type = EVENT_LOGLINE, .certainty = CERTAINTY_CLAIMED};

	ev.account = take(&bytes);
	ev.mailbox = take(&bytes);
	ev.path = take(&bytes);
	ev.subject = take(&bytes);
	ev.address = take(&bytes);
	if (bytes.n >= sizeof(ev.at_s))
		memcpy(&ev.at_s, bytes.p, sizeof(ev.at_s));
	return ev;
}

static bool same(struct trigger_config a, struct trigger_config b)
{
	return a.limit == b.limit && a.interval_s == b.interval_s &&
	       a.actions == b.actions;
}

/* Where it stands in memory, and what is behind it, makes no difference. */
static void check_copied(const struct rules *r, enum trigger_id t, const struct event *ev)
{
	struct event copy = *ev;
	char *subject = slice_dup(ev->subject), *path = slice_dup(ev->path);

	must(subject && path);
	copy.subject.p = subject;
	copy.path.p = path;
	must(rules_ignored(r, t, &copy) == rules_ignored(r, t, ev));
	must(same(rules_trigger(r, t, &copy), rules_trigger(r, t, ev)));
	free(subject);
	free(path);
}

static void check(const struct rules *r, struct slice accounts, struct slice ignore,
		  const struct event *ev)
{
	const struct event nobody = {.type = EVENT_LOGLINE, .at_s = ev->at_s};
	const struct config *c = rules_config(r);

	for (int i = 0; i < TRIGGER_COUNT; i++) {
		enum trigger_id t = (enum trigger_id)i;
		struct trigger_config got = rules_trigger(r, t, ev);

		must(got.limit <= 100000);
		must(got.interval_s >= 1 && got.interval_s <= 604800);
		must(got.actions < ACTION_BIT(ACTION_COUNT));
		must(!got.limit || got.interval_s <= rules_longest_interval(r));
		must(same(rules_trigger(r, t, &nobody), c->trigger[t]));
		must(!rules_ignored(r, t, &nobody));
		if (!accounts.n)
			must(same(got, c->trigger[t]));
		if (!ignore.n)
			must(!rules_ignored(r, t, ev));
		check_copied(r, t, ev);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};
	struct slice accounts = take(&bytes), ignore = take(&bytes);
	struct event ev = read_event(bytes);
	struct told told = {count_lines(accounts), count_lines(ignore), 0};
	struct config config;
	struct rules *r;

	options_defaults(&config);
	r = rules_new(&config, accounts, ignore, on_problem, &told);
	must((r == NULL) == (told.problems > 0));
	if (r)
		check(r, accounts, ignore, &ev);
	rules_free(r);
	return 0;
}
