/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_problem(unsigned line, const char *text, void *ctx)
{
	buf_printf(ctx, "%u:%s;", line, text);
}

/* Loads one line; the problems into said. */
static size_t load(const char *text, struct config *c, struct buf *said)
{
	buf_init(said, 1 << 16);
	return options_load(slice_str(text), c, on_problem, said);
}

Test(options, defaults_are_those_that_are_documented)
{
	struct config c;

	memset(&c, 0x5a, sizeof(c));
	options_defaults(&c);
	cr_expect(c.testing, "osm is installed without hands");
	cr_expect(c.logline_enable && c.cwdcheck_enable);
	cr_expect(c.report_email && c.report_store);
	cr_expect(!c.count_local && !c.debug);
	cr_expect_eq(c.count_unit, COUNT_MESSAGES);
	cr_expect_str_eq(c.exim_log, "/var/log/exim_mainlog");
	cr_expect_str_eq(c.exim_spool, "/var/spool/exim");
	cr_expect_str_eq(c.sendmail, "/usr/sbin/sendmail");
	cr_expect_str_eq(c.ignore_users, "root,mailnull,mailman,cpanel");
	cr_expect_str_eq(c.report_to, "root");
	cr_expect_str_eq(c.report_from, "root");
	cr_expect_eq(c.report_days, 30);
	cr_expect_eq(c.report_lines, 10);
	cr_expect_eq(c.report_repeat_s, 3600);
	cr_expect_eq(c.action_max, 5);
	cr_expect_eq(c.action_expire_s, 0);
	cr_expect_eq(c.action_timeout_s, 120);
	cr_expect_eq(c.firewall, 0, "auto");
	cr_expect(c.firewall_native);
	cr_expect_eq(c.firewall_ttl_s, 3600);
	cr_expect_eq(c.window_keys, 100000);
	cr_expect_eq(c.evidence_mb, 64);
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].limit, 100);
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE_SUBJECT].limit, 50);
	cr_expect_eq(c.trigger[TRIGGER_CWDCHECK].limit, 100);
	cr_expect_eq(c.trigger[TRIGGER_CWDCHECK_CWD].limit, 50);
	cr_expect_eq(c.trigger[TRIGGER_PACKET].limit, 100);
	cr_expect_eq(c.trigger[TRIGGER_PACKET_CWD].limit, 50);
	cr_expect(c.packet_enable && c.packet_localhost);
	cr_expect_eq(c.packet_source, PACKET_AUTO);
	cr_expect(c.smtp_ports.count == 3 && c.smtp_ports.port[0] == 25 &&
		  c.smtp_ports.port[1] == 465 && c.smtp_ports.port[2] == 587);
	cr_expect_str_eq(c.packet_ignore_users, "root,cpanel,mailnull");
	cr_expect_str_eq(c.packet_ignore_groups, "mail,mailman");
	for (int t = TRIGGER_PACKET; t < TRIGGER_COUNT; t++) {
		cr_expect_eq(c.trigger[t].interval_s, 3600);
		cr_expect_eq(c.trigger[t].actions,
			     ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_STORE));
	}
}

Test(options, an_empty_file_is_the_defaults)
{
	struct config c, defaults;
	struct buf said;

	options_defaults(&defaults);
	memset(&c, 0, sizeof(c));
	cr_expect_eq(load("", &c, &said), 0);
	cr_expect(!memcmp(&c, &defaults, sizeof(c)));
	buf_clear(&said);
}

Test(options, the_shipped_file_is_the_defaults)
{
	struct config c, defaults;
	struct buf text, said;

	options_defaults(&defaults);
	memset(&c, 0, sizeof(c));
	buf_init(&text, 1 << 20);
	options_template(&text);
	cr_assert(buf_ok(&text));
	cr_expect_eq(load(buf_str(&text), &c, &said), 0, "%s", buf_str(&said));
	cr_expect(!memcmp(&c, &defaults, sizeof(c)));
	buf_clear(&said);
	buf_clear(&text);
}

Test(options, the_shipped_file_names_each_row_once_within_79_columns)
{
	struct buf text;
	struct slice rest, line;

	buf_init(&text, 1 << 20);
	options_template(&text);
	for (size_t i = 0; i < options_count(); i++) {
		char setting[100];
		struct slice found;

		snprintf(setting, sizeof(setting), "\n%s = \"", options_row(i)->name);
		found.p = strstr(buf_str(&text), setting);
		cr_assert(found.p, "%s", setting);
		cr_expect_null(strstr(found.p + 1, setting), "%s twice", setting);
	}
	rest = buf_view(&text);
	while (slice_cut(&rest, '\n', &line))
		cr_expect_leq(line.n, 79, "%.*s", (int)line.n, line.p);
	cr_expect_eq(rest.n, 0, "the last line has its LF");
	buf_clear(&text);
}

