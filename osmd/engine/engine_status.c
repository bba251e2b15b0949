/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* engine_status: the counters and the totals, for people and programs. */
#include "osmd/engine/engine_parts.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void put(json_t *to, const char *name, uint64_t n)
{
	json_object_set_new(to, name, json_integer((json_int_t)n));
}

/* Only what happened: reasons with a count of 0 are left out. */
static json_t *unparsed_json(const struct engine_counters *c)
{
	json_t *out = json_object();

	for (int i = EXIM_BAD_NONE + 1; i < EXIM_BAD_COUNT; i++)
		if (c->unparsed[i])
			put(out, exim_bad_name((enum exim_bad)i), c->unparsed[i]);
	return out;
}

static json_t *not_counted_json(const struct engine_counters *c)
{
	json_t *out = json_object();

	for (int i = CLASS_SUBMISSION + 1; i < CLASS_COUNT; i++)
		if (c->not_counted[i])
			put(out, class_reason_name((enum class_reason)i),
			    c->not_counted[i]);
	if (c->local_only)
		put(out, "local-only", c->local_only);
	return out;
}

static json_t *events_json(const struct engine_counters *c)
{
	json_t *out = json_object();

	put(out, event_type_name(EVENT_PACKET), c->events[EVENT_PACKET]);
	put(out, event_type_name(EVENT_LOGLINE), c->events[EVENT_LOGLINE]);
	put(out, event_type_name(EVENT_CWDCHECK), c->events[EVENT_CWDCHECK]);
	return out;
}

/* All of them by how sure their owner is, and those that were not counted, by reason. */
static json_t *connections_json(const struct engine_counters *c)
{
	json_t *out = json_object(), *owners = json_object(),
	       *not_counted = json_object();

	for (int i = PACKET_KERNEL; i >= PACKET_UNKNOWN; i--)
		put(owners, packet_sure_name((enum packet_sure)i), c->connection_sure[i]);
	for (int i = CONNECTION_COUNTS + 1; i < CONNECTION_REASONS; i++)
		if (c->connections[i])
			put(not_counted,
			    connection_reason_name((enum connection_reason)i),
			    c->connections[i]);
	json_object_set_new(out, "owners", owners);
	json_object_set_new(out, "not_counted", not_counted);
	return out;
}

json_t *engine_counters(const struct engine *g)
{
	const struct engine_counters *c = &g->counters;
	struct triggers_stats t;
	json_t *out = json_object();

	triggers_stats(g->triggers, &t);
	const struct {
		const char *name;
		uint64_t n;
	} rest[] = {
		{"confirmed", c->confirmed},
		{"claimed", c->unfollowed},
		{"forged", c->forged},
		{"hidden", c->hidden},
		{"duplicates", c->duplicates},
		{"future", c->future},
		{"ignored", t.ignored},
		{"reports", t.reports},
		{"held_back", t.held_back},
		{"claims_only", t.claims_only},
		{"lost", t.lost},
		{"spool_asked", g->proof.asked},
	};

	put(out, "lines", c->lines);
	json_object_set_new(out, "unparsed", unparsed_json(c));
	json_object_set_new(out, "events", events_json(c));
	json_object_set_new(out, "not_counted", not_counted_json(c));
	json_object_set_new(out, "connections", connections_json(c));
	for (size_t i = 0; i < LENGTH(rest); i++)
		put(out, rest[i].name, rest[i].n);
	json_object_set_new(out, "evicted", triggers_evicted(g->triggers));
	return out;
}

json_t *engine_top(const struct engine *g, size_t n)
{
	return triggers_top(g->triggers, n);
}

/* The claim is taken back from the rows; its line may be gone from a long log. */
void engine_unfollowed(const struct track_entry *e, void *ctx)
{
	struct engine *g = ctx;
	struct evidence_item item;
	struct exim_line line;
	struct classify_hint hint = {.count_reply = true};
	struct classified c;

	g->counters.unfollowed++;
	if (!g->totals || e->ref == EVIDENCE_NONE ||
	    !evidence_get(g->evidence, e->ref, &item))
		return;
	eximline_parse(item.line, &line);
	if (line.kind != EXIM_ARRIVAL)
		return;
	hint.joined = hint.nobody = item.account;
	classify_arrival(&g->classify, &line, &hint, &c);
	if (c.reason == CLASS_SUBMISSION)
		totals_claim(g->totals, &c);
}

json_t *engine_totals(const struct engine *g)
{
	json_t *out;

	if (!g->totals)
		return NULL;
	out = json_object();
	put(out, "lines", g->counters.lines);
	json_object_set_new(out, "unparsed", unparsed_json(&g->counters));
	put(out, "claimed", g->counters.unfollowed);
	put(out, "dropped", totals_evicted(g->totals));
	json_object_set_new(out, "totals", totals_json(g->totals, !g->followed_any));
	return out;
}
