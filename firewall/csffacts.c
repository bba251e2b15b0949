/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csffacts.h"

#include <stdlib.h>
#include <unistd.h>

#include "firewall/csfconf.h"
#include "firewall/csfhost.h"
#include "osmd/base/file.h"

static bool is_there(const struct paths *paths, const char *file, int how)
{
	char path[PATH_MAX];

	return paths_at(paths, file, path, sizeof(path)) && access(path, how) == 0;
}

void csffacts_read(const struct paths *paths, struct csf_facts *out)
{
	char path[PATH_MAX], *text = NULL;
	struct slice conf;
	size_t n = 0;

	*out = (struct csf_facts){
		.is_installed = is_there(paths, CSF_PROGRAM, X_OK),
		.is_disabled = is_there(paths, CSF_DISABLE, F_OK),
		.has_failed = is_there(paths, CSF_ERROR, F_OK),
	};
	if (!paths_at(paths, CSF_CONF, path, sizeof(path)) ||
	    !file_read(path, CSF_CONF_BYTES_MAX, &text, &n, NULL))
		return;
	conf = (struct slice){text, n};
	out->is_readable = true;
	out->is_testing = csfconf_on(conf, SLICE("TESTING"));
	out->has_ipv6 = csfconf_on(conf, SLICE("IPV6"));
	out->blocks_in_only = csfconf_on(conf, SLICE("LF_BLOCKINONLY"));
	out->uses_ipset = csfconf_on(conf, SLICE("LF_IPSET"));
	out->blocks_smtp = csfconf_on(conf, SLICE("SMTP_BLOCK"));
	free(text);
}