Test(options, numbers_are_taken_within_their_limits_only)
{
	for (size_t i = 0; i < options_count(); i++) {
		const struct option_row *row = options_row(i);
		const struct {
			int64_t value;
			bool good;
		} at[] = {
			{(int64_t)row->min - 1, false},
			{row->min, true},
			{(int64_t)row->min + 1, true},
			{(int64_t)row->max - 1, true},
			{row->max, true},
			{(int64_t)row->max + 1, false},
			{4294967296 + row->min, false},
		};

		if (strcmp(row->kind, "number") != 0)
			continue;
		for (size_t a = 0; a < sizeof(at) / sizeof(at[0]); a++) {
			struct config c;
			struct buf said;
			char text[100];

			snprintf(text, sizeof(text), "%s = \"%ld\"\n", row->name,
				 (long)at[a].value);
			cr_expect_eq(load(text, &c, &said), !at[a].good, "%s", text);
			buf_clear(&said);
		}
	}
}

Test(options, each_setting_takes_its_own_values)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"TESTING = \"0\"", true},
		{"TESTING = \"1\"", true},
		{"TESTING = \"2\"", false},
		{"TESTING = \"\"", false},
		{"TESTING = \"01\"", false},
		{"TESTING = \" 1\"", false},
		{"TESTING = \"yes\"", false},
		{"LOGLINE_LIMIT = \"\"", false},
		{"LOGLINE_LIMIT = \"-1\"", false},
		{"LOGLINE_LIMIT = \"+1\"", false},
		{"LOGLINE_LIMIT = \"1.0\"", false},
		{"LOGLINE_LIMIT = \"0x1\"", false},
		{"LOGLINE_LIMIT = \"1 \"", false},
		{"COUNT_UNIT = \"messages\"", true},
		{"COUNT_UNIT = \"recipients\"", true},
		{"COUNT_UNIT = \"Messages\"", false},
		{"COUNT_UNIT = \"messages|recipients\"", false},
		{"COUNT_UNIT = \"\"", false},
		{"LOGLINE_ACTIONS = \"\"", true},
		{"LOGLINE_ACTIONS = \"email, store ,hold,block_account\"", true},
		{"LOGLINE_ACTIONS = \"email,email\"", true},
		{"LOGLINE_ACTIONS = \"email,\"", false},
		{"LOGLINE_ACTIONS = \"email store\"", false},
		{"LOGLINE_ACTIONS = \"mail\"", false},
		{"LOGLINE_ACTIONS = \"email,steps\"", true},
		{"LOGLINE_STEPS = \"\"", true},
		{"LOGLINE_STEPS = \"hold, block_mailbox ,suspend_account\"", true},
		{"LOGLINE_STEPS = \"hold,hold\"", false},
		{"LOGLINE_STEPS = \"hold,\"", false},
		{"LOGLINE_STEPS = \"email\"", false},
		{"LOGLINE_STEPS = \"custom\"", false},
		{"LOGLINE_STEPS = \"steps\"", false},
		{"LOGLINE_STEPS = \"hold,block_account,block_mailbox,block_login,"
		 "suspend_mailbox,suspend_account\"",
		 true},
		{"LOGLINE_STEPS = \"hold,block_account,block_mailbox,block_login,"
		 "suspend_mailbox,suspend_account,rename_path\"",
		 false},
		{"EXIM_LOG = \"/a b/c\"", true},
		{"EXIM_LOG = \"/\"", true},
		{"EXIM_LOG = \"\"", false},
		{"EXIM_LOG = \"a\"", false},
		{"EXIM_LOG = \"/a/../b\"", false},
		{"EXIM_LOG = \"/a/.\"", false},
		{"EXIM_LOG = \"/a/..b\"", true},
		{"EXIM_LOG = \"/a'b\"", false},
		{"EXIM_LOG = \"/a`b\"", false},
		{"EXIM_LOG = \"/a\"b\"", false},
		{"EXIM_LOG = \"/a\tb\"", false},
		{"REPORT_TO = \"a@b,c@d\"", true},
		{"REPORT_TO = \"\"", false},
		{"REPORT_TO = \"a b\"", false},
		{"REPORT_TO = \"-t\"", false},
		{"REPORT_FROM = \"-f\"", false},
		{"LOG_IGNORE_USERS = \"\"", true},
		{"LOG_IGNORE_USERS = \"a, b\"", false},
		{"FIREWALL = \"iptables\"", true},
		{"FIREWALL = \"pf\"", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c;
		struct buf said;

		cr_expect_eq(load(rows[i].text, &c, &said), !rows[i].good, "%s: %s",
			     rows[i].text, buf_str(&said));
		buf_clear(&said);
	}
}

