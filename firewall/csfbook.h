/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csfbook: what csf.deny and csf.tempban hold now, osm's and everybody's, copied out of the
 * files. Of all entries, or of one address or uid only. A line that csf itself does not see
 * (the word Include in its comment) is not in the book.
 */
#ifndef OSM_FIREWALL_CSFBOOK_H
#define OSM_FIREWALL_CSFBOOK_H

#include "firewall/csflist.h"

struct csf_kept {
	struct addr net;
	bool is_temporary, is_filter, is_ours, has_uid;
	uid_t uid;
	enum fw_direction direction;
	int64_t until_s; /* seconds since 1970; 0: for good */
	char *text;	 /* owned: the entry as it stands */
	char *ports;	 /* owned: "" for all */
	char *comment;	 /* owned: without the date; of ours without "osm: " */
};

struct csf_book {
	struct csf_kept *kept; /* owned */
	size_t count, cap;
	size_t problems; /* lines that are no entry */
};

/* of: only entries of this block's address or uid; NULL: all. On false the book is empty. */
bool csfbook_read(struct csf_book *b, const struct paths *paths,
		  const struct fw_block *of, struct err *err);
void csfbook_clear(struct csf_book *b);

#endif
