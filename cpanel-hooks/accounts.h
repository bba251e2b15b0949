/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * accounts: who owns what on this server: user, uid, home, domain -> account. Read whole
 * from /etc/passwd, /etc/userdomains, /etc/trueuserdomains, /etc/trueuserowners,
 * /etc/localdomains and /var/cpanel/resellers (cPanel's formats), with the names of
 * /etc/group, then read only; a change builds a new map.
 *
 * With trueuserdomains an account is a name listed there; without it (plain Exim host,
 * replay) an account is a user of /etc/passwd with uid >= 1000 and a home.
 */
#ifndef OSM_CPANEL_ACCOUNTS_H
#define OSM_CPANEL_ACCOUNTS_H

#include "cpanel-hooks/users.h"
#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/base/slice.h"

struct accounts;

struct account {
	struct slice name, home, domain,
		owner; /* domain: the main one; owner: reseller; may be empty */
	int64_t uid;   /* -1: not in passwd */
	int64_t gid;   /* its main group; 0: not known */
};

/* Missing files are not an error (their facts are missing); an unreadable one is. */
struct accounts *accounts_load(const struct paths *paths, struct err *e);
void accounts_free(struct accounts *a);		    /* NULL is fine */
bool accounts_from_panel(const struct accounts *a); /* trueuserdomains was there */
size_t accounts_count(const struct accounts *a);
/* All return NULL when nobody fits. Results live as long as the map. */
const struct account *accounts_by_user(const struct accounts *a, struct slice user);
const struct account *accounts_by_uid(const struct accounts *a, int64_t uid);
const struct account *accounts_by_domain(const struct accounts *a, struct slice domain); /* any case */
/* The account whose domains alone begin so, in any case; NULL: none, or more than one. */
const struct account *accounts_by_domain_start(const struct accounts *a, struct slice start);
/* Mailbox "local@domain", "local+domain", or a bare user. */
const struct account *accounts_by_login(const struct accounts *a, struct slice login);
/* The account whose home is the longest prefix, on whole components; also below
 * /home/virtfs/USER/. */
const struct account *accounts_by_path(const struct accounts *a, struct slice path);
/* Is mail for this domain kept on this server (localdomains; userdomains without it)? */
bool accounts_is_local_domain(const struct accounts *a, struct slice domain);
/* Does it own other accounts, or does the panel list it as a reseller (/var/cpanel/resellers)? */
bool accounts_is_reseller(const struct accounts *a, struct slice user);
/* Every user and group of this server. Lives as long as the map. */
const struct users *accounts_users(const struct accounts *a);
/* Files to watch: the i-th path (absolute, without root) or NULL. */
const char *accounts_file(size_t i);

#endif
