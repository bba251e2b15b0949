/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfwork.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SAME_TIME_S 2 /* a temporary entry that ends this near needs no new one */

static const char *subject(const struct fw_block *b, char out[ADDR_TEXT_MAX])
{
	if (b->net.family)
		return addr_print(&b->net, out);
	snprintf(out, ADDR_TEXT_MAX, "uid %u", (unsigned)b->uid);
	return out;
}

static void say(const struct csf_work *w, const char *text)
{
	if (w->settings->say)
		w->settings->say(text, w->settings->ctx);
}

/* ---- one call, believed only when csf's files agree ---- */

static bool reread(struct csf_work *w, struct err *err)
{
	csfbook_clear(&w->book);
	return csfbook_read(&w->book, w->settings->paths, w->block, err);
}

static const struct csf_kept *find_deny(const struct csf_work *w, const char *text)
{
	struct addr net, plain;

	for (size_t i = 0; i < w->book.count; i++) {
		const struct csf_kept *k = &w->book.kept[i];

		if (k->is_temporary)
			continue;
		if (strcmp(k->text, text) == 0)
			return k;
		/* 2001:db8:0::1 and 192.0.2.7/24 as somebody wrote them */
		if (!k->is_filter && addr_parse_cidr(slice_str(text), &net) &&
		    addr_parse_cidr(slice_str(k->text), &plain) && addr_eq(&net, &plain))
			return k;
	}
	return NULL;
}

static const struct csf_kept *find_temp(const struct csf_work *w, const char *ports)
{
	for (size_t i = 0; i < w->book.count; i++)
		if (w->book.kept[i].is_temporary &&
		    strcmp(w->book.kept[i].ports, ports) == 0)
			return &w->book.kept[i];
	return NULL;
}

static bool stands(const struct csf_work *w, const struct csf_wanted *wanted,
		   const char *entry, const char *ports)
{
	switch (wanted->verb) {
	case CSF_DENY_ADD:
	case CSF_DENY_REMOVE:
		return find_deny(w, entry) != NULL;
	case CSF_TEMP_ADD:
		return find_temp(w, ports) != NULL;
	case CSF_TEMP_REMOVE:
		for (size_t i = 0; i < w->book.count; i++)
			if (w->book.kept[i].is_temporary)
				return true;
		return false;
	}
	return false;
}

/* What csf recorded and the kernel did not take is worth keeping only if the kernel is told
 * natively: then csf's next start agrees with it. */
static bool not_in_force(struct csf_work *w, bool is_add, const char *why,
			 struct err *err)
{
	char text[CSF_WHY_MAX + 128], who[ADDR_TEXT_MAX];

	if (is_add && !w->settings->native)
		return err_set(
			err, EIO,
			"csf noted the block, but its firewall did not take it: %s", why);
	snprintf(text, sizeof(text),
		 "%s: csf's own firewall did not follow (is it down?): %s",
		 subject(w->block, who), why);
	say(w, text);
	return true;
}

static bool call(struct csf_work *w, const struct csf_wanted *wanted, struct err *err)
{
	bool is_add = wanted->verb == CSF_DENY_ADD || wanted->verb == CSF_TEMP_ADD;
	char why[CSF_WHY_MAX] = "", entry[CSFLIST_ENTRY_MAX + 1],
	     ports[CSFLIST_ENTRY_MAX + 1];
	enum csf_answer answer = CSF_UNABLE;

	snprintf(entry, sizeof(entry), "%.*s", (int)wanted->entry.n, wanted->entry.p);
	snprintf(ports, sizeof(ports), "%.*s", (int)wanted->ports.n,
		 wanted->ports.n ? wanted->ports.p : "");
	if (!csfhost_call(&w->host, wanted, &answer, why, err))
		return false;
	if (answer == CSF_REFUSED)
		return err_set(err, EPERM, "csf refused: %s", why);
	if (answer == CSF_UNABLE)
		return err_set(err, EIO, "csf could not: %s", why);
	if (!reread(w, err))
		return false;
	if (stands(w, wanted, entry, ports) != is_add)
		return err_set(err, EIO, "csf says \"%s\", but its list %s it",
			       why[0] ? why : "done",
			       is_add ? "does not hold" : "still holds");
	return answer != CSF_NOT_IN_FORCE || not_in_force(w, is_add, why, err);
}

/* ---- temporary bans ---- */

