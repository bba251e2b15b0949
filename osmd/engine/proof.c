/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/proof.h"

#include <string.h>

/* Kept facts: "ID who" for who really submitted it, "!ID who" for a line that was forged. */
static struct slice fact_text(bool forged, struct slice id, struct slice who,
			      char space[ENGINE_FACT_MAX])
{
	size_t n = 0;

	if (id.n + who.n + 2 > ENGINE_FACT_MAX)
		return (struct slice){space, 0};
	if (forged)
		space[n++] = '!';
	memcpy(space + n, id.p, id.n);
	n += id.n;
	space[n++] = ' ';
	memcpy(space + n, who.p, who.n);
	return (struct slice){space, n + who.n};
}

static bool is_known(const struct proof *p, bool forged, struct slice id,
		     struct slice who)
{
	char space[ENGINE_FACT_MAX];
	struct slice fact;

	if (!p->known)
		return false;
	fact = fact_text(forged, id, who, space);
	return fact.n && p->known(fact, p->ctx);
}

static void keep(struct proof *p, bool forged, struct slice id, struct slice who,
		 int64_t at_s)
{
	char space[ENGINE_FACT_MAX];
	struct slice fact;

	if (!p->note)
		return;
	fact = fact_text(forged, id, who, space);
	if (fact.n)
		p->note(fact, at_s, p->ctx);
}

static enum spool_answer ask(struct proof *p, const struct exim_line *line,
			     const struct classified *c, char who[FORGERY_WHO_MAX])
{
	static const struct slice none = SLICE("");

	p->asked++;
	who[0] = '\0';
	return p->hooks.confirm(line->id, c->login.n ? none : line->user,
				c->login.n ? c->login : none,
				c->login.n ? line->address : none, who, p->hooks.ctx);
}

enum proof_result proof_arrival(struct proof *p, const struct exim_line *line,
				const struct classified *c,
				const struct proof_place *place,
				char who[FORGERY_WHO_MAX])
{
	const struct slice key = c->key;
	enum spool_answer answer = SPOOL_ABSENT;

	who[0] = '\0';
	if (!p->hooks.confirm)
		return PROOF_CLAIMED;
	if (place->sound || (!place->again && is_known(p, false, line->id, key)))
		return PROOF_CONFIRMED;
	if (is_known(p, true, line->id, key))
		return PROOF_FORGED;
	if (!c->by_connection)
		answer = ask(p, line, c, who);
	if (answer == SPOOL_CONFIRMS) {
		/* the account is another line's claim, or the message another line's */
		if (c->by_nobody || place->again)
			return PROOF_CLAIMED;
		keep(p, false, line->id, key, place->at_s);
		return PROOF_CONFIRMED;
	}
	/* Whoever really has that id need not be the forger: ids can be overheard. */
	if (!forgery_who(p->forgery, place->place, place->at_s, who)) {
		who[0] = '\0';
		if (answer != SPOOL_REFUTES)
			return PROOF_CLAIMED;
	}
	keep(p, true, line->id, key, place->at_s);
	return PROOF_FORGED;
}

bool proof_submitter(struct proof *p, struct slice id, int64_t at_s,
		     char who[FORGERY_WHO_MAX])
{
	static const struct slice none = SLICE("");

	who[0] = '\0';
	if (!p->hooks.confirm)
		return false;
	p->asked++;
	if (p->hooks.confirm(id, none, none, none, who, p->hooks.ctx) != SPOOL_CONFIRMS ||
	    !who[0])
		return false;
	who[FORGERY_WHO_MAX - 1] = '\0';
	keep(p, false, id, slice_str(who), at_s);
	return true;
}
