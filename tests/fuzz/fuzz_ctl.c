/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Control messages from any bytes: what is taken lies inside what was given, and what was
 * read is read back the same after it is written.
 */
#include <stdlib.h>

#include "osmd/base/slice.h"
#include "osmd/ctl/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void round_trip(const json_t *message)
{
	struct buf out;
	struct slice view;
	json_t *again;

	buf_init(&out, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	/* escapes can make a text longer than what it was read from */
	if (ctl_encode(&out, message, NULL)) {
		view = buf_view(&out);
		must(ctl_need(view) == (ssize_t)view.n);
		must(ctl_decode(&view, &again, NULL) == 1);
		must(view.n == 0 && json_equal(message, again));
		json_decref(again);
	}
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};
	json_t *message;

	for (;;) {
		struct slice before = bytes;
		ssize_t need = ctl_need(bytes);
		int got = ctl_decode(&bytes, &message, NULL);

		if (got <= 0) {
			must(!message && bytes.p == before.p && bytes.n == before.n);
			return 0;
		}
		must(need > 0 && bytes.n == before.n - (size_t)need);
		must(json_is_object(message));
		round_trip(message);
		json_decref(message);
	}
}
