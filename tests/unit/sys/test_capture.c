/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/capture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TO_PORT(high, low)                                                               \
	"\x45\x00\x00\x28\x00\x00\x40\x00\x40\x06\x00\x00\xc0\x00\x02\x0a"               \
	"\xc6\x33\x64\x19\x9c\x40" high low                                              \
	"\x01\x02\x03\x04\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00"
#define PACKET_BYTES 40

static void put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

/* A capture file with these packets (raw IP, link type 101), a second apart. */
static void write_file(char path[32], const char *const *packets, size_t n)
{
	FILE *f;

	strcpy(path, "/tmp/osm-capture-XXXXXX");
	f = fdopen(mkstemp(path), "w");
	cr_assert(f);
	put32(f, 0xa1b2c3d4);
	put32(f, 2 | 4 << 16);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, 101);
	for (size_t i = 0; i < n; i++) {
		put32(f, 1700000000 + (uint32_t)i);
		put32(f, 5);
		put32(f, PACKET_BYTES);
		put32(f, PACKET_BYTES);
		fwrite(packets[i], PACKET_BYTES, 1, f);
	}
	fclose(f);
}

struct got {
	unsigned count;
	int64_t last_ns;
	char last[PACKET_BYTES];
};

static void on_packet(struct slice packet, int64_t at_ns, void *ctx)
{
	struct got *g = ctx;

	g->count++;
	g->last_ns = at_ns;
	cr_assert_eq(packet.n, (size_t)PACKET_BYTES);
	memcpy(g->last, packet.p, packet.n);
}

static void put_block(FILE *f, uint32_t type, const uint32_t *words, size_t n)
{
	const uint32_t length = (uint32_t)(12 + 4 * n);

	put32(f, type);
	put32(f, length);
	for (size_t i = 0; i < n; i++)
		put32(f, words[i]);
	put32(f, length);
}

/* pcapng, whose times have 64 bits: in whole seconds. */
static void write_late_file(char path[32], const char *packet, uint64_t at_s)
{
	static const uint32_t section[] = {0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX};
	static const uint32_t interface[] = {101, 65535, 9 | 1 << 16, 0, 0};
	uint32_t words[5 + PACKET_BYTES / 4] = {0, (uint32_t)(at_s >> 32), (uint32_t)at_s,
						PACKET_BYTES, PACKET_BYTES};
	FILE *f;

	memcpy(words + 5, packet, PACKET_BYTES);
	strcpy(path, "/tmp/osm-capture-XXXXXX");
	f = fdopen(mkstemp(path), "w");
	cr_assert(f);
	put_block(f, 0x0a0d0d0a, section, 4);
	put_block(f, 1, interface, 5);
	put_block(f, 6, words, sizeof(words) / 4);
	fclose(f);
}

Test(capture, a_time_that_no_clock_shows_is_bounded)
{
	static const uint64_t late[] = {INT64_MAX / 1000000000 + 1, INT64_MAX, UINT64_MAX};
	const struct capture_ports ports = {{25}, 1};

	for (size_t i = 0; i < 3; i++) {
		struct got g = {.count = 0};
		struct err e = {0};
		struct capture *c;
		char path[32];

		write_late_file(path, TO_PORT("\x00", "\x19"), late[i]);
		c = capture_file(path, &ports, &e);
		cr_assert(c, "%s", e.msg);
		while (capture_take(c, 1, on_packet, &g, &e) > 0)
			;
		cr_expect_eq(g.count, 1, "%s", e.msg);
		cr_expect(g.last_ns == 0 || g.last_ns / 1000000000 == INT64_MAX / 1000000000 - 1,
			  "%lld", (long long)g.last_ns);
		capture_close(c);
		unlink(path);
	}
}

Test(capture, a_file_gives_the_packets_of_the_ports)
{
	static const char *const packets[] = {TO_PORT("\x00", "\x19"),
					      TO_PORT("\x00", "\x50"),
					      TO_PORT("\x02", "\x4b")};
	const struct capture_ports ports = {{25, 587}, 2};
	struct got g = {.count = 0};
	struct capture_stats stats;
	char path[32];
	struct err e = {0};
	struct capture *c;

	write_file(path, packets, 3);
	c = capture_file(path, &ports, &e);
	cr_assert(c, "%s", e.msg);
	cr_expect_eq(capture_link(c), 12, "libpcap's own number for raw IP");
	while (capture_take(c, 1, on_packet, &g, &e) > 0)
		;
	cr_expect_eq(g.count, 2, "port 80 is none of ours");
	cr_expect(memcmp(g.last, packets[2], PACKET_BYTES) == 0);
	cr_expect_eq(g.last_ns, 1700000002000005000);
	cr_expect_not(capture_stats(c, &stats));
	capture_close(c);
	unlink(path);
}

Test(capture, a_file_that_is_none_is_said)
{
	const struct capture_ports ports = {{25}, 1};
	struct err e = {0};

	cr_expect_null(capture_file("/dev/null", &ports, &e));
	cr_expect(e.msg[0]);
	cr_expect_null(capture_file("/nonexistent.pcap", &ports, &e));
	cr_expect(strstr(e.msg, "/nonexistent.pcap"), "%s", e.msg);
}

Test(capture, a_file_that_is_cut_is_an_error_after_what_is_whole)
{
	static const char *const packets[] = {TO_PORT("\x00", "\x19"),
					      TO_PORT("\x00", "\x19")};
	const struct capture_ports ports = {{25}, 1};
	struct got g = {.count = 0};
	char path[32];
	struct err e = {0};
	struct capture *c;
	int n;

	write_file(path, packets, 2);
	cr_assert_eq(truncate(path, 24 + 16 + PACKET_BYTES + 16 + 3), 0);
	c = capture_file(path, &ports, &e);
	cr_assert(c, "%s", e.msg);
	while ((n = capture_take(c, 1, on_packet, &g, &e)) > 0)
		;
	cr_expect_eq(n, -1);
	cr_expect_eq(g.count, 1);
	cr_expect(e.msg[0]);
	capture_close(c);
	unlink(path);
}
