/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * triggers: the windows of all triggers. An observation goes into each that its type feeds;
 * what fires is judged (how much of it is confirmed?) and becomes a report, is held back, or
 * is only counted.
 *
 * With confirmations at hand (the daemon) claims alone make no report: a log line that nothing
 * backs can be anybody's. In a replay there is nothing but the log, and its reports say so.
 */
#ifndef OSM_ENGINE_TRIGGERS_H
#define OSM_ENGINE_TRIGGERS_H

#include "osmd/engine/engine.h"
#include "osmd/engine/observation.h"

struct triggers;

struct triggers_stats {
	uint64_t ignored;     /* events that osm.ignore names, by window */
	uint64_t reports;     /* made */
	uint64_t held_back;   /* firings within REPORT_REPEAT */
	uint64_t claims_only; /* firings without one confirmed event */
	uint64_t warm;	      /* firings before the place where the log goes on */
	uint64_t lost;	      /* no memory */
};

/* All borrowed. */
struct triggers *triggers_new(const struct rules *rules, const struct accounts *accounts,
			      const struct engine_hooks *hooks, struct evidence *evidence,
			      struct err *e);
void triggers_free(struct triggers *t); /* NULL is fine */
void triggers_swap(struct triggers *t, const struct rules *rules,
		   const struct accounts *accounts);
/* No report is made while warm. */
void triggers_set_warm(struct triggers *t, bool warm);
void triggers_used(struct triggers *t, const json_t *report);
/* While warm: what this account sent up to a time is left out. */
void triggers_released(struct triggers *t, struct slice account, int64_t at_s);
void triggers_count(struct triggers *t, struct observation *o);
/* A cwd= line that was counted before turned out to be its account's own. */
void triggers_confirm_path(struct triggers *t, uint64_t ref, int64_t at_s);
/* A line that `who` has forged. */
void triggers_forgery(struct triggers *t, struct slice who, struct observation *o);
void triggers_forget(struct triggers *t, struct slice account);
void triggers_stats(const struct triggers *t, struct triggers_stats *out);
json_t *triggers_evicted(const struct triggers *t); /* {"logline":n,...} */
json_t *triggers_top(const struct triggers *t, size_t n);

#endif
