/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/bansource.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <utmp.h>

#include "osmd/base/file.h"

#define SMALL_FILE_MAX (1u << 20)
#define ROUTES_MAX (64u << 20) /* a full routing table has a million lines */

struct source {
	const struct bans_settings *settings;
	ban_source_fn *each;
	void *ctx;
	struct err *err;
	const char *why, *file; /* of what is being read */
	bool failed;		/* the taker had no memory */
};

static bool give(struct source *s, const struct addr *net, unsigned line)
{
	struct ban_source_entry e = {*net, s->why, s->file, line};

	if (!s->failed && !s->each(&e, s->ctx))
		s->failed = true;
	return !s->failed;
}

/* ---- always ---- */

static bool give_fixed(struct source *s)
{
	static const struct {
		const char *net, *why;
	} rows[] = {
		{"127.0.0.0/8", "is a loopback address"},
		{"::1", "is the loopback address"},
		{"0.0.0.0/8", "is no host's address (RFC 1122)"},
		{"::", "is no host's address"},
		{"224.0.0.0/4", "is multicast"},
		{"ff00::/8", "is multicast"},
		{"255.255.255.255", "is broadcast"},
		{"169.254.0.0/16",
		 "is link-local (RFC 3927; clouds serve their hosts there)"},
		{"fe80::/10", "is link-local (routers and neighbours)"},
	};
	struct addr net;

	s->file = NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s->why = rows[i].why;
		if (addr_parse_cidr(slice_str(rows[i].net), &net) && !give(s, &net, 0))
			return false;
	}
	return true;
}

