/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * classify: a parsed line -> the event that it is, or why it is none. Only submissions are
 * events: not incoming mail, bounces, autoreplies, the panel's own mail, queue runs and queue
 * tools. Knows the account maps; no state, no time, no window.
 */
#ifndef OSM_ENGINE_CLASSIFY_H
#define OSM_ENGINE_CLASSIFY_H

#include "cpanel-hooks/accounts.h"
#include "osmd/engine/subject.h"
#include "osmd/model/event.h"
#include "osmd/model/options.h"
#include "osmd/parse/eximline.h"

enum class_reason {
	CLASS_SUBMISSION,
	CLASS_INBOUND,	 /* from outside, without a login */
	CLASS_LOCALHOST, /* from localhost without a login, and nobody said whose it is */
	CLASS_BOUNCE,	 /* the mail system's own */
	CLASS_REPLY,	 /* <> with a cause: an autoreply of an account */
	CLASS_PANEL,	 /* __cpanel__service__auth__ */
	CLASS_IGNORED_USER, /* LOG_IGNORE_USERS */
	CLASS_UNKNOWN,	    /* a submission, but by no account */
	CLASS_PROGRAM, /* cwd: a queue run, a queue tool, a daemon, a test, a bounce */
	CLASS_FOLDER,  /* cwd: the spool, a panel folder */
	CLASS_COUNT
};
const char *class_reason_name(enum class_reason r); /* static text */

#define CLASSIFY_IGNORED_MAX 64
#define CLASSIFY_LOGIN_MAX 320

struct classify {
	const struct accounts *accounts; /* borrowed */
	struct slice spool;		 /* borrowed from the config */
	struct slice ignored[CLASSIFY_IGNORED_MAX];
	size_t ignored_count;
};

/* What other lines told about an arrival. */
struct classify_hint {
	struct slice joined; /* the user behind a connection from localhost */
	struct slice nobody; /* the user for whom nobody (the web server) sends */
	bool count_reply;    /* take <> with a cause for a submission */
};

/* Slices point into the line, the account maps and the texts in here: don't copy it, and
 * don't keep it longer than the line. */
struct classified {
	enum class_reason reason;
	struct event event;
	struct slice
		login; /* of a login: folded, "+" or "%" before a domain made "@",
			* without the dot that may end one; else empty */
	struct slice key;     /* what logline counts by: the mailbox, or the account */
	struct slice subject; /* decoded, not folded */
	bool has_subject;
	bool by_connection; /* unauthenticated, from localhost */
	bool by_nobody;	    /* the web server for an account, as another line claims */
	bool local_only;    /* every recipient is on this server */
	char login_text[CLASSIFY_LOGIN_MAX];
	char subject_text[SUBJECT_MAX], folded_text[SUBJECT_MAX];
};

void classify_init(struct classify *c, const struct accounts *accounts,
		   const struct config *config);
bool classify_is_ignored(const struct classify *c, struct slice user);
bool classify_is_loopback(struct slice address);
/* line is an EXIM_ARRIVAL. Time, certainty and raw line of the event are the caller's. */
void classify_arrival(const struct classify *c, const struct exim_line *line,
		      const struct classify_hint *hint, struct classified *out);
/* A message whose arrival line is missing, submitted by who (a local user, or the login of a
 * client). */
void classify_hidden(const struct classify *c, struct slice who,
		     const struct exim_line *line, struct classified *out);
/* line is an EXIM_CWD. */
void classify_cwd(const struct classify *c, const struct exim_line *line,
		  struct classified *out);
/* The id of a delivery process (-Mc ID) started by Exim itself, in the spool; or empty. */
struct slice classify_delivery_id(const struct classify *c, const struct exim_line *line);

#endif
