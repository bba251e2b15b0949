/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fw_csf: blocking through csf, so that csf -g, -t, -dr and -tr show and undo what osm did.
 * The backend itself is fw_csf in fw.h; here is what only csf has.
 *
 * An address for a time is csf -td, for good csf -d; a uid, and an address on some ports for
 * good, is an advanced filter in csf.deny. csf knows no time for a filter: the caller's own
 * clock has to release it. Only entries whose comment begins "osm:" are ever taken away; one
 * of somebody else's that already blocks as much is left and counts as the block.
 *
 * With FIREWALL_NATIVE the backend named in settings.beside is told first; a block stands in
 * both or in neither. A release goes to csf first: what csf keeps, stays blocked.
 */
#ifndef OSM_FIREWALL_FW_CSF_H
#define OSM_FIREWALL_FW_CSF_H

#include "firewall/fw.h"

/* May csf be used on this host now? err says why not, for fw_choose and osm check. */
bool fw_csf_usable(const struct fw_settings *settings, struct err *err);
/* Which of these blocks, that osm knows as in force and not yet over, stand no more in
 * csf.deny or csf.tempban? They were taken out with csf -dr, -tr, -tf, in the WHM page, by an
 * editor or by csf's own limits: osm should let them go too. To be called when either file
 * changed, with blocks whose csf call has ended; needs no csf and changes nothing. false: a
 * file could not be read, nothing may be concluded. */
bool fw_csf_removed(const struct paths *paths, const struct fw_block *blocks,
		    size_t count, fw_each *each, void *ctx, struct err *err);

#endif
