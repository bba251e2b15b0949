/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * meaning: what each action means in words for people: its name, what it does, what undoing
 * it does, and whom a person can order it for. An action that has no row here is shown by its
 * word and can't be ordered on the page.
 */
#ifndef OSM_WHM_MEANING_H
#define OSM_WHM_MEANING_H

#include "whm/page.h"

enum meaning_on {
	MEANING_NOBODY, /* can't be ordered by hand */
	MEANING_ACCOUNT,
	MEANING_MAILBOX,
	MEANING_EITHER, /* the mailbox where there is one, else the account */
	MEANING_PATH,
	MEANING_ADDRESS, /* one that sent confirmed messages */
	MEANING_SCRIPT
};

struct meaning {
	const char *action; /* the journal's word */
	const char *name;   /* "Hold mail" */
	enum meaning_on on;
	bool is_harsh;	    /* asked once more before it is done */
	const char *done;   /* what it does */
	const char *undone; /* what undoing it does; "": there is no undo */
};

size_t meaning_count(void);
const struct meaning *meaning_row(size_t i);
/* "hold" -> "Hold mail"; an unknown one as it is. */
const char *meaning_name(const char *action);
/* A field "action" to narrow a list by: any, or one of them by its name here. */
void meaning_select(struct page *p, const char *chosen);
/* What undoing that action does to target, as a sentence. */
void meaning_undo(struct page *p, const char *action, const char *target);

#endif
