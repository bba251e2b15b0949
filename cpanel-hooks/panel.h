/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * panel: cPanel's calls as text: builds the argument vector of each call, reads the answer,
 * and looks a target up in the file that proves what is really in force. Pure: it runs
 * nothing and opens nothing.
 *
 * An answer of "success" is not believed (cPanel's wrappers give it for calls that did
 * nothing); only the proof in a fresh copy of the panel's file is.
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
	PANEL_UNBLOCK_ACCOUNT,
	PANEL_BLOCK_MAILBOX,
	PANEL_UNBLOCK_MAILBOX,
	PANEL_BLOCK_LOGIN,
	PANEL_UNBLOCK_LOGIN,
	PANEL_SUSPEND_ACCOUNT,
	PANEL_UNSUSPEND_ACCOUNT,
	PANEL_COUNT_HELD,
	PANEL_DELETE_HELD
};
#define PANEL_CALLS (PANEL_DELETE_HELD + 1)

/* Where one sees that it is in force. */
enum panel_proof {
	PANEL_PROOF_NONE,   /* PANEL_COUNT_HELD, PANEL_DELETE_HELD */
	PANEL_PROOF_LIST,   /* a list file has the account or mailbox as a line */
	PANEL_PROOF_SHADOW, /* the mailbox's line in a shadow file in the account's home */
	PANEL_PROOF_FILE    /* a file of the account's name is there */
};

/* What a suspension of ours is known by, in the panel and in its file. */
#define PANEL_REASON "Outgoing spam (osm)"

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
/* Did it answer at all, be it yes or no? Else nobody knows whether it was asked. */
bool panel_answered(enum panel_call call, struct slice output);
/* The number of messages that PANEL_COUNT_HELD or PANEL_DELETE_HELD gives. */
bool panel_number(enum panel_call call, struct slice output, uint64_t *n,
		  char why[PANEL_WHY_MAX]);
enum panel_proof panel_proof(enum panel_call call);
/* The file of the proof: absolute, or for PANEL_PROOF_SHADOW from the account's home. false: it
 * doesn't fit, or the mailbox has no domain. */
bool panel_proof_path(enum panel_call call, struct slice account, struct slice mailbox,
		      char out[PATH_MAX]);
/* For a person: the list's path, "the mailbox's shadow file" ...; static text. */
const char *panel_proof_name(enum panel_call call);
/* Is the mailbox's login suspended by this text of its domain's shadow file? 1: yes, 0: no,
 * -1: it has no such mailbox. An account's suspension locks all of its logins; that isn't
 * counted here. */
int panel_shadow_blocked(struct slice shadow, struct slice mailbox);
/* Does the target stand in this list file's text? A whole line; case counts for users. */
bool panel_list_has(struct slice list, struct slice target);

#endif
