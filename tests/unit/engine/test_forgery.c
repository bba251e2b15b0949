/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/forgery.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static unsigned asked;

/* Whoever is asked about a text that ends in "nl" finds bob. */
static bool says_bob(struct slice text, char who[72], void *ctx)
{
	(void)ctx;
	asked++;
	if (!slice_ends(text, SLICE("nl")))
		return false;
	strcpy(who, "bob");
	return true;
}

static struct forgery *forgery(void)
{
	const struct engine_hooks hooks = {.newline_path = says_bob,
					   .newline_sender = says_bob};
	struct forgery *f = forgery_new(&hooks);

	asked = 0;
	cr_assert_not_null(f);
	return f;
}

static bool is_bobs(struct forgery *f, uint64_t place)
{
	char who[FORGERY_WHO_MAX];

	return forgery_who(f, place, 1000, who) && strcmp(who, "bob") == 0;
}

Test(forgery, what_began_the_write_names_the_forger)
{
	struct forgery *f = forgery();

	cr_expect_not(is_bobs(f, 100), "nothing was seen");
	forgery_cwd(f, SLICE("/home/bob/nl"), 1000);
	forgery_cwd(f, SLICE("/home/alice 3 args: x"), 2000);
	cr_expect(is_bobs(f, 2100));
	cr_expect(is_bobs(f, 1000 + FORGERY_WRITE_MAX));
	cr_expect_not(is_bobs(f, 1001 + FORGERY_WRITE_MAX), "another write");
	forgery_free(f);
}

Test(forgery, a_sender_that_goes_on_names_the_forger)
{
	struct forgery *f = forgery();

	forgery_open_sender(f, SLICE("1xVQ3E-0007Zz-nl"), 1000);
	cr_expect(is_bobs(f, 1100));
	forgery_free(f);
}

Test(forgery, each_is_asked_about_once)
{
	struct forgery *f = forgery();

	forgery_cwd(f, SLICE("/home/bob/nl"), 900);
	forgery_cwd(f, SLICE("/home/alice"), 1000);
	for (int i = 0; i < 50; i++)
		is_bobs(f, 1100);
	cr_expect_eq(asked, 2);
	forgery_free(f);
}

Test(forgery, false_starts_do_not_push_the_true_one_out)
{
	static const struct slice shortest = SLICE("2026-11-23 09:09:28 cwd=x\n");
	struct forgery *f = forgery();
	uint64_t place = 1000;

	forgery_cwd(f, SLICE("/home/bob/nl"), place);
	for (; place < 1000 + FORGERY_WRITE_MAX - shortest.n; place += shortest.n)
		forgery_cwd(f, SLICE("x"), place);
	/* not all may be asked about in one second */
	for (int64_t at_s = 1; at_s < 9; at_s++) {
		char who[FORGERY_WHO_MAX];

		if (forgery_who(f, place, at_s, who))
			break;
	}
	cr_expect(is_bobs(f, place));
	forgery_free(f);
}

Test(forgery, questions_have_a_bound_in_each_second)
{
	struct forgery *f = forgery();
	char who[FORGERY_WHO_MAX], text[32];

	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "/home/alice/%d", i);
		forgery_cwd(f, slice_str(text), 1000);
	}
	cr_expect_not(forgery_who(f, 1000, 7, who));
	cr_expect_eq(asked, 200);
	cr_expect_not(forgery_who(f, 1000, 8, who));
	cr_expect_eq(asked, 300);
	forgery_free(f);
}
