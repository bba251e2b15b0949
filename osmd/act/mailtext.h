/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * mailtext: a report and a template in csf's style -> the text of a mail. The template is
 * header lines, an empty line, the body; [tags] in any case are replaced in one pass, so
 * what is put in is never read as a tag.
 *
 * Values of tags are strangers' text. In a header they lose every line end and byte that is
 * not printable ASCII, in an address header all but the bytes of an address. In the body
 * control bytes and invisible or direction-changing characters are shown as \xHH or \uHHHH;
 * no line is longer than MAILTEXT_LINE_MAX. Pure: no file, no clock.
 *
 * Tags: hostname time id kind type account owner domain mailbox key limit interval unit count
 * recipients first last confidence certainty headline testing ips paths subjects senders
 * destinations processes scripts ids
 * text notes actions. osm.conf's REPORT_TO and REPORT_FROM go over the template's To: and From:.
 */
#ifndef OSM_ACT_MAILTEXT_H
#define OSM_ACT_MAILTEXT_H

#include <jansson.h>

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

#define MAILTEXT_LINE_MAX 990
#define MAILTEXT_TEMPLATE_MAX (64 * 1024)
#define MAILTEXT_BYTES_MAX (1024 * 1024)
#define MAILTEXT_ID_SIZE 192

/* The template that is used when there is no file, and that is shipped as one. */
struct slice mailtext_template(void);

struct mailtext_input {
	struct slice template;
	const json_t *report;  /* report_valid() */
	const json_t *actions; /* what was done: {action,target,state,detail,undo} each */
	const char *to, *from; /* osm.conf's; "": the template's, else root */
};

/* The whole mail for `sendmail -t`. false when the template is no mail (a header line without
 * a name, no body) or the mail grows too large. */
bool mailtext_make(const struct mailtext_input *in, struct buf *out, struct err *e);
/* "osm-ID@HOST", made from the report alone: a mail sent twice can be recognised, and Exim's
 * log (id=...) tells whether it left. Without < and >. */
const char *mailtext_id(const json_t *report, char out[MAILTEXT_ID_SIZE]);

#endif
