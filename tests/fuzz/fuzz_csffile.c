/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Settings from any bytes. The input is a name, a value and a text, with LF after the first
 * two: setting the name to the value changes this one setting and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "osmd/model/csffile.h"
#include "osmd/model/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* ---- what a text says ---- */

struct heard {
	struct slice text;
	struct slice watched, value;  /* of the watched name */
	unsigned count;		      /* settings other than it */
	struct buf others;	      /* their names, values */
	unsigned problem_line, found; /* the last line with a problem */
};

static void inside(struct slice text, struct slice s)
{
	must(s.p >= text.p && s.p + s.n <= text.p + text.n);
}

static void on_setting(const struct csf_setting *s, void *ctx)
{
	struct heard *h = ctx;

	inside(h->text, s->key);
	inside(h->text, s->value);
	must(s->line > 0 && s->key.n > 0);
	if (slice_eq(s->key, h->watched)) {
		must(h->found++ == 0);
		h->value = s->value;
		return;
	}
	h->count++;
	buf_slice(&h->others, s->key);
	buf_putc(&h->others, '\0');
	buf_slice(&h->others, s->value);
	buf_putc(&h->others, '\0');
}

static void on_problem(unsigned line, const char *text, void *ctx)
{
	struct heard *h = ctx;

	must(line > 0 && line >= h->problem_line && text[0]);
	for (const char *p = text; *p; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	h->problem_line = line;
}

static size_t hear(struct slice text, struct slice watched, struct heard *h)
{
	*h = (struct heard){.text = text, .watched = watched};
	buf_init(&h->others, 1 << 20);
	return csffile_read(text, on_setting, on_problem, h);
}

/* ---- setting one ---- */

static void check_bytes(struct slice before, struct slice after, struct slice value)
{
	size_t head = 0, tail = 0;

	while (head < before.n && head < after.n && before.p[head] == after.p[head])
		head++;
	while (tail < before.n - head && tail < after.n - head &&
	       before.p[before.n - 1 - tail] == after.p[after.n - 1 - tail])
		tail++;
	/* what differs in the new text is at most the new value */
	must(after.n - head - tail <= value.n);
}

static void set(struct slice text, struct slice key, struct slice value)
{
	struct heard before, after;
	size_t problems = hear(text, key, &before);
	struct buf out;

	buf_init(&out, 1 << 20);
	if (csffile_set(text, key, value, &out)) {
		must(hear(buf_view(&out), key, &after) == problems);
		must(after.found == 1 && slice_eq(after.value, value));
		must(after.count == before.count);
		must(slice_eq(buf_view(&after.others), buf_view(&before.others)));
		if (before.found)
			check_bytes(text, buf_view(&out), value);
		else
			must(slice_starts(buf_view(&out), text));
		buf_clear(&after.others);
	}
	buf_clear(&out);
	buf_clear(&before.others);
}

/* ---- osm.conf ---- */

static void load(struct slice text)
{
	struct heard h = {.text = text};
	struct config c, untouched;
	size_t problems;

	memset(&c, 0x5a, sizeof(c));
	memset(&untouched, 0x5a, sizeof(untouched));
	problems = options_load(text, &c, on_problem, &h);
	must((problems > 0) == (h.problem_line > 0));
	if (problems) {
		must(!memcmp(&c, &untouched, sizeof(c)));
		return;
	}
	must(c.exim_log[0] == '/' && memchr(c.exim_log, '\0', sizeof(c.exim_log)));
	must(c.report_to[0] && memchr(c.report_to, '\0', sizeof(c.report_to)));
	must(c.count_unit == COUNT_MESSAGES || c.count_unit == COUNT_RECIPIENTS);
	for (int t = 0; t < TRIGGER_COUNT; t++) {
		must(c.trigger[t].limit <= 100000);
		must(c.trigger[t].interval_s >= 1 && c.trigger[t].interval_s <= 604800);
		must(c.trigger[t].actions < ACTION_BIT(ACTION_COUNT));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size}, key, value;

	if (!slice_cut(&text, '\n', &key) || !slice_cut(&text, '\n', &value))
		return 0;
	set(text, key, value);
	load(text);
	return 0;
}