Test(options, values_reach_their_own_fields)
{
	static const char text[] = "TESTING = \"0\"\nCOUNT_UNIT = \"recipients\"\n"
				   "EXIM_LOG = \"/var/log/exim/main/\"\n"
				   "LOGLINE_LIMIT = \"0\"\nLOGLINE_INTERVAL = \"60\"\n"
				   "LOGLINE_ACTIONS = \"hold\"\n"
				   "LOGLINE_STEPS = \"suspend_account,hold\"\n"
				   "CWDCHECK_CWD_LIMIT = \"7\"\nREPORT_TO = \"a@b\"\n"
				   "LOG_IGNORE_USERS = \"\"\nEVIDENCE_MB = \"1\"\n";
	struct config c;
	struct buf said;

	cr_assert_eq(load(text, &c, &said), 0, "%s", buf_str(&said));
	cr_expect(!c.testing);
	cr_expect_eq(c.count_unit, COUNT_RECIPIENTS);
	cr_expect_str_eq(c.exim_log, "/var/log/exim/main", "no slash at the end");
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].limit, 0);
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].interval_s, 60);
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].actions, ACTION_BIT(ACTION_HOLD));
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].steps.n, 2);
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].steps.list[0], ACTION_SUSPEND_ACCOUNT,
		     "in their order");
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE].steps.list[1], ACTION_HOLD);
	cr_expect_eq(c.trigger[TRIGGER_LOGLINE_SUBJECT].steps.n, 0);
	cr_expect_eq(c.trigger[TRIGGER_CWDCHECK_CWD].limit, 7);
	cr_expect_eq(c.trigger[TRIGGER_CWDCHECK].limit, 100,
		     "its neighbour is as it was");
	cr_expect_str_eq(c.report_to, "a@b");
	cr_expect_str_eq(c.ignore_users, "");
	cr_expect_eq(c.evidence_mb, 1);
	buf_clear(&said);
}

