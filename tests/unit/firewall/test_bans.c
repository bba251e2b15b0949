/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/bans.h"

#include <arpa/inet.h>
#include <time.h>
#include <utmp.h>

#include "tests/unit/firewall/lab.h"

TestSuite(bans, .init = lab_make, .fini = lab_remove);

static char heard[1024];

static void hear(const char *file, unsigned line, const char *text, void *ctx)
{
	size_t n = strlen(heard);

	cr_expect_str_eq(ctx, "ctx");
	snprintf(heard + n, sizeof(heard) - n, "%s:%u %s\n", file, line, text);
}

static struct bans *load(const char *ssh)
{
	static char ctx[] = "ctx";
	struct bans_settings s = {
		.paths = &lab, .ssh_client = ssh, .problem = hear, .ctx = ctx};
	struct err err = {0};
	struct bans *b = bans_load(&s, &err);

	cr_assert(b, "%s", err.msg);
	return b;
}

/* "" when it may be blocked, else why not. Borrowed until the next call. */
static const char *ask(struct bans *b, const char *text)
{
	static char why[BANS_WHY_MAX];
	struct addr net;

	cr_assert(addr_parse_cidr(slice_str(text), &net), "%s", text);
	cr_expect_eq(bans_may_block(b, &net, why), why[0] == '\0', "%s: %s", text, why);
	return why;
}

static void expect_all(struct bans *b, const char *const rows[][2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *why = ask(b, rows[i][0]);

		cr_expect_str_eq(why, rows[i][1], "%s: \"%s\"", rows[i][0], why);
	}
}

Test(bans, what_no_host_may_block)
{
	static const char *const rows[][2] = {
		{"198.51.100.7", ""},
		{"2001:db8::7", ""},
		{"11.0.0.0/8", ""},
		{"2003::/19", ""},
		{"127.0.0.1",
		 "127.0.0.1 lies in 127.0.0.0/8, which is a loopback address"},
		{"::1", "::1 is the loopback address"},
		{"0.0.0.0",
		 "0.0.0.0 lies in 0.0.0.0/8, which is no host's address (RFC 1122)"},
		{"::", ":: is no host's address"},
		{"239.1.1.1", "239.1.1.1 lies in 224.0.0.0/4, which is multicast"},
		{"ff02::1", "ff02::1 lies in ff00::/8, which is multicast"},
		{"255.255.255.255", "255.255.255.255 is broadcast"},
		{"fe80::1", "fe80::1 lies in fe80::/10, which is link-local (routers and "
			    "neighbours)"},
		{"0.0.0.0/0",
		 "0.0.0.0/0 is too much of the Internet: at least /8 is asked for"},
		{"::/0", "::/0 is too much of the Internet: at least /19 is asked for"},
		{"10.0.0.0/7",
		 "10.0.0.0/7 is too much of the Internet: at least /8 is asked for"},
		{"2000::/18",
		 "2000::/18 is too much of the Internet: at least /19 is asked for"},
		{"169.254.0.0/15", "169.254.0.0/15 contains 169.254.0.0/16, which is "
				   "link-local (RFC 3927; clouds "
				   "serve their hosts there)"},
	};
	struct bans *b = load(NULL);

	expect_all(b, rows, sizeof(rows) / sizeof(rows[0]));
	bans_free(b);
}

Test(bans, own_addresses_also_behind_nat_gateways_and_resolvers)
{
	static const char *const rows[][2] = {
		{"203.0.113.4", "203.0.113.4 is one of this server's own addresses, says "
				"/var/cpanel/cpnat line 1"},
		{"10.1.0.4", "10.1.0.4 is one of this server's own addresses, says "
			     "/var/cpanel/cpnat line 1"},
		{"203.0.113.0/24",
		 "203.0.113.0/24 contains 203.0.113.4, which is one of this "
		 "server's own addresses, says /var/cpanel/cpnat line 1"},
		{"203.0.113.5", ""},
		{"198.18.0.1",
		 "198.18.0.1 is a gateway of this server, says /proc/net/route line 2"},
		{"198.18.0.2", ""},
		{"2001:db8:1::1", "2001:db8:1::1 is a gateway of this server, says "
				  "/proc/net/ipv6_route line 1"},
		{"198.51.100.53", "198.51.100.53 is a resolver of this server, says "
				  "/etc/resolv.conf line 2"},
		{"2001:db8::53", "2001:db8::53 is a resolver of this server, says "
				 "/etc/resolv.conf line 4"},
		{"198.51.100.54", ""},
	};
	char route[512];
	struct bans *b;

	lab_put("/var/cpanel/cpnat", "10.1.0.4 203.0.113.4\n# 192.0.2.99\n");
	/* the kernel prints the word in its own byte order */
	snprintf(route, sizeof(route),
		 "Iface\tDestination\tGateway \tFlags\n"
		 "eth0\t00000000\t%08X\t0003\t0\n"
		 "eth0\t%08X\t00000000\t0001\t0\n",
		 (unsigned)inet_addr("198.18.0.1"), (unsigned)inet_addr("198.18.0.2"));
	lab_put("/proc/net/route", route);
	lab_put("/proc/net/ipv6_route",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"20010db8000100000000000000000001 00000400 0 0 3 eth0\n"
		"20010db8000100000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 0 0 1 eth0\n");
	lab_put("/etc/resolv.conf",
		"# nameserver 198.51.100.54\nnameserver 198.51.100.53\n"
		"search example.com\nnameserver 2001:db8::53%eth0\n");
	b = load(NULL);
	expect_all(b, rows, sizeof(rows) / sizeof(rows[0]));
	bans_free(b);
}