static bool temp_add(struct csf_work *w, const char *ports, enum fw_direction direction,
		     int64_t ttl, const char *comment, bool is_foreign, struct err *err)
{
	struct csf_wanted wanted = {.verb = CSF_TEMP_ADD,
				    .entry = slice_str(w->entry),
				    .ttl = ttl,
				    .ports = slice_str(ports),
				    .direction = direction,
				    .comment = slice_str(comment),
				    .is_foreign = is_foreign};

	return csfhost_end_last_line(&w->host, CSF_TEMPBAN, err) && call(w, &wanted, err);
}

static bool temp_remove(struct csf_work *w, struct err *err)
{
	struct csf_wanted wanted = {.verb = CSF_TEMP_REMOVE,
				    .entry = slice_str(w->entry)};

	return call(w, &wanted, err);
}

/* csf -trd takes all temporary bans of an address; what is not osm's and is gone is put back, each
 * whatever became of the others. */
static bool put_back(struct csf_work *w, const struct csf_book *before,
		     const char *but_ports, struct err *err)
{
	bool ok = reread(w, err);

	for (size_t i = 0; i < before->count; i++) {
		const struct csf_kept *k = &before->kept[i];
		struct err why = {0};

		if (!k->is_temporary || k->is_ours || k->until_s <= w->now_s ||
		    (but_ports && strcmp(k->ports, but_ports) == 0) ||
		    find_temp(w, k->ports))
			continue;
		if (temp_add(w, k->ports, k->direction, k->until_s - w->now_s, k->comment,
			     true, &why) ||
		    !ok)
			continue;
		ok = err_set(err, why.code,
			     "an entry of others could not be put back: %s", why.msg);
	}
	return ok;
}

/* After a failure, which is what the caller reads. */
static void put_all_back(struct csf_work *w, const struct csf_book *before)
{
	struct err err = {0};

	if (!put_back(w, before, NULL, &err))
		say(w, err.msg);
}

/* csf takes no second entry with the same ports: the old one makes room. One of somebody
 * else's is taken in: its direction and its end, if later, are kept in the new one. */
static bool temp_replace(struct csf_work *w, const struct csf_kept *old, struct err *err)
{
	enum fw_direction direction = w->block->direction;
	int64_t until = w->now_s + w->block->ttl;
	struct csf_book before;
	bool ok;

	if (!old->is_ours) {
		direction |= old->direction;
		until = old->until_s > until ? old->until_s : until;
	}
	if (!csfbook_read(&before, w->settings->paths, w->block, err))
		return false;
	ok = temp_remove(w, err) && temp_add(w, w->ports, direction, until - w->now_s,
					     w->block->reason, false, err);
	if (ok)
		ok = put_back(w, &before, w->ports, err);
	else
		put_all_back(w, &before);
	csfbook_clear(&before);
	return ok;
}

/* Does this entry already block all that is wanted? Ours only when it ends at the same time. */
static bool temp_covers(const struct csf_work *w, const struct csf_kept *k)
{
	int64_t until = w->now_s + w->block->ttl;

	if (k->is_ours)
		return k->direction == w->block->direction &&
		       llabs(k->until_s - until) < SAME_TIME_S;
	return (k->direction & w->block->direction) == w->block->direction &&
	       k->until_s >= until;
}

static bool deny_remove(struct csf_work *w, const char *text, struct err *err)
{
	struct csf_wanted wanted = {.verb = CSF_DENY_REMOVE, .entry = slice_str(text)};

	return call(w, &wanted, err);
}

static bool block_for_a_time(struct csf_work *w, struct err *err)
{
	const struct csf_kept *deny = find_deny(w, w->entry), *temp;
	char text[CSFLIST_ENTRY_MAX + 1];

	if (deny && !deny->is_ours)
		return true; /* for good, by somebody else */
	if (deny) {
		snprintf(text, sizeof(text), "%s", deny->text);
		if (!deny_remove(w, text, err))
			return false;
	}
	temp = find_temp(w, w->ports);
	if (!temp)
		return temp_add(w, w->ports, w->block->direction, w->block->ttl,
				w->block->reason, false, err);
	return temp_covers(w, temp) || temp_replace(w, temp, err);
}

/* ---- csf.deny ---- */

static bool deny_add(struct csf_work *w, const char *entry, struct err *err)
{
	struct csf_wanted wanted = {.verb = CSF_DENY_ADD,
				    .entry = slice_str(entry),
				    .comment = slice_str(w->block->reason)};

	return find_deny(w, entry) ||
	       (csfhost_end_last_line(&w->host, CSF_DENY, err) && call(w, &wanted, err));
}

