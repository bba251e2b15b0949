/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/meaning.h"

#include <criterion/criterion.h>
#include <string.h>

#include "osmd/model/options.h"

Test(meaning, every_row_is_an_action_of_osm_and_says_what_it_does)
{
	for (size_t i = 0; i < meaning_count(); i++) {
		const struct meaning *m = meaning_row(i);

		cr_expect_geq(action_find(slice_str(m->action)), 0, "%s", m->action);
		cr_expect_str_eq(meaning_name(m->action), m->name);
		cr_expect_eq(m->on == MEANING_NOBODY, m->done[0] == '\0', "%s", m->action);
		cr_expect_eq(m->on == MEANING_NOBODY, m->undone[0] == '\0', "%s", m->action);
		cr_expect(!m->is_harsh || m->on != MEANING_NOBODY, "%s", m->action);
	}
}

Test(meaning, an_action_that_is_not_known_is_shown_by_its_word)
{
	struct page *p = page_new();

	cr_assert_str_eq(meaning_name("teleport"), "teleport");
	page_open(p, "p", NULL);
	meaning_undo(p, "teleport", "<b>\xe2\x80\xae");
	page_close(p);
	cr_assert_str_eq(page_html(p), "<p><bdi>&lt;b&gt;⟨U+202E⟩</bdi>: It is as it was before.</p>");
	page_free(p);
}
