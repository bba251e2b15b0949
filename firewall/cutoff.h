/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * cutoff: what the native backends do after a block is in force: the connections that it
 * forbids end (sockkill). When that can't be done the block stands all the same; it is said
 * through settings->say.
 */
#ifndef OSM_FIREWALL_CUTOFF_H
#define OSM_FIREWALL_CUTOFF_H

#include "firewall/fw.h"

void cutoff(const struct fw_block *blocks, size_t count,
	    const struct fw_settings *settings);

#endif
