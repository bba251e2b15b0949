/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * history: which reports were made lately, by trigger and key. It holds back what comes again
 * within REPORT_REPEAT, and after a restart it knows which events a stored report has used:
 * all of its key up to and with the one that set it off.
 */
#ifndef OSM_ENGINE_HISTORY_H
#define OSM_ENGINE_HISTORY_H

#include <jansson.h>

#include "osmd/model/event.h"
#include "osmd/model/options.h"

/* Whose window: a trigger's, or that of the forgers. */
struct history_key {
	unsigned table; /* enum trigger_id, or HISTORY_FORGERS */
	struct slice key;
};
#define HISTORY_FORGERS TRIGGER_COUNT

struct history;

struct history *history_new(size_t max_keys);
void history_free(struct history *h); /* NULL is fine */

/* A stored report; the oldest first. */
void history_used(struct history *h, const json_t *report);
enum history_place {
	HISTORY_OPEN, /* no stored report says anything about it */
	HISTORY_AFTER, /* a stored report ended before this event: it is the window's first */
	HISTORY_LAST /* a stored report was set off by this very event */
};
/* Where the event stands. To be asked for every event of a window, in their order. *confirmed:
 * that report (or one of those before) was made of confirmed events. */
enum history_place history_place(struct history *h, struct history_key k,
				 const struct event *ev, bool *confirmed);

/* May a report be made now, or did one go out within repeat_s? One that lets actions happen
 * isn't held back by one that didn't. stored_s: what the store knows, 0 if nothing. */
bool history_may_report(struct history *h, struct history_key k, int64_t at_s,
			unsigned repeat_s, bool confirmed, int64_t stored_s);
/* It is made; the number of events held back since the last one. */
uint64_t history_reported(struct history *h, struct history_key k, struct slice account,
			  int64_t at_s, bool confirmed);
/* A person has undone what was done to the account: what comes now is news again. */
void history_forget(struct history *h, struct slice account);
/* The same, long ago: what was reported since is no news. */
void history_released(struct history *h, struct slice account, int64_t at_s);
void history_held_back(struct history *h, struct history_key k, uint64_t events);

#endif
