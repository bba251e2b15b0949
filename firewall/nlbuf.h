/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nlbuf: netlink messages, one after the other, built in memory and sent by somebody else,
 * so that a test can compare the bytes. It grows as needed up to NLBUF_MAX and remembers
 * that it could not: check nlbuf_ok() once at the end. Every message gets the next sequence
 * number, beginning at 1. No socket, no clock.
 */
#ifndef OSM_FIREWALL_NLBUF_H
#define OSM_FIREWALL_NLBUF_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The room that every message is sure to have. One attribute, nested ones included, can't
 * be longer than 65,535 bytes: its length is 16 bits wide. */
#define NLBUF_MESSAGE_MAX 65536u
/* 250,000 blocks both ways with a long reason are 135 MB. */
#define NLBUF_MAX (256u << 20)

struct nlbuf {
	char *p;      /* owned */
	size_t n;     /* bytes of finished messages */
	size_t cap;   /* bytes allocated */
	uint32_t seq; /* of the newest message */
	bool failed;
};

void nlbuf_clear(struct nlbuf *b); /* frees; a struct of zeros is an empty nlbuf */
bool nlbuf_ok(const struct nlbuf *b);
/* Begin a netfilter message: type is subsystem << 8 | command, family an address family or
 * NFPROTO_*. It has room for NLBUF_MESSAGE_MAX bytes; NULL without memory. */
struct nlmsghdr *nlbuf_begin(struct nlbuf *b, uint16_t type, uint8_t family,
			     uint16_t flags);
/* The message is whole; with NULL nothing happens. */
void nlbuf_end(struct nlbuf *b, const struct nlmsghdr *message);
/* The frame of a nf_tables transaction. generation 0: whatever it is by now; otherwise the
 * kernel refuses the batch with ERESTART when somebody changed nf_tables since. */
void nlbuf_batch_begin(struct nlbuf *b, uint32_t generation);
void nlbuf_batch_end(struct nlbuf *b);

#endif
