/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* packetsource_pcap: first packets on the wire, of every interface. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/engine/packetsource.h"
#include "osmd/sys/capture.h"

struct pcap_source {
	struct capture *capture;
	unsigned link;
	sighting_fn fn;
	void *ctx;
	uint64_t inbound, malformed;
};

static void close_source(void *source)
{
	struct pcap_source *s = source;

	if (!s)
		return;
	capture_close(s->capture);
	free(s);
}

static void *open_source(const struct config_ports *config, struct err *e)
{
	struct pcap_source *s = calloc(1, sizeof(*s));
	struct capture_ports ports = {.count = config->count};

	if (!s) {
		err_set(e, ENOMEM, "pcap: no memory");
		return NULL;
	}
	_Static_assert(CAPTURE_PORTS_MAX >= CONFIG_PORTS_MAX, "every port is captured");
	memcpy(ports.port, config->port, sizeof(config->port));
	s->capture = capture_live(&ports, e);
	if (!s->capture) {
		close_source(s);
		return NULL;
	}
	s->link = capture_link(s->capture);
	return s;
}

static int source_fd(void *source)
{
	const struct pcap_source *s = source;

	return capture_fd(s->capture);
}

static void on_packet(struct slice packet, int64_t at_ns, void *ctx)
{
	struct pcap_source *s = ctx;
	struct sighting seen = {
		.at_s = at_ns / 1000000000, .uid = PACKET_ID_NONE, .gid = PACKET_ID_NONE};
	enum flow_result got = flow_parse(s->link, packet, &seen.flow);

	if (got != FLOW_SYN) {
		s->malformed += got != FLOW_OTHER;
		return;
	}
	if (seen.flow.way == FLOW_WAY_IN) {
		s->inbound++;
		return;
	}
	seen.where = packet_where_of(seen.flow.way == FLOW_WAY_LOOPBACK);
	s->fn(&seen, s->ctx);
}

static int take(void *source, int max, sighting_fn fn, void *ctx, struct err *e)
{
	struct pcap_source *s = source;

	s->fn = fn;
	s->ctx = ctx;
	return capture_take(s->capture, max, on_packet, s, e);
}

static void stats(void *source, struct packetsource_stats *out)
{
	struct pcap_source *s = source;
	struct capture_stats c = {0};

	capture_stats(s->capture, &c);
	*out = (struct packetsource_stats){.received = c.received,
					   .dropped = c.dropped,
					   .inbound = s->inbound,
					   .malformed = s->malformed};
}

const struct packetsource_kind packetsource_pcap = {.name = "pcap",
						    .open = open_source,
						    .fd = source_fd,
						    .take = take,
						    .stats = stats,
						    .close = close_source};
