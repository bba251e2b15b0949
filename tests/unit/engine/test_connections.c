/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* Connections through the whole engine: whose they are, what they add up to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/file.h"
#include "osmd/engine/engine.h"
#include "osmd/model/report.h"
#include "osmd/parse/packetline.h"

#define START 1795424400 /* 2026-11-23 09:00:00 UTC */
#define REPORTS_MAX 16
#define CONF                                                                             \
	"PACKET_LIMIT = \"3\"\nPACKET_INTERVAL = \"600\"\n"                              \
	"PACKET_ACTIONS = \"email,store,hold\"\nPACKET_CWD_LIMIT = \"0\"\n"              \
	"REPORT_REPEAT = \"0\"\n"

static struct {
	char root[64];
	struct accounts *accounts;
	struct rules *rules;
	struct engine *engine;
	json_t *report[REPORTS_MAX];
	bool confirmed[REPORTS_MAX];
	size_t reports;
	int64_t now_s;
	const char *parents;
} lab;

static void on_report(json_t *report, unsigned wanted, bool confirmed, void *ctx)
{
	struct err e = {0};

	(void)wanted;
	(void)ctx;
	cr_assert_lt(lab.reports, REPORTS_MAX);
	cr_expect(report_valid(report, &e), "%s", e.msg);
	lab.report[lab.reports] = json_incref(report);
	lab.confirmed[lab.reports++] = confirmed;
}

static enum spool_answer on_confirm(struct slice id, struct slice user,
				    struct slice login, struct slice address,
				    char who[72], void *ctx)
{
	(void)address;
	(void)id;
	(void)user;
	(void)login;
	(void)who;
	(void)ctx;
	cr_assert_fail("no spool knows of connections");
	return SPOOL_ABSENT;
}

static void put(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", lab.root, name);
	cr_assert(file_replace(path, slice_str(text), 0644, NULL));
}

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	(void)ctx;
	cr_assert_fail("%s line %u: %s", file, line, text);
}

static void engine_begin(const char *conf, const char *ignore, bool live)
{
	const struct engine_hooks hooks = {.report = on_report,
					   .confirm = live ? on_confirm : NULL};
	struct config config;
	struct err e = {0};

	cr_assert_eq(options_load(slice_str(conf), &config, NULL, NULL), 0);
	engine_free(lab.engine);
	rules_free(lab.rules);
	lab.rules = rules_new(&config, SLICE(""), slice_str(ignore), on_problem, NULL);
	lab.engine = engine_new(lab.rules, lab.accounts, &hooks, false, &e);
	cr_assert(lab.engine, "%s", e.msg);
}

static void setup(void)
{
	struct paths paths;
	char path[128];

	memset(&lab, 0, sizeof(lab));
	strcpy(lab.root, "/tmp/osm-connect-XXXXXX");
	cr_assert_not_null(mkdtemp(lab.root));
	snprintf(path, sizeof(path), "%s/etc", lab.root);
	cr_assert(file_mkdirs(path, 0755, NULL));
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nmailnull:x:47:47::/:/bin/false\n"
			   "nobody:x:99:99::/:/bin/false\n"
			   "alice:x:1001:1001::/home/alice:/bin/sh\n"
			   "bob:x:1002:1002::/home/bob:/bin/sh\n");
	put("/etc/group", "mail:x:12:\n");
	put("/etc/trueuserdomains", "alice.example: alice\nbob.example: bob\n");
	cr_assert(paths_init(&paths, lab.root));
	lab.accounts = accounts_load(&paths, NULL);
	cr_assert_not_null(lab.accounts);
	lab.now_s = START;
	engine_begin(CONF, "", true);
}

