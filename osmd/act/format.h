/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * format: a report as JSON, XML, YAML or PERL, for the custom action and `osm show`. All four
 * carry the same data, in printable ASCII, tabs and line ends only, whatever strangers wrote into it:
 *   JSON  one object; the others are made so that reading them gives this object again
 *   XML   <report> with an element a field; type="integer|real|boolean|null|list|map", none for a
 *         text; a list holds <item>s; a field whose name is none in XML is <field name="...">.
 *         A character that XML can't carry (C0, U+FFFE, U+FFFF) becomes U+FFFD: that is lost
 *   YAML  1.1, block style, every text in double quotes
 *   PERL  one anonymous hash, +{...}: numbers, undef, texts in single quotes, or in double quotes
 *         with all but letters and digits as \x{...}: nothing interpolates. true is 1, false 0
 * No file, no clock.
 */
#ifndef OSM_ACT_FORMAT_H
#define OSM_ACT_FORMAT_H

#include <jansson.h>

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

enum format_id { FORMAT_JSON, FORMAT_XML, FORMAT_YAML, FORMAT_PERL, FORMAT_COUNT };

/* A printed report has at most 200 KiB; one byte of it becomes at most 12 (XML's tags around
 * an empty item are the worst). */
#define FORMAT_BYTES_MAX (4 * 1024 * 1024)
/* A report nests to 4. Deeper documents are refused. */
#define FORMAT_DEPTH_MAX 32

/* "JSON", "XML", "YAML", "PERL"; static text. */
const char *format_name(enum format_id f);
/* In any case; -1: none of them. */
int format_find(struct slice name);
/* Append the object to out. Bytes that are no UTF-8 (report_valid lets none pass) become
 * U+FFFD. false: no object, too deep, or more than out takes. */
bool format_report(enum format_id f, const json_t *report, struct buf *out,
		   struct err *e);

#endif
