/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* A hook's input of any bytes: what is told is small, and made of names alone. */
#include <stdlib.h>
#include <string.h>

#include "osmd/ctl/hookevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *told = hookevent_read((struct slice){(const char *)data, size});
	const char *name;
	json_t *value;

	json_object_foreach(told, name, value)
	{
		struct slice s = {json_string_value(value), json_string_length(value)};

		must(json_is_string(value) && s.n < 400);
		if (strcmp(name, "user") == 0 || strcmp(name, "newuser") == 0)
			must(hookevent_user_fits(s));
		else if (strcmp(name, "mailbox") == 0)
			must(hookevent_mailbox_fits(s));
		else
			must(strcmp(name, "do") == 0 || strcmp(name, "event") == 0);
	}
	must(!told || json_object_get(told, "user"));
	json_decref(told);
	return 0;
}