Test(options, texts_are_taken_up_to_their_room)
{
	static const struct {
		const char *name, *first;
		size_t n;
		bool good;
	} rows[] = {
		{"EXIM_LOG", "/", CONFIG_PATH_MAX - 1, true},
		{"EXIM_LOG", "/", CONFIG_PATH_MAX, false},
		{"REPORT_TO", "a", CONFIG_WORD_MAX - 1, true},
		{"REPORT_TO", "a", CONFIG_WORD_MAX, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char value[CONFIG_PATH_MAX + 1], text[CONFIG_PATH_MAX + 100];
		struct config c;
		struct buf said;

		memset(value, 'x', sizeof(value));
		value[0] = rows[i].first[0];
		value[rows[i].n] = '\0';
		snprintf(text, sizeof(text), "%s = \"%s\"\n", rows[i].name, value);
		cr_expect_eq(load(text, &c, &said), !rows[i].good, "%s of %zu",
			     rows[i].name, rows[i].n);
		buf_clear(&said);
	}
}

Test(options, a_file_with_mistakes_changes_nothing_and_tells_them_all)
{
	static const char text[] = "TESTING = \"0\"\nNONE = \"1\"\ntesting = \"1\"\n"
				   "LOGLINE_LIMIT = \"100001\"\nPACKET_NONE = \"5\"\n"
				   "TESTING = \"1\"\nDEBUG = 1\n";
	struct config c, before;
	struct buf said;
	const char *got;

	memset(&c, 0x5a, sizeof(c));
	memset(&before, 0x5a, sizeof(before));
	cr_expect_eq(load(text, &c, &said), 6);
	cr_expect(!memcmp(&c, &before, sizeof(c)));
	got = buf_str(&said);
	cr_expect(strstr(got, "2:NONE: unknown setting;"), "%s", got);
	cr_expect(strstr(got, "3:testing: unknown setting (did you mean TESTING?)"), "%s",
		  got);
	cr_expect(strstr(got, "4:LOGLINE_LIMIT = \"100001\": "), "%s", got);
	cr_expect(strstr(got, "from 0 to 100000 (default: 100)"), "%s", got);
	cr_expect(strstr(got, "5:PACKET_NONE: unknown setting"), "%s", got);
	cr_expect(strstr(got, "6:TESTING: repeated; first set on line 1"), "%s", got);
	cr_expect(strstr(got, "7:DEBUG: "), "%s", got);
	buf_clear(&said);
	cr_expect_eq(options_load(slice_str(text), &c, NULL, NULL), 6, "nobody listens");
}

Test(options, every_row_can_be_shown)
{
	static const char *const kinds[] = {"switch", "number",	 "path", "word",
					    "choice", "actions", "ports",
					    "steps"};

	for (size_t i = 0; i < options_count(); i++) {
		const struct option_row *row = options_row(i);
		bool known = false;

		cr_assert(row->name && row->section && row->help && row->fallback);
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			known |= !strcmp(row->kind, kinds[k]);
		cr_expect(known, "%s", row->kind);
		cr_expect_eq(!strcmp(row->kind, "number"), row->max > 0, "%s", row->name);
		cr_expect_eq(!strcmp(row->kind, "choice"), row->choices != NULL, "%s",
			     row->name);
	}
	cr_expect_null(options_row(options_count()));
	cr_expect_null(options_row(SIZE_MAX));
}

Test(options, names_are_found_again)
{
	for (int t = 0; t < TRIGGER_COUNT; t++)
		cr_expect_eq(trigger_find(slice_str(trigger_name((enum trigger_id)t))),
			     t);
	for (int a = 0; a < ACTION_COUNT; a++)
		cr_expect_eq(action_find(slice_str(action_name((enum action_id)a))), a);
	cr_expect_eq(trigger_find(SLICE("logline:")), -1);
	cr_expect_eq(trigger_find(SLICE("")), -1);
	cr_expect_eq(action_find(SLICE("Hold")), -1);
	cr_expect_str_eq(trigger_name(TRIGGER_COUNT), "unknown");
	cr_expect_str_eq(action_name(ACTION_COUNT), "unknown");
}

Test(options, an_unknown_action_is_named_and_changes_nothing)
{
	struct err e = {0};
	unsigned bits = 77;

	cr_expect_not(actions_parse(SLICE("email,no\tne,worse"), &bits, &e));
	cr_expect_eq(bits, 77);
	cr_expect(strstr(e.msg, "\"no?ne\""), "%s", e.msg);
	cr_expect(strstr(e.msg, "block_account"), "%s", e.msg);
	cr_expect(actions_parse(SLICE(" hold , email "), &bits, &e));
	cr_expect_eq(bits, ACTION_BIT(ACTION_HOLD) | ACTION_BIT(ACTION_EMAIL));
	cr_expect(actions_parse(SLICE(" "), &bits, &e));
	cr_expect_eq(bits, 0);
}

Test(options, ports_are_a_list_of_numbers)
{
	static const struct {
		const char *value;
		size_t count;
	} rows[] = {
		{"25", 1},
		{"25, 587", 2},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", 15},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", 0},
		{"65535", 1},
		{"65536", 0},
		{"0", 0},
		{"", 0},
		{"25,", 0},
		{"25;26", 0},
		{"smtp", 0},
		{"-25", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct config c;
		struct buf said;

		snprintf(text, sizeof(text), "SMTP_PORTS = \"%s\"\n", rows[i].value);
		cr_expect_eq(load(text, &c, &said), rows[i].count ? 0 : 1, "%s: %s",
			     rows[i].value, buf_str(&said));
		if (rows[i].count)
			cr_expect_eq(c.smtp_ports.count, rows[i].count, "%s",
				     rows[i].value);
		buf_clear(&said);
	}
}

Test(options, a_place_to_listen_has_an_address_and_a_port)
{
	static const struct {
		const char *value;
		bool ok;
	} rows[] = {
		{"", true},	       {"9815", true},	     {"127.0.0.1:9815", true},
		{"[::1]:9815", true},  {"0.0.0.0:1", true},  {"65535", true},
		{"0", false},	       {"65536", false},     {"nonsense", false},
		{"::1:9815", false},   {"[::1]", false},     {"[127.0.0.1]:9815", false},
		{"localhost:9815", false}, {":9815", false}, {"127.0.0.1:", false},
		{"127.0.0.1:-1", false},   {"[]:1", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct config c;
		struct buf said;

		snprintf(text, sizeof(text), "METRICS_LISTEN = \"%s\"\n", rows[i].value);
		cr_expect_eq(load(text, &c, &said), rows[i].ok ? 0 : 1, "%s: %s",
			     rows[i].value, buf_str(&said));
		buf_clear(&said);
	}
}
