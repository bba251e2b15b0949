/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/guard.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNT_MAX 64
#define LOCAL_MAX 64
#define UID_LEAST 1000
#define UID_NOBODY 65534
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *const reserved[] = {"root",
				       "nobody",
				       "mailnull",
				       "mailman",
				       "mail",
				       "cpanel",
				       "system",
				       "exim",
				       "dovecot",
				       "dovenull",
				       "mysql",
				       "postgres",
				       "named",
				       "bind",
				       "apache",
				       "www-data",
				       "httpd",
				       "sshd",
				       "daemon",
				       "bin",
				       "adm",
				       "operator",
				       "ftp",
				       "games",
				       "sync",
				       "shutdown",
				       "halt",
				       "postmaster",
				       "mailer-daemon",
				       "cpanelphpmyadmin",
				       "cpanelroundcube",
				       "cpanellogin",
				       "cpaneleximfilter"};

static bool no(char why[GUARD_WHY_MAX], const char *text)
{
	snprintf(why, GUARD_WHY_MAX, "%s", text);
	return false;
}

/* A name that can't be read as an option, a folder above or two words. */
static bool is_plain(struct slice s, size_t max, const char *allowed)
{
	if (!s.n || s.n > max || s.p[0] == '-' || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(allowed, s.p[i]))
			return false;
	return slice_find(s, SLICE("..")) == SIZE_MAX;
}

static bool is_listed(struct slice list, struct slice name)
{
	struct slice word;

	while (list.n) {
		if (!slice_cut(&list, ',', &word)) {
			word = list;
			list.n = 0;
		}
		if (slice_eq_nocase(slice_trim(word), name))
			return true;
	}
	return false;
}

static bool is_fit(const struct accounts *accounts, const struct config *config,
		   struct slice name, bool of_panel, char why[GUARD_WHY_MAX])
{
	const struct account *a;

	if (!name.n)
		return no(why, "no account is named");
	if (!is_plain(name, ACCOUNT_MAX, LOWER UPPER DIGITS "._-"))
		return no(why, "this is no account's name");
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (slice_eq_nocase(name, slice_str(reserved[i])))
			return no(why, "a system user is never acted upon");
	if (is_listed(slice_str(config->ignore_users), name))
		return no(why, "the user is in LOG_IGNORE_USERS");
	if (of_panel && !accounts_from_panel(accounts))
		return no(why, "there is no list of the panel's accounts");
	a = accounts_by_user(accounts, name);
	if (!a)
		return no(why, accounts_from_panel(accounts)
				       ? "it is none of the panel's accounts"
				       : "there is no such user");
	if (a->uid < 0)
		return no(why, "the account is not in the password file");
	if (a->uid < UID_LEAST || a->uid == UID_NOBODY)
		return no(why, "its uid is a system user's");
	return true;
}

bool guard_account(const struct accounts *accounts, const struct config *config,
		   struct slice name, char why[GUARD_WHY_MAX])
{
	return is_fit(accounts, config, name, true, why);
}

bool guard_user(const struct accounts *accounts, const struct config *config,
		struct slice name, char why[GUARD_WHY_MAX])
{
	return is_fit(accounts, config, name, false, why);
}

bool guard_whole(const struct accounts *accounts, struct slice name,
		 char why[GUARD_WHY_MAX])
{
	return !accounts_is_reseller(accounts, name) ||
	       no(why, "a reseller's whole account is left alone");
}

bool guard_path(const struct accounts *accounts, struct slice account, struct slice path,
		char why[GUARD_WHY_MAX])
{
	const struct account *owner;

	if (!slice_starts(path, SLICE("/")) || path.n >= GUARD_TARGET_MAX)
		return no(why, "this is no path, or a very long one");
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f)
			return no(why, "the path holds control bytes");
	owner = accounts_by_path(accounts, path);
	if (!owner || !slice_eq(owner->name, account))
		return no(why, "the path is not in the account's home");
	return true;
}

bool guard_mailbox(const struct accounts *accounts, struct slice account,
		   struct slice mailbox, char target[GUARD_TARGET_MAX],
		   char why[GUARD_WHY_MAX])
{
	struct slice domain = mailbox, local;
	const struct account *owner;

	if (!slice_cut(&domain, '@', &local) ||
	    !is_plain(local, LOCAL_MAX, LOWER UPPER DIGITS "._+=~&'!#-") ||
	    !is_plain(domain, 253, LOWER UPPER DIGITS ".-") ||
	    mailbox.n >= GUARD_TARGET_MAX)
		return no(why, "this is no mailbox");
	owner = accounts_by_domain(accounts, domain);
	if (!owner || !slice_eq(owner->name, account))
		return no(why, "the mailbox's domain is not the account's");
	for (size_t i = 0; i < mailbox.n; i++) {
		char c = mailbox.p[i];

		target[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	target[mailbox.n] = '\0';
	return true;
}

bool guard_ignored(const struct rules *rules, enum trigger_id t, struct slice account,
		   struct slice mailbox, int64_t now_s, char why[GUARD_WHY_MAX])
{
	static const enum event_type types[TRIGGER_COUNT] = {
		EVENT_PACKET,  EVENT_PACKET,   EVENT_LOGLINE,
		EVENT_LOGLINE, EVENT_CWDCHECK, EVENT_CWDCHECK};
	struct event ev = {
		.type = types[t], .at_s = now_s, .account = account, .mailbox = mailbox};

	if (!rules)
		no(why,
		   "osm.ignore or osm.accounts can't be read, so everybody is protected");
	else if (rules_ignored(rules, t, &ev))
		no(why, "osm.ignore protects them");
	return !rules || rules_ignored(rules, t, &ev);
}
