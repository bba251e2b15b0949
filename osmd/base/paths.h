/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * paths: every file of ours, of cPanel's and of Exim's, behind one root, so that the whole
 * product can run in a lab folder (--root DIR). Text only: nothing is opened here.
 */
#ifndef OSM_BASE_PATHS_H
#define OSM_BASE_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct paths {
	char root
		[PATH_MAX]; /* "" for the real system, else absolute without a slash at the end */
};

/* root NULL, "" or "/": the real system. false when it is relative or too long. */
bool paths_init(struct paths *p, const char *root);
/* root + absolute path into out; returns out, or NULL when it does not fit. */
const char *paths_at(const struct paths *p, const char *absolute, char *out, size_t size);

#define PATH_CONF "/etc/osm/osm.conf"
#define PATH_ACCOUNTS "/etc/osm/osm.accounts"
#define PATH_IGNORE "/etc/osm/osm.ignore"
#define PATH_TEMPLATE "/etc/osm/report.txt"
#define PATH_DISABLED "/etc/osm/osm.disable"
#define PATH_DB "/var/lib/osm/osm.db"
#define PATH_WATCH_DB "/var/lib/osm/watch.db"
#define PATH_STREAM_PLACE "/var/lib/osm/stream.place" /* how far REPORT_JSONL has come */
#define PATH_STATE_DIR "/var/lib/osm"
#define PATH_SAVE_LOCK "/var/lib/osm/save.lock" /* of osm.conf and the lists, one save at a time */
#define PATH_LOG "/var/log/osmd.log"
#define PATH_RUN_DIR "/run/osm"
#define PATH_SOCKET "/run/osm/osmd.sock"
#define PATH_PID "/run/osm/osmd.pid"
#define PATH_EXECUTOR_LOCK "/run/osm/executor.lock"
#define PATH_WHMAPI "/usr/local/cpanel/bin/whmapi1"
#define PATH_UAPI "/usr/local/cpanel/bin/uapi"
#define PATH_HOLD_USERS "/etc/outgoing_mail_hold_users"
#define PATH_SUSPENDED_USERS "/etc/outgoing_mail_suspended_users"
#define PATH_SUSPENDED_DIR "/var/cpanel/suspended" /* a file for each suspended account */
#define PATH_USERDOMAINS "/etc/userdomains"
#define PATH_TRUEUSERDOMAINS "/etc/trueuserdomains"
#define PATH_TRUEUSEROWNERS "/etc/trueuserowners"
#define PATH_RESELLERS "/var/cpanel/resellers"
#define PATH_LOCALDOMAINS "/etc/localdomains"
#define PATH_PASSWD "/etc/passwd"
#define PATH_GROUP "/etc/group"
#define PATH_SENDMAIL "/usr/sbin/sendmail"
#define PATH_SPOOL "/var/spool/exim"

#endif
