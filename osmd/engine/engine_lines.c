/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* engine_lines: what each kind of line means for the counts. */
#include <string.h>

#include "osmd/engine/engine_parts.h"

/* cPanel's line about a sender behind the web server comes right before the arrival. */
#define NOBODY_TTL_S 5

/* ---- time ---- */

int64_t engine_not_later_than_now(struct engine *g, int64_t at_s)
{
	if (at_s <= g->wall_s || !g->proof.hooks.wall)
		return at_s;
	g->wall_s = g->proof.hooks.wall(g->proof.hooks.ctx) + 1;
	if (at_s <= g->wall_s)
		return at_s;
	g->counters.future++;
	return g->wall_s;
}

static int64_t line_time(struct engine *g, const struct exim_line *line)
{
	int64_t at_s = clock_seconds(&g->clock, line);

	if (at_s < 0)
		return g->now_s;
	at_s = engine_not_later_than_now(g, at_s);
	if (at_s != g->now_s)
		eximtrack_time(g->track, at_s);
	if (at_s > g->now_s)
		g->now_s = at_s;
	return at_s;
}

static void count_event(struct engine *g, enum event_type type, int64_t at_s)
{
	const struct engine_hooks *h = &g->proof.hooks;

	g->counters.events[type]++;
	if (h->counted)
		h->counted(type, at_s, h->ctx);
}

/* ---- arrivals ---- */

/* A message by script: the start that it came from is the account's own. */
static void confirm_start(struct engine *g, struct slice account, int64_t at_s)
{
	int64_t start_s;
	uint64_t ref;

	if (starts_take(g->starts, account, at_s, &ref, &start_s))
		triggers_confirm_path(g->triggers, ref, start_s);
}

static void count_arrival(struct engine *g, struct classified *c, struct track_entry *t,
			  int64_t at_s, enum certainty certainty, struct slice raw)
{
	struct observation o = observation_of(c, at_s, certainty, raw);

	count_event(g, EVENT_LOGLINE, at_s);
	if (certainty >= CERTAINTY_CONFIRMED) {
		g->counters.confirmed++;
		if (!c->login.n && !c->by_connection)
			confirm_start(g, c->event.account, at_s);
	}
	if (g->totals) {
		totals_add(g->totals, c);
		observation_keep(&o, g->evidence);
	}
	if (!c->local_only || g->config->count_local)
		triggers_count(g->triggers, &o);
	else
		g->counters.local_only++;
	t->counted = true;
	t->confirmed = certainty >= CERTAINTY_CONFIRMED;
	t->ref = o.ref;
}

static void count_forged(struct engine *g, const char *who, int64_t at_s,
			 struct slice raw)
{
	struct observation o = {
		.event = {.type = EVENT_LOGLINE, .at_s = at_s, .line = raw},
		.ref = EVIDENCE_NONE};

	g->counters.forged++;
	if (who[0])
		triggers_forgery(g->triggers, slice_str(who), &o);
}

static void make_hint(struct engine *g, const struct exim_line *line, int64_t at_s,
		      struct classify_hint *hint, bool *trusted)
{
	*hint = (struct classify_hint){.count_reply = false};
	*trusted = true;
	if (!line->auth.n && line->port.n && classify_is_loopback(line->address))
		hint->joined = localport_get(g->ports, line->port, at_s, trusted);
	if (slice_eq(line->user, SLICE("nobody")) && g->nobody_n) {
		/* better to charge nobody than whom a forger names */
		if (at_s - g->nobody_s <= NOBODY_TTL_S &&
		    (!g->live || (g->nobody_sound && stretch_is_sound(&g->stretch))))
			hint->nobody = (struct slice){g->nobody, g->nobody_n};
		g->nobody_n = 0;
	}
	if (line->cause.n)
		hint->count_reply = !eximtrack_reply(g->track, line->cause);
}

/* An id arrives once. A second line is counted only if it is the proven one of the two. A
 * refusal has counted nothing, and may have been forged to hide what is to come. */
static bool may_arrive(const struct engine *g, const struct track_entry *t)
{
	if (!t || t->state == TRACK_HIDDEN || t->state == TRACK_REJECTED)
		return true;
	return g->live && !t->confirmed;
}

