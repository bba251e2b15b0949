/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * observation: one event on its way into the windows, with the line that it came from. The
 * line is kept as evidence at most once, however many windows take the event.
 */
#ifndef OSM_ENGINE_OBSERVATION_H
#define OSM_ENGINE_OBSERVATION_H

#include "osmd/engine/classify.h"
#include "osmd/engine/connection.h"
#include "osmd/engine/evidence.h"

struct observation {
	struct event event; /* with time, certainty and line */
	struct slice key;   /* what logline counts by */
	bool has_subject;
	uint64_t ref; /* of the evidence; EVIDENCE_NONE: not kept (yet) */
	bool kept;
};

struct observation observation_of(const struct classified *c, int64_t at_s,
				  enum certainty certainty, struct slice line);
/* Keep the line, if that isn't done yet. */
uint64_t observation_keep(struct observation *o, struct evidence *evidence);
/* Where the texts of a recalled event lie. */
struct observation_space {
	char subject[SUBJECT_MAX];
	struct connection_space connection;
};
/* A kept line as the event that it was, as far as it can be read again. The certainty and
 * time are the caller's. hidden: it is not the arrival's own line. false: it is lost. */
bool observation_recall(const struct evidence *evidence, uint64_t ref, struct event *out,
			struct observation_space *space, bool *hidden);

#endif
