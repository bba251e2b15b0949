/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * ignore: osm.ignore, who and what is never counted toward a trigger. Built from a text, then
 * read only. Users, mailboxes, domains, paths and single addresses cost one hash look-up
 * each; networks and subjects are tried one after the other.
 *
 * domain: is that of the mailbox which logged in, not of the envelope sender: that one is
 * the sender's to choose, and who knows the list could hide behind it.
 */
#ifndef OSM_MODEL_IGNORE_H
#define OSM_MODEL_IGNORE_H

#include "osmd/base/addr.h"
#include "osmd/model/event.h"
#include "osmd/model/listfile.h"
#include "osmd/model/options.h"

#define IGNORE_SUBJECTS_MAX 200
#define IGNORE_NETWORKS_MAX 1000

struct ignore;

/* Problems are counted in l; NULL only without memory. */
struct ignore *ignore_new(struct listfile *l);
void ignore_free(struct ignore *g); /* NULL is fine */
size_t ignore_count(const struct ignore *g);
/* Until when an entry holds is compared with the event's own time. */
bool ignore_matches(const struct ignore *g, enum trigger_id t, const struct event *ev);

/* Of a list's text each ip: that holds now, with its line: whatever its event= says, such an
 * address is to be left alone. Wrong lines are passed over. false: fn said so. */
typedef bool ignore_ip_fn(const struct addr *net, unsigned line, void *ctx);
bool ignore_each_ip(struct slice text, int64_t now_s, ignore_ip_fn *fn, void *ctx);

#endif
