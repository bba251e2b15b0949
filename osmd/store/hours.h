/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * hours: how many events of each type every hour had, for drawing: sums in memory that wait
 * to be added to watch.db. For the files of this room (and their tests) only; everybody else
 * goes through watch. An event costs O(1); no clock of its own.
 */
#ifndef OSM_STORE_HOURS_H
#define OSM_STORE_HOURS_H

#include "osmd/model/event.h"
#include "osmd/store/store_db.h"
#include "osmd/store/watch.h"

#define HOURS_S 3600
#define HOURS_KEPT WATCH_HOURS_KEPT /* a week, and the day that is under way */
#define HOURS_TYPES (EVENT_CWDCHECK + 1)

#define HOURS_SCHEMA                                                                  \
	"CREATE TABLE hour (start INTEGER NOT NULL, type TEXT NOT NULL, n INTEGER NOT " \
	"NULL, PRIMARY KEY (start, type)) WITHOUT ROWID;"

struct hours {
	struct {
		int64_t start_s;
		uint32_t n[HOURS_TYPES];
	} slot[HOURS_KEPT];
	bool waits[HOURS_TYPES]; /* is anything of this type unwritten? */
};

/* One more event. Where a younger hour needs the place, an hour that is HOURS_KEPT older goes. */
void hours_add(struct hours *h, enum event_type type, int64_t at_s);
/* Add what waits of a type to the table with the statement of this slot, inside the caller's
 * transaction; hours_written once that is committed. */
bool hours_write(const struct hours *h, enum event_type type, struct db *db, unsigned slot,
		 struct err *e);
void hours_written(struct hours *h, enum event_type type);
/* What is HOURS_KEPT older than now goes from the table. */
bool hours_prune(struct db *db, unsigned slot, int64_t now_s, struct err *e);
/* cf. watch_hours */
bool hours_read(struct db *db, unsigned slot, enum event_type type, int64_t since_s,
		int64_t step_s, uint32_t *counts, size_t n, struct err *e);

#endif
