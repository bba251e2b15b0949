/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/sightings.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/map.h"
#include "osmd/parse/command.h"

/* Connections that are remembered to know a packet that comes again. */
#define KNOWN_MAX 16384

enum stage { STAGE_NEW, STAGE_SEARCHED, STAGE_READY };

struct slot {
	enum stage stage;
	bool ambiguous;
	enum packet_where where;
	struct flow flow;
	int64_t at_s, uid, gid;
	int64_t since_ns; /* when it came; STAGE_READY: when it was answered */
	struct owner_question *question; /* owned; of STAGE_SEARCHED */
	struct buf line;		 /* of STAGE_READY */
};

/* The connection that a pair of ends had last. */
struct known {
	uint32_t seq;
	uint64_t serial;
};

/* Serial numbers count up; head <= next_new <= tail. A slot is at its number % MAX. */
struct sightings {
	struct owner *owner; /* borrowed */
	struct owner_pace pace;
	struct map *known;
	uint64_t head, next_new, tail;
	size_t searched; /* slots of that stage */
	struct sightings_stats stats;
	struct slot slots[SIGHTINGS_MAX];
};

static void drop_known(void *value, void *ctx)
{
	(void)ctx;
	free(value);
}

struct sightings *sightings_new(struct owner *owner)
{
	struct sightings *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->owner = owner;
	s->known = map_new(KNOWN_MAX, drop_known, NULL);
	if (!s->known) {
		free(s);
		return NULL;
	}
	return s;
}

static struct slot *slot_of(struct sightings *s, uint64_t serial)
{
	return &s->slots[serial % SIGHTINGS_MAX];
}

static void clear_slot(struct slot *slot)
{
	free(slot->question);
	buf_clear(&slot->line);
	*slot = (struct slot){.stage = STAGE_NEW};
}

void sightings_free(struct sightings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SIGHTINGS_MAX; i++)
		clear_slot(&s->slots[i]);
	map_free(s->known);
	free(s);
}

/* ---- finished lines ---- */

static void print_answer(struct sightings *s, struct slot *slot,
			 const struct owner_answer *a)
{
	const struct proc_facts *f = &a->facts;
	const struct slice arguments = {f->arguments, f->arguments_n};
	char script[PACKET_SCRIPT_MAX], command[PACKET_COMMAND_MAX];
	char parents[PACKET_PARENTS_MAX];
	const bool has_process = a->sure >= PACKET_PROBABLE;
	struct packet p = {.at_s = slot->at_s,
			   .from = slot->flow.from,
			   .to = slot->flow.to,
			   .from_port = slot->flow.from_port,
			   .to_port = slot->flow.to_port,
			   .where = slot->where,
			   .sure = a->sure,
			   .uid = a->uid,
			   .gid = a->uid >= 0 ? slot->gid : PACKET_ID_NONE,
			   .pid = PACKET_ID_NONE};

	if (has_process) {
		p.gid = f->gid;
		p.pid = f->pid;
		p.exe = (struct slice){f->exe, f->exe_n};
		p.cwd = (struct slice){f->cwd, f->cwd_n};
		p.script =
			command_script(p.exe, arguments, p.cwd, script, sizeof(script));
		p.command = command_text(arguments, command, sizeof(command));
		p.parents = owner_parents(&s->pace, p.at_s, f->parent, f->uid, parents,
					  sizeof(parents));
	}
	buf_init(&slot->line, PACKET_LINE_MAX);
	packetline_print(&p, &slot->line);
}

static void finish(struct sightings *s, struct slot *slot, const struct owner_answer *a,
		   int64_t now_ns)
{
	if (slot->stage == STAGE_SEARCHED)
		s->searched--;
	free(slot->question);
	slot->question = NULL;
	print_answer(s, slot, a);
	slot->stage = STAGE_READY;
	slot->since_ns = now_ns;
}

/* As it is: whom netfilter named, or nobody. */
static void finish_unanswered(struct sightings *s, struct slot *slot, int64_t now_ns)
{
	const int64_t uid = slot->question ? slot->question->uid : slot->uid;
	const struct owner_answer a = {
		.sure = uid >= 0 ? PACKET_UID_ONLY : PACKET_UNKNOWN, .uid = uid};

	finish(s, slot, &a, now_ns);
}

/* ---- coming in ---- */

/* true: it is the same packet again. */
static bool is_repeated(struct sightings *s, const struct flow *f)
{
	char bytes[FLOW_KEY_BYTES];
	const struct slice key = {bytes, sizeof(bytes)};
	struct known *k;

	flow_key(f, bytes);
	k = map_get(s->known, key);
	if (k && k->seq == f->seq)
		return true;
	if (k && k->serial >= s->head)
		slot_of(s, k->serial)->ambiguous = slot_of(s, s->tail)->ambiguous = true;
	if (k) {
		*k = (struct known){f->seq, s->tail};
		return false;
	}
	k = malloc(sizeof(*k));
	if (!k || !map_put(s->known, key, k)) {
		free(k);
		s->stats.lost++;
		return false;
	}
	*k = (struct known){f->seq, s->tail};
	return false;
}

