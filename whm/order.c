/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whm/meaning.h"

/* Scripts of one report that are offered to be renamed, addresses to be blocked. */
#define OFFERED_MAX 3
#define LABEL_MAX 200

/* What counts here and is done to: the executor checks all of it. */
static const char *path_of(const json_t *r)
{
	const json_t *paths = json_object_get(r, "paths");

	if (strstr(json_text(r, "type"), ":cwd"))
		return json_text(r, "key");
	return json_array_size(paths) == 1 ? json_text(json_array_get(paths, 0), "value") : "";
}

static void form(struct site *s, const struct meaning *m, const char *target,
		 const char *account)
{
	char label[LABEL_MAX];

	snprintf(label, sizeof(label), "%s: %.*s", m->name, LABEL_MAX - 60, target);
	if (m->is_harsh) {
		page_open(s->page, "details", "class", "act", NULL);
		page_open(s->page, "summary", NULL);
		page_foreign(s->page, label, 0);
		page_text(s->page, "...");
		page_close(s->page);
	}
	page_form(s->page, "act", s->token, m->is_harsh ? NULL : "act");
	page_hidden(s->page, "do", m->action);
	page_hidden(s->page, "target", target);
	page_hidden(s->page, "account", account);
	if (m->is_harsh) {
		page_put(s->page, "p", m->done, NULL);
		page_button(s->page, "Yes, do it", NULL);
	} else {
		page_button(s->page, label, NULL);
		page_put(s->page, "p", m->done, NULL);
	}
	page_close(s->page);
	if (m->is_harsh)
		page_close(s->page);
}

static void each_of(struct site *s, const struct meaning *m, const json_t *r, const char *name)
{
	const json_t *list = json_object_get(r, name);

	for (size_t i = 0; i < json_array_size(list) && i < OFFERED_MAX; i++)
		form(s, m, json_text(json_array_get(list, i), "value"), json_text(r, "account"));
}

static void offer(struct site *s, const struct meaning *m, const json_t *r)
{
	const char *account = json_text(r, "account"), *mailbox = json_text(r, "mailbox");
	const char *target = "";

	switch (m->on) {
	case MEANING_NOBODY:
		break;
	case MEANING_ACCOUNT:
		target = account;
		break;
	case MEANING_MAILBOX:
		target = mailbox;
		break;
	case MEANING_EITHER:
		target = mailbox[0] ? mailbox : account;
		break;
	case MEANING_PATH:
		target = path_of(r);
		break;
	case MEANING_SCRIPT:
		each_of(s, m, r, "scripts");
		break;
	case MEANING_ADDRESS:
		each_of(s, m, r, "confirmed_ips");
		break;
	}
	if (target[0])
		form(s, m, target, account);
}

/* ---- where else to go ---- */

/* A link to a form of Event Configuration that has these values already. */
static void form_link(struct site *s, const char *text, const char *place, char *address)
{
	char *whole = NULL;

	if (address && asprintf(&whole, "%s#%s", address, place) < 0)
		whole = NULL;
	free(address);
	page_link(s->page, text, "button", whole);
}

static void links(struct site *s, const json_t *r)
{
	const char *type = json_text(r, "type"), *key = json_text(r, "key");
	const char *mailbox = json_text(r, "mailbox"), *account = json_text(r, "account");
	const char *who = strstr(type, ":cwd") && key[0] == '/' ? key
			  : mailbox[0]				? mailbox
								: account;
	const char *kind = who == key ? "path" : who == mailbox ? "mailbox" : "user";
	char limit[24];

	snprintf(limit, sizeof(limit), "%" PRId64, json_number(r, "limit"));
	page_open(s->page, "p", "class", "links", NULL);
	form_link(s, "Change this limit", "accounts",
		  page_address("events", "key", who, "event", type, "limit", limit, NULL));
	form_link(s, "Never count this again", "ignore",
		  page_address("events", "kind", kind, "value", who, NULL));
	if (mailbox[0])
		page_link(s->page, "Its held mail", "button",
			  page_address("held", "mailbox", mailbox, "account", account, NULL));
	page_close(s->page);
}

void order_forms(struct site *s, const json_t *report)
{
	if (!json_text(report, "account")[0])
		return;
	page_section(s->page, "Do more");
	page_open(s->page, "div", "class", "choices", NULL);
	for (size_t i = 0; i < meaning_count(); i++)
		offer(s, meaning_row(i), report);
	page_close(s->page);
	links(s, report);
	page_close(s->page);
}
