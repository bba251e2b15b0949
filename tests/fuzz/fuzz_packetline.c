/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Lines about connections, as the packet reader sends them and watch.db keeps them. What is
 * read, printed and read again is the same; printed lines are ASCII of a bounded length.
 */
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/command.h"
#include "osmd/parse/packetline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void must_be_same(const struct packet *a, const struct packet *b)
{
	must(a->at_s == b->at_s && addr_eq(&a->from, &b->from) &&
	     addr_eq(&a->to, &b->to));
	must(a->from_port == b->from_port && a->to_port == b->to_port);
	must(a->where == b->where && a->sure == b->sure);
	must(a->uid == b->uid && a->gid == b->gid && a->pid == b->pid);
	must(slice_eq(a->exe, b->exe) && slice_eq(a->cwd, b->cwd));
	must(slice_eq(a->script, b->script) && slice_eq(a->command, b->command));
}

static void check_round_trip(const struct packet *p)
{
	char text[PACKET_TEXT_MAX];
	struct packet again;
	struct buf line;

	buf_init(&line, PACKET_LINE_MAX);
	packetline_print(p, &line);
	must(buf_ok(&line));
	for (size_t i = 0; i < line.n; i++)
		must((unsigned char)line.p[i] >= 0x20 && (unsigned char)line.p[i] < 0x7f);
	must(packetline_parse(buf_view(&line), &again, text));
	must_be_same(p, &again);
	buf_clear(&line);
}

/* The same bytes as what a process says of itself. */
static void check_command(struct slice all)
{
	char out[PACKET_SCRIPT_MAX], line[PACKET_COMMAND_MAX];
	struct slice exe, cwd, script;

	if (!slice_cut(&all, '\n', &exe) || !slice_cut(&all, '\n', &cwd))
		return;
	script = command_script(exe, all, cwd, out, sizeof(out));
	must(script.n <= sizeof(out) && (!script.n || script.p[0] == '/'));
	must(command_text(all, line, sizeof(line)).n <= sizeof(line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = {(const char *)data, size};
	char text[PACKET_TEXT_MAX];
	struct packet p;

	check_command(line);
	if (packetline_parse(line, &p, text))
		check_round_trip(&p);
	return 0;
}
