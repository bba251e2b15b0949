/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * quarantine: takes a folder or a script of a customer's out of use: it gets another name and
 * mode 0, and gets both back later. (The name alone is not enough: Apache's mod_mime looks at
 * every extension of a name, so "x.php.osm-disabled" would still be run as PHP.)
 *
 * The customer owns all of it and may race us. So it is found by folder handles from the home,
 * no symlink followed; what is renamed is what was looked at, or it is put back; and all of it
 * is done with the customer's rights, so nothing that isn't theirs can be reached. Never done to
 * the home, a web root, what cPanel keeps in the home, what another user owns, another file
 * system's root.
 */
#ifndef OSM_ACT_QUARANTINE_H
#define OSM_ACT_QUARANTINE_H

#include "cpanel-hooks/accounts.h"
#include "osmd/base/err.h"
#include "osmd/base/paths.h"

#define QUARANTINE_SUFFIX_MAX 32
/* What undoing must know, as text for the journal: "MODE DEVICE:INODE SUFFIX". */
#define QUARANTINE_MARK_SIZE 96

struct quarantine {
	const struct paths *paths;
	const struct account *account; /* with home, uid and gid */
	struct slice path;	       /* absolute, as seen in the log */
	bool is_folder;		       /* else a regular file */
	const char *suffix;	       /* RENAME_SUFFIX; for what is not yet marked */
	/* When it was last seen at work, or 0: what was made later is something else. */
	int64_t seen_s;
};

/* May it be done, and to what exactly? */
bool quarantine_look(const struct quarantine *q, char mark[QUARANTINE_MARK_SIZE],
		     struct err *e);
/* Do it to exactly what is marked. */
bool quarantine_take(const struct quarantine *q, const char *mark, struct err *e);
/* Put exactly that back; refuses (EEXIST) when something new stands there. *gone: it is no
 * longer where it was put, so there is nothing to put back. */
bool quarantine_return(const struct quarantine *q, const char *mark, bool *gone,
		       struct err *e);
/* Is what is marked under its new name? 1, 0, or -1 when that can't be told. */
int quarantine_is_taken(const struct quarantine *q, const char *mark);

#endif