static void cleanup(void)
{
	char cmd[128];

	for (size_t i = 0; i < lab.reports; i++)
		json_decref(lab.report[i]);
	engine_free(lab.engine);
	rules_free(lab.rules);
	accounts_free(lab.accounts);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", lab.root);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(connections, .init = setup, .fini = cleanup);

/* One by this user, a second after the last one. */
static bool connection_of(int64_t uid, enum packet_sure sure, enum packet_where where,
			  const char *cwd, int64_t gid)
{
	struct packet p = {.at_s = lab.now_s++,
			   .from_port = 40000,
			   .to_port = 25,
			   .where = where,
			   .sure = sure,
			   .uid = uid,
			   .gid = gid,
			   .pid = 4711,
			   .exe = SLICE("/usr/bin/perl"),
			   .cwd = slice_str(cwd),
			   .script = SLICE("/home/alice/spam.pl"),
			   .command = SLICE("perl spam.pl"),
			   .parents = slice_str(lab.parents ? lab.parents : "")};
	struct buf line;
	bool counted;

	cr_assert(addr_parse(SLICE("192.0.2.10"), &p.from));
	cr_assert(addr_parse(where == PACKET_LOCALHOST ? SLICE("127.0.0.1") : SLICE("198.51.100.25"), &p.to));
	buf_init(&line, PACKET_LINE_MAX);
	packetline_print(&p, &line);
	counted = engine_packet(lab.engine, buf_view(&line));
	buf_clear(&line);
	return counted;
}

static void connect_n(unsigned n, int64_t uid, enum packet_sure sure)
{
	while (n--)
		connection_of(uid, sure, PACKET_REMOTE, "/home/alice/public_html", uid);
}

static const char *text_of(size_t report, const char *name)
{
	const char *s = json_string_value(json_object_get(lab.report[report], name));

	return s ? s : "";
}

static const char *first_of(size_t report, const char *list)
{
	const json_t *row = json_array_get(json_object_get(lab.report[report], list), 0);
	const char *s = json_string_value(json_object_get(row, "value"));

	return s ? s : "";
}

static bool has_note(size_t report, const char *part)
{
	const json_t *notes = json_object_get(lab.report[report], "notes");

	for (size_t i = 0; i < json_array_size(notes); i++)
		if (strstr(json_string_value(json_array_get(notes, i)), part))
			return true;
	return false;
}

static json_int_t not_counted(const char *reason)
{
	json_t *all = engine_counters(lab.engine);
	json_int_t n = json_integer_value(json_object_get(
		json_object_get(json_object_get(all, "connections"), "not_counted"),
		reason));

	json_decref(all);
	return n;
}

Test(connections, exceed_the_limit_of_their_account)
{
	connect_n(3, 1001, PACKET_SOCKET);
	connect_n(3, 1002, PACKET_KERNEL);
	cr_assert_eq(lab.reports, 0);
	connect_n(1, 1001, PACKET_SOCKET);
	cr_assert_eq(lab.reports, 1);
	cr_expect(lab.confirmed[0]);
	cr_expect_str_eq(text_of(0, "type"), "packet");
	cr_expect_str_eq(text_of(0, "event"), "packet");
	cr_expect_str_eq(text_of(0, "account"), "alice");
	cr_expect_str_eq(text_of(0, "key"), "alice");
	cr_expect_str_eq(text_of(0, "unit"), "connections");
	cr_expect_str_eq(text_of(0, "confidence"), "socket");
	cr_expect_str_eq(first_of(0, "destinations"), "198.51.100.25:25");
	cr_expect_str_eq(first_of(0, "processes"), "/usr/bin/perl: perl spam.pl");
	cr_expect_str_eq(first_of(0, "paths"), "/home/alice/public_html");
	cr_expect_str_eq(first_of(0, "scripts"), "/home/alice/spam.pl");
	cr_expect_str_eq(first_of(0, "source_ips"), "192.0.2.10");
	cr_expect_eq(json_array_size(json_object_get(lab.report[0], "lines")), 4);
	cr_expect(strncmp(json_string_value(json_array_get(
				  json_object_get(lab.report[0], "lines"), 0)),
			  "packet 2026-11-23T09:00:00Z ", 28) == 0);
}

Test(connections, are_told_with_who_started_their_process)
{
	lab.parents = "sh -c 'perl spam.pl' < /usr/sbin/cron";
	connect_n(4, 1001, PACKET_KERNEL);
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(first_of(0, "processes"),
			 "/usr/bin/perl: perl spam.pl (started by sh -c 'perl spam.pl' < "
			 "/usr/sbin/cron)");
}

Test(connections, whose_process_is_not_certain_are_told_but_not_acted_upon)
{
	connect_n(2, 1001, PACKET_UID_ONLY);
	connect_n(2, 1001, PACKET_PROBABLE);
	cr_assert_eq(lab.reports, 1);
	cr_expect_not(lab.confirmed[0]);
	cr_expect_str_eq(text_of(0, "confidence"), "claimed");
	cr_expect(has_note(0, "Of 4 of the 4 connections the process was gone"));
}

Test(connections, of_the_unsure_none_use_up_those_that_are_sure)
{
	connect_n(3, 1001, PACKET_SOCKET);
	connect_n(1, 1001, PACKET_UID_ONLY);
	cr_assert_eq(lab.reports, 1);
	cr_expect_not(lab.confirmed[0]);
	connect_n(1, 1001, PACKET_SOCKET);
	cr_assert_eq(lab.reports, 2, "the fourth sure one");
	cr_expect(lab.confirmed[1]);
}

Test(connections, to_this_server_are_told_but_never_a_ground_to_act)
{
	for (int i = 0; i < 4; i++)
		cr_expect(connection_of(1001, PACKET_KERNEL, PACKET_LOCALHOST, "/home/alice", 1001));
	cr_assert_eq(lab.reports, 1);
	cr_expect_not(lab.confirmed[0], "Exim's log tells of the same mail");
	cr_expect_str_eq(text_of(0, "confidence"), "kernel", "who it was is certain");
	cr_expect(has_note(0, "4 of the 4 connections went to this server itself"));
	connect_n(3, 1001, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 1);
	connect_n(1, 1001, PACKET_KERNEL);
	cr_assert_eq(lab.reports, 2);
	cr_expect(lab.confirmed[1]);
}

Test(connections, of_which_that_is_not_known_are_no_ground_either)
{
	for (int i = 0; i < 4; i++)
		connection_of(1001, PACKET_KERNEL, PACKET_UNSURE, "/home/alice", 1001);
	cr_assert_eq(lab.reports, 1);
	cr_expect_not(lab.confirmed[0]);
	cr_expect(has_note(0, "4 of the 4 connections went to this server itself, or it "
			      "could not be told"));
}

Test(connections, to_this_server_can_be_left_out)
{
	engine_begin(CONF "PACKET_LOCALHOST = \"0\"\n", "", true);
	for (int i = 0; i < 9; i++)
		cr_expect_not(connection_of(1001, PACKET_KERNEL, PACKET_LOCALHOST, "/", 1001));
	cr_expect_eq(lab.reports, 0);
	cr_expect_eq(not_counted("localhost"), 9);
}

Test(connections, of_the_mail_system_are_nobodys)
{
	connect_n(9, 0, PACKET_KERNEL);
	connect_n(9, 47, PACKET_KERNEL);
	for (int i = 0; i < 9; i++)
		connection_of(1001, PACKET_KERNEL, PACKET_REMOTE, "/", 12);
	cr_expect_eq(lab.reports, 0);
	cr_expect_eq(not_counted("ignored-user"), 18);
	cr_expect_eq(not_counted("ignored-group"), 9);
}

Test(connections, of_a_system_user_are_reported_without_an_account)
{
	connect_n(4, 99, PACKET_KERNEL);
	connect_n(4, 777, PACKET_KERNEL);
	cr_assert_eq(lab.reports, 2);
	cr_expect_str_eq(text_of(0, "account"), "");
	cr_expect_str_eq(text_of(0, "key"), "nobody");
	cr_expect_str_eq(text_of(1, "key"), "uid 777");
}

Test(connections, of_nobody_known_are_counted_by_address_in_a_replay_only)
{
	connect_n(9, PACKET_ID_NONE, PACKET_UNKNOWN);
	cr_expect_eq(lab.reports, 0);
	cr_expect_eq(not_counted("owner-unknown"), 9);
	engine_begin(CONF, "", false);
	connect_n(4, PACKET_ID_NONE, PACKET_UNKNOWN);
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "key"), "192.0.2.10");
	cr_expect_str_eq(text_of(0, "account"), "");
	cr_expect_not(lab.confirmed[0]);
}

