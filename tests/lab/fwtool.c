/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fwtool: firewall/ at the shell, for tests and measurements.
 *
 *	fwtool BACKEND VERB [ARG...]       BACKEND: nft, iptables, iptables-plain (no ipset),
 *					   none; auto: fw_choose()'s
 *
 *	init | flush | list
 *	block WHAT [TTL [DIRECTION [PORTS [REASON]]]]    PORTS: 25,587 or - for all
 *	release WHAT
 *	block-file FILE [TTL] | release-file FILE        one WHAT in each line, one batch
 *	many N [TTL]          N made-up hosts of 10.0.0.0/8 in one batch
 *	time N                N blocks one after the other; microseconds until one was in
 *			      force, and until its open connections were ended as well
 *	lines                 the verbs above from stdin, one a line, words parted by blanks,
 *			      with one open backend; answers "ok" or "error: ..." to each
 *	choose SETTING        the backend's name and why
 *
 * WHAT: an address, a prefix, or uid:N. It says what failed on stderr and exits 1.
 * FWTOOL_ROOT is put before paths. FWTOOL_WITHOUT="nfnetlink legacy": as in a kernel without
 * nf_tables and ipset, without legacy tables (by seccomp).
 */
#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <errno.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "firewall/fw_ipt.h"

static struct paths paths;
static struct fw_settings settings = {
	.paths = &paths, .smtp_ports = {25, 465, 587}, .smtp_port_count = 3};

static void say(const char *text, void *ctx)
{
	(void)ctx;
	fprintf(stderr, "fwtool: note: %s\n", text);
}

static int fail(const struct err *err)
{
	fprintf(stderr, "fwtool: %s\n", err->msg);
	return 1;
}

static bool parse_what(const char *text, struct fw_block *b, struct err *err)
{
	uint64_t uid;

	b->direction = FW_INOUT;
	if (strncmp(text, "uid:", 4) == 0) {
		if (!slice_u64(slice_str(text + 4), 0, UINT32_MAX - 1, &uid))
			return err_set(err, EINVAL, "%s is no uid", text);
		b->uid = (uid_t)uid;
		b->direction = FW_OUT;
		return true;
	}
	if (!addr_parse_cidr(slice_str(text), &b->net))
		return err_set(err, EINVAL, "%s is neither an address nor a prefix",
			       text);
	return true;
}

static bool parse_ports(const char *text, struct fw_block *b, struct err *err)
{
	struct slice rest = slice_str(text), head;
	uint64_t port;
	bool more = strcmp(text, "-") != 0;

	while (more) {
		head = rest;
		more = slice_cut(&rest, ',', &head);
		if (!slice_u64(head, 0, 65535, &port) || b->port_count == FW_PORTS_MAX)
			return err_set(err, EINVAL, "%s are no ports", text);
		b->ports[b->port_count++] = (uint16_t)port;
	}
	return true;
}

static bool parse_terms(char **arg, struct fw_block *b, struct err *err)
{
	if (arg[0])
		b->ttl = strtoll(arg[0], NULL, 10);
	if (arg[0] && arg[1]) {
		b->direction = strcmp(arg[1], "in") == 0      ? FW_IN
			       : strcmp(arg[1], "out") == 0   ? FW_OUT
			       : strcmp(arg[1], "inout") == 0 ? FW_INOUT
							      : (enum fw_direction)0;
		if (arg[2] && !parse_ports(arg[2], b, err))
			return false;
		if (arg[2] && arg[3])
			snprintf(b->reason, sizeof(b->reason), "%s", arg[3]);
	}
	return true;
}

/* Every line of a file as a block; owned by the caller. NULL with err set. */
static struct fw_block *read_file(const char *path, int64_t ttl, size_t *count,
				  struct err *err)
{
	FILE *f = fopen(path, "r");
	struct fw_block *v = NULL;
	size_t cap = 0;
	char line[256];

