/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * connection: a packet line -> the event that it is, or why it is none: whose it is by the
 * account maps, and whether it is one of the mail system's own. Knows no time and no window.
 */
#ifndef OSM_ENGINE_CONNECTION_H
#define OSM_ENGINE_CONNECTION_H

#include "cpanel-hooks/accounts.h"
#include "osmd/model/event.h"
#include "osmd/model/options.h"
#include "osmd/parse/packetline.h"

enum connection_reason {
	CONNECTION_COUNTS,
	CONNECTION_BAD_LINE,
	CONNECTION_PORT,    /* not in SMTP_PORTS (any more) */
	CONNECTION_LOCAL,   /* PACKET_LOCALHOST is off */
	CONNECTION_USER,    /* PACKET_IGNORE_USERS */
	CONNECTION_GROUP,   /* PACKET_IGNORE_GROUPS */
	CONNECTION_UNKNOWN, /* nobody can be named */
	CONNECTION_REASONS
};
const char *connection_reason_name(enum connection_reason r); /* static text */

#define CONNECTION_IGNORED_MAX 64
#define CONNECTION_END_MAX (ADDR_TEXT_MAX + 8)
#define CONNECTION_PROCESS_MAX (PACKET_EXE_MAX + PACKET_COMMAND_MAX + PACKET_PARENTS_MAX + 32)

struct connection {
	const struct accounts *accounts; /* borrowed */
	const struct config *config;	 /* borrowed */
	int64_t uids[CONNECTION_IGNORED_MAX], gids[CONNECTION_IGNORED_MAX];
	size_t uid_count, gid_count;
};

/* Where the texts of an event lie; don't copy it. */
struct connection_space {
	char text[PACKET_TEXT_MAX];
	char source[ADDR_TEXT_MAX], destination[CONNECTION_END_MAX];
	char process[CONNECTION_PROCESS_MAX];
	char key[32];
};

void connection_init(struct connection *c, const struct accounts *accounts,
		     const struct config *config);
/* The line as an event, as far as it tells by itself: everything but the account. false: it
 * is no such line. */
bool connection_read(struct slice line, struct connection_space *space, struct event *out,
		     struct packet *packet);
/* The same with its account. *sure: of whoever it is. *key: what `packet` counts by, the account or, where there is
 * none, the user. nobody: count what no owner is known of by its source address. */
enum connection_reason connection_event(const struct connection *c, struct slice line,
					bool nobody, struct connection_space *space,
					struct event *out, struct slice *key,
					enum packet_sure *sure);

#endif
