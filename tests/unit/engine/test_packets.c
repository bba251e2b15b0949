/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* The watcher's end of the packet reader: what is taken, what is refused. */
#include "osmd/engine/packets.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "osmd/engine/packetsource.h"

static struct {
	struct event_base *base;
	struct packets *packets;
	int reader;
	unsigned lines;
} lab;

static void on_line(struct slice line, void *ctx)
{
	(void)ctx;
	cr_expect(slice_starts(line, SLICE("packet ")));
	lab.lines++;
}

static void setup(void)
{
	struct err e = {0};
	int ends[2];

	memset(&lab, 0, sizeof(lab));
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	lab.reader = ends[1];
	lab.base = event_base_new();
	lab.packets = packets_new(lab.base, ends[0], on_line, NULL, &e);
	cr_assert(lab.packets, "%s", e.msg);
	packets_pause(lab.packets, false);
}

static void cleanup(void)
{
	packets_free(lab.packets);
	event_base_free(lab.base);
	if (lab.reader >= 0)
		close(lab.reader);
}

TestSuite(packets, .init = setup, .fini = cleanup);

static void tell(const char *text)
{
	cr_assert_eq(send(lab.reader, text, strlen(text), 0), (ssize_t)strlen(text));
	event_base_loop(lab.base, EVLOOP_NONBLOCK);
}

/* One text of the status; "" when it has none. */
static const char *status(const char *group, const char *name)
{
	static char text[512];
	json_t *all = packets_status(lab.packets);
	const json_t *at = group ? json_object_get(all, group) : all;

	at = json_object_get(at, name);
	if (json_is_integer(at))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(at));
	else
		snprintf(text, sizeof(text), "%s",
			 json_is_string(at) ? json_string_value(at) : "");
	json_decref(all);
	return text;
}

Test(packets, tell_what_source_is_at_work_and_why_another_is_not)
{
	cr_expect_str_eq(status(NULL, "source"), "starting");
	tell("failed bpf: no types of this kernel");
	tell("source nflog");
	cr_expect_str_eq(status(NULL, "source"), "nflog");
	cr_expect_str_eq(status("failed", "bpf"), "no types of this kernel");
	tell("failed nflog: gone");
	cr_expect_str_eq(status("failed", "nflog"), "gone");
	tell("source nflog");
	cr_expect_str_eq(status("failed", "nflog"), "", "it works again");
	cr_expect_str_eq(status("failed", "bpf"), "no types of this kernel");
}

Test(packets, pass_lines_on_and_count)
{
	tell("packet of any form: the engine judges it");
	tell("stats received=12 dropped=3 seen=9");
	cr_expect_eq(lab.lines, 1);
	cr_expect_str_eq(status("stats", "dropped"), "3");
	cr_expect_str_eq(status(NULL, "malformed"), "0");
}

Test(packets, refuse_what_has_another_form)
{
	static const char *const wrong[] = {"source",
					    "source ",
					    "source UPPER",
					    "source averyverylongname",
					    "source two words",
					    "failed bpf",
					    "failed b/f: x",
					    "stats received=x",
					    "stats invented=1",
					    "stats received=-1",
					    "stats dropped=99999999999999999999",
					    "hello",
					    "Packet x"};
	char want[24];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		tell(wrong[i]);
		snprintf(want, sizeof(want), "%zu", i + 1);
		cr_expect_str_eq(status(NULL, "malformed"), want, "%s", wrong[i]);
	}
	cr_expect_str_eq(status(NULL, "source"), "starting");
	cr_expect_eq(lab.lines, 0);
}

Test(packets, keep_a_reason_short_and_valid)
{
	char text[2000] = "failed pcap: \xff";

	memset(text + strlen(text), 'x', 1500);
	tell(text);
	cr_expect_leq(strlen(status("failed", "pcap")), 300);
	cr_expect_null(strchr(status("failed", "pcap"), '\xff'));
}

Test(packets, are_off_when_the_keeper_ends)
{
	tell("source bpf");
	close(lab.reader);
	lab.reader = -1;
	event_base_loop(lab.base, EVLOOP_NONBLOCK);
	cr_expect_str_eq(status(NULL, "source"), "none");
}

Test(packets, choose_the_sources_in_the_order_of_their_worth)
{
	static const struct {
		const char *word, *all;
	} rows[] = {{"auto", "bpf nflog pcap "},
		    {"bpf", "bpf "},
		    {"nflog", "nflog "},
		    {"pcap", "pcap "}};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		const struct packetsource_kind *kind;
		struct config config;
		char conf[64], all[64] = "";

		snprintf(conf, sizeof(conf), "PACKET_SOURCE = \"%s\"\n", rows[r].word);
		cr_assert_eq(options_load(slice_str(conf), &config, NULL, NULL), 0);
		for (size_t i = 0; (kind = packetsource_choice(config.packet_source, i));
		     i++) {
			strcat(all, kind->name);
			strcat(all, " ");
		}
		cr_expect_str_eq(all, rows[r].all);
	}
}