static void take_arrival(struct engine *g, const struct exim_line *line, struct slice raw,
			 int64_t at_s)
{
	struct track_entry *t = eximtrack_find(g->track, line->id);
	const struct proof_place place = {
		.place = g->stretch.place,
		.at_s = at_s,
		.sound = g->live && stretch_is_sound(&g->stretch),
		.again = !t && eximtrack_may_be_old(g->track, line->id)};
	struct proof_place of = place;
	char who[FORGERY_WHO_MAX];
	enum proof_result proof;
	struct classify_hint hint;
	struct classified c;
	bool again = t && (t->state == TRACK_ARRIVED || t->state == TRACK_CHARGED);
	bool trusted;

	if (!may_arrive(g, t)) {
		g->counters.duplicates++;
		return;
	}
	make_hint(g, line, at_s, &hint, &trusted);
	if (!t)
		t = eximtrack_add(g->track, line->id, TRACK_ARRIVED, at_s);
	if (!t)
		return;
	t->state = TRACK_ARRIVED;
	classify_arrival(&g->classify, line, &hint, &c);
	if (c.reason != CLASS_SUBMISSION) {
		g->counters.not_counted[c.reason] += !again;
		return;
	}
	of.sound = place.sound && trusted;
	proof = proof_arrival(&g->proof, line, &c, &of, who);
	if (proof == PROOF_CONFIRMED)
		eximtrack_confirmed(g->track, line->id, at_s);
	if (proof == PROOF_FORGED)
		count_forged(g, who, at_s, raw);
	else if (again && proof != PROOF_CONFIRMED)
		g->counters.duplicates++;
	else
		count_arrival(g, &c, t, at_s,
			      proof == PROOF_CONFIRMED ? CERTAINTY_CONFIRMED
						       : CERTAINTY_CLAIMED,
			      raw);
}

/* ---- later lines of a message ---- */

static void charge_hidden(struct engine *g, struct track_entry *t, struct slice who,
			  const struct exim_line *line, bool proven, int64_t at_s,
			  struct slice raw)
{
	struct classified c;

	t->state = TRACK_CHARGED;
	classify_hidden(&g->classify, who, line, &c);
	if (c.reason != CLASS_SUBMISSION) {
		g->counters.not_counted[c.reason]++;
		return;
	}
	g->counters.hidden++;
	count_arrival(g, &c, t, at_s, proven ? CERTAINTY_CONFIRMED : CERTAINTY_CLAIMED,
		      raw);
}

/* An id whose arrival should have been seen and wasn't. */
static void take_hidden(struct engine *g, struct track_entry *t,
			const struct exim_line *line, bool fresh, int64_t at_s,
			struct slice raw)
{
	const bool names = line->kind == EXIM_SENDER_IDENT;
	const bool sound = g->live && stretch_is_sound(&g->stretch);
	char who[FORGERY_WHO_MAX];

	/* the first line may have been forged before there was a message */
	if ((fresh || names) && proof_submitter(&g->proof, line->id, at_s, who))
		charge_hidden(g, t, slice_str(who), line, true, at_s, raw);
	else if (names && g->live && !sound &&
		 forgery_who(g->forgery, g->stretch.place, at_s, who))
		count_forged(g, who, at_s, raw);
	else if (names)
		charge_hidden(g, t, line->user, line, sound, at_s, raw);
}

static void follow(struct engine *g, const struct exim_line *line, int64_t at_s,
		   struct slice raw)
{
	struct track_entry *t = eximtrack_find(g->track, line->id);
	bool fresh = !t;

	if (fresh) {
		if (!eximtrack_is_new(g->track, line->id))
			return;
		t = eximtrack_add(g->track, line->id, TRACK_HIDDEN, at_s);
		if (!t)
			return;
	}
	if (t->state == TRACK_HIDDEN)
		take_hidden(g, t, line, fresh, at_s, raw);
	t->followed = true;
	g->followed_any = true;
}

static void take_rejected(struct engine *g, const struct exim_line *line, int64_t at_s)
{
	if (!eximtrack_find(g->track, line->id))
		eximtrack_add(g->track, line->id, TRACK_REJECTED, at_s);
}

/* ---- cwd= lines ---- */

