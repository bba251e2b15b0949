/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * event: one observation, the same for every source. All text is borrowed from the line or
 * packet that it was read from and is a stranger's: it may hold any byte.
 */
#ifndef OSM_MODEL_EVENT_H
#define OSM_MODEL_EVENT_H

#include "osmd/base/slice.h"

enum event_type { EVENT_PACKET, EVENT_LOGLINE, EVENT_CWDCHECK };

/* How sure we are that this happened and who did it, worst first. */
enum certainty {
	CERTAINTY_UNKNOWN, /* nobody can be named */
	CERTAINTY_CLAIMED, /* a log line alone says so; of a connection: its process was gone */
	CERTAINTY_CONFIRMED, /* backed by something that its sender can't write */
	CERTAINTY_SOCKET,    /* the connection's owner was looked up while it lived */
	CERTAINTY_KERNEL     /* the kernel told it at the moment of connect() */
};

struct event {
	enum event_type type;
	enum certainty certainty;
	int64_t at_s;	      /* the event's own time, seconds since the epoch */
	unsigned recipients;  /* 0: not known (counts as 1) */
	struct slice account; /* the cPanel account charged; empty: nobody's */
	struct slice mailbox; /* LOGLINE with a login: folded to lower case; else empty */
	struct slice address; /* the client's address as text */
	struct slice path;    /* CWDCHECK, PACKET: a directory */
	struct slice destination; /* PACKET: "address:port" */
	struct slice process;	  /* PACKET: program and command line */
	struct slice script;	  /* PACKET: the script that the command line names */
	bool is_local; /* PACKET: to this server itself, or perhaps; never a ground to act upon */
	struct slice
		subject;     /* decoded, UTF-8, folded for counting; see engine/subject */
	struct slice sender; /* envelope sender */
	struct slice message_id; /* Exim's id */
	struct slice line;	 /* the raw line, without its LF */
};

/* "packet", "logline", "cwdcheck" / "claimed", ...: static text. */
const char *event_type_name(enum event_type t);
const char *certainty_name(enum certainty c);

#endif
