/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * proof: is an arrival backed by something that its sender can't write? The spool header
 * names the submitter; or the log around the line leaves no room for a forgery. What the
 * spool once said is noted, since its file goes with the message's delivery.
 */
#ifndef OSM_ENGINE_PROOF_H
#define OSM_ENGINE_PROOF_H

#include "osmd/engine/classify.h"
#include "osmd/engine/engine.h"
#include "osmd/engine/forgery.h"

enum proof_result {
	PROOF_CONFIRMED,
	PROOF_CLAIMED, /* the line alone says so */
	PROOF_FORGED   /* the spool says otherwise, or a forger is known */
};

struct proof {
	struct engine_hooks hooks;
	bool (*known)(struct slice fact, void *ctx);
	void (*note)(struct slice fact, int64_t at_s, void *ctx);
	void *ctx;
	struct forgery *forgery; /* borrowed */
	uint64_t asked;		 /* the spool */
};

/* What the line's place in the log says. */
struct proof_place {
	uint64_t place; /* bytes of log before it */
	int64_t at_s;
	bool sound; /* nobody can have forged it */
	bool again; /* its id may have arrived long ago: what is known of that proves nothing */
};

/* An arrival that is a submission. who: of a forged one, who forged it, or "". */
enum proof_result proof_arrival(struct proof *p, const struct exim_line *line,
				const struct classified *c,
				const struct proof_place *place,
				char who[FORGERY_WHO_MAX]);
/* Who submitted the message whose arrival isn't in the log? false: the spool doesn't say. */
bool proof_submitter(struct proof *p, struct slice id, int64_t at_s,
		     char who[FORGERY_WHO_MAX]);

#endif
