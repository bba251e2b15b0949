/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/connection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char *const reason_names[CONNECTION_REASONS] = {
	[CONNECTION_COUNTS] = "counts",		[CONNECTION_BAD_LINE] = "bad-line",
	[CONNECTION_PORT] = "other-port",	[CONNECTION_LOCAL] = "localhost",
	[CONNECTION_USER] = "ignored-user",	[CONNECTION_GROUP] = "ignored-group",
	[CONNECTION_UNKNOWN] = "owner-unknown",
};

const char *connection_reason_name(enum connection_reason r)
{
	return r < CONNECTION_REASONS ? reason_names[r] : "unknown";
}

/* A name that isn't there ignores nobody. */
static size_t numbers_of(const struct users *users, const char *list,
			 int64_t (*number)(const struct users *u, struct slice name),
			 int64_t out[CONNECTION_IGNORED_MAX])
{
	struct slice rest = slice_str(list), word;
	size_t count = 0;

	while (rest.n && count < CONNECTION_IGNORED_MAX) {
		int64_t id;

		if (!slice_cut(&rest, ',', &word)) {
			word = rest;
			rest.n = 0;
		}
		id = number(users, slice_trim(word));
		if (id >= 0)
			out[count++] = id;
	}
	return count;
}

void connection_init(struct connection *c, const struct accounts *accounts,
		     const struct config *config)
{
	const struct users *users = accounts_users(accounts);

	c->accounts = accounts;
	c->config = config;
	c->uid_count = numbers_of(users, config->packet_ignore_users, users_uid, c->uids);
	c->gid_count =
		numbers_of(users, config->packet_ignore_groups, users_gid, c->gids);
}

static struct slice end_text(const struct addr *a, uint16_t port,
			     char out[CONNECTION_END_MAX])
{
	char text[ADDR_TEXT_MAX];
	int n = snprintf(out, CONNECTION_END_MAX,
			 a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr_print(a, text),
			 port);

	return (struct slice){out, (size_t)n};
}

static void append(struct slice *s, char *out, struct slice text)
{
	if (text.n)
		memcpy(out + s->n, text.p, text.n);
	s->n += text.n;
}

/* "program: command line (started by ...)", or what is known of it. */
static struct slice process_text(const struct packet *p, char out[CONNECTION_PROCESS_MAX])
{
	struct slice s = {out, 0};

	append(&s, out, p->exe);
	if (p->exe.n && p->command.n)
		append(&s, out, SLICE(": "));
	append(&s, out, p->command);
	if (!s.n || !p->parents.n)
		return s;
	append(&s, out, SLICE(" (started by "));
	append(&s, out, p->parents);
	append(&s, out, SLICE(")"));
	return s;
}

static enum certainty certainty_of(const struct packet *p)
{
	switch (p->sure) {
	case PACKET_KERNEL:
		return CERTAINTY_KERNEL;
	case PACKET_SOCKET:
		return CERTAINTY_SOCKET;
	case PACKET_PROBABLE:
	case PACKET_UID_ONLY:
		return CERTAINTY_CLAIMED;
	case PACKET_UNKNOWN:
		break;
	}
	return CERTAINTY_UNKNOWN;
}

bool connection_read(struct slice line, struct connection_space *space, struct event *out,
		     struct packet *packet)
{
	if (!packetline_parse(line, packet, space->text))
		return false;
	*out = (struct event){
		.type = EVENT_PACKET,
		.certainty = certainty_of(packet),
		.at_s = packet->at_s,
		.path = packet->cwd,
		.destination = end_text(&packet->to, packet->to_port, space->destination),
		.process = process_text(packet, space->process),
		.script = packet->script,
		.is_local = packet->where != PACKET_REMOTE,
		.line = line};
	if (packet->from.family)
		out->address = slice_str(addr_print(&packet->from, space->source));
	return true;
}

static bool is_listed(const int64_t *list, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool is_watched(const struct config_ports *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->port[i] == port)
			return true;
	return false;
}

/* Who is none of the accounts is counted by his own name, as nobody's account. */
static void charge(const struct connection *c, int64_t uid,
		   struct connection_space *space, struct event *out, struct slice *key)
{
	const struct account *a = accounts_by_uid(c->accounts, uid);

	if (a) {
		out->account = *key = a->name;
		return;
	}
	*key = users_name(accounts_users(c->accounts), uid);
	if (!key->n) {
		snprintf(space->key, sizeof(space->key), "uid %" PRId64, uid);
		*key = slice_str(space->key);
	}
}

enum connection_reason connection_event(const struct connection *c, struct slice line,
					bool nobody, struct connection_space *space,
					struct event *out, struct slice *key,
					enum packet_sure *sure)
{
	struct packet p;

	if (!connection_read(line, space, out, &p))
		return CONNECTION_BAD_LINE;
	*sure = p.sure;
	if (!is_watched(&c->config->smtp_ports, p.to_port))
		return CONNECTION_PORT;
	if (p.where == PACKET_LOCALHOST && !c->config->packet_localhost)
		return CONNECTION_LOCAL;
	if (is_listed(c->gids, c->gid_count, p.gid))
		return CONNECTION_GROUP;
	if (p.uid < 0) {
		*key = out->address;
		return nobody && key->n ? CONNECTION_COUNTS : CONNECTION_UNKNOWN;
	}
	if (is_listed(c->uids, c->uid_count, p.uid))
		return CONNECTION_USER;
	charge(c, p.uid, space, out, key);
	return CONNECTION_COUNTS;
}
