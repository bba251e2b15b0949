/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * stream: the reports as lines of JSON in a file (REPORT_JSONL), each once and in their order.
 * What is stored and not yet in the file follows whenever the stream is looked at, so neither
 * a crash nor a full disk leaves one out: the place reached is kept in PATH_STREAM_PLACE, and
 * the file's last line tells what was written after that was.
 */
#ifndef OSM_ACT_STREAM_H
#define OSM_ACT_STREAM_H

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/store/store.h"

#define STREAM_LINE_MAX (1024 * 1024) /* bytes; a report with its actions has less */

struct stream {
	int64_t place; /* of the last report in the file, as store_report_after counts */
	bool known;    /* place is */
};

/* Append what is not there yet to `file` (of the system root; "" does nothing). The first time
 * that there is a stream at all, it begins with the reports that come from then on. false
 * with *e set: it is tried again from the same place. */
bool stream_follow(struct stream *s, const struct paths *paths, const char *file,
		   struct store *store, struct err *e);

#endif
