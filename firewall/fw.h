/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fw: one interface to the host's firewall, whichever it is. A backend blocks addresses (v4,
 * v6, prefixes) and stops accounts' own SMTP connections by uid; it knows nothing of why,
 * and refuses nothing: what is protected is refused before, once, in bans.
 *
 * Every change is applied as a whole or not at all, is idempotent (blocking what is blocked
 * renews its time; releasing what is not there succeeds), and touches only osm's own table,
 * chain and sets.
 */
#ifndef OSM_FIREWALL_FW_H
#define OSM_FIREWALL_FW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "osmd/base/addr.h"
#include "osmd/base/buf.h"
#include "osmd/base/err.h"
#include "osmd/base/paths.h"

enum fw_direction { FW_IN = 1, FW_OUT = 2, FW_INOUT = 3 };

#define FW_PORTS_MAX 15 /* as multiport and csf have it */
#define FW_REASON_MAX 200
#define FW_BATCH_MAX 250000 /* blocks in one call; a kernel transaction takes memory */
#define FW_TTL_MAX (10LL * 366 * 86400)

/* One block: of an address or prefix, or of a uid's connections to the SMTP ports. */
struct fw_block {
	struct addr net;             /* family 0: the uid is blocked, not an address */
	uid_t uid;                   /* used when net.family is 0; never 0 */
	enum fw_direction direction; /* of an address; a uid is blocked outgoing */
	uint16_t ports[FW_PORTS_MAX];
	size_t port_count;           /* 0: all ports (uid: SMTP_PORTS) */
	int64_t ttl;                 /* seconds from now, > 0; 0: until released */
	char reason[FW_REASON_MAX];  /* printable, one line */
};

struct fw_backend;

/* Run a program (argv[0] is an absolute path) for at most timeout_s seconds, its stdout and
 * stderr into output (begun by the caller, its limit is the bound). false with err set when it
 * could not be started, did not end in time (err->code is ETIMEDOUT; it was killed) or was
 * ended by a signal; the exit code is not looked at: csf's says nothing. */
typedef bool fw_run(const char *const *argv, unsigned timeout_s, struct buf *output, void *ctx,
                    struct err *err);
/* Tell what is no error and still must be known, one sentence. */
typedef void fw_say(const char *text, void *ctx);

struct fw_settings {
	const struct paths *paths;
	uint16_t smtp_ports[FW_PORTS_MAX]; /* SMTP_PORTS */
	size_t smtp_port_count;
	bool native;                       /* FIREWALL_NATIVE: tell the kernel before csf */
	const struct fw_backend *beside;   /* csf, when native is set: who tells the kernel */
	fw_run *run;                       /* csf: firewall/ starts no program itself */
	fw_say *say;                       /* may be NULL */
	void *ctx;                         /* for run and say */
};

struct fw; /* a backend that was opened */

/* Called once for each block in force; false stops the listing. */
typedef bool fw_each(const struct fw_block *block, void *ctx);

struct fw_backend {
	const char *name; /* "nft", "iptables", "csf", "none" */
	/* Make what osm needs in the firewall, or repair it; what was blocked stays, as far as
	 * the kernel still has it: after csf -r (which can empty every ipset of the host) block
	 * again what should be in force. Where the kernel does not end a block by itself, init
	 * takes away what has run out. Returns NULL with err set; the caller closes it. */
	struct fw *(*init)(const struct fw_settings *settings, struct err *err);
	/* All of blocks[0..count) in one batch. The connections of newly blocked addresses end. */
	bool (*block)(struct fw *fw, const struct fw_block *blocks, size_t count, struct err *err);
	/* ttl, ports and reason are not looked at: every block of the address or uid goes. */
	bool (*release)(struct fw *fw, const struct fw_block *blocks, size_t count, struct err *err);
	bool (*list)(struct fw *fw, fw_each *each, void *ctx, struct err *err);
	/* Take away everything of osm's, table and sets too. */
	bool (*flush)(struct fw *fw, struct err *err);
	void (*close)(struct fw *fw);
};

extern const struct fw_backend fw_nft, fw_ipt, fw_csf, fw_none;

/* What every backend asks first: is each of these a block at all? false with err set for no
 * address or uid 0, a prefix of length 0 (everybody), host bits that are set, an IPv4 address
 * in IPv6's form (::ffff:a.b.c.d), an unknown direction, ttl < 0 or > FW_TTL_MAX, port 0, a reason with control bytes, and for more than
 * FW_BATCH_MAX. For a release only the address or uid is looked at. */
bool fw_check(const struct fw_block *blocks, size_t count, bool is_release, struct err *err);

/* The backend for FIREWALL = "auto|csf|nft|iptables|none", and in one sentence why this one
 * ("csf is installed and enabled"). NULL with err set for another word, or when the one asked
 * for cannot work here. */
const struct fw_backend *fw_choose(const char *setting, const struct fw_settings *settings,
                                   char *why, size_t why_size, struct err *err);

#endif
