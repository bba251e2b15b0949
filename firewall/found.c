/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REASONS_MAX (512u << 20)

struct entry {
	struct addr net;
	uid_t uid;
	uint32_t reason; /* where it begins in reasons */
	int64_t left_ms;
	uint16_t port;
	uint8_t direction;
};

struct found {
	struct entry *v; /* owned */
	size_t n, cap;
	struct buf reasons; /* NUL-terminated, one after the other; "" at 0 */
	bool failed;
};

struct found *found_new(void)
{
	struct found *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	buf_init(&f->reasons, REASONS_MAX);
	buf_putc(&f->reasons, '\0');
	return f;
}

void found_free(struct found *f)
{
	if (!f)
		return;
	free(f->v);
	buf_clear(&f->reasons);
	free(f);
}

void found_reset(struct found *f)
{
	f->n = 0;
	f->failed = false;
	buf_reset(&f->reasons);
	buf_putc(&f->reasons, '\0');
}

static bool have_room(struct found *f)
{
	size_t cap = f->cap ? f->cap * 2 : 64;
	struct entry *v;

	if (f->n < f->cap)
		return true;
	v = cap <= 2 * FOUND_MAX ? realloc(f->v, cap * sizeof(*v)) : NULL;
	if (!v)
		return false;
	f->v = v;
	f->cap = cap;
	return true;
}

static const char *reason_of(const struct found *f, const struct entry *e)
{
	return f->reasons.p + e->reason;
}

/* The place of that reason's copy. A batch often has one reason: look at the newest. */
static uint32_t keep_reason(struct found *f, struct slice reason)
{
	size_t n = reason.n < FW_REASON_MAX - 1 ? reason.n : FW_REASON_MAX - 1;
	uint32_t at = (uint32_t)f->reasons.n;

	if (n == 0)
		return 0;
	if (f->n > 0) {
		const char *last = reason_of(f, &f->v[f->n - 1]);

		if (strlen(last) == n && memcmp(last, reason.p, n) == 0)
			return f->v[f->n - 1].reason;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)reason.p[i];

		buf_putc(&f->reasons, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
	buf_putc(&f->reasons, '\0');
	return at;
}

void found_add(struct found *f, const struct fw_block *block, uint16_t port,
	       int64_t left_ms, struct slice reason)
{
	const int64_t most = FW_TTL_MAX * 1000; /* a hand may have put in any time */
	uint32_t kept;

	if (!have_room(f)) {
		f->failed = true;
		return;
	}
	kept = keep_reason(f, reason);
	if (!buf_ok(&f->reasons)) {
		f->failed = true;
		return;
	}
	f->v[f->n++] = (struct entry){.net = block->net,
				      .uid = block->uid,
				      .reason = kept,
				      .left_ms = left_ms < most ? left_ms : most,
				      .port = port,
				      .direction = (uint8_t)block->direction};
}

/* By whom it is about. */
static int by_subject(const struct entry *x, const struct entry *y)
{
	int d = x->net.family - y->net.family;

	if (d == 0)
		d = memcmp(x->net.bytes, y->net.bytes, sizeof(x->net.bytes));
	if (d == 0)
		d = (int)x->net.prefix - (int)y->net.prefix;
	return d ? d : (x->uid > y->uid) - (x->uid < y->uid);
}

/* By what an element is: no set holds two that are equal in this. */
static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = by_subject(x, y);

	if (d == 0)
		d = x->direction - y->direction;
	return d ? d : x->port - y->port;
}

