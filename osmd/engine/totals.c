/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/totals.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/map.h"
#include "osmd/model/report.h"

#define KEY_MAX 1024
#define TEXT_MAX 8192

enum kind {
	KIND_MAILBOX,
	KIND_ACCOUNT,
	KIND_ADDRESS,
	KIND_SUBJECT,
	KIND_CWD_ACCOUNT,
	KIND_PATH,
	KIND_COUNT
};

static const char *const kind_names[] = {"mailbox", "account", "address",
					 "subject", "account", "path"};

struct row {
	uint64_t messages, recipients, claimed_messages, claimed_recipients;
	enum kind kind;
	size_t account_n, key_n;
	char text[]; /* account, then key */
};

struct totals {
	/* By kind: there may be any number of subjects, which must not push a mailbox out. */
	struct map *rows[KIND_COUNT];
};

static void drop_row(void *value, void *ctx)
{
	(void)ctx;
	free(value);
}

struct totals *totals_new(size_t max_rows)
{
	struct totals *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	for (int k = 0; k < KIND_COUNT; k++) {
		t->rows[k] = map_new(max_rows, drop_row, NULL);
		if (!t->rows[k]) {
			totals_free(t);
			return NULL;
		}
	}
	return t;
}

void totals_free(struct totals *t)
{
	if (!t)
		return;
	for (int k = 0; k < KIND_COUNT; k++)
		map_free(t->rows[k]);
	free(t);
}

/* A subject and an address may be used by many accounts: their rows name none. */
static struct row *row_of(struct totals *t, enum kind kind, struct slice account,
			  struct slice key)
{
	struct row *r;

	if (key.n > KEY_MAX)
		key.n = KEY_MAX;
	if (kind == KIND_SUBJECT || kind == KIND_ADDRESS || account.n > KEY_MAX)
		account.n = 0;
	r = map_get(t->rows[kind], key);
	if (r)
		return r;
	r = calloc(1, sizeof(*r) + account.n + key.n);
	if (!r)
		return NULL;
	r->kind = kind;
	r->account_n = account.n;
	r->key_n = key.n;
	if (account.n)
		memcpy(r->text, account.p, account.n);
	if (key.n)
		memcpy(r->text + account.n, key.p, key.n);
	if (!map_put(t->rows[kind], key, r)) {
		free(r);
		return NULL;
	}
	return r;
}

static void count(struct totals *t, enum kind kind, const struct classified *c,
		  struct slice key, bool claim)
{
	struct row *r = row_of(t, kind, c->event.account, key);
	unsigned recipients = c->event.recipients ? c->event.recipients : 1;

	if (!r)
		return;
	*(claim ? &r->claimed_messages : &r->messages) += 1;
	*(claim ? &r->claimed_recipients : &r->recipients) += recipients;
}

static void count_all(struct totals *t, const struct classified *c, bool claim)
{
	if (c->event.type == EVENT_CWDCHECK) {
		if (c->event.account.n)
			count(t, KIND_CWD_ACCOUNT, c, c->event.account, claim);
		count(t, KIND_PATH, c, c->event.path, claim);
		return;
	}
	if (c->login.n) {
		count(t, KIND_MAILBOX, c, c->login, claim);
		if (c->event.address.n)
			count(t, KIND_ADDRESS, c, c->event.address, claim);
	} else {
		count(t, KIND_ACCOUNT, c, c->key, claim);
	}
	if (c->has_subject)
		count(t, KIND_SUBJECT, c, c->subject, claim);
}

void totals_add(struct totals *t, const struct classified *c)
{
	count_all(t, c, false);
}

void totals_claim(struct totals *t, const struct classified *c)
{
	count_all(t, c, true);
}

struct list {
	const struct row **at;
	size_t n;
};

static bool take_row(struct slice key, void *value, void *ctx)
{
	struct list *l = ctx;

	(void)key;
	l->at[l->n++] = value;
	return true;
}

static int by_kind_and_key(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a,
			 *y = *(const struct row *const *)b;
	struct slice xk = {x->text + x->account_n, x->key_n};
	struct slice yk = {y->text + y->account_n, y->key_n};

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : slice_cmp(xk, yk);
}

static json_t *row_json(const struct row *r, bool with_claims)
{
	uint64_t messages = r->messages, recipients = r->recipients;

	if (!with_claims) {
		messages -=
			r->claimed_messages < messages ? r->claimed_messages : messages;
		recipients -= r->claimed_recipients < recipients ? r->claimed_recipients
								 : recipients;
	}
	if (!messages)
		return NULL;
	return json_pack(
		"{s:s, s:s, s:o, s:o, s:I, s:I}", "type",
		r->kind >= KIND_CWD_ACCOUNT ? "cwdcheck" : "logline", "kind",
		kind_names[r->kind], "key",
		report_text((struct slice){r->text + r->account_n, r->key_n}, TEXT_MAX),
		"account", report_text((struct slice){r->text, r->account_n}, TEXT_MAX),
		"messages", (json_int_t)messages, "recipients", (json_int_t)recipients);
}

json_t *totals_json(const struct totals *t, bool with_claims)
{
	struct list l = {NULL, 0};
	json_t *rows = json_array();
	size_t count = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		count += map_count(t->rows[k]);
	l.at = calloc(count + 1, sizeof(*l.at));
	if (!l.at || !rows) {
		free(l.at);
		json_decref(rows);
		return NULL;
	}
	for (int k = 0; k < KIND_COUNT; k++)
		map_each(t->rows[k], take_row, &l);
	qsort(l.at, l.n, sizeof(*l.at), by_kind_and_key);
	for (size_t i = 0; i < l.n; i++) {
		json_t *row = row_json(l.at[i], with_claims);

		if (row)
			json_array_append_new(rows, row);
	}
	free(l.at);
	return rows;
}

uint64_t totals_evicted(const struct totals *t)
{
	uint64_t n = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		n += map_evicted(t->rows[k]);
	return n;
}
