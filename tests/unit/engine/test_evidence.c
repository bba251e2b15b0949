/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/evidence.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct evidence_item item_of(int64_t at_s, const char *line)
{
	return (struct evidence_item){at_s, SLICE("alice"), slice_str(line),
				      EVENT_PACKET};
}

Test(evidence, gives_back_what_was_kept)
{
	struct evidence *v = evidence_new(EVIDENCE_MIN);
	struct evidence_item in = item_of(42, "a line"), out;
	uint64_t ref = evidence_add(v, &in);

	cr_assert(evidence_get(v, ref, &out));
	cr_expect_eq(out.at_s, 42);
	cr_expect(slice_eq(out.account, SLICE("alice")));
	cr_expect(slice_eq(out.line, SLICE("a line")));
	cr_expect_eq(out.type, EVENT_PACKET);
	cr_expect_not(evidence_get(v, EVIDENCE_NONE, &out));
	cr_expect_not(evidence_get(v, ref + 4096, &out), "nothing is there yet");
	evidence_free(v);
}

/* Every reference is either right or known to be lost, whatever the lengths. */
Test(evidence, what_was_overwritten_is_known_to_be_lost)
{
	static uint64_t ref[4000];
	static char text[4000][600];
	struct evidence *v = evidence_new(EVIDENCE_MIN);
	size_t there = 0;

	for (int i = 0; i < 4000; i++) {
		struct evidence_item in;

		memset(text[i], 'a' + i % 26, (size_t)(i * 37 % 550));
		snprintf(text[i] + i * 37 % 550, 40, "%d", i);
		in = item_of(i, text[i]);
		ref[i] = evidence_add(v, &in);
		cr_assert_neq(ref[i], EVIDENCE_NONE);
	}
	for (int i = 0; i < 4000; i++) {
		struct evidence_item out;

		if (!evidence_get(v, ref[i], &out))
			continue;
		there++;
		cr_expect_eq(out.at_s, i);
		cr_expect(slice_eq(out.line, slice_str(text[i])), "%d", i);
	}
	cr_expect_gt(there, EVIDENCE_MIN / 700);
	cr_expect_lt(there, EVIDENCE_MIN / 200);
	evidence_free(v);
}

Test(evidence, what_is_too_large_is_refused)
{
	static char text[EVIDENCE_MIN];
	struct evidence *v = evidence_new(EVIDENCE_MIN);
	struct evidence_item in = {
		.at_s = 1, .account = SLICE("a"), .line = {text, EVIDENCE_MIN / 4 + 1}};

	cr_expect_eq(evidence_add(v, &in), EVIDENCE_NONE);
	in.line.n = EVIDENCE_MIN / 4;
	cr_expect_neq(evidence_add(v, &in), EVIDENCE_NONE);
	evidence_free(v);
}
