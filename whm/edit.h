/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * edit: one file of /etc/osm while it is being edited in a browser: its text as it was when
 * the form was made, and a mark of it, so that what somebody else wrote meanwhile is noticed
 * and not written over. Writing is atomic; owner and mode stay.
 */
#ifndef OSM_WHM_EDIT_H
#define OSM_WHM_EDIT_H

#include "whm/site.h"

/* No hand-written file comes near; a form has room for it (CGI_BODY_MAX). */
#define EDIT_MAX (1024 * 1024)
#define EDIT_MARK_SIZE 18

struct edit {
	const char *absolute; /* PATH_CONF, PATH_ACCOUNTS or PATH_IGNORE */
	char *text;	      /* owned; NUL after its n bytes */
	size_t n;
	char mark[EDIT_MARK_SIZE];
	bool is_missing;
};

/* A missing file is an empty one. */
bool edit_load(const struct site *s, const char *absolute, struct edit *out, struct err *e);
void edit_clear(struct edit *x);
/* Is it the text that the form's "mark" was made of? */
bool edit_is_same(const struct edit *x, const char *mark);
/* false with e; the file is as it was, then. It is so, too, when it isn't any more the text
 * that was loaded: the page's saves wait for each other. */
bool edit_save(const struct site *s, const struct edit *x, struct slice text, struct err *e);
/* Can a browser show every byte of it and send it back unchanged? */
bool edit_is_plain(const struct edit *x);
/* What a browser sends of a <textarea>: CR LF to LF, one LF at the end. Appends to out. */
void edit_take(struct slice sent, struct buf *out);

#endif
