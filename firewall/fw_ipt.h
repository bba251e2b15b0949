/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fw_ipt: what only the iptables backend has. The backend itself is fw_ipt in fw.h.
 */
#ifndef OSM_FIREWALL_FW_IPT_H
#define OSM_FIREWALL_FW_IPT_H

#include "firewall/fw.h"

/* The same, as it is where the kernel has no ipset: every block a rule of its own. */
extern const struct fw_backend fw_ipt_plain;

#endif