	*count = 0;
	if (!f) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*count == cap) {
			cap = cap ? cap * 2 : 1024;
			v = realloc(v, cap * sizeof(*v));
			if (!v)
				abort();
		}
		v[*count] = (struct fw_block){.ttl = ttl};
		if (!parse_what(line, &v[*count], err)) {
			free(v);
			v = NULL;
			break;
		}
		++*count;
	}
	fclose(f);
	return v;
}

static struct fw_block made_up(uint32_t number, int64_t ttl)
{
	struct fw_block b = {.net = {.family = AF_INET, .prefix = 32},
			     .direction = FW_IN,
			     .ttl = ttl,
			     .reason = "osm: measured"};

	b.net.bytes[0] = 10;
	b.net.bytes[1] = (uint8_t)(number >> 16);
	b.net.bytes[2] = (uint8_t)(number >> 8);
	b.net.bytes[3] = (uint8_t)number;
	return b;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool do_many(const struct fw_backend *fwb, struct fw *fw, char **arg,
		    struct err *err)
{
	size_t n = strtoul(arg[0], NULL, 10);
	struct fw_block *v = calloc(n, sizeof(*v));
	int64_t ttl = arg[1] ? strtoll(arg[1], NULL, 10) : 0;
	double begin;
	bool ok;

	if (!v)
		return err_set(err, ENOMEM, "no memory");
	for (size_t i = 0; i < n; i++)
		v[i] = made_up((uint32_t)i, ttl);
	begin = now_us();
	ok = fwb->block(fw, v, n, err);
	if (ok)
		printf("%.0f\n", now_us() - begin);
	free(v);
	return ok;
}

/* Called in cutoff()'s place (ld --wrap), which is what a block does when it is in force. */
void __real_cutoff(const struct fw_block *blocks, size_t count,
		   const struct fw_settings *of);
void __wrap_cutoff(const struct fw_block *blocks, size_t count,
		   const struct fw_settings *of);
static double in_force_us;

void __wrap_cutoff(const struct fw_block *blocks, size_t count,
		   const struct fw_settings *of)
{
	in_force_us = now_us();
	__real_cutoff(blocks, count, of);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_times(const char *what, double *us, size_t n)
{
	qsort(us, n, sizeof(*us), by_value);
	printf("%s median %.1f least %.1f p99 %.1f\n", what, us[n / 2], us[0],
	       us[n * 99 / 100]);
}

static bool do_time(const struct fw_backend *fwb, struct fw *fw, char **arg,
		    struct err *err)
{
	size_t n = strtoul(arg[0], NULL, 10);
	double *force = calloc(n + 1, sizeof(*force)), *all = calloc(n + 1, sizeof(*all));
	bool ok = force && all;

	for (size_t i = 0; i < n && ok; i++) {
		struct fw_block b = made_up(0xf00000u + (uint32_t)i, 3600);
		double begin = now_us();

		ok = fwb->block(fw, &b, 1, err);
		all[i] = now_us() - begin;
		force[i] = in_force_us - begin;
	}
	if (ok && n > 0) {
		print_times("in-force", force, n);
		print_times("all", all, n);
	}
	free(force);
	free(all);
	return ok;
}

static bool print_block(const struct fw_block *b, void *ctx)
{
	static const char *const words[] = {"?", "in", "out", "inout"};
	char text[ADDR_TEXT_MAX];

	(void)ctx;
	if (b->net.family)
		printf("%s", addr_print(&b->net, text));
	else
		printf("uid:%u", (unsigned)b->uid);
	printf(" %lld %s ", (long long)b->ttl, words[b->direction & 3]);
	for (size_t i = 0; i < b->port_count; i++)
		printf("%s%u", i ? "," : "", b->ports[i]);
	printf("%s %s\n", b->port_count ? "" : "-", b->reason);
	return true;
}

static bool do_file(const struct fw_backend *fwb, struct fw *fw, bool is_release,
		    char **arg, struct err *err)
{
	size_t n;
	struct fw_block *v =
		read_file(arg[0], arg[1] ? strtoll(arg[1], NULL, 10) : 0, &n, err);
	double begin = now_us();
	bool ok = v != NULL;

	if (ok)
		ok = is_release ? fwb->release(fw, v, n, err) : fwb->block(fw, v, n, err);
	if (ok)
		printf("%.0f\n", now_us() - begin);
	free(v);
	return ok;
}

static bool do_verb(const struct fw_backend *fwb, struct fw *fw, const char *verb,
		    char **arg, struct err *err)
{
	struct fw_block b = {0};

	if (strcmp(verb, "init") == 0)
		return true;
	if (strcmp(verb, "flush") == 0)
		return fwb->flush(fw, err);
	if (strcmp(verb, "list") == 0)
		return fwb->list(fw, print_block, NULL, err);
	if (!arg[0])
		return err_set(err, EINVAL, "%s: what?", verb);
	if (strcmp(verb, "many") == 0)
		return do_many(fwb, fw, arg, err);
	if (strcmp(verb, "time") == 0)
		return do_time(fwb, fw, arg, err);
	if (strcmp(verb, "block-file") == 0)
		return do_file(fwb, fw, false, arg, err);
	if (strcmp(verb, "release-file") == 0)
		return do_file(fwb, fw, true, arg, err);
	if (!parse_what(arg[0], &b, err))
		return false;
	if (strcmp(verb, "release") == 0)
		return fwb->release(fw, &b, 1, err);
	if (strcmp(verb, "block") == 0)
		return parse_terms(arg + 1, &b, err) && fwb->block(fw, &b, 1, err);
	return err_set(err, EINVAL, "%s: no such verb", verb);
}

#define WORDS_MAX 8

static bool do_lines(const struct fw_backend *fwb, struct fw *fw)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		char *word[WORDS_MAX + 1] = {NULL}, *rest = line;
		struct err err = {0};
		size_t n = 0;

		while (n < WORDS_MAX && (word[n] = strtok_r(rest, " \n", &rest)))
			n++;
		if (n == 0)
			continue;
		if (do_verb(fwb, fw, word[0], word + 1, &err))
			printf("ok\n");
		else
			printf("error: %s\n", err.msg);
		fflush(stdout);
	}
	return true;
}

