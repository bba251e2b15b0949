/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/subjects.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct fw_block *x = a, *y = b;
	int d = x->net.family - y->net.family;

	if (d == 0)
		d = (int)x->net.prefix - (int)y->net.prefix;
	if (d == 0)
		d = memcmp(x->net.bytes, y->net.bytes, sizeof(x->net.bytes));
	if (d == 0 && x->net.family == 0)
		d = (x->uid > y->uid) - (x->uid < y->uid);
	return d;
}

void subjects_sort(struct fw_block *subjects, size_t count)
{
	if (count > 1)
		qsort(subjects, count, sizeof(*subjects), compare);
}

struct fw_block *subjects_new(const struct fw_block *blocks, size_t count)
{
	struct fw_block *sorted = calloc(count ? count : 1, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		sorted[i].net = blocks[i].net;
		sorted[i].uid = blocks[i].uid;
		sorted[i].direction = FW_INOUT;
	}
	subjects_sort(sorted, count);
	return sorted;
}

bool subjects_have(const struct fw_block *subjects, size_t count,
		   const struct fw_block *block)
{
	return count && bsearch(block, subjects, count, sizeof(*subjects), compare);
}

unsigned subjects_directions(const struct fw_block *subjects, size_t count,
			     const struct fw_block *block)
{
	const struct fw_block *one =
		count ? bsearch(block, subjects, count, sizeof(*subjects), compare)
		      : NULL;
	unsigned directions = 0;

	while (one && one > subjects && compare(one - 1, block) == 0)
		one--;
	for (; one && one < subjects + count && compare(one, block) == 0; one++)
		directions |= one->direction;
	return directions;
}
