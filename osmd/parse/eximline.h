/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * eximline: one line of Exim's main log -> its kind and its fields, by the strict grammar
 * that the whole line must fit (an arrival is read from both ends; see docs/detection.md).
 *
 * Pure: bytes in, struct out; nothing is copied, nothing is allocated; every slice lies in
 * the line. A byte is looked at once or twice at the most, and a line of a kind that nobody
 * counts is told apart by its first bytes after the time stamp.
 */
#ifndef OSM_PARSE_EXIMLINE_H
#define OSM_PARSE_EXIMLINE_H

#include "osmd/base/slice.h"

#define EXIM_LINE_MAX 16384 /* Exim writes at most 8192; longer ones are not Exim's */

enum exim_kind {
	EXIM_ARRIVAL,  /* <= and (= */
	EXIM_CWD,      /* cwd=PATH N args: ... */
	EXIM_DELIVERY, /* => -> >> *> ** == : `field` is the rest */
	EXIM_COMPLETED,
	EXIM_SENDER_IDENT, /* ID Sender identification U= D= S= */
	EXIM_OUTBOUND,	   /* ID SMTP connection outbound EPOCH ID DOMAIN RCPT */
	EXIM_LOCAL_IDENT,  /* SMTP connection identification ... U= ID= B= */
	EXIM_NOBODY_IDENT, /* nobody send identification ... U= ID= */
	EXIM_REJECTED, /* ID ... rejected after DATA / by non-SMTP ACL: the id is used up */
	EXIM_OVERFLOW, /* [ID] **** log string overflowed log buffer **** */
	EXIM_ID_OTHER, /* any other line that begins with a message id */
	EXIM_OTHER,    /* well-formed, of no interest */
	EXIM_BAD       /* not understood: see why */
};

enum exim_bad {
	EXIM_BAD_NONE,
	EXIM_BAD_EMPTY,	      /* an empty line: on 4.96 a swallowed arrival */
	EXIM_BAD_NO_TIME,     /* does not begin with a time stamp: a continuation */
	EXIM_BAD_ARRIVAL,     /* <= that does not fit the grammar; its id is given */
	EXIM_BAD_OPEN_SENDER, /* <= with a quoted sender that does not end in this line */
	EXIM_BAD_CWD, /* cwd= without a fitting "N args:", or no path ("cwd= (failed)") */
	EXIM_BAD_LONG, /* over EXIM_LINE_MAX */
	EXIM_BAD_COUNT
};
const char *exim_bad_name(enum exim_bad b); /* "empty", "no-time", ...: static text */

enum exim_protocol { EXIM_PROTO_LOCAL, EXIM_PROTO_SMTP, EXIM_PROTO_SMTP_AUTH };

struct exim_line {
	enum exim_kind kind;
	enum exim_bad why; /* of EXIM_BAD */
	bool has_zone;	   /* a zone stood in the line: utc_offset_s is valid */
	int utc_offset_s;
	struct slice time; /* "YYYY-MM-DD hh:mm:ss" (19 bytes) */
	struct slice pid;  /* digits, or empty */
	struct slice id;   /* message id, or empty */
	/* EXIM_ARRIVAL */
	enum exim_protocol protocol;
	bool fake_reject;		  /* (= */
	bool truncated;			  /* the recipients end in <trunc> */
	struct slice sender;		  /* without <>; empty for the null sender */
	struct slice cause;		  /* R= */
	struct slice helo, address, port; /* of H=; address without brackets */
	struct slice user;		  /* U= */
	struct slice auth;		  /* authenticator's id, as typed */
	struct slice subject;		  /* between the quotes, still escaped */
	bool has_subject;
	struct slice recipients; /* all after " for ", or empty */
	unsigned recipient_count;
	/* EXIM_CWD */
	struct slice path;
	struct slice args;  /* all after "args: " */
	unsigned arg_count; /* as logged; more than are there when truncated */
	/* EXIM_SENDER_IDENT, EXIM_LOCAL_IDENT, EXIM_NOBODY_IDENT: user = U=, domain = D=,
	 * uid = ID=, address, port = A=, P=, sender = S= */
	struct slice domain, uid;
	char arrow[2]; /* EXIM_DELIVERY */
	struct slice
		field; /* EXIM_DELIVERY, EXIM_OUTBOUND: the rest of the line, unread */
};

/* Always fills *out (kind EXIM_BAD with a reason when it does not fit). */
void eximline_parse(struct slice line, struct exim_line *out);
/* The same for the first bytes of a line that is longer: its stamp and id, EXIM_BAD_LONG. */
void eximline_parse_cut(struct slice first, struct exim_line *out);
/* The next recipient of an arrival's list; false at the end. */
bool eximline_recipient(struct slice *rest, struct slice *address);
/* Arguments of a cwd line; begins as {.rest = line.args}. */
struct exim_args {
	struct slice rest;
	bool unclosed; /* no quote in the rest ends an argument */
};
/* The next one, quotes taken off; false at the end. */
bool eximline_argument(struct exim_args *args, struct slice *arg);
/* Undo T='s escapes into out (at least escaped.n bytes); returns the length. */
size_t eximline_unescape(struct slice escaped, char *out);
/* The second in which the id was made (base 62 of its first six characters); -1: no id. */
int64_t eximline_id_time(struct slice id);
/* Is this a message id of either length? */
bool eximline_is_id(struct slice s);
/* "YYYY-MM-DD hh:mm:ss" as if UTC -> seconds; -1 when it is none. */
int64_t eximline_seconds(struct slice time);

#endif
