/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* The text of osm.conf: the one that is shipped, and what is added to one that is there. */
#include <stdlib.h>
#include <string.h>

#include "osmd/model/csffile.h"
#include "osmd/model/options_table.h"

#define COLUMNS 79 /* as csf.conf */

static void comment_line(struct buf *out, struct slice text)
{
	struct slice word;
	size_t column = 1;
	bool more = true;

	buf_putc(out, '#');
	while (more) {
		more = slice_cut(&text, ' ', &word);
		if (!more)
			word = text;
		if (word.n == 0)
			continue;
		if (column > 1 && column + 1 + word.n > COLUMNS) {
			buf_puts(out, "\n#");
			column = 1;
		}
		buf_putc(out, ' ');
		buf_slice(out, word);
		column += 1 + word.n;
	}
	buf_putc(out, '\n');
}

static void comment(struct buf *out, const char *text)
{
	struct slice rest = slice_str(text), line;

	while (slice_cut(&rest, '\n', &line))
		comment_line(out, line);
	comment_line(out, rest);
}

static void rule(struct buf *out)
{
	for (int i = 0; i < COLUMNS; i++)
		buf_putc(out, '#');
	buf_putc(out, '\n');
}

static void section(struct buf *out, const char *title)
{
	rule(out);
	buf_printf(out, "# SECTION:%s\n", title);
	rule(out);
}

static void intro(struct buf *out)
{
	rule(out);
	comment(out, "osm.conf: the settings of the outgoing spam monitor\n\n"
		     "Every setting is a line NAME = \"value\" below the comment that "
		     "explains it. A "
		     "setting that is missing has its default. After a change run osm "
		     "-c, which "
		     "names every mistake with its line, and then osm reload; while a "
		     "file has a mistake "
		     "in it, osmd goes on with the settings that it had.\n\n"
		     "Limits for one account, mailbox or path are in osm.accounts, those "
		     "who are "
		     "never counted in osm.ignore. See osm.conf(5).");
	rule(out);
	buf_putc(out, '\n');
}

/* The rows from i to before end: their comments, then their lines. */
static void rows(struct buf *out, size_t i, size_t end)
{
	for (size_t at = i; at < end; at++) {
		if (at > i)
			comment_line(out, (struct slice){NULL, 0});
		comment(out, option_at(at)->row.help);
	}
	for (; i < end; i++)
		buf_printf(out, "%s = \"%s\"\n", option_at(i)->row.name,
			   option_at(i)->row.fallback);
}

/* Behind the row at i and those that are joined to it. */
static size_t group_end(size_t i)
{
	const struct option *o;

	for (i++; (o = option_at(i)) && o->joined; i++)
		;
	return i;
}

void options_template(struct buf *out)
{
	const struct option *o;
	const char *title = "";

	intro(out);
	for (size_t i = 0, end; (o = option_at(i)); i = end) {
		end = group_end(i);
		if (i)
			buf_putc(out, '\n');
		if (strcmp(o->row.section, title) != 0)
			section(out, o->row.section);
		title = o->row.section;
		rows(out, i, end);
	}
}

/* ---- a file that is there already ---- */

/* What the file lacks, and the line behind which it is put. */
struct addition {
	size_t row;	 /* the first one */
	size_t end;	 /* behind the last one */
	unsigned behind; /* 0: before the first line */
	bool titled;	 /* with its section's title */
};

struct merging {
	struct slice text;
	unsigned *line; /* owned: of each row, where it stands or is put; 0: nowhere */
	struct addition *additions; /* owned */
	size_t n, rows;
	unsigned lines;
};

static void on_present(const struct csf_setting *s, void *ctx)
{
	struct merging *m = ctx;

	for (size_t i = 0; i < m->rows; i++)
		if (slice_eq(s->key, slice_str(option_at(i)->row.name)))
			m->line[i] = s->line;
}

static bool same_section(size_t a, size_t b)
{
	return strcmp(option_at(a)->row.section, option_at(b)->row.section) == 0;
}

/* The last line of the nearest row before i; 0: none. within: of the same section. */
static unsigned line_before(const struct merging *m, size_t i, bool within)
{
	for (size_t at = i; at-- > 0;)
		if (m->line[at] && (!within || same_section(at, i)))
			return m->line[at];
	return 0;
}

/* The line below which the section begins; 0: the file has no such title. */
static unsigned title_line(const struct merging *m, const char *title)
{
	struct slice rest = m->text, line;
	unsigned n = 0;

	while (slice_cut(&rest, '\n', &line)) {
		n++;
		line = slice_trim(line);
		if (slice_starts(line, SLICE("# SECTION:")) &&
		    slice_eq((struct slice){line.p + 10, line.n - 10}, slice_str(title)))
			return n + 1; /* the rule under it */
	}
	return 0;
}

static void add(struct merging *m, size_t row, size_t end)
{
	struct addition *a = &m->additions[m->n++];

	*a = (struct addition){.row = row, .end = end};
	a->behind = line_before(m, row, true);
	if (!a->behind)
		a->behind = title_line(m, option_at(row)->row.section);
	if (!a->behind) {
		a->behind = line_before(m, row, false);
		a->titled = true;
	}
	if (!a->behind || a->behind > m->lines)
		a->behind = m->lines;
	for (; row < end; row++)
		m->line[row] = a->behind;
}

/* A group that is wholly missing is added whole, a single row of another by itself. */
static void find_missing(struct merging *m)
{
	for (size_t i = 0, end; i < m->rows; i = end) {
		bool any = false;

		end = group_end(i);
		for (size_t at = i; at < end; at++)
			any = any || m->line[at];
		if (!any)
			add(m, i, end);
		for (size_t at = i; any && at < end; at++)
			if (!m->line[at])
				add(m, at, at + 1);
	}
}

static void put_addition(struct buf *out, const struct addition *a)
{
	if (out->n)
		buf_putc(out, '\n');
	if (a->titled)
		section(out, option_at(a->row)->row.section);
	rows(out, a->row, a->end);
}

static void put_merged(const struct merging *m, struct buf *out)
{
	struct slice rest = m->text, line;

	for (unsigned n = 0; rest.n || n == 0; n++) {
		if (n) {
			bool whole = slice_cut(&rest, '\n', &line);

			if (!whole) {
				line = rest;
				rest.n = 0;
			}
			buf_slice(out, line);
			buf_putc(out, '\n');
		}
		for (size_t i = 0; i < m->n; i++)
			if (m->additions[i].behind == n)
				put_addition(out, &m->additions[i]);
	}
}

static unsigned count_lines(struct slice text)
{
	struct slice line;
	unsigned n = 0;

	while (slice_cut(&text, '\n', &line))
		n++;
	return n + (text.n > 0);
}

bool options_merge(struct slice text, struct buf *out,
		   void (*added)(const char *name, void *ctx), void *ctx)
{
	struct merging m = {
		.text = text, .rows = options_count(), .lines = count_lines(text)};
	bool ok;

	m.line = calloc(m.rows, sizeof(*m.line));
	m.additions = calloc(m.rows, sizeof(*m.additions));
	ok = m.line && m.additions;
	if (ok) {
		csffile_read(text, on_present, NULL, &m);
		find_missing(&m);
		if (m.n)
			put_merged(&m, out);
		else
			buf_slice(out, text);
		for (size_t i = 0; i < m.n; i++)
			for (size_t at = m.additions[i].row; at < m.additions[i].end; at++)
				added(option_at(at)->row.name, ctx);
	}
	free(m.line);
	free(m.additions);
	return ok && buf_ok(out);
}
