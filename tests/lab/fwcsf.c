/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fwcsf ROOT VERB [ARGS]: the csf backend by hand, for the system tests and for trying it
 * against a real csf. VERB: usable; block|release ADDRESS|uid:N [TTL [DIRECTION [PORTS
 * [REASON]]]]; list; flush; removed SUBJECT...; may ADDRESS. Exit code 0: yes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firewall/bans.h"
#include "firewall/fw_csf.h"
#include "osmd/sys/spawn.h"

static bool run(const char *const *argv, unsigned timeout_s, struct buf *output,
		void *ctx, struct err *err)
{
	const char *limit = getenv("FWCSF_TIMEOUT");
	struct spawn_request req = {.argv = argv,
				    .timeout_s =
					    limit ? (unsigned)atoi(limit) : timeout_s,
				    .output_max = output->limit};
	struct spawn_result got;
	bool ok = true;

	(void)ctx;
	if (!spawn_run(&req, &got, err))
		return false;
	buf_slice(output, buf_view(&got.output));
	if (got.timed_out)
		ok = err_set(err, ETIMEDOUT, "did not end within %u seconds",
			     req.timeout_s);
	else if (got.exit_code < 0)
		ok = err_set(err, EIO, "was ended by signal %d", got.signal);
	buf_clear(&got.output);
	return ok;
}

static void say(const char *text, void *ctx)
{
	(void)ctx;
	fprintf(stderr, "note: %s\n", text);
}

static bool to_block(char **argv, int argc, struct fw_block *b)
{
	struct slice ports = slice_str(argc > 3 ? argv[3] : "");
	const char *way = argc > 2 ? argv[2] : "inout";
	uint64_t n;

	memset(b, 0, sizeof(*b));
	if (strncmp(argv[0], "uid:", 4) == 0) {
		if (!slice_u64(slice_str(argv[0] + 4), 0, UINT32_MAX, &n))
			return false;
		b->uid = (uid_t)n;
	} else if (!addr_parse_cidr(slice_str(argv[0]), &b->net)) {
		return false;
	}
	b->ttl = argc > 1 ? atoll(argv[1]) : 0;
	b->direction = !strcmp(way, "in")    ? FW_IN
		       : !strcmp(way, "out") ? FW_OUT
					     : FW_INOUT;
	snprintf(b->reason, sizeof(b->reason), "%s", argc > 4 ? argv[4] : "by hand");
	return csflist_ports(ports, b->ports, &b->port_count);
}

static bool show(const struct fw_block *b, void *ctx)
{
	char text[ADDR_TEXT_MAX];

	(void)ctx;
	if (b->net.family)
		printf("%s %d %" PRId64 " %s\n", addr_print(&b->net, text),
		       (int)b->direction, b->ttl, b->reason);
	else
		printf("uid:%u %" PRId64 " %s\n", (unsigned)b->uid, b->ttl, b->reason);
	return true;
}

static bool removed(const struct paths *paths, char **argv, int argc, struct err *err)
{
	struct fw_block *blocks = calloc((size_t)argc + 1, sizeof(*blocks));
	bool ok = blocks != NULL;

	for (int i = 0; ok && i < argc; i++)
		ok = to_block(&argv[i], 1, &blocks[i]);
	ok = ok && fw_csf_removed(paths, blocks, (size_t)argc, show, NULL, err);
	free(blocks);
	return ok;
}

static bool may(const struct paths *paths, const char *text, struct err *err)
{
	struct bans_settings settings = {.paths = paths,
					 .ssh_client = getenv("SSH_CONNECTION")};
	struct bans *b = bans_load(&settings, err);
	char why[BANS_WHY_MAX] = "this is no address";
	struct addr net;
	bool ok = b && addr_parse_cidr(slice_str(text), &net) &&
		  bans_may_block(b, &net, why);

	if (b && !ok)
		err_set(err, EPERM, "%s", why);
	bans_free(b);
	return ok;
}

static bool act(const struct fw_settings *s, const char *verb, char **argv, int argc,
		struct err *err)
{
	struct fw *fw = fw_csf.init(s, err);
	struct fw_block b;
	bool ok = fw != NULL;

	if (ok && !strcmp(verb, "list"))
		ok = fw_csf.list(fw, show, NULL, err);
	else if (ok && !strcmp(verb, "flush"))
		ok = fw_csf.flush(fw, err);
	else if (ok && (argc < 1 || !to_block(argv, argc, &b)))
		ok = err_set(err, EINVAL, "no such block");
	else if (ok && !strcmp(verb, "block"))
		ok = fw_csf.block(fw, &b, 1, err);
	else if (ok)
		ok = fw_csf.release(fw, &b, 1, err);
	fw_csf.close(fw);
	return ok;
}

int main(int argc, char **argv)
{
	struct paths paths;
	struct fw_settings s = {.paths = &paths,
				.smtp_ports = {25, 465, 587},
				.smtp_port_count = 3,
				.run = run,
				.say = say};
	struct err err = {0};
	bool ok;

	if (argc < 3 || !paths_init(&paths, argv[1]))
		return 2;
	if (!strcmp(argv[2], "usable"))
		ok = fw_csf_usable(&s, &err);
	else if (!strcmp(argv[2], "removed"))
		ok = removed(&paths, argv + 3, argc - 3, &err);
	else if (!strcmp(argv[2], "may"))
		ok = argc > 3 && may(&paths, argv[3], &err);
	else
		ok = act(&s, argv[2], argv + 3, argc - 3, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.msg);
	return ok ? 0 : 1;
}