/* The kernel's answers where a part of it is not there. */
static bool pretend_without(const char *parts)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -1;

	if (r == 0 && strstr(parts, "nfnetlink"))
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT),
				     SCMP_SYS(socket), 2,
				     SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
				     SCMP_A2(SCMP_CMP_EQ, NETLINK_NETFILTER));
	if (r == 0 && strstr(parts, "legacy"))
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOPROTOOPT),
				     SCMP_SYS(getsockopt), 1,
				     SCMP_A2(SCMP_CMP_EQ, IPT_SO_GET_INFO));
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r == 0;
}

int main(int argc, char **argv)
{
	const struct fw_backend *backend;
	struct err err = {0};
	char why[1600];
	struct fw *fw;
	bool ok;

	settings.say = say;
	if (argc < 3 || !paths_init(&paths, getenv("FWTOOL_ROOT"))) {
		fprintf(stderr, "fwtool BACKEND VERB [ARG...]\n");
		return 2;
	}
	if (getenv("FWTOOL_WITHOUT") && !pretend_without(getenv("FWTOOL_WITHOUT"))) {
		fprintf(stderr, "fwtool: seccomp does not work here\n");
		return 2;
	}
	if (strcmp(argv[1], "iptables-plain") == 0)
		backend = &fw_ipt_plain;
	else
		backend = fw_choose(argv[1], &settings, why, sizeof(why), &err);
	if (!backend)
		return fail(&err);
	if (strcmp(argv[2], "choose") == 0) {
		printf("%s: %s\n", backend->name, why);
		return 0;
	}
	fw = backend->init(&settings, &err);
	if (!fw)
		return fail(&err);
	ok = strcmp(argv[2], "lines") == 0
		     ? do_lines(backend, fw)
		     : do_verb(backend, fw, argv[2], argv + 3, &err);
	backend->close(fw);
	return ok ? 0 : fail(&err);
}
