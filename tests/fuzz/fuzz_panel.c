/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * The panel's answer and its list file are read with any bytes. What is said of them must be
 * one printable line; a mailbox must come through the encoding with plain bytes only.
 * The first byte chooses the call.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpanel-hooks/panel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool claim)
{
	if (!claim)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct panel_command command;
	char why[PANEL_WHY_MAX];
	struct paths real;
	enum panel_call call;
	struct slice text;

	if (!size)
		return 0;
	call = (enum panel_call)(data[0] % PANEL_CALLS);
	text = (struct slice){(const char *)data + 1, size - 1};
	need(panel_answer(call, text, why) == (why[0] == '\0'));
	need(why[0] != '\0' || panel_answered(call, text));
	need(strlen(why) < PANEL_WHY_MAX);
	for (const char *p = why; *p; p++)
		need(*p >= 0x20 && *p < 0x7f);
	need(!panel_list_has(text, SLICE("")));
	paths_init(&real, NULL);
	if (panel_command(call, &real, text, text, &command, NULL)) {
		const char *value = NULL;

		for (size_t i = 0; command.argv[i]; i++)
			value = command.argv[i];
		value = strchr(value, '=') + 1;
		need(strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-%") == strlen(value));
	}
	return 0;
}
