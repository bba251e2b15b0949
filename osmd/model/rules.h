/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * rules: what applies to an event: the trigger's own settings, an override for the account,
 * mailbox or path (osm.accounts), and the ignore list (osm.ignore). Built whole from texts,
 * then read only; a reload builds a new one and swaps the pointer.
 *
 * osm.accounts:  KEY EVENT LIMIT [INTERVAL] [ACTIONS]
 *   KEY is an account, a mailbox (has an @) or a path (begins with /, covers what is below);
 *   EVENT a trigger's name or *; LIMIT 0: no trigger. The most special line wins
 *   (path or mailbox before account, a named event before *).
 * osm.ignore:    user: mailbox: domain: path: ip: subject: and optional event= until=YYYY-MM-DD
 *   (subject: is a PCRE2 expression over the decoded subject, anchored at neither end).
 */
#ifndef OSM_MODEL_RULES_H
#define OSM_MODEL_RULES_H

#include "osmd/model/event.h"
#include "osmd/model/options.h"

struct rules;

/* accounts_text and ignore_text may be empty. NULL when a line is wrong: every problem was
 * given to problem with the file's name ("osm.accounts") and line. config is copied. */
typedef void (*rules_problem_fn)(const char *file, unsigned line, const char *text, void *ctx);
struct rules *rules_new(const struct config *config, struct slice accounts_text,
			struct slice ignore_text, rules_problem_fn problem, void *ctx);
void rules_free(struct rules *r); /* NULL is fine */
const struct config *rules_config(const struct rules *r);

/* The limit, interval and actions of trigger t for this event; limit 0: not watched. Fast:
 * a hash look-up or two, no allocation. */
struct trigger_config rules_trigger(const struct rules *r, enum trigger_id t,
				    const struct event *ev);
/* The longest interval that any rule names, for the warm-up. */
unsigned rules_longest_interval(const struct rules *r);
/* Is the event on the ignore list for trigger t? */
bool rules_ignored(const struct rules *r, enum trigger_id t, const struct event *ev);

#endif
