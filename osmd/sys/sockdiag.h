/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * sockdiag: the kernel's own answer to "whose is this TCP connection?", by netlink's
 * sock_diag with the exact four values: one hash look-up in the kernel, some 4 us, however
 * many sockets there are. The socket is opened once; asking needs no right.
 */
#ifndef OSM_SYS_SOCKDIAG_H
#define OSM_SYS_SOCKDIAG_H

#include "osmd/base/addr.h"
#include "osmd/base/err.h"

struct sockdiag;

struct sockdiag_answer {
	/* 0: the process has closed it. Its uid then is no answer: the kernel says 0, which
	 * is not root. */
	uint64_t inode;
	uint32_t uid; /* who made the socket; in the user namespace of who asks */
};

struct sockdiag *sockdiag_open(struct err *e);
void sockdiag_close(struct sockdiag *s); /* NULL is fine */
/* 0; -ENOENT: there is no such connection (any more); or another -errno. Never blocks.
 * A socket that is bound to an interface is found by that one's number only, and any user may
 * bind one (SO_BINDTODEVICE, socket(7)); those to link-local addresses always are. It is asked for
 * behind the others; interface 0: not known. */
int sockdiag_find(struct sockdiag *s, const struct addr *from, uint16_t from_port,
		  const struct addr *to, uint16_t to_port, uint32_t interface,
		  struct sockdiag_answer *out);

#endif
