/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/observation.h"

struct observation observation_of(const struct classified *c, int64_t at_s,
				  enum certainty certainty, struct slice line)
{
	struct observation o = {.event = c->event,
				.key = c->key,
				.has_subject = c->has_subject,
				.ref = EVIDENCE_NONE};

	o.event.at_s = at_s;
	o.event.certainty = certainty;
	o.event.line = line;
	return o;
}

uint64_t observation_keep(struct observation *o, struct evidence *evidence)
{
	const struct evidence_item item = {o->event.at_s, o->event.account,
					   o->event.line};

	if (!o->kept) {
		o->ref = evidence_add(evidence, &item);
		o->kept = true;
	}
	return o->ref;
}

bool observation_recall(const struct evidence *evidence, uint64_t ref, struct event *out,
			char subject_text[SUBJECT_MAX], bool *hidden)
{
	struct evidence_item item;
	struct exim_line line;

	if (ref == EVIDENCE_NONE || !evidence_get(evidence, ref, &item))
		return false;
	eximline_parse(item.line, &line);
	*hidden = line.kind != EXIM_ARRIVAL && line.kind != EXIM_CWD;
	*out = (struct event){.type = line.kind == EXIM_CWD ? EVENT_CWDCHECK
							    : EVENT_LOGLINE,
			      .recipients = line.recipient_count,
			      .account = item.account,
			      .address = line.address,
			      .path = line.path,
			      .sender = line.sender,
			      .message_id = line.id,
			      .line = item.line};
	if (line.has_subject)
		out->subject = subject_decode(line.subject, subject_text);
	return true;
}
