/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csfconf: one value out of csf.conf's text, as csf reads it: the value stands between the
 * first and the last quote after the first "=", blanks in the name don't count. Pure. (The
 * middle's csffile reads and writes osm's own settings; firewall/ stands below it.)
 */
#ifndef OSM_FIREWALL_CSFCONF_H
#define OSM_FIREWALL_CSFCONF_H

#include "osmd/base/slice.h"

#define CSF_CONF "/etc/csf/csf.conf"
#define CSF_CONF_BYTES_MAX (4u << 20) /* csf's own is 120 KB */

/* The value of name, borrowed from text; false when it is not set. */
bool csfconf_get(struct slice text, struct slice name, struct slice *value);
/* Is it "1" (or another number but 0)? A name that is missing is off, as for csf. */
bool csfconf_on(struct slice text, struct slice name);

#endif
