/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * iptc: libip4tc and libip6tc behind one set of names. The calls return what libiptc's do:
 * not 0 when it worked, else errno. Where osm was built without it (OSM_IPTC is not set) no table
 * opens, and iptc_why() says why.
 */
#ifndef OSM_FIREWALL_IPTC_H
#define OSM_FIREWALL_IPTC_H

#include <stdbool.h>
#include <stddef.h>

struct iptc {
	int family;
	void *handle; /* owned; NULL when closed */
};

bool iptc_open(struct iptc *t, int family); /* reads the filter table */
void iptc_close(struct iptc *t);
bool iptc_has_chain(struct iptc *t, const char *chain);
bool iptc_new_chain(struct iptc *t, const char *chain);
bool iptc_empty_chain(struct iptc *t, const char *chain);
bool iptc_remove_chain(struct iptc *t, const char *chain); /* an empty one */
bool iptc_append(struct iptc *t, const char *chain, const void *rule);
bool iptc_prepend(struct iptc *t, const char *chain, const void *rule);
bool iptc_remove_at(struct iptc *t, const char *chain, unsigned number);
/* The first rule of a chain (after NULL) or the one after another; NULL at the end. *n: its
 * bytes. Borrowed, until the next change. */
const void *iptc_rule(struct iptc *t, const char *chain, const void *after, size_t *n);
const char *iptc_goes_to(struct iptc *t, const void *rule); /* borrowed */
bool iptc_put_back(struct iptc *t);
const char *iptc_why(const struct iptc *t, int error);

#endif
