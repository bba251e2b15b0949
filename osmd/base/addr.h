/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * addr: an IPv4 or IPv6 address with a prefix length. A v4-mapped address
 * (::ffff:a.b.c.d) is the IPv4 address, so one host has one form.
 */
#ifndef OSM_BASE_ADDR_H
#define OSM_BASE_ADDR_H

#include "osmd/base/slice.h"

struct addr {
	int family;        /* AF_INET or AF_INET6; 0: none */
	uint8_t bytes[16]; /* network order; 4 or 16 are used */
	unsigned prefix;   /* 0-32 or 0-128; the full length for one host */
};

#define ADDR_TEXT_MAX 64

bool addr_parse(struct slice text, struct addr *out);      /* one host, no prefix */
/* A place to listen at: "PORT" (of 127.0.0.1), "ADDRESS:PORT" or "[IPV6]:PORT"; port 0 to 65535. */
bool addr_parse_place(struct slice text, struct addr *out, uint16_t *port);
bool addr_parse_cidr(struct slice text, struct addr *out); /* host or host/prefix; host bits cleared */
/* family: AF_INET (4 bytes, network order) or AF_INET6 (16). */
struct addr addr_of_bytes(int family, const void *bytes);
bool addr_contains(const struct addr *net, const struct addr *host);
bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *a);
const char *addr_print(const struct addr *a, char out[ADDR_TEXT_MAX]); /* returns out */

#endif
