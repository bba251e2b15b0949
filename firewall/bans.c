/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/bans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall/bansource.h"

#define FILE_SHOWN 120 /* bytes of a file name in a sentence */
#define FAMILIES 2
#define LENGTHS 129

/* One protected address or prefix. Why is put together when it is asked for: most of a
 * hundred thousand entries never are. */
struct protected
{
	struct addr net;
	const char *file; /* one of the names in bans; NULL: why says all */
	unsigned line;
	const char *why; /* "is one of this server's own addresses" */
};

struct bans {
	struct protected *list; /* owned; sorted when it is asked */
	size_t count, cap;
	bool is_sorted;
	bool has_length[FAMILIES][LENGTHS]; /* prefix lengths that are in the list */
	char **names;			    /* owned: file names and reasons */
	size_t name_count;
	size_t unresolved;
};

static int by_address(const void *a, const void *b)
{
	const struct protected *x = a, *y = b;
	int order;

	if (x->net.family != y->net.family)
		return x->net.family < y->net.family ? -1 : 1;
	order = memcmp(x->net.bytes, y->net.bytes, sizeof(x->net.bytes));
	if (order)
		return order;
	return x->net.prefix < y->net.prefix ? -1 : x->net.prefix > y->net.prefix;
}

static size_t family_row(const struct addr *a)
{
	return a->family == AF_INET ? 0 : 1;
}

/* One copy of each name: a list has one file for all its lines. NULL without memory. */
static const char *keep_name(struct bans *b, const char *name)
{
	char **more;

	for (size_t i = b->name_count; i-- > 0 && b->name_count - i < 8;)
		if (strcmp(b->names[i], name) == 0)
			return b->names[i];
	more = reallocarray(b->names, b->name_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	b->names = more;
	more[b->name_count] = strdup(name);
	return more[b->name_count] ? more[b->name_count++] : NULL;
}

static bool add(struct bans *b, const struct addr *net, const char *why, const char *file,
		unsigned line)
{
	const char *kept_why = keep_name(b, why),
		   *kept_file = file ? keep_name(b, file) : NULL;

	if (!kept_why || (file && !kept_file) || b->count == BANS_PROTECTED_MAX)
		return false;
	if (b->count == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		struct protected *more = reallocarray(b->list, cap, sizeof(*more));

		if (!more)
			return false;
		b->list = more;
		b->cap = cap;
	}
	b->list[b->count++] = (struct protected){*net, kept_file, line, kept_why};
	b->has_length[family_row(net)][net->prefix] = true;
	b->is_sorted = false;
	return true;
}

bool bans_add(struct bans *b, const struct addr *net, const char *why, struct err *err)
{
	return add(b, net, why, NULL, 0) ||
	       err_set(err, ENOMEM, "no room to protect more than %zu addresses",
		       b->count);
}

static bool take(const struct ban_source_entry *e, void *ctx)
{
	struct bans *b = ctx;

	if (!e->net.family) {
		b->unresolved++;
		return true;
	}
	return add(b, &e->net, e->why, e->file, e->line);
}

struct bans *bans_load(const struct bans_settings *settings, struct err *err)
{
	struct bans *b = calloc(1, sizeof(*b));

	if (!b) {
		err_set(err, ENOMEM, "no memory for the protected addresses");
		return NULL;
	}
	if (!bansource_read(settings, take, b, err)) {
		err_prefix(err, "what must not be blocked is not known: ");
		bans_free(b);
		return NULL;
	}
	return b;
}

void bans_free(struct bans *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->name_count; i++)
		free(b->names[i]);
	free(b->names);
	free(b->list);
	free(b);
}

size_t bans_unresolved(const struct bans *b)
{
	return b->unresolved;
}

/* ---- asking ---- */

static void sort(struct bans *b)
{
	if (!b->is_sorted && b->count)
		qsort(b->list, b->count, sizeof(*b->list), by_address);
	b->is_sorted = true;
}

/* The first entry that is not before key. */
static size_t lower_bound(const struct bans *b, const struct protected *key)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_address(&b->list[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void cut_to(struct addr *a, unsigned prefix)
{
	for (unsigned i = 0; i < sizeof(a->bytes); i++) {
		unsigned keep = prefix > i * 8 ? prefix - i * 8 : 0;

		if (keep < 8)
			a->bytes[i] &= (uint8_t)(0xff00u >> keep);
	}
	a->prefix = prefix;
}

/* A protected prefix that net lies in, or is. The longest says most. */
static const struct protected *find_around(const struct bans *b, const struct addr *net)
{
	for (unsigned length = net->prefix + 1; length-- > 0;) {
		struct protected key = {.net = *net};
		size_t at;

		if (!b->has_length[family_row(net)][length])
			continue;
		cut_to(&key.net, length);
		at = lower_bound(b, &key);
		if (at < b->count && addr_eq(&b->list[at].net, &key.net))
			return &b->list[at];
	}
	return NULL;
}

/* A protected address or prefix that lies in net. */
static const struct protected *find_within(const struct bans *b, const struct addr *net)
{
	struct protected key = {.net = *net};
	size_t at;

	cut_to(&key.net, net->prefix);
	at = lower_bound(b, &key);
	return at < b->count && addr_contains(&key.net, &b->list[at].net) ? &b->list[at]
									  : NULL;
}

static void explain(const struct addr *net, const struct protected *p,
		    char why[BANS_WHY_MAX])
{
	char asked[ADDR_TEXT_MAX], held[ADDR_TEXT_MAX], where[FILE_SHOWN + 32] = "";

	addr_print(net, asked);
	addr_print(&p->net, held);
	if (p->file)
		snprintf(where, sizeof(where), " %.*s line %u", FILE_SHOWN, p->file,
			 p->line);
	if (addr_eq(net, &p->net))
		snprintf(why, BANS_WHY_MAX, "%s %s%s", asked, p->why, where);
	else
		snprintf(why, BANS_WHY_MAX, "%s %s %s, which %s%s", asked,
			 net->prefix < p->net.prefix ? "contains" : "lies in", held,
			 p->why, where);
}

static bool is_too_short(const struct addr *net, char why[BANS_WHY_MAX])
{
	unsigned least = net->family == AF_INET ? BANS_PREFIX_MIN_V4 : BANS_PREFIX_MIN_V6;
	char asked[ADDR_TEXT_MAX];

	if (net->prefix >= least)
		return false;
	snprintf(why, BANS_WHY_MAX,
		 "%s is too much of the Internet: at least /%u is asked for",
		 addr_print(net, asked), least);
	return true;
}

bool bans_may_block(struct bans *b, const struct addr *net, char why[BANS_WHY_MAX])
{
	const struct protected *p;
	struct addr whole = *net;

	why[0] = '\0';
	if ((net->family != AF_INET && net->family != AF_INET6) ||
	    net->prefix > (net->family == AF_INET ? 32 : 128)) {
		snprintf(why, BANS_WHY_MAX, "this is no address");
		return false;
	}
	cut_to(&whole, net->prefix);
	sort(b);
	if (is_too_short(&whole, why))
		return false;
	p = find_around(b, &whole);
	if (!p)
		p = find_within(b, &whole);
	if (p)
		explain(&whole, p, why);
	return !p;
}

bool bans_may(struct bans *b, const struct fw_block *block, char why[BANS_WHY_MAX])
{
	if (block->net.family)
		return bans_may_block(b, &block->net, why);
	why[0] = '\0';
	if (block->uid == 0)
		snprintf(why, BANS_WHY_MAX, "root's own connections are never blocked");
	return block->uid != 0;
}
