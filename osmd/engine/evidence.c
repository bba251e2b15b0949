/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/evidence.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN 8
#define HUGE_PAGE (2u * 1024 * 1024)

struct record {
	int64_t at_s;
	uint32_t line_n;
	uint16_t account_n;
	uint16_t type;
};

struct evidence {
	char *ring;
	size_t size;
	uint64_t head; /* where the stream's next record begins */
};

struct evidence *evidence_new(size_t bytes)
{
	struct evidence *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->size = (bytes < EVIDENCE_MIN ? EVIDENCE_MIN : bytes) / ALIGN * ALIGN;
	v->ring = aligned_alloc(HUGE_PAGE,
				(v->size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	if (!v->ring) {
		free(v);
		return NULL;
	}
	madvise(v->ring, v->size,
		MADV_HUGEPAGE); /* fewer faults; it works without, too */
	return v;
}

void evidence_free(struct evidence *v)
{
	if (!v)
		return;
	free(v->ring);
	free(v);
}

uint64_t evidence_add(struct evidence *v, const struct evidence_item *item)
{
	struct record r = {.at_s = item->at_s};
	size_t place = v->head % v->size, need;
	uint64_t ref;
	char *p;

	if (item->line.n > v->size / 4)
		return EVIDENCE_NONE;
	r.line_n = (uint32_t)item->line.n;
	r.type = (uint16_t)item->type;
	r.account_n =
		(uint16_t)(item->account.n < EVIDENCE_ACCOUNT_MAX ? item->account.n
								  : EVIDENCE_ACCOUNT_MAX);
	need = (sizeof(r) + r.line_n + r.account_n + ALIGN - 1) / ALIGN * ALIGN;
	if (place + need > v->size) { /* a record never goes round the end */
		v->head += v->size - place;
		place = 0;
	}
	ref = v->head;
	p = v->ring + place;
	memcpy(p, &r, sizeof(r));
	if (r.account_n)
		memcpy(p + sizeof(r), item->account.p, r.account_n);
	if (r.line_n)
		memcpy(p + sizeof(r) + r.account_n, item->line.p, r.line_n);
	v->head += need;
	return ref;
}

bool evidence_get(const struct evidence *v, uint64_t ref, struct evidence_item *out)
{
	struct record r;
	const char *p;

	if (ref >= v->head || v->head - ref > v->size)
		return false;
	p = v->ring + ref % v->size;
	memcpy(&r, p, sizeof(r));
	out->at_s = r.at_s;
	out->type = (enum event_type)r.type;
	out->account = (struct slice){p + sizeof(r), r.account_n};
	out->line = (struct slice){p + sizeof(r) + r.account_n, r.line_n};
	return true;
}