static struct slice after_cwd(struct slice raw)
{
	static const struct slice name = SLICE("cwd=");
	size_t at = slice_find(raw, name);

	if (at == SIZE_MAX)
		return (struct slice){raw.p, 0};
	return (struct slice){raw.p + at + name.n, raw.n - at - name.n};
}

/* A folder in which only root makes folders. */
static bool is_safe_folder(const struct engine *g, struct slice path)
{
	return slice_eq(path, SLICE("/")) || slice_eq(path, g->classify.spool) ||
	       slice_eq(path, SLICE("/root"));
}

static void take_cwd(struct engine *g, const struct exim_line *line, struct slice raw,
		     int64_t at_s)
{
	struct slice id = classify_delivery_id(&g->classify, line);
	struct observation o;
	struct classified c;

	if (id.n) {
		struct exim_line of = *line;

		of.id = id;
		follow(g, &of, at_s, raw);
		return;
	}
	if (g->live && !is_safe_folder(g, line->path))
		forgery_cwd(g->forgery, after_cwd(raw), g->stretch.place);
	classify_cwd(&g->classify, line, &c);
	if (c.reason == CLASS_SUBMISSION || c.reason == CLASS_UNKNOWN) {
		if (g->totals)
			totals_add(g->totals, &c);
	}
	if (c.reason != CLASS_SUBMISSION) {
		g->counters.not_counted[c.reason]++;
		return;
	}
	count_event(g, EVENT_CWDCHECK, at_s);
	o = observation_of(&c, at_s, CERTAINTY_CLAIMED, raw);
	triggers_count(g->triggers, &o);
	if (g->live && o.kept)
		starts_add(g->starts, c.event.account, at_s, o.ref);
}

/* ---- the rest ---- */

static void take_nobody(struct engine *g, const struct exim_line *line, int64_t at_s)
{
	g->nobody_n = 0;
	if (line->user.n > sizeof(g->nobody))
		return;
	memcpy(g->nobody, line->user.p, line->user.n);
	g->nobody_n = line->user.n;
	g->nobody_s = at_s;
	g->nobody_sound = stretch_is_sound(&g->stretch);
}

static void take_bad(struct engine *g, const struct exim_line *line, struct slice raw,
		     int64_t at_s)
{
	if (line->why == EXIM_BAD_OPEN_SENDER) {
		if (g->live)
			forgery_open_sender(g->forgery, line->id, g->stretch.place);
		opensender_begin(&g->open, raw, g->stretch.place);
		if (g->open.waiting)
			return; /* counted when it is clear what it is */
	}
	if (g->live && line->why == EXIM_BAD_CWD)
		forgery_cwd(g->forgery, after_cwd(raw), g->stretch.place);
	g->counters.unparsed[line->why]++;
	if (line->id.n)
		follow(g, line, at_s, raw);
}

static void take_line(struct engine *g, const struct exim_line *line, struct slice raw,
		      int64_t at_s)
{
	switch (line->kind) {
	case EXIM_ARRIVAL:
		take_arrival(g, line, raw, at_s);
		break;
	case EXIM_CWD:
		take_cwd(g, line, raw, at_s);
		break;
	case EXIM_DELIVERY:
	case EXIM_COMPLETED:
	case EXIM_SENDER_IDENT:
	case EXIM_OUTBOUND:
		follow(g, line, at_s, raw);
		break;
	case EXIM_OVERFLOW:
		if (line->id.n)
			follow(g, line, at_s, raw);
		break;
	case EXIM_REJECTED:
		take_rejected(g, line, at_s);
		break;
	case EXIM_LOCAL_IDENT:
		localport_set(g->ports, line->port, line->user, at_s,
			      g->live && stretch_is_sound(&g->stretch));
		break;
	case EXIM_NOBODY_IDENT:
		take_nobody(g, line, at_s);
		break;
	case EXIM_BAD:
		take_bad(g, line, raw, at_s);
		break;
	case EXIM_ID_OTHER:
	case EXIM_OTHER:
		break;
	}
}

void engine_take(struct engine *g, struct slice raw, const struct exim_line *line)
{
	take_line(g, line, raw, line_time(g, line));
	if (g->live)
		stretch_pass(&g->stretch, line, raw, is_safe_folder(g, line->path));
}
