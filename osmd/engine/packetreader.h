/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packetreader: the process that sees outgoing connections and finds their owners, apart from
 * the watcher because it must be quick, and because it needs to look into other users'
 * processes. It keeps CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, may open nothing for writing,
 * and says what it sees in datagrams, each one text:
 *
 *   source NAME             it is at work
 *   packet ...              packetline
 *   stats name=N name=N...  how it goes; at most once a second, after something happened
 *   failed NAME: REASON     it is broken, and ends
 */
#ifndef OSM_ENGINE_PACKETREADER_H
#define OSM_ENGINE_PACKETREADER_H

#include "osmd/engine/packetsource.h"

/* No message is longer. */
#define PACKETREADER_MESSAGE_MAX (PACKET_LINE_MAX + 1)

enum packetreader_end {
	PACKETREADER_TOLD = 0,	/* the other end of out was closed */
	PACKETREADER_NEVER = 1, /* the source could not be opened */
	PACKETREADER_BROKE = 2	/* it failed while it ran */
};

/* In a process of its own; out: a SOCK_SEQPACKET. Returns the process's exit code. */
int packetreader_run(const struct packetsource_kind *kind,
		     const struct config_ports *ports, int out);

#endif
