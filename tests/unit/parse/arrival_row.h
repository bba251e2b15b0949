/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* arrival_row: an arrival line and all that must be read from it, for the tests beside. */
#ifndef OSM_TESTS_PARSE_ARRIVAL_ROW_H
#define OSM_TESTS_PARSE_ARRIVAL_ROW_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/eximline.h"

/* A field that is not named must be empty. */
struct arrival_row {
	const char *why, *line;
	const char *id, *sender, *cause, *helo, *address, *port, *user, *auth;
	const char *subject; /* NULL: there is none */
	const char *recipients;
	enum exim_protocol protocol;
	unsigned count;
	bool fake_reject, truncated;
};

static inline void expect_text(struct slice got, const char *want, const char *field,
			       const char *why)
{
	cr_expect(slice_eq(got, slice_str(want)), "%s: %s is \"%.*s\", not \"%s\"", why,
		  field, (int)got.n, got.n ? got.p : "", want ? want : "");
}

/* Read from a copy of its own size: a step outside is seen by the sanitizer. */
static inline void expect_arrival(const struct arrival_row *row)
{
	size_t n = strlen(row->line);
	char *copy = memcpy(malloc(n), row->line, n);
	struct exim_line got;

	eximline_parse((struct slice){copy, n}, &got);
	cr_expect_eq(got.kind, EXIM_ARRIVAL, "%s: %s", row->why, exim_bad_name(got.why));
	expect_text(got.id, row->id, "the id", row->why);
	expect_text(got.sender, row->sender, "the sender", row->why);
	expect_text(got.cause, row->cause, "R=", row->why);
	expect_text(got.helo, row->helo, "the HELO", row->why);
	expect_text(got.address, row->address, "the address", row->why);
	expect_text(got.port, row->port, "the port", row->why);
	expect_text(got.user, row->user, "U=", row->why);
	expect_text(got.auth, row->auth, "A=", row->why);
	expect_text(got.subject, row->subject, "T=", row->why);
	expect_text(got.recipients, row->recipients, "the recipients", row->why);
	cr_expect_eq(got.has_subject, row->subject != NULL, "%s", row->why);
	cr_expect_eq(got.protocol, row->protocol, "%s: protocol %d", row->why,
		     got.protocol);
	cr_expect_eq(got.recipient_count, row->count, "%s: %u recipients", row->why,
		     got.recipient_count);
	cr_expect_eq(got.fake_reject, row->fake_reject, "%s", row->why);
	cr_expect_eq(got.truncated, row->truncated, "%s", row->why);
	free(copy);
}

#endif
