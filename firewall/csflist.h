/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csflist: csf's lists, read as csf reads them: csf.allow, csf.deny and csf.ignore with their
 * Include lines, csf.tempban and csf.tempallow. One line is parsed by a pure function; a file
 * is read whole under csf's own lock and given entry by entry.
 *
 * A line that csf takes for none is told as a problem with file and line and passed over. All
 * is bounded: bytes, files, depth of Include; a file is read once, so a loop ends.
 */
#ifndef OSM_FIREWALL_CSFLIST_H
#define OSM_FIREWALL_CSFLIST_H

#include <sys/types.h>

#include "firewall/fw.h"

#define CSF_ALLOW "/etc/csf/csf.allow"
#define CSF_DENY "/etc/csf/csf.deny"
#define CSF_IGNORE "/etc/csf/csf.ignore"
#define CSF_RIGNORE "/etc/csf/csf.rignore"
#define CSF_TEMPBAN "/var/lib/csf/csf.tempban"
#define CSF_TEMPALLOW "/var/lib/csf/csf.tempallow"
/* lfd's, an address in a line: what the names of csf.dyndns and GLOBAL_DYNDNS stand for */
#define CSF_TEMPDYN "/var/lib/csf/csf.tempdyn"
#define CSF_TEMPGDYN "/var/lib/csf/csf.tempgdyn"

#define CSFLIST_BYTES_MAX (32u << 20) /* of one list with what it includes */
#define CSFLIST_FILES_MAX 64
#define CSFLIST_DEPTH_MAX 8   /* Include in an included file in ... */
#define CSFLIST_ENTRY_MAX 512 /* bytes of an entry; a filter with 15 ports has 150 */

enum csf_form {
	CSF_LINE_NONE, /* blank or a comment */
	CSF_LINE_ENTRY,
	CSF_LINE_INCLUDE, /* text is the path */
	CSF_LINE_BAD	  /* why says it */
};

/* One entry. The slices are borrowed from the line. */
struct csf_entry {
	struct addr net; /* family 0: a filter that names no address */
	bool is_filter;	 /* proto|direction|port|address or uid */
	bool is_hidden;	 /* csf skips a line that has the word Include anywhere */
	bool has_uid;
	uid_t uid;
	enum fw_direction direction; /* a plain address: both */
	struct slice protocol;	     /* of a filter: tcp, udp, icmp */
	struct slice ports;	     /* "25,465", "1024_2048", "25;udp"; empty: all */
	int64_t begun_s, ttl_s;	     /* temporary lists: seconds since 1970, seconds */
	struct slice text;	     /* the entry itself: what -dr has to be given */
	struct slice comment; /* without its "#"; the date that csf adds is still there */
	const char *file;     /* csflist_read: as on the real system, without --root */
	unsigned line;
};

/* One line of csf.allow, csf.deny, csf.ignore, and of csf.tempban, csf.tempallow
 * ("epoch|ip|ports|direction|ttl|message"). why is set when it is bad. Pure. */
enum csf_form csflist_line(struct slice line, struct csf_entry *out, const char **why);
enum csf_form csflist_temp_line(struct slice line, struct csf_entry *out,
				const char **why);
/* "25,465,587" as numbers; false for a range, a name, more than FW_PORTS_MAX. */
bool csflist_ports(struct slice text, uint16_t out[FW_PORTS_MAX], size_t *n);
/* The comment without the date that csf puts at its end
 * (" - Wed Nov 25 06:52:53 2026"). */
struct slice csflist_without_date(struct slice comment);

typedef bool csf_entry_fn(const struct csf_entry *e, void *ctx); /* false stops */
typedef void csf_problem_fn(const char *file, unsigned line, const char *text, void *ctx);

struct csflist_read {
	const struct paths *paths;
	csf_entry_fn *each;
	csf_problem_fn *problem; /* may be NULL */
	void *ctx;
	size_t entries, problems; /* counted here */
};

/* Every entry of the list. A file that is not there is an empty list; an included one that is
 * not there is a problem. false: it could not be read to its end, nothing may be concluded. */
bool csflist_read(struct csflist_read *r, const char *file, struct err *err);
#endif
