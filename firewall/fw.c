/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/fw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall/fw_csf.h"

/* ---- what every backend asks first --------------------------------------------------- */

static bool has_host_bits(const struct addr *a)
{
	unsigned length = a->family == AF_INET6 ? 128 : 32;

	for (unsigned bit = a->prefix; bit < length; bit++) {
		if (a->bytes[bit / 8] & 0x80u >> bit % 8)
			return true;
	}
	return false;
}

static bool is_mapped(const struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return a->family == AF_INET6 && a->prefix >= 96 &&
	       memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static bool check_subject(const struct fw_block *b, struct err *err)
{
	char text[ADDR_TEXT_MAX];

	if (b->net.family == 0) {
		if (b->uid == 0 || b->uid == (uid_t)-1)
			return err_set(err, EINVAL,
				       "neither an address nor an account's uid");
		return true;
	}
	if (b->net.family != AF_INET && b->net.family != AF_INET6)
		return err_set(err, EINVAL, "an address of no known family");
	if (b->net.prefix == 0)
		return err_set(err, EINVAL, "a prefix of length 0 is everybody");
	if (b->net.prefix > (b->net.family == AF_INET6 ? 128 : 32))
		return err_set(err, EINVAL, "a prefix of length %u", b->net.prefix);
	if (has_host_bits(&b->net))
		return err_set(err, EINVAL, "%s: bits are set behind the prefix",
			       addr_print(&b->net, text));
	if (is_mapped(&b->net)) /* no packet has it; addr_parse() gives the IPv4 address */
		return err_set(err, EINVAL, "%s is an IPv4 address in IPv6's form",
			       addr_print(&b->net, text));
	return true;
}

static bool check_terms(const struct fw_block *b, struct err *err)
{
	if (b->ttl < 0)
		return err_set(err, EINVAL, "a time of %lld seconds", (long long)b->ttl);
	if (b->ttl > FW_TTL_MAX)
		return err_set(err, EINVAL, "%lld seconds are more than ten years",
			       (long long)b->ttl);
	if (b->net.family && (b->direction < FW_IN || b->direction > FW_INOUT))
		return err_set(err, EINVAL, "neither in nor out");
	if (b->port_count > FW_PORTS_MAX)
		return err_set(err, EINVAL, "%zu ports, at most %d", b->port_count,
			       FW_PORTS_MAX);
	for (size_t i = 0; i < b->port_count; i++) {
		if (b->ports[i] == 0)
			return err_set(err, EINVAL, "port 0");
	}
	if (!memchr(b->reason, '\0', sizeof(b->reason)))
		return err_set(err, EINVAL, "a reason without an end");
	for (const char *p = b->reason; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(err, EINVAL,
				       "a reason that is not one printable line");
	}
	return true;
}

bool fw_check(const struct fw_block *blocks, size_t count, bool is_release,
	      struct err *err)
{
	if (count > FW_BATCH_MAX)
		return err_set(err, E2BIG, "%zu blocks in one call, at most %d", count,
			       FW_BATCH_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!check_subject(&blocks[i], err))
			return false;
		if (!is_release && !check_terms(&blocks[i], err))
			return false;
	}
	return true;
}

/* ---- none ---------------------------------------------------------------------------- */

struct fw {
	char unused;
};

static struct fw *none_init(const struct fw_settings *settings, struct err *err)
{
	struct fw *fw = calloc(1, sizeof(*fw));

	(void)settings;
	if (!fw)
		err_set(err, ENOMEM, "no memory");
	return fw;
}

/* What is not blocked must not look as if it were. */
static bool none_block(struct fw *fw, const struct fw_block *blocks, size_t count,
		       struct err *err)
{
	(void)fw;
	if (count == 0 || !fw_check(blocks, count, false, err))
		return count == 0;
	return err_set(err, ENOTSUP, "nothing is blocked: osm uses no firewall here");
}

static bool none_release(struct fw *fw, const struct fw_block *blocks, size_t count,
			 struct err *err)
{
	(void)fw;
	return fw_check(blocks, count, true, err);
}

static bool none_list(struct fw *fw, fw_each *each, void *ctx, struct err *err)
{
	(void)fw;
	(void)each;
	(void)ctx;
	(void)err;
	return true;
}

static bool none_flush(struct fw *fw, struct err *err)
{
	(void)fw;
	(void)err;
	return true;
}

static void none_close(struct fw *fw)
{
	free(fw);
}

const struct fw_backend fw_none = {"none",    none_init,  none_block, none_release,
				   none_list, none_flush, none_close};

/* ---- the choice ---------------------------------------------------------------------- */

/* Why a native backend is taken, or "" in *why and its reason not to in err. Nothing stays
 * open; what init made in the kernel does, as it will be needed. */
static bool opens(const struct fw_backend *backend, const struct fw_settings *settings,
		  struct err *err)
{
	struct fw *fw = backend->init(settings, err);

	if (!fw)
		return false;
	backend->close(fw);
	return true;
}

/* The one asked for, and nothing else in its stead. */
static const struct fw_backend *asked(const char *setting,
				      const struct fw_settings *settings, char *why,
				      size_t why_size, struct err *err)
{
	static const struct fw_backend *const all[] = {&fw_nft, &fw_ipt, &fw_csf, &fw_none};
	const struct fw_backend *b = NULL;
	bool ok;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i]->name, setting) == 0)
			b = all[i];
	}
	if (!b) {
		err_set(err, EINVAL,
			"FIREWALL = \"%s\": it is auto, csf, nft, iptables or none",
			setting);
		return NULL;
	}
	ok = b == &fw_csf ? fw_csf_usable(settings, err) : opens(b, settings, err);
	if (!ok) {
		err_prefix(err, "FIREWALL = \"%s\": ", setting);
		return NULL;
	}
	snprintf(why, why_size, "osm.conf asks for %s", setting);
	return b;
}

static const struct fw_backend *automatic(const struct fw_settings *settings, char *why,
					  size_t why_size)
{
	struct err csf = {0}, nft = {0}, ipt = {0};

	if (fw_csf_usable(settings, &csf)) {
		snprintf(why, why_size, "csf is installed and enabled");
		return &fw_csf;
	}
	if (opens(&fw_nft, settings, &nft)) {
		snprintf(why, why_size, "%s; the kernel has nf_tables", csf.msg);
		return &fw_nft;
	}
	if (opens(&fw_ipt, settings, &ipt)) {
		snprintf(why, why_size, "%s; %s; legacy iptables tables work", csf.msg,
			 nft.msg);
		return &fw_ipt;
	}
	snprintf(why, why_size, "%s; %s; %s", csf.msg, nft.msg, ipt.msg);
	return &fw_none;
}

const struct fw_backend *fw_choose(const char *setting,
				   const struct fw_settings *settings, char *why,
				   size_t why_size, struct err *err)
{
	if (why_size > 0)
		why[0] = '\0';
	if (strcmp(setting, "auto") == 0)
		return automatic(settings, why, why_size);
	return asked(setting, settings, why, why_size, err);
}
