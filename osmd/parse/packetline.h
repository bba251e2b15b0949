/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packetline: one outgoing connection and who made it, as one line of text. It is what the
 * packet reader tells the watcher, what watch.db keeps and what a report shows:
 *
 *   packet 2026-01-31T23:59:59Z 192.0.2.10:40000 > 198.51.100.25:25 remote socket
 *   uid=1001 gid=1001 pid=4711 exe="/usr/bin/perl" cwd="/home/a/public_html" script=""
 *   cmd="perl -"
 *
 * and parents="..." behind it when it is known who started it;
 * with "remote", "localhost" or "unsure" for where it goes, one blank between the parts, "-" for a number (or source) that isn't known, and "" for
 * a text. In texts the bytes below 0x20, from 0x7f on, " and \ are written as \xHH, so a line
 * is ASCII and holds no line end, whatever a process calls itself. Pure.
 */
#ifndef OSM_PARSE_PACKETLINE_H
#define OSM_PARSE_PACKETLINE_H

#include "osmd/base/addr.h"
#include "osmd/base/buf.h"

/* How sure the owner is, worst first. */
enum packet_sure {
	PACKET_UNKNOWN,	 /* nobody can be named */
	PACKET_UID_ONLY, /* the user is known, its process is not */
	PACKET_PROBABLE, /* a process that was gone before its socket could be seen in it */
	PACKET_SOCKET,	 /* the socket was seen in the process while it lived */
	PACKET_KERNEL	 /* told by the kernel at the moment of connect() */
};

/* Where it goes. */
enum packet_where {
	PACKET_REMOTE,
	PACKET_LOCALHOST, /* to this machine itself, also when a firewall turned it there */
	PACKET_UNSURE	  /* that can't be told */
};

#define PACKET_ID_NONE (-1) /* uid, gid, pid: not known */
#define PACKET_EXE_MAX 512
#define PACKET_CWD_MAX 1024
#define PACKET_SCRIPT_MAX 1024
#define PACKET_COMMAND_MAX 512
#define PACKET_PARENTS_MAX 256
#define PACKET_TEXT_MAX                                                                  \
	(PACKET_EXE_MAX + PACKET_CWD_MAX + PACKET_SCRIPT_MAX + PACKET_COMMAND_MAX +       \
	 PACKET_PARENTS_MAX)
/* A printed line has at most so many bytes. */
#define PACKET_LINE_MAX (4 * PACKET_TEXT_MAX + 512)

struct packet {
	int64_t at_s;
	struct addr from; /* family 0: not known */
	struct addr to;
	uint16_t from_port, to_port;
	enum packet_where where;
	enum packet_sure sure;
	int64_t uid, gid, pid;
	struct slice exe, cwd, script, command; /* borrowed; raw bytes */
	struct slice parents; /* the same: who started it, the nearest one first */
};

const char *packet_sure_name(enum packet_sure s); /* "uid-only"; static text */
/* 1: its destination is this machine, 0: it isn't, less: the question had no answer. */
enum packet_where packet_where_of(int is_local);
/* Texts longer than their bound are left out (a path that is cut is another path), except
 * command and parents, which are cut. */
void packetline_print(const struct packet *p, struct buf *out);
/* The texts of *out point into text. false: not such a line. */
bool packetline_parse(struct slice line, struct packet *out, char text[PACKET_TEXT_MAX]);

#endif
