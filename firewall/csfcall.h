/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csfcall: csf's command line as text: builds the argument vector of each call and judges the
 * answer. Pure: it runs nothing and opens nothing.
 *
 * One form of arguments works in 15.x, which joins and splits them again, and in cPanel's
 * 16.x, which looks at each: the comment, and with -td the options before it, are one
 * argument. csf's exit code says nothing (0 for refused blocks, and in 16.x for a disabled csf
 * too), and its words are only half of the truth: the caller reads its files back.
 */
#ifndef OSM_FIREWALL_CSFCALL_H
#define OSM_FIREWALL_CSFCALL_H

#include "firewall/fw.h"

#define CSF_PROGRAM "/usr/sbin/csf"
#define CSF_ARGS_MAX 6
#define CSF_TEXT_MAX (PATH_MAX + 2048)
#define CSF_WHY_MAX 200
#define CSF_TEMP_MIN_S 2 /* csf makes an hour of anything shorter */

enum csf_verb {
	CSF_DENY_ADD,	 /* -d ENTRY "osm: reason" */
	CSF_DENY_REMOVE, /* -dr ENTRY */
	CSF_TEMP_ADD,	 /* -td IP TTL "-p ports -d direction osm: reason" */
	CSF_TEMP_REMOVE	 /* -trd IP: temporary bans only, allows stay */
};

/* What is to be called. The slices are borrowed. */
struct csf_wanted {
	enum csf_verb verb;
	struct slice entry; /* address, prefix or filter, as it stands in csf's list */
	int64_t ttl;	    /* CSF_TEMP_ADD: seconds */
	struct slice ports; /* CSF_TEMP_ADD: "25,465"; empty: all */
	enum fw_direction direction; /* CSF_TEMP_ADD */
	struct slice comment;	     /* of the two that add; is cleaned here */
	bool is_foreign; /* a put-back: the comment keeps its owner's beginning */
};

/* argv points into text: the struct must not be copied. */
struct csf_command {
	const char *argv[CSF_ARGS_MAX];
	char text[CSF_TEXT_MAX];
	size_t used;
};

bool csfcall_build(const struct paths *paths, const struct csf_wanted *wanted,
		   struct csf_command *out, struct err *err);

enum csf_answer {
	CSF_DONE,	  /* csf says that it did it */
	CSF_ALREADY,	  /* nothing to do: is blocked, or is not there */
	CSF_NOT_IN_FORCE, /* recorded, but iptables or ipset would not take or give the rule */
	CSF_REFUSED,	  /* csf will not have this one */
	CSF_UNABLE	  /* disabled, failed, restarting, or not csf's words at all */
};

/* why: for all but CSF_DONE the line that says it, colours and unprintable bytes taken out. */
enum csf_answer csfcall_judge(enum csf_verb verb, struct slice output,
			      char why[CSF_WHY_MAX]);

/* A comment that csf takes for nothing but a comment. csf looks for options in the text after
 * the time ("wp-plugins" is "-p lugins" to it), skips lines with the word Include, keeps what
 * says "do not delete", and parts fields at "|". Result in out, at most FW_REASON_MAX bytes. */
void csfcall_comment(struct slice reason, bool is_foreign, char out[FW_REASON_MAX]);
/* Did osm write this comment? reason: what follows "osm: ". */
bool csfcall_is_ours(struct slice comment, struct slice *reason);

/* csf's filter that stops a uid's connections, or an address on some ports for good:
 * "tcp|out|d=25,465,587|u=1001", "tcp|in|d=25|s=192.0.2.1". false when it does not fit. */
#define CSF_FILTER_MAX 256
bool csfcall_uid_filter(uid_t uid, struct slice ports, char out[CSF_FILTER_MAX]);
bool csfcall_port_filter(const struct addr *net, enum fw_direction one,
			 struct slice ports, char out[CSF_FILTER_MAX]);
/* Ports as csf writes them, "25,465"; "" for none. */
#define CSF_PORTS_MAX (FW_PORTS_MAX * 6 + 1)
const char *csfcall_ports(const uint16_t *ports, size_t count, char out[CSF_PORTS_MAX]);

#endif
