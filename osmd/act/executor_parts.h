/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * executor_parts: what the executor's own files share: its state, and the verbs of carry.c
 * (do), undo.c (undo, expire) and recover.c (what a crash left). For osmd/act/ only.
 *
 * The journal's rule: a row is begun with all that was decided, then done, then ended.
 * `before` of a begun row says what it is begun for:
 *   "free"     it will be done now; after a crash the panel's file tells whether it was. What
 *              undoing must know of the state before follows (see panelact.h)
 *   "unsent"   a mail that will be sent now; after a crash Exim's log tells, if it is still
 *              the one whose place follows ("unsent INODE:SIZE")
 *   "stored"   the report is there already
 *   "held"     in force already, by whomever: never done, so never undone
 *   "once"     it will be done now; after a crash nobody can tell whether it was
 *   "not done" decided against; detail says why
 */
#ifndef OSM_ACT_EXECUTOR_PARTS_H
#define OSM_ACT_EXECUTOR_PARTS_H

#include <sys/stat.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/act/actions.h"
#include "osmd/act/executor.h"
#include "osmd/act/stream.h"
#include "osmd/act/wall.h"
#include "osmd/act/webstatus.h"
#include "osmd/model/rules.h"
#include "osmd/store/store.h"

#define EXECUTOR_FILES 9 /* the account maps, osm.ignore, osm.accounts */

/* An outcome that could not be written (full disk) is tried again after this. */
#define EXECUTOR_SETTLE_S 60
/* The last try of what may be tried again begins so long after the first. */
#define EXECUTOR_LAST_TRY_S 630
/* What the detail of an action that waits for its next try says, with the seconds behind it. */
#define EXECUTOR_TRY_WORDS "; tried again in "
/* A panel that failed to undo what has expired is asked again after this. */
#define EXECUTOR_RETRY_S 300
#define LADDER_NOTE_MAX 256
/* So often the kernel is asked whether it has what is blocked, while anything is and the kernel
 * does not tell by itself that it was taken out (legacy iptables, ipset). */
#define EXECUTOR_LOOK_S 30
#define EXECUTOR_WHO_MAX 64
#define EXECUTOR_WHY_MAX 256 /* as guard's */

#define BEFORE_FREE "free"
#define BEFORE_UNSENT "unsent"
#define BEFORE_STORED "stored"
#define BEFORE_HELD "held"
#define BEFORE_ONCE "once"
#define BEFORE_NOT_DONE "not done"

