/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * actions: the table of what can be done because of a report: each row says what it needs,
 * whether it disrupts a customer, how it is done, how it is undone, and how one sees that it
 * is in force. What is done is believed only when the panel's own files show it.
 *
 * Telling (email, store) is not disruptive: it needs no confirmed events, knows no cap, has
 * no undo, and goes on while TESTING is on, since it is how one sees what would be done.
 */
#ifndef OSM_ACT_ACTIONS_H
#define OSM_ACT_ACTIONS_H

#include <jansson.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"
#include "osmd/store/store.h"

struct wall;

#define ACTION_DETAIL_MAX 512 /* as in the journal's row */
#define ACTION_BEFORE_MAX 100 /* fits there behind "free" */

/* What one action works with; all borrowed. */
struct action_job {
	const struct paths *paths;
	const struct config *config;
	struct store *store;
	const struct accounts *accounts;
	const struct action_row *row;
	const json_t *report; /* NULL: by hand; only for actions with needs_report */
	struct wall *wall;    /* of those that the firewall carries out */
	const char *from;     /* where who asks by hand is logged in from, or NULL */
	int64_t now_s;	      /* when it is done or undone */
};

enum action_force { ACTION_NOT_IN_FORCE, ACTION_IN_FORCE, ACTION_FORCE_UNKNOWN };

/* Of a row that was left pending: what of it is in force, and by whom? */
enum action_claim {
	CLAIM_NONE,   /* nothing that is ours: it may be tried again */
	CLAIM_PART,   /* a part, by us */
	CLAIM_ALL,    /* all, at least a part of it by us */
	CLAIM_OTHERS, /* all, and nothing shows that it was us */
	CLAIM_UNKNOWN
};

/* Whom it is done to. */
enum action_on {
	ACTION_ON_ACCOUNT,
	ACTION_ON_MAILBOX,
	ACTION_ON_PATH,
	ACTION_ON_ADDRESS,
	ACTION_ON_EITHER /* to the mailbox alone when the report names one */
};

struct action_kind {
	enum action_id id;
	bool disruptive; /* needs an account, confirmed events, room under the cap; can be undone */
	enum action_on on;  /* of a disruptive one */
	bool needs_report;  /* can't be done by hand */
	bool is_once; /* acts on what nobody knows: like a disruptive one it needs confirmed
		       * events and no TESTING, and after a crash it is not done again */
	bool in_store;	    /* done by what is in osm.db already: nothing outside changes */
	const char *verb;   /* "TESTING: would have VERB bob@example.com" */
	const char *target; /* fixed target of those that aren't disruptive, else NULL */
	/* The state after it and why; detail is always set. ACTION_PENDING: it surely isn't in
	 * force, and trying again is safe. */
	enum action_state (*perform)(const struct action_job *job,
				     char detail[ACTION_DETAIL_MAX]);
	/* true: it is not in force any more. NULL: there is no undo. */
	bool (*reverse)(const struct action_job *job, char detail[ACTION_DETAIL_MAX]);
	enum action_force (*in_force)(const struct action_job *job);
	/* Our call, if there was one, ran at some time from from_s to until_s (until_s before
	 * from_s: there was none). before: what follows "free" for what is ours of it and for a
	 * new try. NULL: what is in force under its `before` can only be ours. */
	enum action_claim (*claim)(const struct action_job *job, int64_t from_s,
				   int64_t until_s, char before[ACTION_BEFORE_MAX]);
	/* Nothing of it that is ours is in force any more. NULL: the same as not in force. */
	bool (*all_gone)(const struct action_job *job);
	/* What follows "free" in the journal: the state before that undoing must know. false: it
	 * can't be done, and why. */
	bool (*before)(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		       char why[ACTION_DETAIL_MAX]);
};

const struct action_kind *action_kind(enum action_id id);
/* By the journal's word; NULL: not one of ours. */
const struct action_kind *action_kind_find(const char *name);

#endif
