/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * modstatus: the page of Apache's mod_status (HTML, with ExtendedStatus On) -> its rows of
 * requests. Clients write most of what stands in it. Columns are found by their heads, since
 * releases differ (no CPU, no Dur); the table is the one whose heads hold both VHost and
 * Request (event MPM puts another before it).
 *
 * Apache keeps 63 bytes of a request, 31 of a virtual host and 63 of a client
 * (include/scoreboard.h); what is that long may be cut, and is marked so. Pure: no file, no
 * socket, no clock.
 */
#ifndef OSM_PARSE_MODSTATUS_H
#define OSM_PARSE_MODSTATUS_H

#include "osmd/base/slice.h"

#define MODSTATUS_BYTES_MAX (4 * 1024 * 1024)
#define MODSTATUS_ROWS_MAX 8192
#define MODSTATUS_TEXT_MAX 256

/* One slot that serves a request now (modes R W L C G); all texts live during the call only. */
struct modstatus_row {
	struct slice client; /* an address */
	struct slice vhost;  /* the ServerName, without its port */
	struct slice method; /* "GET"; empty when the start of the request is cut off */
	struct slice target; /* "/x.php?y": of a cut request what is left of it */
	bool vhost_cut, target_cut;
	uint64_t age_s; /* since the request began */
};

enum modstatus_page {
	MODSTATUS_TABLE,    /* the rows were told */
	MODSTATUS_NO_TABLE, /* a status page, but ExtendedStatus is off */
	MODSTATUS_OTHER	    /* something else: an error page, another server's page */
};

enum modstatus_page modstatus_read(struct slice html,
				   void (*row)(const struct modstatus_row *row, void *ctx),
				   void *ctx);

#endif
