/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nlsock: one netlink socket; sends what was built and reads the kernel's answer. It knows
 * neither nf_tables nor ipset nor sock_diag: who sends gives the error its sentence.
 * All calls return 0 or -errno. Nothing here waits for ever: the kernel carries out what it
 * was sent before sendmsg() returns, and a dump's next part is made while one is read.
 */
#ifndef OSM_FIREWALL_NLSOCK_H
#define OSM_FIREWALL_NLSOCK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlsock;

/* Is a netlink port one of this process's? What the kernel tells of a change names who made it. */
bool nlsock_is_own(uint32_t port);
/* bus: NETLINK_NETFILTER, NETLINK_SOCK_DIAG. NULL with errno set. */
struct nlsock *nlsock_open(int bus);
void nlsock_close(struct nlsock *s); /* NULL is fine */
/* Send all the bytes as one datagram, whose last answered message asks for NLM_F_ACK.
 * The first error of any of them is the result. bad_seq (may be NULL): whose it was. */
int nlsock_send(struct nlsock *s, const void *bytes, size_t n, uint32_t *bad_seq);
/* The same, and one message of an answer goes to each (which may be NULL). */
int nlsock_ask(struct nlsock *s, const void *bytes, size_t n, mnl_cb_t each, void *ctx);
/* A dump: each message goes to each(), which returns MNL_CB_OK to go on. -EINTR: what was
 * dumped changed meanwhile; forget what was read and ask again. */
int nlsock_dump(struct nlsock *s, const struct nlmsghdr *request, mnl_cb_t each, void *ctx);

#endif