static bool from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	char text[INET6_ADDRSTRLEN];
	const void *bytes;

	if (sa && sa->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	else if (sa && sa->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	else
		return false;
	return inet_ntop(sa->sa_family, bytes, text, sizeof(text)) &&
	       addr_parse(slice_str(text), out);
}

static bool give_interfaces(struct source *s)
{
	struct ifaddrs *all;
	struct addr net;

	s->file = NULL;
	s->why = "is one of this server's own addresses";
	if (getifaddrs(&all) != 0)
		return err_set(s->err, errno, "the server's own addresses: %s",
			       strerror(errno));
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (from_sockaddr(i->ifa_addr, &net) && !addr_is_loopback(&net))
			give(s, &net, 0);
	freeifaddrs(all);
	return true;
}

/* ---- small text files ---- */

typedef void line_fn(struct source *s, struct slice line, unsigned number);

/* Each line of a file below the root; one that is not there has none. */
static bool each_line(struct source *s, const char *file, size_t limit, line_fn *fn)
{
	char path[PATH_MAX], *text;
	struct slice rest, line;
	struct err err = {0};
	unsigned number = 0;
	size_t n;

	if (!paths_at(s->settings->paths, file, path, sizeof(path)))
		return err_set(s->err, ENAMETOOLONG, "%s: the path is too long", file);
	if (!file_read(path, limit, &text, &n, &err))
		return err.code == ENOENT || err.code == ENOTDIR ||
		       err_set(s->err, err.code, "%s", err.msg);
	s->file = file;
	rest = (struct slice){text, n};
	while (rest.n && !s->failed) {
		if (!slice_cut(&rest, '\n', &line)) {
			line = rest;
			rest.n = 0;
		}
		fn(s, slice_trim(line), ++number);
	}
	free(text);
	return true;
}

static bool next_word(struct slice *rest, struct slice *word)
{
	struct slice s = slice_trim(*rest);
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	*word = (struct slice){s.p, n};
	*rest = (struct slice){s.p + n, s.n - n};
	return n > 0;
}

/* "10.0.0.4 203.0.113.4", as in cpnat: a local address and the one that the world sees */
static void addresses_line(struct source *s, struct slice line, unsigned number)
{
	struct slice word;
	struct addr net;

	while (next_word(&line, &word) && word.p[0] != '#')
		if (addr_parse(word, &net))
			give(s, &net, number);
}

static void resolv_line(struct source *s, struct slice line, unsigned number)
{
	struct slice word, host;
	struct addr net;

	if (!next_word(&line, &word) || !slice_eq(word, SLICE("nameserver")) ||
	    !next_word(&line, &word))
		return;
	if (slice_cut(&word, '%', &host)) /* fe80::1%eth0 */
		word = host;
	if (addr_parse(word, &net))
		give(s, &net, number);
}

/* ---- routes ---- */

static bool hex_bytes(struct slice text, uint8_t *out, size_t n)
{
	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < 2 * n; i++) {
		char c = text.p[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return false;
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
	}
	return true;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* "eth0 00000000 010200C0 0003 ...": the gateway is the third field, a 32 bit word printed in
 * the host's own byte order (Documentation/networking, net/ipv4/fib_trie.c) */
static void route_line(struct source *s, struct slice line, unsigned number)
{
	struct addr net = {.family = AF_INET, .prefix = 32};
	struct slice word = {NULL, 0};
	uint8_t raw[4];
	uint32_t value;

	for (int i = 0; i < 3; i++)
		if (!next_word(&line, &word))
			return;
	if (number == 1 || !hex_bytes(word, raw, sizeof(raw)) ||
	    is_zero(raw, sizeof(raw)))
		return;
	value = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 |
		raw[3];
	memcpy(net.bytes, &value, sizeof(value));
	give(s, &net, number);
}

/* The next hop is the fifth field, 32 digits in network order (net/ipv6/route.c). */
static void route6_line(struct source *s, struct slice line, unsigned number)
{
	struct addr net = {.family = AF_INET6, .prefix = 128};
	struct slice word = {NULL, 0};

	for (int i = 0; i < 5; i++)
		if (!next_word(&line, &word))
			return;
	if (hex_bytes(word, net.bytes, 16) && !is_zero(net.bytes, 16))
		give(s, &net, number);
}

/* A root without a /proc of its own stands on this kernel: its routes are what counts. */
static bool give_routes(struct source *s)
{
	static const struct paths here = {""};
	struct bans_settings with_proc = *s->settings;
	const struct bans_settings *own = s->settings;
	char path[PATH_MAX];
	struct stat st;
	bool ok;

	if (!paths_at(own->paths, "/proc/net", path, sizeof(path)) ||
	    stat(path, &st) != 0)
		with_proc.paths = &here;
	s->settings = &with_proc;
	s->why = "is a gateway of this server, says";
	ok = each_line(s, BANS_ROUTE, ROUTES_MAX, route_line) &&
	     each_line(s, BANS_ROUTE6, ROUTES_MAX, route6_line);
	s->settings = own;
	return ok;
}

/* ---- administrators ---- */

static void give_ssh(struct source *s)
{
	struct slice rest = slice_str(s->settings->ssh_client), word, host;
	struct addr net;

	s->file = NULL;
	s->why = "is where the administrator who asks is logged in from";
	if (!next_word(&rest, &word))
		return;
	if (slice_cut(&word, '%', &host))
		word = host;
	if (addr_parse(word, &net))
		give(s, &net, 0);
}

static bool utmp_address(const struct utmp *u, struct addr *net)
{
	char host[sizeof(u->ut_host) + 1];
	bool is_v4 = !u->ut_addr_v6[1] && !u->ut_addr_v6[2] && !u->ut_addr_v6[3];

	memcpy(host, u->ut_host, sizeof(u->ut_host));
	host[sizeof(u->ut_host)] = '\0';
	if (addr_parse(slice_str(host), net))
		return true;
	if (is_zero((const uint8_t *)u->ut_addr_v6, sizeof(u->ut_addr_v6)))
		return false;
	*net = addr_of_bytes(is_v4 ? AF_INET : AF_INET6, u->ut_addr_v6);
	return true;
}

/* Who is logged in at a shell: locking one out is worse than one spammer for a while. */
static bool give_utmp(struct source *s)
{
	char path[PATH_MAX], *text;
	struct err err = {0};
	struct addr net;
	struct utmp u;
	size_t n;

	if (!paths_at(s->settings->paths, BANS_UTMP, path, sizeof(path)))
		return err_set(s->err, ENAMETOOLONG, "%s: the path is too long",
			       BANS_UTMP);
	if (!file_read(path, SMALL_FILE_MAX, &text, &n, &err))
		return err.code == ENOENT || err.code == ENOTDIR ||
		       err_set(s->err, err.code, "%s", err.msg);
	s->file = NULL;
	s->why = "is where somebody is logged in from (see who)";
	for (size_t at = 0; n - at >= sizeof(u); at += sizeof(u)) {
		memcpy(&u, text + at, sizeof(u));
		if (u.ut_type == USER_PROCESS && utmp_address(&u, &net))
			give(s, &net, 0);
	}
	free(text);
	return true;
}

/* ---- csf ---- */

static bool is_short(const struct addr *net)
{
	return net->prefix <
	       (net->family == AF_INET ? BANS_PREFIX_MIN_V4 : BANS_PREFIX_MIN_V6);
}

/* A filter that opens a port for everybody (s=0.0.0.0/0) protects nobody; an address that is
 * let in on one port is protected whole. */
static bool csf_entry(const struct csf_entry *e, void *ctx)
{
	struct source *s = ctx;

	if (!e->net.family || (e->is_filter && is_short(&e->net)))
		return true;
	if (e->ttl_s && e->begun_s + e->ttl_s <= time(NULL))
		return true; /* of csf.tempallow, and over */
	s->file = e->file;
	return give(s, &e->net, e->line);
}

static void csf_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	const struct source *s = ctx;

	if (s->settings->problem)
		s->settings->problem(file, line, text, s->settings->ctx);
}

static bool give_csf_list(struct source *s, const char *file, const char *why)
{
	struct csflist_read r = {.paths = s->settings->paths,
				 .each = csf_entry,
				 .problem = csf_problem,
				 .ctx = s};

	s->why = why;
	return csflist_read(&r, file, s->err);
}

static void rignore_line(struct source *s, struct slice line, unsigned number)
{
	struct addr none = {0};

	if (line.n && line.p[0] != '#')
		give(s, &none, number);
}

/* ---- all ---- */

bool bansource_read(const struct bans_settings *settings, ban_source_fn *each, void *ctx,
		    struct err *err)
{
	struct source s = {.settings = settings, .each = each, .ctx = ctx, .err = err};
	bool ok = give_fixed(&s) && give_interfaces(&s);

	s.why = "is one of this server's own addresses, says";
	ok = ok && each_line(&s, BANS_CPNAT, SMALL_FILE_MAX, addresses_line) &&
	     give_routes(&s);
	s.why = "is a resolver of this server, says";
	ok = ok && each_line(&s, BANS_RESOLV, SMALL_FILE_MAX, resolv_line);
	give_ssh(&s);
	ok = ok && give_utmp(&s) && give_csf_list(&s, CSF_ALLOW, "is allowed in") &&
	     give_csf_list(&s, CSF_TEMPALLOW, "is allowed in") &&
	     give_csf_list(&s, CSF_IGNORE, "is ignored in") &&
	     each_line(&s, CSF_RIGNORE, SMALL_FILE_MAX, rignore_line);
	s.why = "is what a name that csf allows (DYNDNS) stands for, says";
	ok = ok && each_line(&s, CSF_TEMPDYN, SMALL_FILE_MAX, addresses_line) &&
	     each_line(&s, CSF_TEMPGDYN, SMALL_FILE_MAX, addresses_line);
	if (ok && s.failed)
		return err_set(err, ENOMEM, "no room for all protected addresses");
	return ok;
}