static void add_login(FILE *f, short type, const char *host, const char *address)
{
	struct utmp u = {.ut_type = type};

	snprintf(u.ut_host, sizeof(u.ut_host), "%s", host);
	if (address)
		inet_pton(strchr(address, ':') ? AF_INET6 : AF_INET, address,
			  u.ut_addr_v6);
	cr_assert_eq(fwrite(&u, sizeof(u), 1, f), 1);
}

Test(bans, administrators_who_are_logged_in)
{
	static const char *const rows[][2] = {
		{"198.51.100.7",
		 "198.51.100.7 is where the administrator who asks is logged in "
		 "from"},
		{"198.51.100.8",
		 "198.51.100.8 is where somebody is logged in from (see who)"},
		{"198.51.100.9",
		 "198.51.100.9 is where somebody is logged in from (see who)"},
		{"2001:db8::9",
		 "2001:db8::9 is where somebody is logged in from (see who)"},
		{"198.51.100.10", ""},
		{"198.51.100.11", ""},
	};
	struct bans *b;
	FILE *f;

	lab_put(BANS_UTMP, "");
	f = fopen(lab_at(BANS_UTMP), "w");
	cr_assert_not_null(f);
	add_login(f, USER_PROCESS, "198.51.100.8", NULL);
	add_login(f, USER_PROCESS, "home.example.com", "198.51.100.9");
	add_login(f, USER_PROCESS, "v6.example.com", "2001:db8::9");
	add_login(f, DEAD_PROCESS, "198.51.100.10", "198.51.100.10");
	add_login(f, USER_PROCESS, "", NULL); /* the console */
	fputs("half a record", f);
	fclose(f);
	b = load("198.51.100.7 50314 198.51.100.11 22");
	expect_all(b, rows, sizeof(rows) / sizeof(rows[0]));
	bans_free(b);
	b = load("not an address");
	cr_expect_str_eq(ask(b, "198.51.100.7"), "");
	bans_free(b);
}

Test(bans, what_csf_allows_and_ignores)
{
	static const char *const rows[][2] = {
		{"198.51.100.1", "198.51.100.1 is allowed in /etc/csf/csf.allow line 2"},
		{"198.51.100.70",
		 "198.51.100.70 lies in 198.51.100.64/26, which is allowed in "
		 "/etc/csf/more.allow line 1"},
		{"198.51.100.64/27",
		 "198.51.100.64/27 lies in 198.51.100.64/26, which is allowed "
		 "in /etc/csf/more.allow line 1"},
		{"198.51.100.64/26",
		 "198.51.100.64/26 is allowed in /etc/csf/more.allow line 1"},
		{"198.51.100.0/24",
		 "198.51.100.0/24 contains 198.51.100.1, which is allowed in "
		 "/etc/csf/csf.allow line 2"},
		{"198.51.100.2", "198.51.100.2 is allowed in /etc/csf/csf.allow line 4"},
		{"198.51.100.3", "198.51.100.3 is allowed in /etc/csf/csf.allow line 7"},
		{"198.51.100.4", ""},
		{"2001:db8:5::9",
		 "2001:db8:5::9 lies in 2001:db8:5::/48, which is ignored in "
		 "/etc/csf/csf.ignore line 1"},
		{"2001:db8:6::9", ""},
	};
	struct bans *b;

	lab_put("/etc/csf/csf.allow",
		"Include /etc/csf/more.allow\n198.51.100.1 # office\nbackup.example.com\n"
		"tcp|in|d=22|s=198.51.100.2\ntcp|in|d=80|s=0.0.0.0/0\ntcp|out|d=25|u=0\n"
		"198.51.100.3 # a line that csf itself skips: Include\n");
	lab_put("/etc/csf/more.allow", "198.51.100.64/26\n");
	lab_put("/etc/csf/csf.ignore", "2001:DB8:5::/48\n");
	lab_put("/etc/csf/csf.rignore", "# names\n.googlebot.com\nmail.example.com\n");
	heard[0] = '\0';
	b = load(NULL);
	expect_all(b, rows, sizeof(rows) / sizeof(rows[0]));
	cr_expect_eq(bans_unresolved(b), 2);
	cr_expect_str_eq(heard,
			 "/etc/csf/csf.allow:3 no address, prefix or filter (csf ignores "
			 "names): \"backup.example.com\"\n");
	bans_free(b);
}

