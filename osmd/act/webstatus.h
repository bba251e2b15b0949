/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * webstatus: what Apache serves at this moment (mod_status), as evidence for a report. The page
 * is fetched and read by a child of its own, with no rights, little memory and a deadline: it
 * is text of strangers. It is asked at most once a second; when it gave no answer in time, not
 * for a minute.
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

/* The requests of the account into lists as a report's "requests" and "scripts" are (owned by
 * the caller, never NULL but without memory). A script is listed only when the report's paths
 * name its folder. false: why not, as a sentence for the report; the lists are empty then. */
bool webstatus_of(struct webstatus *w, const struct paths *paths,
		  const struct config *config, const struct accounts *accounts,
		  const struct account *account, const json_t *report_paths,
		  json_t **requests, json_t **scripts, char why[256]);

#endif