Test(connections, are_counted_by_account_and_folder)
{
	engine_begin("PACKET_LIMIT = \"0\"\nPACKET_CWD_LIMIT = \"3\"\n", "", true);
	for (int i = 0; i < 3; i++) {
		connection_of(1001, PACKET_KERNEL, PACKET_REMOTE, "/tmp", 1001);
		connection_of(1002, PACKET_KERNEL, PACKET_REMOTE, "/tmp", 1002);
		connection_of(1001, PACKET_KERNEL, PACKET_REMOTE, "/home/alice", 1001);
		connection_of(1001, PACKET_KERNEL, PACKET_REMOTE, "", 1001);
	}
	cr_assert_eq(lab.reports, 0, "two accounts never share a folder's window");
	connection_of(1001, PACKET_KERNEL, PACKET_REMOTE, "/tmp", 1001);
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "type"), "packet:cwd");
	cr_expect_str_eq(text_of(0, "key"), "alice /tmp");
	cr_expect_str_eq(text_of(0, "account"), "alice");
	connection_of(1001, PACKET_KERNEL, PACKET_REMOTE, "", 1001);
	cr_expect_eq(lab.reports, 1, "no folder, no window");
}

Test(connections, of_the_ignore_list_are_left_out)
{
	engine_begin(CONF, "user:alice event=packet\n", true);
	connect_n(9, 1001, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 0);
	connect_n(4, 1002, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 1);
}

