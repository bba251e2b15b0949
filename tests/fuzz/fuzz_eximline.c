/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * One log line of any bytes: whatever is read from it lies inside of it, no byte of it is
 * taken for two fields, what it lists comes to an end, and what the kind promises is there.
 */
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/eximline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void inside(struct slice line, struct slice s)
{
	if (!s.p) {
		must(s.n == 0);
		return;
	}
	must(s.p >= line.p && s.p <= line.p + line.n);
	must(s.n <= (size_t)(line.p + line.n - s.p));
}

static void check_slices(struct slice line, const struct exim_line *l)
{
	const struct slice all[] = {
		l->time,    l->pid,  l->id,	l->sender, l->cause,   l->helo,
		l->address, l->port, l->user,	l->auth,   l->subject, l->recipients,
		l->path,    l->args, l->domain, l->uid,	   l->field};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		inside(line, all[i]);
}

/* Each begins behind the end of the one before it, as Exim writes them. */
static void check_order(const struct slice *fields, size_t n)
{
	const char *end = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!fields[i].n)
			continue;
		must(!end || fields[i].p >= end);
		end = fields[i].p + fields[i].n;
	}
}

static void check_stamp(const struct exim_line *l)
{
	must(!l->time.n || l->time.n == 19);
	must(eximline_seconds(l->time) >= -1);
	must(!l->id.n || eximline_is_id(l->id));
	must((eximline_id_time(l->id) >= 0) == (l->id.n > 0));
	must(!l->cause.n || eximline_is_id(l->cause));
	must(l->has_zone || l->utc_offset_s == 0);
	must(abs(l->utc_offset_s) < 86400);
	for (size_t i = 0; i < l->pid.n; i++)
		must(l->pid.p[i] >= '0' && l->pid.p[i] <= '9');
}

/* Read out of a copy of its own size, so that a step too far is seen. */
static void check_unescape(struct slice escaped)
{
	char *copy = malloc(escaped.n + 1), *out = malloc(escaped.n + 1);
	size_t n;

	must(copy && out);
	if (escaped.n)
		memcpy(copy, escaped.p, escaped.n);
	copy = realloc(copy, escaped.n ? escaped.n : 1);
	out = realloc(out, escaped.n ? escaped.n : 1);
	must(copy && out);
	n = eximline_unescape((struct slice){copy, escaped.n}, out);
	must(n <= escaped.n && (n > 0) == (escaped.n > 0));
	free(out);
	free(copy);
}

static void check_arrival(struct slice line, const struct exim_line *l)
{
	struct slice rest = l->recipients, one;
	const struct slice fields[] = {l->time,	 l->pid,  l->id,      l->sender,
				       l->cause, l->helo, l->address, l->port,
				       l->user,	 l->auth, l->subject, l->recipients};
	unsigned count = 0;

	check_order(fields, sizeof(fields) / sizeof(fields[0]));
	while (eximline_recipient(&rest, &one)) {
		inside(l->recipients, one);
		inside(l->recipients, rest);
		must(one.n > 0 && ++count <= line.n);
	}
	must(count == l->recipient_count);
	must(l->id.n > 0);
	must(l->protocol == EXIM_PROTO_LOCAL || l->address.n > 0);
	must(l->subject.n == 0 || l->has_subject);
	check_unescape(l->subject);
}

static void check_cwd(struct slice line, const struct exim_line *l)
{
	const struct slice fields[] = {l->time, l->pid, l->path, l->args};
	struct exim_args rest = {.rest = l->args};
	struct slice one;
	unsigned count = 0;

	check_order(fields, sizeof(fields) / sizeof(fields[0]));
	while (eximline_argument(&rest, &one)) {
		inside(l->args, one);
		inside(l->args, rest.rest);
		must(++count <= line.n + 1);
	}
	must(l->path.n > 0 && l->path.p[0] == '/');
	must(l->arg_count > 0 && (l->truncated || l->arg_count <= count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = {(const char *)data, size};
	struct exim_line l;

	/* the struct's old content must not shine through */
	memset(&l, 0x5a, sizeof(l));
	eximline_parse(line, &l);
	must((unsigned)l.kind <= EXIM_BAD);
	must((l.kind == EXIM_BAD) == (l.why != EXIM_BAD_NONE));
	must(strcmp(exim_bad_name(l.why), "unknown") != 0);
	check_slices(line, &l);
	check_stamp(&l);
	check_unescape(line);
	if (l.kind == EXIM_ARRIVAL)
		check_arrival(line, &l);
	else if (l.kind == EXIM_CWD)
		check_cwd(line, &l);
	return 0;
}
