/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "osmd/base/buf.h"

/* Headers of a SYN with all its options and four extension headers. */
#define SNAP_BYTES 256
/* The default of 2 MB lost 6 % of 5000 waiting packets. */
#define BUFFER_BYTES (16 * 1024 * 1024)
#define FILTER_MAX 4096
#define LINK_SLL2 276 /* tcpdump.org, "Link-layer header types" */
#define SECOND_NS INT64_C(1000000000)
#ifndef SO_LOCK_FILTER
#define SO_LOCK_FILTER 44
#endif

struct capture {
	pcap_t *pcap;
	int fd; /* -1: a file */
	capture_fn fn;
	void *ctx;
};

/* "tcp[13]" never matches IPv6 (pcap-filter(7)), hence ip6[53]. Any user may set a routing
 * header (ipv6(7)), which hides the ports from the filter: such packets all come through,
 * they are rare. */
static void filter_text(const struct capture_ports *ports, struct buf *out)
{
	struct buf list;

	buf_init(&list, FILTER_MAX);
	for (size_t i = 0; i < ports->count; i++)
		buf_printf(&list, "%sdst port %u", i ? " or " : "", ports->port[i]);
	buf_printf(out,
		   "(ip and tcp and (%s) and tcp[13] & 0x16 == 2) or "
		   "(ip6 and tcp and (%s) and ip6[53] & 0x16 == 2) or "
		   "(ip6 and (ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 44 or "
		   "ip6[6] == 60))",
		   buf_str(&list), buf_str(&list));
	buf_clear(&list);
}

static bool set_filter(struct capture *c, const struct capture_ports *ports,
		       struct err *e)
{
	struct bpf_program program;
	struct buf text;
	bool ok;

	buf_init(&text, FILTER_MAX);
	filter_text(ports, &text);
	ok = buf_ok(&text) && pcap_compile(c->pcap, &program, buf_str(&text), 1,
					   PCAP_NETMASK_UNKNOWN) == 0;
	buf_clear(&text);
	if (!ok)
		return err_set(e, EINVAL, "capture: filter: %s", pcap_geterr(c->pcap));
	ok = pcap_setfilter(c->pcap, &program) == 0 ||
	     err_set(e, EINVAL, "capture: filter: %s", pcap_geterr(c->pcap));
	pcap_freecode(&program);
	return ok;
}

static bool activate(struct capture *c, struct err *e)
{
	int rc;

	if (pcap_set_snaplen(c->pcap, SNAP_BYTES) != 0 ||
	    pcap_set_buffer_size(c->pcap, BUFFER_BYTES) != 0 ||
	    pcap_set_immediate_mode(c->pcap, 1) != 0 || pcap_set_promisc(c->pcap, 0) != 0)
		return err_set(e, EINVAL, "capture: settings");
	rc = pcap_activate(c->pcap);
	if (rc < 0)
		return err_set(e, rc == PCAP_ERROR_PERM_DENIED ? EPERM : EIO,
			       "capture: %s", pcap_geterr(c->pcap));
	/* it tells the interface; libpcap before 1.10 hasn't got it */
	(void)pcap_set_datalink(c->pcap, LINK_SLL2);
	return true;
}

static bool lock_filter(struct capture *c, struct err *e)
{
	const int on = 1;

	return setsockopt(c->fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == 0 ||
	       err_set(e, errno, "capture: lock the filter: %s", strerror(errno));
}

static bool start_live(struct capture *c, const struct capture_ports *ports,
		       struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	c->pcap = pcap_create("any", why);
	if (!c->pcap)
		return err_set(e, EIO, "capture: %s", why);
	if (!activate(c, e) || !set_filter(c, ports, e))
		return false;
	if (pcap_setnonblock(c->pcap, 1, why) != 0)
		return err_set(e, EIO, "capture: %s", why);
	c->fd = pcap_get_selectable_fd(c->pcap);
	if (c->fd < 0)
		return err_set(e, EIO, "capture: nothing to wait for");
	return lock_filter(c, e);
}

struct capture *capture_live(const struct capture_ports *ports, struct err *e)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, ENOMEM, "capture: no memory");
		return NULL;
	}
	c->fd = -1;
	if (start_live(c, ports, e))
		return c;
	capture_close(c);
	return NULL;
}

struct capture *capture_file(const char *path, const struct capture_ports *ports,
			     struct err *e)
{
	struct capture *c = calloc(1, sizeof(*c));
	char why[PCAP_ERRBUF_SIZE] = "";

	if (!c) {
		err_set(e, ENOMEM, "capture: no memory");
		return NULL;
	}
	c->fd = -1;
	c->pcap = pcap_open_offline_with_tstamp_precision(
		path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) /* it names the file when it can't be opened */
		err_set(e, EINVAL, "%s%s%s", strstr(why, path) ? "" : path,
			strstr(why, path) ? "" : ": ", why);
	else if (set_filter(c, ports, e))
		return c;
	capture_close(c);
	return NULL;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	free(c);
}

int capture_fd(const struct capture *c)
{
	return c->fd;
}

unsigned capture_link(const struct capture *c)
{
	return (unsigned)pcap_datalink(c->pcap);
}

/* A file's time is its writer's choice. */
static int64_t nanoseconds(int64_t s, int64_t ns)
{
	const int64_t last = INT64_MAX / SECOND_NS - 1;

	s = s < 0 ? 0 : s > last ? last : s;
	return s * SECOND_NS + (ns < 0 || ns >= SECOND_NS ? 0 : ns);
}

static void on_packet(u_char *user, const struct pcap_pkthdr *head, const u_char *bytes)
{
	const struct capture *c = (const struct capture *)(const void *)user;
	/* a file is opened with nanoseconds in tv_usec */
	const int64_t ns = (int64_t)head->ts.tv_usec * (c->fd < 0 ? 1 : 1000);

	c->fn((struct slice){(const char *)bytes, head->caplen},
	      nanoseconds(head->ts.tv_sec, ns), c->ctx);
}

int capture_take(struct capture *c, int max, capture_fn fn, void *ctx, struct err *e)
{
	int n;

	c->fn = fn;
	c->ctx = ctx;
	n = pcap_dispatch(c->pcap, max, on_packet, (u_char *)c);
	if (n < 0)
		err_set(e, EIO, "capture: %s", pcap_geterr(c->pcap));
	return n < 0 ? -1 : n;
}

bool capture_stats(struct capture *c, struct capture_stats *out)
{
	struct pcap_stat s;

	if (c->fd < 0 || pcap_stats(c->pcap, &s) != 0)
		return false;
	*out = (struct capture_stats){s.ps_recv, s.ps_drop};
	return true;
}
