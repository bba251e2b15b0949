/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csf's lists, configuration and answers from any bytes. The first byte says as what the rest
 * is read. What is given lies in its line and means what is written there; a comment that was
 * made for csf holds nothing that csf would take for more.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "firewall/csfcall.h"
#include "firewall/csfconf.h"
#include "firewall/csflist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void inside(struct slice whole, struct slice s)
{
	must(s.n == 0 || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n));
}

static void no_control(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		must((unsigned char)s.p[i] > 0x20 && (unsigned char)s.p[i] < 0x7f);
}

static void entry_is_sound(struct slice line, const struct csf_entry *e)
{
	struct addr again;
	uint16_t ports[FW_PORTS_MAX];
	size_t n;

	inside(line, e->text);
	inside(line, e->comment);
	inside(line, e->ports);
	must(e->text.n > 0 && e->text.n <= CSFLIST_ENTRY_MAX);
	inside(e->comment, csflist_without_date(e->comment));
	must(e->direction >= FW_IN && e->direction <= FW_INOUT);
	if (!e->is_filter) {
		must(addr_parse_cidr(e->text, &again) && addr_eq(&again, &e->net));
	} else {
		must(memchr(e->text.p, '=', e->text.n) != NULL);
		must(e->net.family || e->ports.n || e->has_uid);
		no_control(e->text);
	}
	if (csflist_ports(e->ports, ports, &n))
		must(n <= FW_PORTS_MAX);
}

static void read_line(struct slice line)
{
	const char *why = NULL;
	struct csf_entry e;

	switch (csflist_line(line, &e, &why)) {
	case CSF_LINE_NONE:
		break;
	case CSF_LINE_BAD:
		must(why && *why);
		break;
	case CSF_LINE_INCLUDE:
		inside(line, e.text);
		no_control(e.text);
		must(e.text.p[0] == '/' && e.text.n < PATH_MAX);
		must(slice_starts(line, SLICE("Include")));
		break;
	case CSF_LINE_ENTRY:
		entry_is_sound(line, &e);
		must(e.is_hidden == (slice_find(line, SLICE("Include")) != SIZE_MAX));
		break;
	}
	why = NULL;
	if (csflist_temp_line(line, &e, &why) == CSF_LINE_ENTRY) {
		must(!e.is_filter && e.begun_s >= 0 && e.ttl_s >= 0);
		entry_is_sound(line, &e);
	}
}

static void make_comment(struct slice reason)
{
	char out[FW_REASON_MAX], again[FW_REASON_MAX];
	struct slice made, read;

	csfcall_comment(reason, false, out);
	made = slice_str(out);
	must(made.n < FW_REASON_MAX && csfcall_is_ours(made, &read));
	must(slice_starts(made, SLICE("osm:")));
	must(!strstr(out, "Include") && !strcasestr(out, "do not delete"));
	for (size_t i = 0; i < made.n; i++) {
		must(out[i] >= 0x20 && out[i] < 0x7f && out[i] != '|');
		must(out[i] != '-' || !out[i + 1] || !strchr("pPdD", out[i + 1]));
	}
	csfcall_comment(read, false, again); /* cleaning what is clean changes nothing */
	must(strcmp(out, again) == 0);
}

static void judge(struct slice text)
{
	for (int verb = CSF_DENY_ADD; verb <= CSF_TEMP_REMOVE; verb++) {
		char why[CSF_WHY_MAX];
		enum csf_answer a = csfcall_judge((enum csf_verb)verb, text, why);

		must((a == CSF_DONE) == (why[0] == '\0'));
		must(strlen(why) < CSF_WHY_MAX);
		for (const char *p = why; *p; p++)
			must(*p >= 0x20 && *p < 0x7f);
	}
}

static void read_conf(struct slice text)
{
	struct slice value;

	if (csfconf_get(text, SLICE("TESTING"), &value)) {
		inside(text, value);
		must(!memchr(value.p, '\n', value.n));
	} else {
		must(!csfconf_on(text, SLICE("TESTING")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data + 1, size - 1}, line;

	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		while (slice_cut(&text, '\n', &line))
			read_line(line);
		read_line(text);
		break;
	case 1:
		make_comment(text);
		break;
	case 2:
		judge(text);
		break;
	case 3:
		read_conf(text);
		break;
	}
	return 0;
}
