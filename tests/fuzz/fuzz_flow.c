/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Captured bytes of every link type. The input is the link type's number (two bytes), then the
 * packet. What is called a SYN has two addresses of one family, and stays one without its
 * first or with more bytes behind it; one byte less than needed makes it none.
 */
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static enum flow_result parse_exactly(unsigned link, const uint8_t *p, size_t n,
				      struct flow *out)
{
	char *exact = malloc(n ? n : 1);
	enum flow_result got;

	must(exact != NULL);
	memcpy(exact, p, n);
	got = flow_parse(link, (struct slice){exact, n}, out);
	free(exact);
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow flow, less;
	enum flow_result got;
	unsigned link;

	if (size < 2)
		return 0;
	link = (unsigned)data[0] << 8 | data[1];
	got = parse_exactly(link, data + 2, size - 2, &flow);
	must(got < FLOW_RESULT_COUNT && flow_result_name(got)[0]);
	if (got != FLOW_SYN)
		return 0;
	must(flow.from.family && flow.to.family);
	must(flow.from.prefix == (flow.from.family == 2 ? 32 : 128));
	/* a shorter packet is the same SYN or none, never another one */
	for (size_t n = 0; n < size - 2; n++)
		if (parse_exactly(link, data + 2, n, &less) == FLOW_SYN)
			must(addr_eq(&less.from, &flow.from) &&
			     addr_eq(&less.to, &flow.to) && less.seq == flow.seq &&
			     less.from_port == flow.from_port &&
			     less.to_port == flow.to_port && less.way == flow.way);
	return 0;
}