Test(connections, are_not_watched_when_switched_off)
{
	engine_begin(CONF "PACKET_ENABLE = \"0\"\n", "", true);
	connect_n(9, 1001, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 0);
}

Test(connections, to_other_ports_and_lines_of_another_form_are_dropped)
{
	engine_begin(CONF "SMTP_PORTS = \"587\"\n", "", true);
	connect_n(9, 1001, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 0);
	cr_expect_eq(not_counted("other-port"), 9);
	cr_expect_not(engine_packet(lab.engine, SLICE("packet of lies")));
	cr_expect_eq(not_counted("bad-line"), 1);
}

Test(connections, a_stored_report_is_not_made_again_after_a_restart)
{
	json_t *stored;

	connect_n(4, 1001, PACKET_KERNEL);
	cr_assert_eq(lab.reports, 1);
	stored = lab.report[0];
	engine_begin(CONF, "", true);
	lab.now_s = START;
	engine_warm_begin(lab.engine);
	engine_used(lab.engine, stored);
	connect_n(4, 1001, PACKET_KERNEL);
	engine_warm_end(lab.engine);
	cr_assert_eq(lab.reports, 1);
	connect_n(3, 1001, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 1, "the four were used up");
	connect_n(1, 1001, PACKET_KERNEL);
	cr_expect_eq(lab.reports, 2);
}

Test(connections, counted_before_a_restart_count_after_it)
{
	engine_warm_begin(lab.engine);
	connect_n(3, 1001, PACKET_KERNEL);
	engine_warm_end(lab.engine);
	connect_n(1, 1001, PACKET_KERNEL);
	cr_assert_eq(lab.reports, 1);
	cr_expect(lab.confirmed[0]);
}
