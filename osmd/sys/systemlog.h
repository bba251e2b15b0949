/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * systemlog: one message with fields for the system's log: systemd's journal by its native
 * protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/); where there is no journal, /dev/log,
 * with the fields behind the text as name="value". Not by sd_journal_send(3) and syslog(3): they
 * wait, without end, for a reader that hangs.
 */
#ifndef OSM_SYS_SYSTEMLOG_H
#define OSM_SYS_SYSTEMLOG_H

#include "osmd/base/buf.h"
#include "osmd/base/slice.h"

#define SYSTEMLOG_FIELDS_MAX 12

struct systemlog_field {
	const char *name; /* capitals and underscores, "OSM_REPORT" */
	struct slice value;
};

/* priority: syslog's (LOG_NOTICE). Fields with an empty value, and those behind the
 * SYSTEMLOG_FIELDS_MAX-th, are left out. That nobody listens is no error; false: who listens
 * takes nothing (it is waited for at most a second, and only the first time). */
bool systemlog_send(int priority, const char *message,
		    const struct systemlog_field *fields, size_t n);
/* One datagram, or to a stream with a NUL behind it, to the socket at this path; false as above. */
bool systemlog_put(const char *path, struct slice data);
/* The journal's entry. */
void systemlog_entry(struct buf *out, int priority, const char *message,
		     const struct systemlog_field *fields, size_t n);
/* The line for syslog: `message osm_report="..." ...`; control bytes, quotes and backslashes
 * of the values become \xHH. */
void systemlog_line(struct buf *out, const char *message,
		    const struct systemlog_field *fields, size_t n);

#endif
