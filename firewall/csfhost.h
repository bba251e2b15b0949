/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csfhost: csf as it is on this host: may it be called now, the lock to hold while it is, and
 * one call with its answer. The program is run by the caller's own runner (fw_settings.run).
 *
 * The lock is a shared one on csf.lock, which csf -r, -s, -f, -x and -e take exclusively: a
 * csf -d between their flush and their rebuild can leave the whole firewall open. While it is
 * held an administrator's csf -r is refused ("try again in a moment"), so it is held for the
 * calls of one address only.
 */
#ifndef OSM_FIREWALL_CSFHOST_H
#define OSM_FIREWALL_CSFHOST_H

#include "firewall/csfcall.h"

#define CSF_LOCK "/var/lib/csf/csf.lock"
#define CSF_DISABLE "/etc/csf/csf.disable"
#define CSF_ERROR "/etc/csf/csf.error"

/* A csf -r takes a second; with country lists and many blocks some ten. */
#define CSF_LOCK_LIMIT_MS 60000
#define CSF_RUN_LIMIT_S 60
#define CSF_OUTPUT_MAX (256u << 10)

struct csf_host {
	const struct fw_settings *settings; /* borrowed */
	int lock;			    /* -1: not held */
	bool has_ipv6;			    /* IPV6 in csf.conf */
	bool blocks_in_only; /* LF_BLOCKINONLY: -d blocks nothing outgoing */
};

/* Is there a csf that may be called? Else err says why it may not: not installed, disabled,
 * its last start failed, TESTING. (In TESTING -d enters no rule, and -dr of what it entered
 * fails so badly that csf takes down the whole firewall: seen with 15.00 and 16.07.) */
bool csfhost_usable(const struct fw_settings *settings, struct err *err);
/* csf's lock, shared, waited for at most CSF_LOCK_LIMIT_MS: a descriptor to close; -1, and err->code
 * is ENOENT where there is no csf. */
int csfhost_lock(const struct paths *paths, struct err *err);
/* Wait for the lock, then look again whether csf may be called. On false nothing is held. */
bool csfhost_begin(struct csf_host *h, const struct fw_settings *settings,
		   struct err *err);
void csfhost_end(struct csf_host *h);
/* One call. false: it could not be made or did not end in time. */
bool csfhost_call(struct csf_host *h, const struct csf_wanted *wanted,
		  enum csf_answer *answer, char why[CSF_WHY_MAX], struct err *err);
/* csf appends without looking whether the last line has its end: give it one. */
bool csfhost_end_last_line(struct csf_host *h, const char *file, struct err *err);

#endif
