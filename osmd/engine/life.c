/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/life.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/model/report.h"

#define ID_BYTES 24
#define TIME_BYTES 20
#define SENDER_BYTES 320

struct message {
	char id[ID_BYTES], arrived[TIME_BYTES], last[TIME_BYTES], sender[SENDER_BYTES];
	unsigned recipients, delivered, deferred, failed, further;
	bool completed, removed, rejected, frozen;
	json_t *lines;
};

struct life {
	struct message all[LIFE_IDS_MAX];
	size_t n;
};

struct life *life_new(void)
{
	return calloc(1, sizeof(struct life));
}

void life_free(struct life *l)
{
	for (size_t i = 0; l && i < l->n; i++)
		json_decref(l->all[i].lines);
	free(l);
}

static struct message *find(struct life *l, struct slice id)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_eq(id, slice_str(l->all[i].id)))
			return &l->all[i];
	return NULL;
}

static void keep(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;

	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

bool life_watch(struct life *l, struct slice id)
{
	struct message *m;

	if (!eximline_is_id(id) || id.n >= ID_BYTES)
		return false;
	if (find(l, id))
		return true;
	if (l->n == LIFE_IDS_MAX)
		return false;
	m = &l->all[l->n];
	m->lines = json_array();
	if (!m->lines)
		return false;
	keep(m->id, sizeof(m->id), id);
	l->n++;
	return true;
}

static void take_delivery(struct message *m, const struct exim_line *line)
{
	if (line->arrow[0] == '=' && line->arrow[1] == '=')
		m->deferred++;
	else if (line->arrow[0] == '*' && line->arrow[1] == '*')
		m->failed++;
	else
		m->delivered++;
}

/* What stands behind the id, in the words of Exim (queue.c, deliver.c, exim.c). */
static void take_other(struct message *m, struct slice raw)
{
	size_t at = slice_find(raw, slice_str(m->id));
	struct slice rest = {raw.p + at, raw.n - at};

	if (at == SIZE_MAX)
		return;
	rest.p += strlen(m->id);
	rest.n -= strlen(m->id);
	rest = slice_trim(rest);
	if (slice_eq(rest, SLICE("Message is frozen")) ||
	    slice_starts(rest, SLICE("Frozen")) || slice_starts(rest, SLICE("frozen by")))
		m->frozen = true;
	else if (slice_starts(rest, SLICE("Unfrozen")) ||
		 slice_starts(rest, SLICE("unfrozen by")))
		m->frozen = false;
	else if (slice_starts(rest, SLICE("removed by")) ||
		 slice_starts(rest, SLICE("cancelled by")))
		m->removed = true;
}

void life_line(struct life *l, const struct exim_line *line, struct slice raw)
{
	struct message *m = line->id.n ? find(l, line->id) : NULL;

	if (!m)
		return;
	keep(m->last, sizeof(m->last), line->time);
	if (json_array_size(m->lines) < LIFE_LINES_MAX)
		json_array_append_new(m->lines, report_text(raw, LIFE_LINE_MAX));
	else
		m->further++;
	switch (line->kind) {
	case EXIM_ARRIVAL:
		keep(m->arrived, sizeof(m->arrived), line->time);
		keep(m->sender, sizeof(m->sender), line->sender);
		m->recipients = line->recipient_count;
		m->rejected = line->fake_reject;
		break;
	case EXIM_DELIVERY:
		take_delivery(m, line);
		break;
	case EXIM_COMPLETED:
		m->completed = true;
		break;
	case EXIM_REJECTED:
		m->rejected = true;
		break;
	case EXIM_ID_OTHER:
		take_other(m, raw);
		break;
	case EXIM_CWD:
	case EXIM_SENDER_IDENT:
	case EXIM_OUTBOUND:
	case EXIM_LOCAL_IDENT:
	case EXIM_NOBODY_IDENT:
	case EXIM_OVERFLOW:
	case EXIM_OTHER:
	case EXIM_BAD:
		break;
	}
}

static const char *state_of(const struct message *m, bool is_queued)
{
	if (is_queued)
		return m->frozen ? "frozen" : "queued";
	if (m->removed)
		return "removed";
	if (m->rejected)
		return "rejected";
	return m->completed ? "completed" : "unknown";
}

json_t *life_json(const struct life *l, bool (*is_queued)(struct slice id, void *ctx),
		  void *ctx)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < l->n; i++) {
		const struct message *m = &l->all[i];

		json_array_append_new(
			list,
			json_pack(
				"{s:s, s:s, s:o, s:i, s:i, s:i, s:i, s:s, s:s, s:O, s:i}",
				"id", m->id, "arrived", m->arrived, "sender",
				report_text(slice_str(m->sender), SENDER_BYTES * 3),
				"recipients", (int)m->recipients, "delivered",
				(int)m->delivered, "deferred", (int)m->deferred, "failed",
				(int)m->failed, "last", m->last, "state",
				state_of(m, is_queued(slice_str(m->id), ctx)), "lines",
				m->lines, "further", (int)m->further));
	}
	return list;
}
