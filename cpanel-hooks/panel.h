/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * panel: cPanel's calls as text: builds the argument vector of each call, reads the answer,
 * and looks a target up in the list file that proves what is really in force. Pure: it runs
 * nothing and opens nothing.
 *
 * An answer of "success" is not believed (cPanel's wrappers give it for calls that did
 * nothing); only panel_list_has() on a fresh copy of the list file is.
 */
#ifndef OSM_CPANEL_PANEL_H
#define OSM_CPANEL_PANEL_H

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/base/slice.h"

enum panel_call {
	PANEL_HOLD_MAILBOX,
	PANEL_RELEASE_MAILBOX,
	PANEL_HOLD_ACCOUNT,
	PANEL_RELEASE_ACCOUNT,
	PANEL_BLOCK_ACCOUNT,
	PANEL_UNBLOCK_ACCOUNT
};

#define PANEL_ARGS_MAX 8
#define PANEL_TEXT_MAX (PATH_MAX + 2048) /* every byte of a mailbox may become three */
#define PANEL_WHY_MAX 256

/* argv points into text: the struct must not be copied. */
struct panel_command {
	const char *argv[PANEL_ARGS_MAX];
	char text[PANEL_TEXT_MAX];
	size_t used;
};

/* mailbox is only read for the calls on mailboxes. false when it does not fit. */
bool panel_command(enum panel_call call, const struct paths *paths, struct slice account,
		   struct slice mailbox, struct panel_command *out, struct err *e);
/* Does the output say that the call succeeded? Else why, for a person: the panel's own words
 * with every byte that is not printable ASCII replaced. Anything but the documented JSON is
 * a failure. Warnings on lines before the JSON are passed over. */
bool panel_answer(enum panel_call call, struct slice output, char why[PANEL_WHY_MAX]);
/* The list file in which the call's target stands while it is in force. */
const char *panel_list_file(enum panel_call call);
/* Does the target stand in this list file's text? A whole line; case counts for users. */
bool panel_list_has(struct slice list, struct slice target);

#endif
