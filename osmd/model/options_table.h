/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * options_table: the rows behind options.h: what a person reads about each setting, and where
 * its value lives in struct config. Static and constant.
 */
#ifndef OSM_MODEL_OPTIONS_TABLE_H
#define OSM_MODEL_OPTIONS_TABLE_H

#include "osmd/model/options.h"

enum option_kind {
	OPTION_SWITCH,
	OPTION_NUMBER,
	OPTION_PATH,
	OPTION_WORD,
	OPTION_CHOICE,
	OPTION_ACTIONS,
	OPTION_PORTS,
	OPTION_STEPS
};

struct option {
	struct option_row row;
	enum option_kind kind;
	size_t offset; /* in struct config */
	bool required; /* word, path: must not be empty */
	bool suffix;   /* word: the end of a file's name */
	bool place;    /* word: where to listen, addr_parse_place() */
	bool joined; /* stands under the comment of the row before it, without a blank line */
};

/* row.help: words to be wrapped; LF ends a line, an empty line parts paragraphs. */
const struct option *option_at(size_t i); /* NULL past the end */
const struct option *option_find(struct slice name);

#endif
