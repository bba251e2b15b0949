/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nftset.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PREFIXES 129

unsigned nftset_id(const struct nftset *set)
{
	unsigned kind = (set->has_ports ? 4 : 0) + (set->is_out ? 2 : 0) +
			(set->family == AF_INET6 ? 1 : 0);

	return set->is_uids ? NFTSET_UIDS : 1 + kind * PREFIXES + set->prefix;
}

struct nftset nftset_of(unsigned id)
{
	struct nftset set = {.is_uids = id == NFTSET_UIDS};
	unsigned kind;

	if (set.is_uids)
		return set;
	kind = (id - 1) / PREFIXES;
	set.has_ports = kind & 4;
	set.is_out = kind & 2;
	set.family = kind & 1 ? AF_INET6 : AF_INET;
	set.prefix = (id - 1) % PREFIXES;
	return set;
}

const char *nftset_name(unsigned id, char out[NFTSET_NAME_MAX])
{
	struct nftset set = nftset_of(id);

	if (set.is_uids)
		snprintf(out, NFTSET_NAME_MAX, "uids");
	else
		snprintf(out, NFTSET_NAME_MAX, "%s%d_%u%s", set.is_out ? "out" : "in",
			 set.family == AF_INET6 ? 6 : 4, set.prefix,
			 set.has_ports ? "_ports" : "");
	return out;
}

bool nftset_parse(const char *name, unsigned *id)
{
	struct slice rest = slice_str(name), head;
	struct nftset set = {0};
	char again[NFTSET_NAME_MAX];
	uint64_t prefix;

	if (strcmp(name, "uids") == 0) {
		*id = NFTSET_UIDS;
		return true;
	}
	if (!slice_cut(&rest, '_', &head))
		return false;
	set.is_out = slice_starts(head, SLICE("out"));
	set.family = slice_ends(head, SLICE("6")) ? AF_INET6 : AF_INET;
	if (slice_cut(&rest, '_', &head))
		set.has_ports = true;
	else
		head = rest;
	if (!slice_u64(head, 1, set.family == AF_INET6 ? 128 : 32, &prefix))
		return false;
	set.prefix = (unsigned)prefix;
	*id = nftset_id(&set);
	return strcmp(nftset_name(*id, again), name) == 0;
}

static size_t address_size(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

size_t nftset_key_size(unsigned id)
{
	struct nftset set = nftset_of(id);

	if (set.is_uids)
		return 8;
	return address_size(set.family) + (set.has_ports ? 4 : 0);
}

void nftelems_clear(struct nftelems *e)
{
	free(e->v);
	*e = (struct nftelems){0};
}

void nftelems_put(struct nftelems *e, const struct nftelem *elem)
{
	if (e->n == e->cap && !e->failed) {
		size_t cap = e->cap ? e->cap * 2 : 8;
		struct nftelem *v = cap <= 2 * NFTELEMS_MAX
					    ? realloc(e->v, cap * sizeof(*v))
					    : NULL;

		if (v) {
			e->v = v;
			e->cap = cap;
		} else {
			e->failed = true;
		}
	}
	if (e->failed || e->n >= NFTELEMS_MAX) {
		e->failed = true;
		return;
	}
	e->v[e->n++] = *elem;
}

/* A port is two bytes in network order and two of padding: a register has four. */
static void put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

static void add_uid(struct nftelems *e, const struct fw_block *block, uint32_t index,
		    const struct fw_settings *settings)
{
	bool own = block->port_count > 0;
	const uint16_t *ports = own ? block->ports : settings->smtp_ports;
	size_t count = own ? block->port_count : settings->smtp_port_count;
	uint32_t uid = block->uid; /* meta skuid gives it in the host's byte order */

	for (size_t i = 0; i < count; i++) {
		struct nftelem elem = {.set = NFTSET_UIDS, .block = index};

		memcpy(elem.key, &uid, sizeof(uid));
		put_port(elem.key + sizeof(uid), ports[i]);
		nftelems_put(e, &elem);
	}
}

static void add_net(struct nftelems *e, const struct fw_block *block, uint32_t index,
		    bool is_out)
{
	struct nftset set = {.is_out = is_out,
			     .has_ports = block->port_count > 0,
			     .family = block->net.family,
			     .prefix = block->net.prefix};
	struct nftelem elem = {.set = (uint16_t)nftset_id(&set), .block = index};
	size_t size = address_size(set.family);

	memcpy(elem.key, block->net.bytes, size);
	if (!set.has_ports)
		nftelems_put(e, &elem);
	for (size_t i = 0; i < block->port_count; i++) {
		put_port(elem.key + size, block->ports[i]);
		nftelems_put(e, &elem);
	}
}

void nftelems_add(struct nftelems *e, const struct fw_block *blocks, size_t count,
		  const struct fw_settings *settings)
{
	for (size_t i = 0; i < count && !e->failed; i++) {
		const struct fw_block *block = &blocks[i];

		if (block->net.family == 0)
			add_uid(e, block, (uint32_t)i, settings);
		if (block->net.family && block->direction & FW_IN)
			add_net(e, block, (uint32_t)i, false);
		if (block->net.family && block->direction & FW_OUT)
			add_net(e, block, (uint32_t)i, true);
	}
}

static int by_key(const void *a, const void *b)
{
	const struct nftelem *x = a, *y = b;
	int d = (int)x->set - (int)y->set;

	if (d == 0)
		d = memcmp(x->key, y->key, sizeof(x->key));
	if (d == 0)
		d = x->block < y->block ? -1 : x->block > y->block;
	return d;
}

static bool same_key(const struct nftelem *x, const struct nftelem *y)
{
	return x->set == y->set && memcmp(x->key, y->key, sizeof(x->key)) == 0;
}

void nftelems_unify(struct nftelems *e)
{
	size_t kept = 0;

	if (e->n == 0)
		return;
	qsort(e->v, e->n, sizeof(*e->v), by_key);
	for (size_t i = 0; i < e->n; i++) {
		if (i + 1 < e->n && same_key(&e->v[i], &e->v[i + 1]))
			continue;
		e->v[kept++] = e->v[i];
	}
	e->n = kept;
}

void nftelem_read(unsigned id, const uint8_t *key, struct fw_block *block, uint16_t *port)
{
	struct nftset set = nftset_of(id);
	size_t size = set.is_uids ? sizeof(uint32_t) : address_size(set.family);
	uint32_t uid;

	*port = 0;
	if (set.is_uids || set.has_ports)
		*port = (uint16_t)(key[size] << 8 | key[size + 1]);
	if (set.is_uids) {
		memcpy(&uid, key, sizeof(uid));
		block->uid = uid;
		block->direction = FW_OUT;
		return;
	}
	block->net.family = set.family;
	block->net.prefix = set.prefix;
	memcpy(block->net.bytes, key, size);
	block->direction = set.is_out ? FW_OUT : FW_IN;
}
