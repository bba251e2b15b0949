/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * deliver: hands a mail to the system's sendmail, and tells afterwards from Exim's log
 * whether a mail was taken. Sendmail gets the whole text as a file, so a mail is taken whole
 * or not at all, even when we die meanwhile.
 */
#ifndef OSM_ACT_DELIVER_H
#define OSM_ACT_DELIVER_H

#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"

/* Make the mail of a report from the template file (or the one built in, when there is none
 * or it is no mail: then note says so) and give it to sendmail. */
bool deliver_report(const struct paths *paths, const struct config *config,
		    const json_t *report, const json_t *actions, char note[256],
		    struct err *e);

enum deliver_trace { DELIVER_TAKEN, DELIVER_NOT_TAKEN, DELIVER_UNKNOWN };
/* Does Exim's log say that it took this report's mail? Unknown without a log. */
enum deliver_trace deliver_look(const struct paths *paths, const struct config *config,
				const json_t *report);
/* Which log it was, and how long, when a mail was about to be sent: text for the journal. */
#define DELIVER_PLACE_SIZE 48
void deliver_place(const struct paths *paths, const struct config *config,
		   char out[DELIVER_PLACE_SIZE]);
/* Is it still that log, grown at most? A rotated one can't tell that a mail never left.
 * Without a log then, today's holds all since; the same goes for a text that is no place. */
bool deliver_same_log(const struct paths *paths, const struct config *config,
		      const char *place);

#endif
