/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * report_fields: what the making (report.c) and the checking (report_valid.c) of a report
 * must agree on: names, bounds, grammars. For these two only.
 *
 * The budgets are printed bytes. Their sum, with the head's texts at their worst (every byte
 * printed as six), is below REPORT_BYTES_MAX:
 *   lines 66 + lists 4 * 16 + destinations, processes, requests, scripts 4 * 4 + shares 2 +
 *   notes 12 + message ids 8 + timeline 3 + head 16 = 187 KiB
 * A report of logins has confirmed_ips (1 KiB) and none of what only connections have.
 * The executor adds processes (8 KiB) where a report has none, and has no destinations then;
 * requests and scripts (4 KiB each) where it has none; candidates (8 KiB).
 */
#ifndef OSM_MODEL_REPORT_FIELDS_H
#define OSM_MODEL_REPORT_FIELDS_H

#include "osmd/base/slice.h"

#define REPORT_TIME_LAST INT64_C(253402300799) /* the end of 9999 */
#define REPORT_COUNT_LAST INT64_C(1000000000000)
#define REPORT_TEXT_MAX 255
#define REPORT_LINE_MAX 2000
#define REPORT_LINES_MAX 50
#define REPORT_LINES_BUDGET (66 * 1024)
#define REPORT_LIST_MAX 20
#define REPORT_LIST_BUDGET (16 * 1024)
#define REPORT_SMALL_LIST_BUDGET (4 * 1024) /* of what only connections have */
#define REPORT_IPS_MAX 10
#define REPORT_IPS_BUDGET 1024
#define REPORT_VALUE_MAX 1024
#define REPORT_CANDIDATES_MAX 10
#define REPORT_IDS_MAX 100
#define REPORT_MESSAGE_ID_MAX 64
#define REPORT_IDS_BUDGET (8 * 1024)
#define REPORT_NOTES_MAX 20
#define REPORT_NOTE_MAX 600
#define REPORT_NOTES_BUDGET (12 * 1024)
#define REPORT_BUCKETS 120
#define REPORT_ACTIONS_MAX 200

/* The empty text fits none of them. */
bool report_account_fits(struct slice s); /* also an owner */
bool report_domain_fits(struct slice s);
bool report_mailbox_fits(struct slice s);
bool report_kind_known(struct slice s);

#endif
