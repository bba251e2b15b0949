/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* deny, denyrm: addresses in the firewall by hand, as csf -d and csf -dr. */
#include <stdlib.h>
#include <string.h>

#include "osmd/act/executor.h"
#include "osmd/base/addr.h"
#include "osmd/cmd.h"

#define WORDS_MAX 100
#define REASON_MAX 96
#define NO_TIME                                                                          \
	"deny: %s is no time (3600, 30m, 2h, 7d, 1w; at most ten years; without one "    \
	"the "                                                                           \
	"block is for good)"

/* One word that begins as a number is never taken for a reason: a mistyped time, or a second
 * address, would block for good. */
static bool is_meant_as_time(const char *word)
{
	return strchr("+-0123456789", word[0]) && word[0] && !strchr(word, ' ');
}

/* All words from the first on, printable; what does not fit is cut. */
static void join(const struct cmd *c, size_t first, char out[REASON_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = first; i < c->count && n < REASON_MAX; i++)
		n += (size_t)snprintf(out + n, REASON_MAX - n, "%s%s",
				      i > first ? " " : "", c->args[i]);
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
}

int cmd_deny_address(const struct cmd *c, const char *address, int64_t ttl_s,
		     const char *reason)
{
	const char *ssh = getenv("SSH_CONNECTION");
	struct addr net;
	json_t *request;
	int code;

	if (!addr_parse_cidr(slice_str(address), &net))
		return cmd_fail(c, CMD_USAGE, "%s: %s is no address and no prefix",
				c->name, address);
	request = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "do", "firewall", "target",
			    address, "reason", reason, "who", cmd_who(), "from", ssh);
	if (!request)
		return cmd_fail(c, CMD_FAILED, "no memory");
	if (ttl_s >= 0)
		json_object_set_new(request, "expire", json_integer(ttl_s));
	code = cmd_do(c, request);
	json_decref(request);
	return code;
}

int cmd_deny(struct cmd *c)
{
	char reason[REASON_MAX];
	int64_t ttl_s = 0;
	size_t words = 1;

	if (c->count > 1 && c->args[1][0] == '-' && strcmp(c->args[1], "--") != 0)
		return cmd_fail(c, CMD_USAGE, NO_TIME, c->args[1]);
	if (!cmd_options(c, NULL, 0, 1, WORDS_MAX))
		return CMD_USAGE;
	if (c->count > 1 && is_meant_as_time(c->args[1])) {
		if (!text_duration(c->args[1], &ttl_s) || ttl_s <= 0 ||
		    ttl_s > EXECUTOR_EXPIRE_MAX_S)
			return cmd_fail(c, CMD_USAGE, NO_TIME, c->args[1]);
		words = 2;
	}
	join(c, words, reason);
	return cmd_deny_address(c, c->args[0], ttl_s, reason);
}

int cmd_denyrm(struct cmd *c)
{
	struct addr net;
	json_t *request;
	int code;

	if (!cmd_options(c, NULL, 0, 1, 1))
		return CMD_USAGE;
	if (!addr_parse_cidr(slice_str(c->args[0]), &net))
		return cmd_fail(c, CMD_USAGE, "denyrm: %s is no address and no prefix",
				c->args[0]);
	request = json_pack("{s:s, s:s, s:s}", "do", "release", "target", c->args[0],
			    "who", cmd_who());
	if (!request)
		return cmd_fail(c, CMD_FAILED, "no memory");
	code = cmd_do(c, request);
	json_decref(request);
	return code;
}
