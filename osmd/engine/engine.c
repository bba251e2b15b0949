/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/engine/engine_parts.h"

/* Messages of some hours of a busy server; 56 bytes each, and they should stay in the cache. */
#define TRACK_IDS 65536
#define STARTS_ACCOUNTS 20000
#define MB (1024u * 1024)

static bool make_parts(struct engine *g, const struct rules *rules,
		       const struct accounts *accounts, const struct engine_hooks *hooks,
		       bool totals, struct err *e)
{
	g->track = eximtrack_new(TRACK_IDS, engine_unfollowed, g);
	g->evidence = evidence_new((size_t)g->config->evidence_mb * MB);
	g->ports = calloc(1, sizeof(*g->ports));
	g->forgery = forgery_new(hooks);
	g->starts = starts_new(STARTS_ACCOUNTS);
	g->totals = totals ? totals_new(TOTALS_ROWS_MAX) : NULL;
	if (!g->track || !g->evidence || !g->ports || !g->forgery || !g->starts ||
	    (totals && !g->totals))
		return err_set(e, ENOMEM, "engine: no memory");
	g->triggers = triggers_new(rules, accounts, hooks, g->evidence, e);
	return g->triggers != NULL;
}

struct engine *engine_new(const struct rules *rules, const struct accounts *accounts,
			  const struct engine_hooks *hooks, bool totals, struct err *e)
{
	struct engine *g = calloc(1, sizeof(*g));

	if (!g) {
		err_set(e, ENOMEM, "engine: no memory");
		return NULL;
	}
	g->config = rules_config(rules);
	g->live = hooks->confirm != NULL;
	classify_init(&g->classify, accounts, g->config);
	connection_init(&g->connection, accounts, g->config);
	clock_init(&g->clock);
	stretch_init(&g->stretch);
	if (!make_parts(g, rules, accounts, hooks, totals, e)) {
		engine_free(g);
		return NULL;
	}
	if (hooks->wall)
		eximtrack_own_log(g->track, hooks->wall(hooks->ctx));
	g->proof = (struct proof){.hooks = *hooks, .forgery = g->forgery};
	return g;
}

void engine_free(struct engine *g)
{
	if (!g)
		return;
	triggers_free(g->triggers);
	totals_free(g->totals);
	starts_free(g->starts);
	forgery_free(g->forgery);
	free(g->ports);
	evidence_free(g->evidence);
	eximtrack_free(g->track);
	free(g);
}

void engine_swap(struct engine *g, const struct rules *rules,
		 const struct accounts *accounts)
{
	g->config = rules_config(rules);
	classify_init(&g->classify, accounts, g->config);
	connection_init(&g->connection, accounts, g->config);
	triggers_swap(g->triggers, rules, accounts);
}

void engine_set_confirmed_lookup(struct engine *g,
				 bool (*known)(struct slice fact, void *ctx),
				 void (*note)(struct slice fact, int64_t at_s, void *ctx),
				 void *ctx)
{
	g->proof.known = known;
	g->proof.note = note;
	g->proof.ctx = ctx;
}

static void join(struct engine *g, struct slice raw, const struct exim_line *line);

static void join_text(struct engine *g, struct slice raw)
{
	struct exim_line line;

	eximline_parse(raw, &line);
	join(g, raw, &line);
}

/* What was taken for the start of a longer line was none. Another of its lines may be one,
 * which then waits for those behind it. */
static void take_apart(struct engine *g)
{
	char text[OPENSENDER_MAX];
	struct slice rest = {text, g->open.n}, line;

	memcpy(text, g->open.text, g->open.n);
	g->open.waiting = false;
	g->counters.unparsed[EXIM_BAD_OPEN_SENDER]++;
	/* its first line was looked at when it came */
	if (!slice_cut(&rest, '\n', &line))
		return;
	while (slice_cut(&rest, '\n', &line))
		join_text(g, line);
	join_text(g, rest);
}

/* Has the message really such a sender? */
static bool has_newline_sender(struct engine *g, struct slice id,
			       char who[FORGERY_WHO_MAX])
{
	const struct engine_hooks *h = &g->proof.hooks;

	who[0] = '\0';
	return h->newline_sender && h->newline_sender(id, who, h->ctx) && who[0];
}

/* The lines inside of a sender are its text. In the daemon only the spool can tell that there
 * is such a message: a forged beginning, with the id of another's message perhaps, must
 * neither swallow the lines of others nor accuse them. */
static void take_whole(struct engine *g)
{
	struct slice whole = opensender_text(&g->open), rest = whole, line;
	char who[FORGERY_WHO_MAX];
	struct exim_line first;

	eximline_parse(whole, &first);
	if (g->live && !has_newline_sender(g, first.id, who)) {
		take_apart(g);
		return;
	}
	g->open.waiting = false;
	slice_cut(&rest, '\n', &line);
	while (g->live && slice_cut(&rest, '\n', &line)) {
		struct observation o = {
			.event = {.type = EVENT_LOGLINE, .at_s = g->now_s, .line = line},
			.ref = EVIDENCE_NONE};

		g->counters.forged++;
		triggers_forgery(g->triggers, slice_str(who), &o);
	}
	engine_take(g, whole, &first);
}

/* A line that may go on what waits. */
static void join(struct engine *g, struct slice raw, const struct exim_line *line)
{
	if (!g->open.waiting) {
		engine_take(g, raw, line);
		return;
	}
	switch (opensender_add(&g->open, raw, line->why == EXIM_BAD_LONG)) {
	case OPENSENDER_MORE:
		break;
	case OPENSENDER_WHOLE:
		take_whole(g);
		break;
	case OPENSENDER_NONE:
		take_apart(g);
		join(g, raw, line);
		break;
	}
}

void engine_parsed_line(struct engine *g, struct slice raw, const struct exim_line *line)
{
	g->counters.lines++;
	join(g, raw, line);
}

void engine_line(struct engine *g, struct slice raw, bool too_long)
{
	struct exim_line line;

	if (too_long)
		eximline_parse_cut(raw, &line);
	else
		eximline_parse(raw, &line);
	engine_parsed_line(g, raw, &line);
}

bool engine_waits(const struct engine *g)
{
	return g->open.waiting;
}

bool engine_packet(struct engine *g, struct slice line)
{
	struct observation o = {.ref = EVIDENCE_NONE};
	struct connection_space space;
	enum connection_reason reason;
	enum packet_sure sure;

	reason = connection_event(&g->connection, line, !g->live, &space, &o.event,
				  &o.key, &sure);
	g->counters.connections[reason]++;
	if (reason != CONNECTION_BAD_LINE)
		g->counters.connection_sure[sure]++;
	if (reason != CONNECTION_COUNTS)
		return false;
	g->counters.events[EVENT_PACKET]++;
	o.event.at_s = engine_not_later_than_now(g, o.event.at_s);
	triggers_count(g->triggers, &o);
	return true;
}

void engine_warm_begin(struct engine *g)
{
	triggers_set_warm(g->triggers, true);
}

void engine_used(struct engine *g, const json_t *report)
{
	triggers_used(g->triggers, report);
}

void engine_released(struct engine *g, struct slice account, int64_t at_s)
{
	triggers_released(g->triggers, account, at_s);
}

void engine_warm_end(struct engine *g)
{
	triggers_set_warm(g->triggers, false);
}

void engine_forget(struct engine *g, struct slice account)
{
	triggers_forget(g->triggers, account);
}

void engine_end(struct engine *g)
{
	while (g->open.waiting)
		take_apart(g);
	eximtrack_unfollowed(g->track);
}

int64_t engine_now_s(const struct engine *g)
{
	return g->now_s;
}