size_t sightings_room(const struct sightings *s)
{
	return SIGHTINGS_MAX - (size_t)(s->tail - s->head);
}

static void add_whole(struct slot *slot, const struct packet *p)
{
	buf_init(&slot->line, PACKET_LINE_MAX);
	packetline_print(p, &slot->line);
	slot->stage = STAGE_READY;
	slot->since_ns = -SIGHTINGS_SETTLE_NS; /* nothing to wait for */
}

void sightings_add(struct sightings *s, const struct sighting *seen, int64_t now_ns)
{
	struct slot *slot;

	if (!sightings_room(s)) {
		s->stats.overrun++;
		return;
	}
	slot = slot_of(s, s->tail);
	if (!seen->whole && is_repeated(s, &seen->flow)) {
		s->stats.repeated++;
		return;
	}
	slot->where = seen->where;
	slot->flow = seen->flow;
	slot->at_s = seen->at_s;
	slot->uid = seen->uid;
	slot->gid = seen->gid;
	slot->since_ns = now_ns;
	if (seen->whole)
		add_whole(slot, seen->whole);
	s->stats.seen++;
	s->tail++;
}

void sightings_doubt(struct sightings *s)
{
	for (uint64_t i = s->head; i < s->tail; i++)
		slot_of(s, i)->ambiguous |= slot_of(s, i)->uid < 0;
}

/* ---- owners ---- */

bool sightings_answer(struct sightings *s, int64_t now_ns)
{
	struct owner_question q;
	struct owner_answer a;
	struct slot *slot;

	while (s->next_new < s->tail && slot_of(s, s->next_new)->stage != STAGE_NEW)
		s->next_new++;
	if (s->next_new == s->tail)
		return false;
	slot = slot_of(s, s->next_new++);
	q = (struct owner_question){.flow = slot->flow, .uid = slot->uid};
	if (owner_find(s->owner, &q, &a)) {
		finish(s, slot, &a, now_ns);
		return true;
	}
	slot->question = malloc(sizeof(q));
	if (!slot->question) {
		s->stats.lost++;
		finish_unanswered(s, slot, now_ns);
		return true;
	}
	*slot->question = q;
	slot->stage = STAGE_SEARCHED;
	s->searched++;
	return true;
}

static struct slot *oldest_search(struct sightings *s)
{
	for (uint64_t i = s->head; s->searched && i < s->tail; i++)
		if (slot_of(s, i)->stage == STAGE_SEARCHED)
			return slot_of(s, i);
	return NULL;
}

bool sightings_searching(const struct sightings *s)
{
	return s->searched > 0;
}

bool sightings_search(struct sightings *s, bool (*busy)(void *ctx), void *ctx,
		      int64_t now_ns)
{
	struct slot *slot = oldest_search(s);
	struct owner_answer a;

	if (!slot)
		return false;
	if (now_ns - slot->since_ns > SIGHTINGS_SEARCH_NS)
		finish_unanswered(s, slot, now_ns);
	else if (owner_search(s->owner, slot->question, busy, ctx, &a))
		finish(s, slot, &a, now_ns);
	return true;
}

/* ---- going out ---- */

/* Two connections with the same ends, or perhaps: the answer may be the other one's. */
static void unname(struct sightings *s, struct slot *slot)
{
	const struct owner_answer a = {.sure = slot->uid >= 0 ? PACKET_UID_ONLY
							      : PACKET_UNKNOWN,
				       .uid = slot->uid};

	s->stats.ambiguous++;
	buf_clear(&slot->line);
	print_answer(s, slot, &a);
	slot->ambiguous = false;
	slot->since_ns = -SIGHTINGS_SETTLE_NS; /* nothing to wait for */
}

const struct buf *sightings_line(struct sightings *s, int64_t seen_ns, int64_t *wait_ns)
{
	struct slot *slot = slot_of(s, s->head);

	*wait_ns = -1;
	if (s->head == s->tail)
		return NULL;
	*wait_ns = 0;
	if (slot->stage != STAGE_READY)
		return NULL;
	*wait_ns = slot->since_ns + SIGHTINGS_SETTLE_NS - seen_ns;
	if (*wait_ns > 0 && sightings_room(s))
		return NULL;
	if (*wait_ns > 0 || slot->ambiguous)
		unname(s, slot);
	return &slot->line;
}

void sightings_done(struct sightings *s)
{
	clear_slot(slot_of(s, s->head++));
	if (s->next_new < s->head)
		s->next_new = s->head;
}

void sightings_stats(const struct sightings *s, struct sightings_stats *out)
{
	*out = s->stats;
}
