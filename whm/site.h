/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * site: what every page has at hand for one request: who asks what, the files' root, the
 * store, the daemon's state, the page that is being written. Made in main, gone with it.
 *
 * A page reads osm.db itself, asks the daemon for everything else, and runs osm where no
 * daemon can be asked: to start one, to check, to replay.
 */
#ifndef OSM_WHM_SITE_H
#define OSM_WHM_SITE_H

#include <jansson.h>

#include "osmd/base/buf.h"
#include "osmd/base/jsonread.h"
#include "osmd/base/paths.h"
#include "osmd/store/store.h"
#include "whm/cgi.h"
#include "whm/page.h"
#include "whm/token.h"

struct site {
	struct paths paths;
	struct cgi cgi;
	struct page *page;
	struct buf raw;	     /* the answer of a page that is no HTML */
	const char *type;    /* of that; static text. NULL: the route's */
	char attachment[40]; /* the file's name that it is saved under; "": it is shown */
	char token[TOKEN_SIZE]; /* for this page's forms */
	int64_t now_s;
	int code;	/* HTTP status of the answer */
	bool is_framed; /* inside WHM's header and footer */
	bool is_part;	/* a piece of a page that stands already: no frame around it */
	bool is_stale;	/* a form whose token is too old: show it again, do nothing */
	struct store *store; /* owned; site_store opens it */
};

/* NULL: the callout that says why stands on the page. */
struct store *site_store(struct site *s);
const char *site_path(const struct site *s, const char *absolute, char out[PATH_MAX]);
/* A field of the form or of the address, by the kind of request; "" when it isn't there. */
const char *site_field(const struct site *s, const char *name);
uint64_t site_number(const struct site *s, const char *name, uint64_t max, uint64_t fallback);

/* Is the form too old to be obeyed? Said so on the page, then. */
bool site_is_stale(struct site *s);

/* Ask the daemon (takes the reference). NULL with e; cf. ctl_ask. An answer may say ok:false. */
json_t *site_ask(const struct site *s, json_t *request, unsigned timeout_s, struct err *e);
/* Run "osm --json WORD..." (NULL ends them) and read its one JSON document; NULL with e. Its
 * "ok" and "error" say what came of it. */
json_t *site_run(const struct site *s, const char *const *words, unsigned timeout_s,
		 struct err *e);
/* The daemon's state in one callout: what csf's page has at its top. */
void site_banner(struct site *s);

/* ---- the pages ---- */
typedef void (*site_page_fn)(struct site *s);
void overview_page(struct site *s);
void checks_page(struct site *s);
void reports_page(struct site *s);
void evidence_page(struct site *s);
void evidence_export(struct site *s);
void held_page(struct site *s);
void held_delete_page(struct site *s);
void undo_page(struct site *s);
void act_page(struct site *s);
void inforce_page(struct site *s);
void settings_page(struct site *s);
void settings_save(struct site *s);
void events_page(struct site *s);
void events_save(struct site *s);
void custom_page(struct site *s);
void custom_save(struct site *s);
void custom_run_page(struct site *s);
void controls_page(struct site *s);
void controls_log(struct site *s);
void control_page(struct site *s);

#endif
