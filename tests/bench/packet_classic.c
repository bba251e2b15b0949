/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packet_classic PORT: what packettool does, in the classic way: libpcap, and for each first
 * packet one search through /proc. Until the standard input ends; then "cpu SECONDS".
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "osmd/parse/packetline.h"
#include "osmd/sys/capture.h"
#include "tests/bench/classic.h"

static unsigned link_type;

static void on_packet(struct slice bytes, int64_t at_ns, void *ctx)
{
	struct packet p = {.at_s = at_ns / 1000000000, .gid = -1};
	struct classic_answer a;
	struct flow flow;
	struct buf line;

	(void)ctx;
	if (flow_parse(link_type, bytes, &flow) != FLOW_SYN || flow.way == FLOW_WAY_IN)
		return;
	classic_find(&flow, &a);
	p.from = flow.from;
	p.to = flow.to;
	p.from_port = flow.from_port;
	p.to_port = flow.to_port;
	p.uid = a.uid;
	p.pid = a.pid;
	p.sure = a.pid > 0    ? PACKET_SOCKET
		 : a.uid >= 0 ? PACKET_UID_ONLY
			      : PACKET_UNKNOWN;
	p.cwd = slice_str(a.cwd);
	p.exe = slice_str(a.exe);
	buf_init(&line, PACKET_LINE_MAX);
	packetline_print(&p, &line);
	puts(buf_str(&line));
	buf_clear(&line);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct capture_ports ports = {.count = 1};
	struct err e = {0};
	struct capture *c;
	struct rusage used;

	if (argc != 2)
		return 2;
	ports.port[0] = (uint16_t)strtoul(argv[1], NULL, 10);
	c = capture_live(&ports, &e);
	if (!c) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	link_type = capture_link(c);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("source classic");
	for (;;) {
		struct pollfd fds[2] = {{.fd = capture_fd(c), .events = POLLIN},
					{.fd = STDIN_FILENO, .events = POLLIN}};

		if (poll(fds, 2, -1) < 0)
			break;
		if (fds[0].revents && capture_take(c, 16, on_packet, NULL, &e) < 0)
			break;
		if (fds[1].revents && !fds[0].revents)
			break;
	}
	getrusage(RUSAGE_SELF, &used);
	printf("cpu %.4f\n", seconds(used.ru_utime) + seconds(used.ru_stime));
	capture_close(c);
	return 0;
}
