/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csffacts: csf as its files say it is, and what of its configuration matters to osm. Nothing
 * is called and nothing changed.
 */
#ifndef OSM_FIREWALL_CSFFACTS_H
#define OSM_FIREWALL_CSFFACTS_H

#include <stdbool.h>

#include "osmd/base/paths.h"

struct csf_facts {
	bool is_installed;
	bool is_disabled;    /* csf.disable */
	bool has_failed;     /* csf.error: its last start */
	bool is_readable;    /* csf.conf; else nothing of the following is known */
	bool is_testing;     /* TESTING */
	bool has_ipv6;	     /* IPV6 */
	bool blocks_in_only; /* LF_BLOCKINONLY */
	bool uses_ipset;     /* LF_IPSET */
	bool blocks_smtp;    /* SMTP_BLOCK */
};

void csffacts_read(const struct paths *paths, struct csf_facts *out);

#endif
