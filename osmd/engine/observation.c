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
	const struct evidence_item item = {.at_s = o->event.at_s,
					   .account = o->event.account,
					   .line = o->event.line,
					   .type = o->event.type};

	if (!o->kept) {
		o->ref = evidence_add(evidence, &item);
		o->kept = true;
	}
	return o->ref;
}

static bool recall_connection(const struct evidence_item *item, struct event *out,
			      struct observation_space *space)
{
	struct packet p;

	if (!connection_read(item->line, &space->connection, out, &p))
		return false;
	out->account = item->account;
	return true;
}

bool observation_recall(const struct evidence *evidence, uint64_t ref, struct event *out,
			struct observation_space *space, bool *hidden)
{
	struct evidence_item item;
	struct exim_line line;

	*hidden = false;
	if (ref == EVIDENCE_NONE || !evidence_get(evidence, ref, &item))
		return false;
	if (item.type == EVENT_PACKET)
		return recall_connection(&item, out, space);
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
		out->subject = subject_decode(line.subject, space->subject);
	return true;
}