static bool block_ports_for_good(struct csf_work *w, struct err *err)
{
	static const enum fw_direction each[] = {FW_IN, FW_OUT};
	char filter[CSF_FILTER_MAX];

	for (size_t i = 0; i < 2; i++) {
		if (!(w->block->direction & each[i]))
			continue;
		if (!csfcall_port_filter(&w->block->net, each[i], slice_str(w->ports),
					 filter))
			return err_set(err, E2BIG,
				       "too many ports for a filter of csf's");
		if (!deny_add(w, filter, err))
			return false;
	}
	return true;
}

static bool block_uid(struct csf_work *w, struct err *err)
{
	char filter[CSF_FILTER_MAX];

	if (!csfcall_uid_filter(w->block->uid, slice_str(w->ports), filter))
		return err_set(err, EINVAL, "uid %u: no SMTP port is named",
			       (unsigned)w->block->uid);
	return deny_add(w, filter, err);
}

static bool block_for_good(struct csf_work *w, struct err *err)
{
	if (w->ports[0])
		return block_ports_for_good(w, err);
	if (w->host.blocks_in_only && w->block->direction != FW_IN)
		return err_set(err, EOPNOTSUPP,
			       "csf blocks incoming only (LF_BLOCKINONLY in csf.conf)");
	return deny_add(w, w->entry, err);
}

/* ---- one subject ---- */

bool csfwork_begin(struct csf_work *w, const struct fw_settings *s,
		   const struct fw_block *b, struct err *err)
{
	bool is_uid = !b->net.family;
	char who[ADDR_TEXT_MAX];

	*w = (struct csf_work){.settings = s, .block = b, .now_s = time(NULL)};
	if (is_uid && !b->port_count)
		csfcall_ports(s->smtp_ports, s->smtp_port_count, w->ports);
	else
		csfcall_ports(b->ports, b->port_count, w->ports);
	if (!is_uid)
		addr_print(&b->net, w->entry);
	if (csfhost_begin(&w->host, s, err)) {
		if (reread(w, err))
			return true;
		csfhost_end(&w->host);
	}
	return err_prefix(err, "%s: ", subject(b, who));
}

void csfwork_end(struct csf_work *w)
{
	csfbook_clear(&w->book);
	csfhost_end(&w->host);
}

bool csfwork_block(struct csf_work *w, struct err *err)
{
	const struct fw_block *b = w->block;
	char who[ADDR_TEXT_MAX];
	bool ok;

	if (b->net.family == AF_INET6 && !w->host.has_ipv6)
		ok = err_set(err, EOPNOTSUPP, "csf leaves IPv6 alone (IPV6 in csf.conf)");
	else if (!b->net.family)
		ok = block_uid(w, err);
	else if (b->ttl)
		ok = block_for_a_time(w, err);
	else
		ok = block_for_good(w, err);
	return ok || err_prefix(err, "%s: ", subject(b, who));
}

/* The first entry of osm's that is left in csf.deny, as csf has to be told it. */
static bool next_own_deny(const struct csf_work *w, char text[CSFLIST_ENTRY_MAX + 1])
{
	for (size_t i = 0; i < w->book.count; i++)
		if (!w->book.kept[i].is_temporary && w->book.kept[i].is_ours) {
			snprintf(text, CSFLIST_ENTRY_MAX + 1, "%s", w->book.kept[i].text);
			return true;
		}
	return false;
}

static bool release_temps(struct csf_work *w, struct err *err)
{
	struct csf_book before;
	bool has_own = false, ok;

	for (size_t i = 0; i < w->book.count; i++)
		has_own = has_own ||
			  (w->book.kept[i].is_temporary && w->book.kept[i].is_ours);
	if (!has_own)
		return true;
	if (!csfbook_read(&before, w->settings->paths, w->block, err))
		return false;
	ok = temp_remove(w, err);
	if (ok)
		ok = put_back(w, &before, NULL, err);
	else
		put_all_back(w, &before);
	csfbook_clear(&before);
	return ok;
}

bool csfwork_release(struct csf_work *w, struct err *err)
{
	char text[CSFLIST_ENTRY_MAX + 1], who[ADDR_TEXT_MAX];
	bool ok = true;

	while (ok && next_own_deny(w, text))
		ok = deny_remove(w, text, err);
	ok = ok && release_temps(w, err);
	return ok || err_prefix(err, "%s: ", subject(w->block, who));
}
