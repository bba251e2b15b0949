/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfcall.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void join(const struct csf_command *c, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; c->argv[i]; i++)
		used += (size_t)snprintf(out + used, size - used, "[%s]", c->argv[i]);
}

Test(csfcall, builds_each_call_with_one_comment_argument)
{
	static const struct {
		struct csf_wanted wanted;
		const char *want;
	} rows[] = {
		{{.verb = CSF_DENY_ADD,
		  .entry = {"192.0.2.1", 9},
		  .comment = {"too much mail", 13}},
		 "[/usr/sbin/csf][-d][192.0.2.1][osm: too much mail]"},
		{{.verb = CSF_DENY_REMOVE, .entry = {"192.0.2.1", 9}},
		 "[/usr/sbin/csf][-dr][192.0.2.1]"},
		{{.verb = CSF_TEMP_REMOVE, .entry = {"192.0.2.1", 9}},
		 "[/usr/sbin/csf][-trd][192.0.2.1]"},
		{{.verb = CSF_TEMP_ADD,
		  .entry = {"2001:db8::1", 11},
		  .ttl = 3600,
		  .ports = {"25,465", 6},
		  .direction = FW_IN,
		  .comment = {"x", 1}},
		 "[/usr/sbin/csf][-td][2001:db8::1][3600][-p 25,465 -d in osm: x]"},
		{{.verb = CSF_TEMP_ADD,
		  .entry = {"192.0.2.1", 9},
		  .ttl = 1, /* csf would make an hour of it */
		  .direction = FW_INOUT},
		 "[/usr/sbin/csf][-td][192.0.2.1][2][-d inout osm:]"},
		{{.verb = CSF_TEMP_ADD,
		  .entry = {"192.0.2.1", 9},
		  .ttl = 60,
		  .direction = FW_OUT,
		  .comment = {"lfd - (sshd) x", 14},
		  .is_foreign = true},
		 "[/usr/sbin/csf][-td][192.0.2.1][60][-d out lfd - (sshd) x]"},
	};
	struct paths paths;

	cr_assert(paths_init(&paths, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct csf_command c;
		char got[1024];

		cr_assert(csfcall_build(&paths, &rows[i].wanted, &c, NULL));
		join(&c, got, sizeof(got));
		cr_expect_str_eq(got, rows[i].want, "%s", got);
	}
}

Test(csfcall, an_entry_that_does_not_fit_is_refused)
{
	static char entry[CSF_TEXT_MAX + 1];
	struct csf_wanted w = {.verb = CSF_DENY_ADD, .entry = {entry, sizeof(entry) - 1}};
	struct csf_command c;
	struct paths paths;
	struct err err = {0};

	memset(entry, '1', sizeof(entry) - 1);
	cr_assert(paths_init(&paths, NULL));
	cr_expect_not(csfcall_build(&paths, &w, &c, &err));
	cr_expect_eq(err.code, E2BIG);
}

Test(csfcall, a_comment_is_nothing_but_a_comment_to_csf)
{
	static const struct {
		const char *reason, *want;
	} rows[] = {
		{"", "osm:"},
		{"40 messages by info@x.example", "osm: 40 messages by info@x.example"},
		{"/home/u/wp-plugins/x.php", "osm: /home/u/wp_plugins/x.php"},
		{"non-prod foo-dout -p 25 -d out", "osm: non_prod foo_dout _p 25 _d out"},
		{"-Pp--d", "osm: _Pp-_d"},
		{"a | b", "osm: a _ b"},
		{"a\r\n192.0.2.9\nb", "osm: a 192.0.2.9 b"},
		{"must Include this, IInclude", "osm: must include this, Iinclude"},
		{"Do  Not\tDelete do not delete", "osm: Do_Not_Delete do_not_delete"},
		{"`id` $(id) \"x\" 'y' ; & < > \\ ~",
		 "osm: _id_ _(id) _x_ _y_ _ _ _ _ _ _"},
		{"gr\xc3\xbc\xc3\x9f", "osm: gr____"},
		{"  spaces   inside  ", "osm: spaces inside"},
	};
	char out[FW_REASON_MAX], longest[600];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		csfcall_comment(slice_str(rows[i].reason), false, out);
		cr_expect_str_eq(out, rows[i].want, "%s", out);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	csfcall_comment(slice_str(longest), false, out);
	cr_expect_eq(strlen(out), FW_REASON_MAX - 1);
}

Test(csfcall, knows_its_own_comments)
{
	struct slice reason;

	cr_expect(csfcall_is_ours(SLICE("osm: too much"), &reason) &&
		  slice_eq(reason, SLICE("too much")));
	cr_expect(csfcall_is_ours(SLICE("osm:"), &reason) && reason.n == 0);
	cr_expect_not(csfcall_is_ours(SLICE("lfd: osm: too much"), &reason));
	cr_expect_not(csfcall_is_ours(SLICE("osmium"), &reason));
	cr_expect_not(csfcall_is_ours(SLICE(""), &reason));
}

Test(csfcall, judges_what_csf_says)
{
	static const struct {
		enum csf_verb verb;
		const char *output;
		enum csf_answer want;
		const char *why;
	} rows[] = {
		{CSF_DENY_ADD,
		 "Adding 198.51.100.5 to csf.deny and iptables DROP...\n"
		 "DROP  all opt -- in !lo out *  198.51.100.5  -> 0.0.0.0/0  \n",
		 CSF_DONE, ""},
		{CSF_DENY_ADD,
		 "\n  \033[1;33mAdding 192.0.2.1 to csf.deny and iptables "
		 "DROP...\033[0m\n",
		 CSF_DONE, ""},
		{CSF_DENY_ADD,
		 "deny failed: 192.0.2.1 is in already in the deny file "
		 "/etc/csf/csf.deny 1 times\n",
		 CSF_ALREADY,
		 "deny failed: 192.0.2.1 is in already in the deny file "
		 "/etc/csf/csf.deny 1 times"},
		{CSF_DENY_ADD,
		 "deny failed: 192.0.2.1 is in the allow file /etc/csf/csf.allow\n",
		 CSF_REFUSED,
		 "deny failed: 192.0.2.1 is in the allow file /etc/csf/csf.allow"},
		{CSF_DENY_ADD,
		 "deny failed: 192.0.2.1 is in the ignore file /etc/csf/csf.ignore\n",
		 CSF_REFUSED, NULL},
		{CSF_DENY_ADD,
		 "deny failed: [192.0.2.1] is one of this servers addresses!\n",
		 CSF_REFUSED, NULL},
		{CSF_DENY_ADD, "deny failed: some new reason of a later csf\n",
		 CSF_REFUSED, NULL},
		{CSF_DENY_ADD,
		 "Adding 192.0.2.1 to csf.deny only while in TESTING mode (not iptables "
		 "DROP)\n",
		 CSF_NOT_IN_FORCE, NULL},
		{CSF_DENY_ADD,
		 "Adding 192.0.2.1 to csf.deny and iptables DROP...\n"
		 "iptables: No chain/target/match by that name.\n",
		 CSF_NOT_IN_FORCE, "iptables: No chain/target/match by that name."},
		{CSF_DENY_ADD,
		 "Adding 192.0.2.1 to csf.deny and iptables DROP...\n"
		 "csf: IPSET adding [192.0.2.1] to set [chain_DENY]\n"
		 "IPSET: [ipset v7.17: The set with the given name does not exist]\n",
		 CSF_NOT_IN_FORCE, NULL},
		/* a comment that was taken out at the limit is no answer */
		{CSF_DENY_ADD,
		 "csf: DENY_IP_LIMIT (2), the following IP's were removed from "
		 "/etc/csf/csf.deny:\n"
		 "192.0.2.3 # Error: deny failed: csf is being restarted - Wed\n"
		 "Adding 192.0.2.1 to csf.deny and iptables DROP...\n",
		 CSF_DONE, ""},
		{CSF_DENY_ADD,
		 "*WARNING* Binary location for [HOST] does not exist\n"
		 "Adding 192.0.2.1 to csf.deny and iptables DROP...\n",
		 CSF_DONE, ""},
		{CSF_DENY_REMOVE, "Removing rule...\nDROP  all opt --\n", CSF_DONE, ""},
		{CSF_DENY_REMOVE,
		 "Removing rule...\niptables: Bad rule (does a matching rule exist in "
		 "that "
		 "chain?).\n",
		 CSF_NOT_IN_FORCE, NULL},
		{CSF_DENY_REMOVE,
		 "Removing rule...\niptables: Bad rule (does a matching rule exist in "
		 "that "
		 "chain?).\nError: iptables command [/sbin/iptables -D DENYIN] failed, "
		 "at line 3568\n",
		 CSF_UNABLE,
		 "Error: iptables command [/sbin/iptables -D DENYIN] failed, at line "
		 "3568"},
		{CSF_DENY_REMOVE, "csf: 192.0.2.1 not found in csf.deny\n", CSF_ALREADY,
		 NULL},
		{CSF_DENY_REMOVE,
		 "csf: 192.0.2.1 set as \"do not delete\" - not removed\n", CSF_REFUSED,
		 NULL},
		{CSF_TEMP_ADD,
		 "csf: 192.0.2.1 blocked on port * for 60 seconds inbound\n", CSF_DONE,
		 ""},
		{CSF_TEMP_ADD, "csf: 192.0.2.1 is already temporarily blocked\n",
		 CSF_ALREADY, NULL},
		{CSF_TEMP_ADD, "csf: 192.0.2.1 is already permanently blocked\n",
		 CSF_ALREADY, NULL},
		{CSF_TEMP_ADD,
		 "failed: [2001:db8::1] is valid IPv6 but IPV6 is not enabled in "
		 "csf.conf\n"
		 "csf: 2001:db8::1 blocked on port * for 600 seconds inbound\n",
		 CSF_REFUSED, NULL},
		{CSF_TEMP_ADD,
		 "iptables v1.8.9 (nf_tables): invalid port/service `lugins' specified\n"
		 "Try `iptables -h' or 'iptables --help' for more information.\n"
		 "csf: 192.0.2.1 blocked on port lugins for 3600 seconds inbound\n",
		 CSF_NOT_IN_FORCE, NULL},
		{CSF_TEMP_REMOVE,
		 "csf: 192.0.2.1 temporary block removed\ncsf: There are no temporary IP "
		 "allows\n",
		 CSF_DONE, ""},
		{CSF_TEMP_REMOVE, "csf: There are no temporary IP bans\n", CSF_ALREADY,
		 NULL},
		{CSF_TEMP_REMOVE, "csf: 192.0.2.1 not found in temporary bans\n",
		 CSF_ALREADY, NULL},
		{CSF_DENY_ADD, "csf and lfd have been disabled, use 'csf -e' to enable\n",
		 CSF_UNABLE, "csf and lfd have been disabled, use 'csf -e' to enable"},
		{CSF_TEMP_ADD,
		 "You have an unresolved error when starting csf:\nError: x\nYou need\n",
		 CSF_UNABLE, "You have an unresolved error when starting csf:"},
		{CSF_DENY_ADD,
		 "Error: csf is being restarted, try again in a moment: Resource\n",
		 CSF_UNABLE, NULL},
		{CSF_DENY_ADD, "*Error* Setting X is repeated in /etc/csf/csf.conf\n",
		 CSF_UNABLE, NULL},
		{CSF_DENY_ADD, "", CSF_UNABLE, "csf said nothing"},
		{CSF_DENY_ADD, "bash: something else\n", CSF_UNABLE,
		 "bash: something else"},
		/* the words of another verb are no answer to this one */
		{CSF_DENY_ADD, "Removing rule...\n", CSF_UNABLE, NULL},
		{CSF_TEMP_REMOVE, "Adding 192.0.2.1 to csf.deny and iptables DROP...\n",
		 CSF_UNABLE, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[CSF_WHY_MAX];
		enum csf_answer got =
			csfcall_judge(rows[i].verb, slice_str(rows[i].output), why);

		cr_expect_eq(got, rows[i].want, "%s: got %d", rows[i].output, (int)got);
		if (rows[i].why)
			cr_expect_str_eq(why, rows[i].why, "%s", why);
		else
			cr_expect(why[0], "%s: no reason", rows[i].output);
	}
}

Test(csfcall, filters_and_ports)
{
	uint16_t most[FW_PORTS_MAX];
	char out[CSF_FILTER_MAX], ports[CSF_PORTS_MAX];
	struct addr net;

	for (size_t i = 0; i < FW_PORTS_MAX; i++)
		most[i] = (uint16_t)(65535 - i);
	csfcall_ports(most, FW_PORTS_MAX, ports);
	cr_expect_eq(strlen(ports), FW_PORTS_MAX * 6 - 1);
	cr_expect_str_eq(csfcall_ports(most, 0, ports), "");
	cr_expect(csfcall_uid_filter(1001, SLICE("25,465,587"), out));
	cr_expect_str_eq(out, "tcp|out|d=25,465,587|u=1001");
	cr_expect_not(csfcall_uid_filter(1001, SLICE(""), out));
	cr_assert(addr_parse_cidr(SLICE("2001:db8::/32"), &net));
	cr_expect(csfcall_port_filter(&net, FW_IN, SLICE("25"), out));
	cr_expect_str_eq(out, "tcp|in|d=25|s=2001:db8::/32");
	cr_expect(csfcall_port_filter(&net, FW_OUT, SLICE("25"), out));
	cr_expect_str_eq(out, "tcp|out|d=25|d=2001:db8::/32");
}
