/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * engine: log line -> event -> rules -> windows -> report. The same for the live daemon, the
 * warm-up after a restart, the tests and `osm replay`: time is the event's own, and all that
 * reaches outside goes through struct engine_hooks.
 */
#ifndef OSM_ENGINE_ENGINE_H
#define OSM_ENGINE_ENGINE_H

#include <jansson.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/base/err.h"
#include "osmd/model/event.h"
#include "osmd/model/rules.h"
#include "osmd/parse/eximline.h"

struct engine;

/* What the spool says of a message id. */
enum spool_answer {
	SPOOL_ABSENT,	/* no such message (delivered already, or never was) */
	SPOOL_CONFIRMS, /* submitted by this user or login */
	SPOOL_REFUTES /* the message is somebody else's: `who` names the real submitter */
};

struct engine_hooks {
	/* A report was made; the engine keeps no reference after the call. wanted: action bits
	 * of the rules. confirmed: enough confirmed events to act upon. */
	void (*report)(json_t *report, unsigned wanted, bool confirmed, void *ctx);
	/* May be NULL (replay). user: the local login or "" ; login: the mailbox or "", and the
	 * address that it is said to have come from. With both empty only `who` is asked for
	 * (who submitted this id?). */
	enum spool_answer (*confirm)(struct slice message_id, struct slice user,
				     struct slice login, struct slice address,
				     char who[72], void *ctx);
	/* May be NULL. Does a path longer than what was printed exist: a directory entry that
	 * begins with the last component of `printed` and a newline, below the home of an
	 * account? Its owner's name into who. (cpanel.md 4.6: forged lines) */
	bool (*newline_path)(struct slice printed, char who[72], void *ctx);
	/* May be NULL. Does the sender of this message, as the spool has it, go on behind a
	 * line end? The local user who gave it into who. */
	bool (*newline_sender)(struct slice message_id, char who[72], void *ctx);
	/* May be NULL. Newest stored report for (type, key), for REPORT_REPEAT; 0: none. */
	int64_t (*last_report)(const char *type, const char *key, void *ctx);
	/* May be NULL. A window of this account is half full, or more: what may be gone when it
	 * fires is to be looked at now. Not told while warm. */
	void (*rises)(struct slice account, void *ctx);
	/* May be NULL. The wall clock in seconds: no line is younger, whatever its stamp says
	 * (a forged stamp of the future would stop a window's time). */
	int64_t (*wall)(void *ctx);
	/* May be NULL. A line of the log was counted as an event; told in the warm-up, too. Of a
	 * connection engine_packet's answer says the same. */
	void (*counted)(enum event_type type, int64_t at_s, void *ctx);
	void *ctx;
};

/* rules and accounts stay the caller's and must live until they are swapped. totals: also
 * keep who sent how much (replay --totals). */
struct engine *engine_new(const struct rules *rules, const struct accounts *accounts,
			  const struct engine_hooks *hooks, bool totals, struct err *e);
void engine_free(struct engine *g);
void engine_swap(struct engine *g, const struct rules *rules,
		 const struct accounts *accounts);
/* What was found out before a restart, so that it is not lost with the spool file: texts of at
 * most ENGINE_FACT_MAX bytes, each a message id and more. note: keep it; known: was it kept?
 * Both may be NULL. */
#define ENGINE_FACT_MAX 416
void engine_set_confirmed_lookup(struct engine *g,
				 bool (*known)(struct slice fact, void *ctx),
				 void (*note)(struct slice fact, int64_t at_s, void *ctx),
				 void *ctx);

/* One physical line, without its LF. */
void engine_line(struct engine *g, struct slice line, bool too_long);
/* The same for a line that was parsed elsewhere, by eximline_parse or eximline_parse_cut. */
void engine_parsed_line(struct engine *g, struct slice raw, const struct exim_line *line);
/* One outgoing connection, as packetline writes it; no line of the log. true: it was
 * counted, and is wanted again after a restart. */
bool engine_packet(struct engine *g, struct slice line);
/* Does it hold lines back, to see how the next one goes on? The place in the log that is
 * stored must not pass them then. */
bool engine_waits(const struct engine *g);
/* Warm-up: between these two no report is made for events at or before the position's
 * time, and events that a stored report has used already (engine_used) are left out. */
void engine_warm_begin(struct engine *g);
void engine_used(struct engine *g, const json_t *report);
/* Warm-up: what this account sent up to a time counts for nothing (undone by hand then). */
void engine_released(struct engine *g, struct slice account, int64_t at_s);
void engine_warm_end(struct engine *g);
/* The longest interval has no more to say: forget an account's counts (undone by hand). */
void engine_forget(struct engine *g, struct slice account);
/* End of input (replay): flush what waits for a next line. */
void engine_end(struct engine *g);

/* Every counter, as {"lines":N,"unparsed":{...},"claimed":N,"evicted":{...},...}. */
json_t *engine_counters(const struct engine *g);
/* The fullest windows: [{"type","account","key","count","limit","newest"}...]. */
json_t *engine_top(const struct engine *g, size_t n);
/* replay --totals, see osm(8). NULL unless asked for at engine_new. */
json_t *engine_totals(const struct engine *g);
/* The time of the newest line; 0: none yet. */
int64_t engine_now_s(const struct engine *g);

#endif
