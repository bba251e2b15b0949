/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * systemlog: one message with fields for the system's log: systemd's journal by its native
 * protocol (systemd.journal-fields(7)); where there is no journal, syslog(3), with the fields
 * behind the text as name="value".
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
 * SYSTEMLOG_FIELDS_MAX-th, are left out. That nobody listens is no error. */
void systemlog_send(int priority, const char *message,
		    const struct systemlog_field *fields, size_t n);
/* The line for syslog: `message osm_report="..." ...`; control bytes, quotes and backslashes
 * of the values become \xHH. */
void systemlog_line(struct buf *out, const char *message,
		    const struct systemlog_field *fields, size_t n);

#endif
