/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * localport: who is connected from which port of localhost, as cPanel's "SMTP connection
 * identification" lines tell, until an arrival from [127.0.0.1]:port is to be charged.
 *
 * Each connection has one such line. Two for one port with different users, soon after each
 * other, mean that one of them was forged: then the port is nobody's, until a line that
 * nobody can have forged says whose.
 */
#ifndef OSM_ENGINE_LOCALPORT_H
#define OSM_ENGINE_LOCALPORT_H

#include "osmd/base/slice.h"

#define LOCALPORT_SLOTS 65536 /* one a port: nobody can push another's out, or his own */
#define LOCALPORT_USER_MAX 64
#define LOCALPORT_TTL_S 3600	/* one connection may send for long */
#define LOCALPORT_DISPUTE_S 120 /* no port is given out again so soon */

struct localport_slot {
	int64_t at_s;
	uint16_t port; /* 0: free */
	bool disputed;
	bool trusted; /* nobody can have forged the line */
	uint8_t user_n;
	char user[LOCALPORT_USER_MAX];
};

struct localport {
	struct localport_slot slot[LOCALPORT_SLOTS];
};

void localport_set(struct localport *l, struct slice port, struct slice user,
		   int64_t at_s, bool trusted);
/* The user, or empty; borrowed until the next localport_set. trusted may be NULL. */
struct slice localport_get(const struct localport *l, struct slice port, int64_t at_s,
			   bool *trusted);

#endif