bool found_settle(struct found *f)
{
	size_t kept = 0, were = f->n;

	if (f->n == 0)
		return true;
	qsort(f->v, f->n, sizeof(*f->v), by_key);
	for (size_t i = 0; i < f->n; i++) {
		if (i == 0 || by_key(&f->v[kept - 1], &f->v[i]) != 0)
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
	return kept == were;
}

/* Then by all that makes one block, the direction and port last. */
static int by_block(const void *a, const void *b, void *ctx)
{
	const struct entry *x = a, *y = b;
	int d = by_subject(x, y);

	if (d == 0 && x->reason != y->reason)
		d = strcmp(reason_of(ctx, x), reason_of(ctx, y));
	if (d == 0)
		d = x->direction - y->direction;
	if (d == 0)
		d = (x->port > 0) - (y->port > 0);
	if (d == 0)
		d = (x->left_ms > y->left_ms) - (x->left_ms < y->left_ms);
	return d;
}

static bool same_time(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a == b;
	return llabs(a - b) <= FOUND_TOGETHER_MS;
}

/* Is the entry one more port of that block? */
static bool joins(const struct found *f, const struct fw_block *block, int64_t left_ms,
		  const struct entry *e)
{
	return block->port_count > 0 && block->port_count < FW_PORTS_MAX && e->port &&
	       addr_eq(&block->net, &e->net) && block->uid == e->uid &&
	       block->direction == (enum fw_direction)e->direction &&
	       same_time(left_ms, e->left_ms) &&
	       strcmp(block->reason, reason_of(f, e)) == 0;
}

static void begin_block(const struct found *f, const struct entry *e,
			struct fw_block *out)
{
	*out = (struct fw_block){.net = e->net,
				 .uid = e->uid,
				 .direction = (enum fw_direction)e->direction,
				 .ttl = e->left_ms < 0 ? 0 : (e->left_ms + 999) / 1000};
	memcpy(out->reason, reason_of(f, e), strlen(reason_of(f, e)) + 1);
	if (e->left_ms >= 0 && out->ttl == 0)
		out->ttl = 1; /* 0 would say that it never ends */
	if (e->port)
		out->ports[out->port_count++] = e->port;
}

static void sort_ports(struct fw_block *b)
{
	for (size_t i = 1; i < b->port_count; i++) {
		for (size_t j = i; j > 0 && b->ports[j - 1] > b->ports[j]; j--) {
			uint16_t port = b->ports[j];

			b->ports[j] = b->ports[j - 1];
			b->ports[j - 1] = port;
		}
	}
}

/* The block that begins at entry *at, which moves on past it. *left_ms: its first entry's. */
static void take(const struct found *f, size_t *at, struct fw_block *out,
		 int64_t *left_ms)
{
	*left_ms = f->v[*at].left_ms;
	begin_block(f, &f->v[*at], out);
	for (++*at; *at < f->n && joins(f, out, *left_ms, &f->v[*at]); ++*at)
		out->ports[out->port_count++] = f->v[*at].port;
	sort_ports(out);
}

static bool is_other_way(const struct fw_block *a, const struct fw_block *b)
{
	return a->net.family && addr_eq(&a->net, &b->net) && a->direction == FW_IN &&
	       b->direction == FW_OUT && a->port_count == b->port_count &&
	       memcmp(a->ports, b->ports, sizeof(a->ports)) == 0 &&
	       strcmp(a->reason, b->reason) == 0;
}

static bool is_smtp(const struct fw_block *b, const struct fw_settings *settings)
{
	size_t n = settings->smtp_port_count;

	for (size_t i = 0; i < n; i++) {
		bool has = false;

		for (size_t j = 0; j < b->port_count; j++)
			has = has || b->ports[j] == settings->smtp_ports[i];
		if (!has)
			return false;
	}
	return b->port_count == n;
}

static bool tell(struct fw_block *b, const struct fw_settings *settings, fw_each *each,
		 void *ctx)
{
	if (b->net.family == 0 && is_smtp(b, settings)) {
		b->port_count = 0;
		memset(b->ports, 0, sizeof(b->ports));
	}
	return each(b, ctx);
}

bool found_each(struct found *f, const struct fw_settings *settings, fw_each *each,
		void *ctx, struct err *err)
{
	struct fw_block block, other;
	int64_t left_ms, other_left_ms;

	if (f->failed)
		return err_set(err, ENOMEM, "no memory for the list of blocks");
	if (f->n == 0)
		return true;
	qsort_r(f->v, f->n, sizeof(*f->v), by_block, f);
	for (size_t at = 0; at < f->n;) {
		size_t ahead;

		take(f, &at, &block, &left_ms);
		ahead = at;
		if (ahead < f->n) {
			take(f, &ahead, &other, &other_left_ms);
			if (is_other_way(&block, &other) &&
			    same_time(left_ms, other_left_ms)) {
				block.direction = FW_INOUT;
				at = ahead;
			}
		}
		if (!tell(&block, settings, each, ctx))
			break;
	}
	return true;
}
