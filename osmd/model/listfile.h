/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * listfile: lists as csf's are: one entry a line, blanks around it dropped, "#" begins a
 * comment at the start of a line or after a blank and before a blank. Gives the entries one
 * by one and carries the problems, so that all of them are told with file and line.
 */
#ifndef OSM_MODEL_LISTFILE_H
#define OSM_MODEL_LISTFILE_H

#include "osmd/base/slice.h"

#define LIST_ENTRIES_MAX 100000

typedef void (*list_problem_fn)(const char *file, unsigned line, const char *text,
				void *ctx);

struct listfile {
	const char *file; /* its name, for the problems */
	struct slice rest;
	list_problem_fn problem; /* may be NULL */
	void *ctx;
	unsigned line; /* of the entry that was given last */
	size_t entries, problems;
};

/* false at the end. A line with control bytes is a problem and is not given. */
bool listfile_next(struct listfile *l, struct slice *entry);
/* The next word of an entry off its front; false when none is left. A word may stand in
 * double quotes to hold blanks. */
bool listfile_word(struct slice *entry, struct slice *word);
/* Counts and tells; returns false, so that a failing path is one statement. */
bool listfile_problem(struct listfile *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A name in lower case (ASCII) into out, which has room for max bytes; false if too long. */
bool listfile_lower(struct slice name, char *out, size_t max, struct slice *lower);
/* The trigger of that name into *t; a problem if there is none that is watched. */
bool listfile_trigger(struct listfile *l, struct slice name, unsigned *t);

#endif
