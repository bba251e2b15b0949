/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * webstatus: what Apache serves at this moment (mod_status), as evidence for a report. The page
 * is fetched and read by a child of its own, with no rights, little memory and a deadline: it
 * is text of strangers. It is asked at most once a second; when it gave no answer in time, not
 * for a minute. What a look has shown of accounts whose counts rise is kept for their reports.
 *
 * Newer cPanel hides the page behind a key (/var/cpanel/whm_server_status_key); the key is
 * never shown: neither in errors nor in the requests of the page, where our own stands.
 */
#ifndef OSM_ACT_WEBSTATUS_H
#define OSM_ACT_WEBSTATUS_H

#include <jansson.h>

#include "cpanel-hooks/accounts.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"

struct webstatus;

struct webstatus *webstatus_new(void);
void webstatus_free(struct webstatus *w); /* NULL is fine */

/* The account's counts rise: see what is asked of it now, and keep it for its report. */
void webstatus_look(struct webstatus *w, const struct paths *paths,
		    const struct config *config, const struct accounts *accounts,
		    const struct account *account, int64_t now_s);

/* Can the page be read now? *requests: how many are being served. */
bool webstatus_try(struct webstatus *w, const struct paths *paths,
		   const struct config *config, size_t *requests, char why[256]);

struct webstatus_want {
	const json_t *paths;   /* a report's list, borrowed */
	int64_t from_s, now_s; /* what was seen since then */
};

/* The requests of the account, seen now and while its counts rose, into lists as a report's
 * "requests" and "scripts" are (owned by the caller, never NULL but without memory). A script is
 * listed only when want's paths name its folder. false: why it could not be seen now, as a
 * sentence for the report; the lists have what was seen before. */
bool webstatus_of(struct webstatus *w, const struct paths *paths,
		  const struct config *config, const struct accounts *accounts,
		  const struct account *account, const struct webstatus_want *want,
		  json_t **requests, json_t **scripts, char why[256]);

#endif
