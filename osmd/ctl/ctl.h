/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * ctl: the control protocol on /run/osm/osmd.sock: one JSON object a request, one JSON object
 * an answer, each preceded by its length (4 bytes, big endian, at most CTL_MESSAGE_MAX).
 * Only root may speak (SO_PEERCRED, checked by the server). The answer always has "ok", and
 * "error" when it is false.
 *
 * Requests: {"do":"status"} {"do":"undo","id":N} {"do":"undo","report":"ID"} {"do":"reload"}
 * {"do":"stop"} {"do":"hold","target":T,"account":A} {"do":"top"} ...
 */
#ifndef OSM_CTL_CTL_H
#define OSM_CTL_CTL_H

#include <jansson.h>
#include <sys/types.h>
#include <sys/un.h>

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

#define CTL_MESSAGE_MAX (1024 * 1024)
#define CTL_HEADER_BYTES 4

/* Append one framed message. false: too large. */
bool ctl_encode(struct buf *out, const json_t *message, struct err *e);
/* Take one whole message off the front of *bytes. 1: *message is set (owned by the caller),
 * 0: not all there yet, -1: malformed, with e; the connection is to be closed. */
int ctl_decode(struct slice *bytes, json_t **message, struct err *e);
/* Client: connect, ask, wait for the answer at most timeout_s. NULL with e: ENOENT or
 * ECONNREFUSED when no daemon is there. */
json_t *ctl_ask(const char *socket_path, const json_t *request, unsigned timeout_s,
		struct err *e);
/* Bytes of the whole message that *bytes begins with, its header included; 0: the header is
 * not all there yet, -1: malformed. Lets a server wait without decoding again and again. */
ssize_t ctl_need(struct slice bytes);
/* The address of a socket file. A path too long for sun_path is named through its folder's
 * descriptor, which *folder_fd then holds until bind or connect is done (else -1). */
bool ctl_address(const char *socket_path, struct sockaddr_un *out, int *folder_fd,
		 struct err *e);
/* Server side: may the peer of this connection speak? */
bool ctl_peer_is_root(int fd);

#endif
