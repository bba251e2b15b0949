/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* Datagrams of the kernel, and the packets in them: what is given lies within the bytes. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/flow.h"
#include "osmd/sys/nflog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct all {
	const char *p;
	size_t n;
	uint64_t given;
};

static void on_packet(const struct nflog_packet *p, void *ctx)
{
	struct all *all = ctx;
	struct flow flow;

	all->given++;
	assert(p->bytes.p >= all->p && p->bytes.p + p->bytes.n <= all->p + all->n);
	assert(p->original.from.family == p->original.to.family);
	assert(p->uid >= -1 && p->uid <= UINT32_MAX);
	if (flow_parse(FLOW_LINK_RAW, p->bytes, &flow) == FLOW_SYN)
		assert(flow.from.family == flow.to.family);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nflog_reading r = {.numbered = false};
	char *exact = malloc(size ? size : 1);
	struct all all = {exact, size, 0};

	memcpy(exact, data, size);
	nflog_read(&r, exact, size, on_packet, &all);
	assert(r.stats.received == all.given);
	free(exact);
	return 0;
}
