/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * store: osm.db (SQLite, WAL): reports, the journal of actions, the audit of what people
 * did. The executor is its only writer; everybody else opens it read only.
 *
 * An action goes pending -> done | failed | skipped, done -> undone | expired. Its row holds
 * what undoing needs. (report, action, target) is unique: nothing is done twice.
 */
#ifndef OSM_STORE_STORE_H
#define OSM_STORE_STORE_H

#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

struct store;

enum action_state {
	ACTION_PENDING,
	ACTION_DONE,
	ACTION_FAILED,
	ACTION_SKIPPED, /* not wanted after all: testing, the cap, too little certainty */
	ACTION_UNDONE,
	ACTION_EXPIRED
};
const char *action_state_name(enum action_state s);

struct action_row {
	int64_t id;
	char report_id[40]; /* "" when made by hand */
	char action[24];    /* action_name() */
	char account[72];
	char target[320]; /* account or mailbox that it was done to */
	enum action_state state;
	int64_t created_s, changed_s, expires_s; /* expires_s 0: never */
	char detail[512]; /* why it failed, was skipped; how it was verified */
	char before[128]; /* the state before, for the undo: "held", "free" ... */
};

/* Open for writing (made with its schema when missing, stepped forward when older, refused
 * when newer) or for reading only. */
struct store *store_open(const char *path, bool writing, struct err *e);
void store_close(struct store *s); /* NULL is fine */

/* Between the two, what is written is kept back, to go to the disk in one piece: one wait for
 * the disk instead of one for each. store_settle before anything is done that the journal must
 * know of; it fails when any of it could not be written, and then none of it is. Both do
 * nothing when there is nothing to do. */
bool store_gather(struct store *s, struct err *e);
bool store_settle(struct store *s, struct err *e);

/* Store a report document; *fresh is false when its id is there already (not an error).
 * state of "actions" is filled in by store_report_read from the journal. */
bool store_report_add(struct store *s, const json_t *report, bool *fresh, struct err *e);
/* The document with its "actions" array made from the journal; NULL: not there or *e set. */
json_t *store_report_read(struct store *s, const char *id, struct err *e);

/* Reports in the order in which they were stored: the next one after place *n (0: the first
 * one), with its actions, and *n its place. NULL: there is none, or *e is set (EBADMSG: this
 * one can't be read, the next may). */
json_t *store_report_after(struct store *s, int64_t *n, struct err *e);
/* The place of the one stored last; 0: none, -1: *e is set. */
int64_t store_report_newest(struct store *s, struct err *e);

struct report_filter {
	const char *account, *type,
		*word;	 /* NULL: any; word: anywhere in key, account, mailbox */
	const char *action; /* NULL: any; else reports with this action, in any state */
	int64_t since_s, before_s; /* 0: any */
	size_t limit, offset;	   /* limit 0: 100; at most 100000 */
};
/* Newest first: an array of {id,time,time_iso,type,kind,account,mailbox,key,count,limit,
 * actions:"email:done hold:failed"}. */
json_t *store_report_list(struct store *s, const struct report_filter *f, struct err *e);
/* How many reports fall into each of n steps of step_s seconds from since_s on; counts is
 * filled whole. */
bool store_report_counts(struct store *s, int64_t since_s, int64_t step_s,
			 uint32_t *counts, size_t n, struct err *e);
/* The newest report time for (type, key) or 0; for REPORT_REPEAT. One of which something was
 * undone doesn't count. */
int64_t store_report_last(struct store *s, const char *type, const char *key);
/* Every stored report's (trigger type, account, key, window's first and last event time, last
 * event's time) since a time, for the warm-up: fn is called oldest first. */
bool store_report_each(struct store *s, int64_t since_s,
		       void (*fn)(const json_t *report, void *ctx), void *ctx,
		       struct err *e);
bool store_report_prune(struct store *s, int64_t before_s, struct err *e);

/* Journal. begin: the row is on disk as pending when this returns (or at the next
 * store_settle); *fresh false when
 * (report, action, target) is there already, with *row filled from it. */
bool store_action_begin(struct store *s, struct action_row *row, bool *fresh,
			struct err *e);
/* A step that the states don't know is refused (EPROTO; no such row: ENOENT), but done -> done
 * and pending -> pending (it is to be tried again) are fine: a new detail. detail or before NULL: left as it is. */
bool store_action_end(struct store *s, int64_t id, enum action_state state,
		      const char *detail, const char *before, int64_t now_s,
		      struct err *e);
bool store_action_get(struct store *s, int64_t id, struct action_row *row, struct err *e);
/* Rows in a state (or -1: all that hold something, i.e. done and not email or store), oldest
 * first. fn may use the store. */
bool store_action_each(struct store *s, int state,
		       void (*fn)(const struct action_row *, void *), void *ctx,
		       struct err *e);
/* Those in force that end by themselves at until_s at the latest, the soonest first, until fn
 * returns false. fn may use the store. */
bool store_action_expiring(struct store *s, int64_t until_s,
			   bool (*fn)(const struct action_row *, void *), void *ctx,
			   struct err *e);
/* Is any of this action in force? false also when it can't be read. */
bool store_action_any(struct store *s, const char *action);
/* For each account of which something was undone at or after a time: the last time. */
bool store_released_each(struct store *s, int64_t since_s,
			 void (*fn)(const char *account, int64_t at_s, void *ctx),
			 void *ctx, struct err *e);
/* Is `action` in force for target (state done)? Its row. */
bool store_action_in_force(struct store *s, const char *action, const char *target,
			   struct action_row *row);
/* Disruptive actions of reports that reached done since a time, undone or not, and such as are
 * still to be tried again, each once however many its targets; by hand doesn't count, nor does
 * the action of `but` (NULL: none). UINT_MAX when it can't be read, so that a cap on it holds. */
unsigned store_action_count_since(struct store *s, int64_t since_s,
				  const struct action_row *but);
/* A report that can be acted upon is a strike against its target (a mailbox, or an account).
 * *number: which one within time_s, this one included; keep: it counts from now on. Told twice
 * it counts once; one that began before an earlier one's end is the same (its number). */
struct strike {
	const char *report_id, *type, *account, *target;
	int64_t first_s, last_s; /* of its events */
};
bool store_strike(struct store *s, const struct strike *k, unsigned time_s, bool keep,
		  unsigned *number, struct err *e);
/* All strikes against an account and its mailboxes. */
bool store_strikes_forget(struct store *s, const char *account, struct err *e);
bool store_audit(struct store *s, int64_t now_s, const char *who, const char *what,
		 struct err *e);
/* The last lines of it, newest first: [{"time","who","what"}...]; NULL: *e says why. */
json_t *store_audit_list(struct store *s, size_t limit, struct err *e);

#endif