struct file_stamp {
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct executor {
	struct paths paths;
	struct config config;
	struct store *store;
	struct accounts *accounts;
	struct webstatus *web;
	struct rules *rules; /* NULL: its files are wrong */
	struct wall *wall;
	struct file_stamp stamps[EXECUTOR_FILES];
	dev_t db_dev; /* the database that is open */
	ino_t db_ino;
	int lock_fd;
	int64_t settle_s; /* when to look again at what is left pending; 0: nothing is */
	int64_t retry_s;  /* no expiry is tried before this: the last one failed */
	int64_t owed_s;	  /* nor an undo that failed tried again in keep.c */
	char acting_for[EXECUTOR_WHO_MAX]; /* whose order is being carried out; "": a report's */
	int64_t looked_s; /* when the kernel was last asked for what is blocked */
	struct nftwatch
		*kernel;  /* owned; NULL: nothing is in nf_tables, or it does not tell */
	int64_t pruned_s; /* when old reports were last removed */
	struct stream stream;
	bool stream_fails; /* said so */
};

/* Is the database at its path another one by now, or none? Then what is written goes where
 * nobody sees it. */
bool executor_lost_database(const struct executor *x);
/* Read again what has changed on disk; what can't be read stays as it was, and is logged. */
void executor_refresh(struct executor *x, int64_t now_s);
/* What an action on this row works with. report NULL: by hand. */
struct action_job executor_job(struct executor *x, const struct action_row *row,
			       const json_t *report, int64_t now_s);
/* Log and answer a refusal. */
json_t *executor_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Is it to be done, or done by us? */
bool executor_is_free(const struct action_row *row);
/* A journal row as the answers give it. */
json_t *executor_row(const struct action_row *row);
/* Who gave the order ("who"): one short printable word, for the log and the audit. */
bool executor_who(const json_t *request, char who[EXECUTOR_WHO_MAX]);
/* When the next timer is due; 0: never. */
int64_t executor_next_s(struct executor *x, int64_t now_s);
/* Look again at what is left pending, at at_s or sooner. */
void executor_settle_at(struct executor *x, int64_t at_s);
/* REPORT_JSONL gets what is stored and not there yet. */
void executor_stream(struct executor *x, int64_t now_s);
/* Look whether the kernel has what is blocked. rules_too: put all back in any case. */
void executor_look(struct executor *x, bool rules_too, int64_t now_s);
/* Everything that is due: expiries, mails to look after, old reports. */
json_t *executor_due(struct executor *x, int64_t now_s);

/* Carry out a report, or one action by hand. */
json_t *carry_report(struct executor *x, const json_t *request, int64_t now_s);
json_t *carry_by_hand(struct executor *x, const json_t *request, enum action_id id,
		      int64_t now_s);
/* May it be done to the row's account and target, as things are now? */
bool carry_allowed(struct executor *x, const struct action_row *row, const json_t *report,
		   char why[EXECUTOR_WHY_MAX]);
/* Do what a begun row says and end it. report NULL: by hand. */
bool carry_row(struct executor *x, struct action_row *row, const json_t *report,
	       int64_t now_s, struct err *e);
/* A line of the audit for a row that was ended: who, when, what, the state before and after. Of
 * mails and stored reports there is none. What fails is logged. */
void carry_audit(struct executor *x, const struct action_row *row, const char *who,
		 int64_t now_s);

/* The step that a report's trigger is at, as a bit; 0: it has none. note: why that one. May
 * write (a strike): within store_gather. */
bool ladder_step(struct executor *x, const json_t *report, bool confirmed, unsigned *bit,
		 char note[LADDER_NOTE_MAX], struct err *e);
/* ---- findings.c ---- */
/* A copy of the report with what can be seen of its account now. Owned by the caller; NULL
 * without memory. */
json_t *findings_add(struct executor *x, const json_t *report, int64_t now_s);
void findings_note(json_t *whole, const char *text);
/* Their counts rise: evidence that is gone later. */
json_t *findings_look(struct executor *x, const json_t *request, int64_t now_s);
/* What the journal says is blocked is so: put back what the kernel has lost, let go what must not
 * be blocked any more. What fails is logged. */
void keep_blocks(struct executor *x, int64_t now_s);
/* The part of it for csf's lists having changed. */
void keep_removed(struct executor *x, int64_t now_s);
/* The part of it for csf having been started, flushed or disabled, which empties what legacy
 * iptables and ipset had. */
void keep_heal(struct executor *x, int64_t now_s);
/* The part of it for the account maps having changed: a uid that is somebody else's by now. */
void keep_owners(struct executor *x, int64_t now_s);
/* The part of it for csf.allow, csf.ignore or osm.ignore having changed. */
void keep_protected(struct executor *x, int64_t now_s);
/* The part of it for the kernel, which others may have flushed (nft -f, iptables-restore). */
void keep_look(struct executor *x, bool rules_too, int64_t now_s);
/* {"do":"release","target":ADDRESS,"who":W} */
json_t *keep_release(struct executor *x, const json_t *request, int64_t now_s);

/* When is an action that was decided at created_s to be tried again, after a try at tried_s?
 * 0: not any more. */
int64_t carry_next_try(int64_t created_s, int64_t tried_s);

/* Was it to be undone, and could not be? It is not put back then. */
bool undo_is_owed(const struct action_row *row);

/* Count or delete held messages. */
json_t *held_request(struct executor *x, const json_t *request, int64_t now_s);

/* Others have changed something. */
json_t *notice_request(struct executor *x, const json_t *request, int64_t now_s);
/* Somebody else has undone what is done, or what waits for its next try is not to be done any
 * more: the row's end, with its line in the log and in the audit. */
bool notice_close(struct executor *x, const struct action_row *was, const char *detail,
		  int64_t now_s, struct err *e);
/* At the start: close what is in force no more. */
bool notice_begin(struct executor *x, int64_t now_s, struct err *e);
/* After the maps were read anew: what was done to an account that has another name now. */
void notice_maps(struct executor *x, const struct accounts *old, int64_t now_s);

/* Undo a row that is done; row: as it is then. */
bool undo_for(struct executor *x, struct action_row *row, const char *who, int64_t now_s);
json_t *undo_request(struct executor *x, const json_t *request, int64_t now_s);
/* Undo all whose time has come into actions (an array). */
void undo_expired(struct executor *x, int64_t now_s, json_t *actions);

/* Does it wait for its next try? Then nothing of it was in force after the last one. */
bool recover_waits(const struct action_row *row);
/* What of a pending row is in force, by whom; more: what follows "free" then. */
enum action_claim recover_claim(struct executor *x, const struct action_row *row,
				int64_t now_s, char more[ACTION_BEFORE_MAX]);
void recover_before(struct action_row *row, const char *more);
/* Why a row is skipped that found in force what it did not do; by which action, if it was
 * another one of osm's. */
void recover_others(struct executor *x, const struct action_row *row,
		    char detail[ACTION_DETAIL_MAX]);
/* Finish or fail every pending row. */
bool recover_all(struct executor *x, int64_t now_s, struct err *e);
bool recover_row(struct executor *x, struct action_row *row, int64_t now_s,
		 struct err *e);

#endif
