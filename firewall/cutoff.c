/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/cutoff.h"

#include <errno.h>
#include <stdio.h>

#include "firewall/sockkill.h"

void cutoff(const struct fw_block *blocks, size_t count,
	    const struct fw_settings *settings)
{
	struct sockkill *k;
	struct err err = {0};
	char text[sizeof(err.msg) + 64];
	bool ok;

	if (count == 0)
		return;
	k = sockkill_new(blocks, count, settings);
	ok = k ? sockkill_run(k, NULL, &err) : err_set(&err, ENOMEM, "no memory");
	sockkill_free(k);
	if (ok || !settings->say)
		return;
	snprintf(text, sizeof(text), "blocked, but open connections were not ended: %s",
		 err.msg);
	settings->say(text, settings->ctx);
}
