/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * What the kernel tells of sets, rules and connections, from any bytes. The first byte chooses
 * the reader, the second the set or family; the rest is a netlink message behind its header,
 * or a rule of the legacy tables. What is read lies inside the bytes, is a possible block, and
 * a block that can be written reads back as itself.
 */
#include <linux/inet_diag.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "firewall/found.h"
#include "firewall/ipset.h"
#include "firewall/iptrule.h"
#include "firewall/nfttable.h"
#include "firewall/sockkill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fw_settings settings = {.smtp_ports = {25, 465, 587},
					    .smtp_port_count = 3};

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* The bytes as a message of that type; owned. */
static struct nlmsghdr *message(const uint8_t *data, size_t size, uint16_t type)
{
	struct nlmsghdr *h = calloc(1, sizeof(*h) + size);

	must(h != NULL);
	h->nlmsg_len = (uint32_t)(sizeof(*h) + size);
	h->nlmsg_type = type;
	if (size)
		memcpy(h + 1, data, size);
	return h;
}

struct listing {
	struct found *found;
	const uint8_t *begin, *end;
	unsigned set;
};

static bool told(const struct fw_block *block, void *ctx)
{
	(void)ctx;
	must(block->net.family == 0 || block->net.prefix <= 128);
	must(block->port_count <= FW_PORTS_MAX);
	must(block->ttl >= 0);
	must(memchr(block->reason, '\0', sizeof(block->reason)) != NULL);
	for (const char *p = block->reason; *p; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	return true;
}

static bool note_element(const struct nfttable_element *element, void *ctx)
{
	struct listing *l = ctx;
	struct fw_block block = {0};
	uint16_t port;

	must(element->key >= l->begin &&
	     element->key + nftset_key_size(l->set) <= l->end);
	if (element->reason.n)
		must((const uint8_t *)element->reason.p >= l->begin &&
		     (const uint8_t *)element->reason.p + element->reason.n <= l->end);
	nftelem_read(l->set, element->key, &block, &port);
	found_add(l->found, &block, port, element->left_ms, element->reason);
	return true;
}

static void read_nft(const uint8_t *data, size_t size, unsigned set)
{
	struct nlmsghdr *h =
		message(data, size, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM);
	struct listing l = {found_new(), (uint8_t *)h, (uint8_t *)h + h->nlmsg_len, set};
	struct err e = {0};
	unsigned named;

	must(l.found != NULL);
	nfttable_read_elements(h, set, note_element, &l);
	must(found_each(l.found, &settings, told, NULL, &e));
	found_free(l.found);
	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET;
	if (nfttable_read_set(h, &named))
		must(named < NFTSET_IDS);
	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;
	nfttable_read_generation(h);
	free(h);
}

static bool note_set_element(const struct fw_block *block, void *ctx)
{
	unsigned set = *(unsigned *)ctx;

	told(block, NULL);
	must(block->net.family == ipset_kind(set).family);
	must((block->port_count == 1) == ipset_kind(set).has_ports);
	return true;
}

static void read_ipset(const uint8_t *data, size_t size, unsigned set)
{
	struct nlmsghdr *h = message(data, size, NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST);

	ipset_read(h, set, note_set_element, &set);
	free(h);
}

static void read_rule(const uint8_t *data, size_t size, int family)
{
	struct fw_block block, again;
	struct iptrule r;
	uint8_t *exact = malloc(size ? size : 1);

	must(exact != NULL);
	memcpy(exact, data, size);
	if (iptrule_read(exact, size, family, &block)) {
		must((block.net.family == 0) == (block.uid != 0));
		must(block.port_count <= FW_PORTS_MAX);
		iptrule_block(&r, family, &block, true);
		must(!r.failed && iptrule_read(r.bytes, r.n, family, &again));
		must(addr_eq(&again.net, &block.net) && again.uid == block.uid);
		must(again.ttl == block.ttl && again.port_count == block.port_count);
		must(strcmp(again.reason, block.reason) == 0);
	}
	free(exact);
}

static void read_connection(const uint8_t *data, size_t size)
{
	struct fw_block blocks[3] = {
		{.net = {.family = AF_INET, .bytes = {192, 0, 2, 0}, .prefix = 24}},
		{.net = {.family = AF_INET6, .bytes = {0x20, 1}, .prefix = 16}},
		{.uid = 1001}};
	struct nlmsghdr *h = message(data, size, TCPDIAG_GETSOCK);
	struct sockkill *k = sockkill_new(blocks, 3, &settings);

	must(k != NULL);
	sockkill_wants(k, h);
	sockkill_free(k);
	free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	switch (data[0] % 4) {
	case 0:
		read_nft(data + 2, size - 2,
			 (unsigned)(data[0] / 4 * 256 + data[1]) % NFTSET_IDS);
		break;
	case 1:
		read_ipset(data + 2, size - 2, data[1] % IPSET_COUNT);
		break;
	case 2:
		read_rule(data + 2, size - 2, data[1] % 2 ? AF_INET6 : AF_INET);
		break;
	case 3:
		read_connection(data + 2, size - 2);
		break;
	}
	return 0;
}
