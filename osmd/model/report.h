/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * report: what is made when a window exceeds its level: one JSON document (jansson), the
 * same for the store, the mail, the page and the custom action. The schema is
 * docs/report.schema.json; fields are added, never renamed.
 *
 * A builder takes the events one by one and counts values with bounds; nothing in it reads
 * a clock or a file. All text is made valid UTF-8 (bad bytes become U+FFFD, NUL too).
 */
#ifndef OSM_MODEL_REPORT_H
#define OSM_MODEL_REPORT_H

#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/model/event.h"
#include "osmd/model/options.h"

/* Bounds of a document. A printed one (compact) never has more than REPORT_BYTES_MAX bytes,
 * whatever the events hold. */
#define REPORT_VERSION 1
#define REPORT_BYTES_MAX (200 * 1024)
#define REPORT_ID_SIZE 40 /* with its NUL; action_row.report_id */
#define REPORT_KEY_MAX 1024

struct report_builder;

/* What is known before the events. All text is copied. An account, owner, domain or mailbox
 * that isn't a proper name is left empty in the document; the key is kept as it is. */
struct report_head {
	/* "limit": a trigger was exceeded; "forgery": somebody forges log lines; "hidden":
	 * arrivals are being hidden */
	const char *kind;
	enum trigger_id trigger;
	struct slice account, mailbox, key, owner, domain, host;
	unsigned limit, interval_s;
	unsigned actions;	       /* bits wanted by the rules */
	bool testing, recipients_unit; /* the unit of packet triggers is connections */
	int64_t made_at_s;	       /* event time of the firing event */
	uint64_t added_since; /* events of this key since the last report, held back */
};

struct report_builder *report_begin(const struct report_head *head,
				    unsigned sample_lines);
/* Count one event of the window. */
void report_event(struct report_builder *b, const struct event *ev);
/* An event that is counted but whose line is no longer kept. */
void report_lost_event(struct report_builder *b, int64_t at_s, enum certainty c);
/* A plain sentence for the administrator (doubts, limits, what was not done and why). */
void report_note(struct report_builder *b, const char *text);
/* The document (owned by the caller) or NULL without memory; frees the builder. Its "id" is
 * made from event data only: the same events always give the same id, so that a report which
 * is sent twice after a crash is stored once. */
json_t *report_end(struct report_builder *b);
void report_abort(struct report_builder *b);

/* What tells one event from all others, as in a report's "last_event": 16 hex digits made of
 * its message id and the start of its line. */
#define REPORT_MARK_SIZE 17
const char *report_mark(struct slice message_id, struct slice line,
			char out[REPORT_MARK_SIZE]);

/* Is this a report document that every reader may trust to have its fields and bounds? */
bool report_valid(const json_t *report, struct err *e);
/* Text that strangers chose, as valid UTF-8 of at most max bytes. */
json_t *report_text(struct slice s, size_t max);
/* "2026-01-31T23:59:59Z", always UTC; times outside of the years 1970-9999 are moved to the
 * nearest end. Returns out. */
#define REPORT_TIME_SIZE 24
const char *report_time(int64_t at_s, char out[REPORT_TIME_SIZE]);

#endif