Test(bans, what_csf_allows_for_a_time_or_by_name)
{
	static const char *const rows[][2] = {
		{"198.51.100.1",
		 "198.51.100.1 is allowed in /var/lib/csf/csf.tempallow line 1"},
		{"198.51.100.2", ""},
		{"198.51.100.3",
		 "198.51.100.3 is what a name that csf allows (DYNDNS) stands for, says "
		 "/var/lib/csf/csf.tempdyn line 1"},
		{"2001:db8:5::9",
		 "2001:db8:5::9 is what a name that csf allows (DYNDNS) stands for, says "
		 "/var/lib/csf/csf.tempgdyn line 2"},
	};
	long now = (long)time(NULL);
	char text[256];
	struct bans *b;

	snprintf(text, sizeof(text),
		 "%ld|198.51.100.1||inout|3600|by hand\n%ld|198.51.100.2||inout|60|x\n",
		 now - 60, now - 60);
	lab_put(CSF_TEMPALLOW, text);
	lab_put(CSF_TEMPDYN, "198.51.100.3\n");
	lab_put(CSF_TEMPGDYN, "\n2001:db8:5::9\n");
	b = load(NULL);
	expect_all(b, rows, sizeof(rows) / sizeof(rows[0]));
	bans_free(b);
	unlink(lab_at(CSF_TEMPALLOW));
	unlink(lab_at(CSF_TEMPDYN));
	unlink(lab_at(CSF_TEMPGDYN));
}

Test(bans, the_caller_may_add_and_uids_have_their_own_rule)
{
	struct fw_block block = {.uid = 0};
	char why[BANS_WHY_MAX];
	struct bans *b = load(NULL);
	struct addr net;

	cr_assert(addr_parse_cidr(SLICE("198.51.100.0/28"), &net));
	cr_assert(bans_add(b, &net, "is in /etc/osm/osm.ignore line 7", NULL));
	cr_expect_str_eq(ask(b, "198.51.100.5"),
			 "198.51.100.5 lies in 198.51.100.0/28, which is "
			 "in /etc/osm/osm.ignore line 7");
	cr_expect_str_eq(ask(b, "198.51.100.16"), "");
	cr_expect_not(bans_may(b, &block, why));
	cr_expect_str_eq(why, "root's own connections are never blocked");
	block.uid = 1001;
	cr_expect(bans_may(b, &block, why));
	block.net = net;
	cr_expect_not(bans_may(b, &block, why));
	block.net.family = 99;
	cr_expect_not(bans_may(b, &block, why));
	bans_free(b);
}

Test(bans, a_list_that_is_there_and_cannot_be_read_lets_nothing_be_blocked)
{
	struct bans_settings s = {.paths = &lab};
	struct err err = {0};

	cr_assert_eq(mkdir(lab_at(CSF_IGNORE), 0755), 0);
	cr_expect_null(bans_load(&s, &err));
	cr_expect(strstr(err.msg, CSF_IGNORE) != NULL, "%s", err.msg);
	cr_assert_eq(rmdir(lab_at(CSF_IGNORE)), 0);
	lab_put("/etc/resolv.conf/x", "");
	cr_expect_null(bans_load(&s, &err));
	cr_expect(strstr(err.msg, "/etc/resolv.conf") != NULL, "%s", err.msg);
}

/* Against a plain walk over the same list. */
Test(bans, the_search_agrees_with_a_walk)
{
	struct bans *b = load(NULL);
	struct addr nets[400];
	unsigned seed = 11, refused = 0;
	char why[BANS_WHY_MAX];

	for (size_t i = 0; i < 400; i++) {
		struct addr *n = &nets[i];
		char text[64];

		snprintf(text, sizeof(text), "20.%d.%d.%d/%d", rand_r(&seed) % 4,
			 rand_r(&seed) % 64, rand_r(&seed) % 256,
			 21 + rand_r(&seed) % 12);
		cr_assert(addr_parse_cidr(slice_str(text), n));
		if (i < 60)
			cr_assert(bans_add(b, n, "is protected", NULL));
	}
	for (size_t i = 60; i < 400; i++) {
		bool want = true;

		for (size_t k = 0; k < 60; k++)
			want = want && !addr_contains(&nets[k], &nets[i]) &&
			       !addr_contains(&nets[i], &nets[k]);
		refused += !want;
		cr_expect_eq(bans_may_block(b, &nets[i], why), want, "row %zu: %s", i,
			     why);
	}
	cr_expect(refused > 50 && refused < 340, "the rows show little: %u refused",
		  refused);
	bans_free(b);
}
