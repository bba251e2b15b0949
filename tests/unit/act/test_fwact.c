/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/fwact.h"

#include "osmd/act/executor_parts.h"
#include "tests/unit/act/lab.h"

/* ---- a double of a backend: blocks in memory ---- */

static struct fw_block there[32];
static size_t there_n;
static unsigned block_calls, release_calls;
static bool fails, release_fails;

struct fw {
	int unused;
};

static struct fw *double_init(const struct fw_settings *settings, struct err *e)
{
	static struct fw fw;

	(void)settings;
	(void)e;
	return &fw;
}

static bool is_same(const struct fw_block *a, const struct fw_block *b)
{
	return a->net.family ? addr_eq(&a->net, &b->net)
			     : !b->net.family && a->uid == b->uid;
}

static void take_out(const struct fw_block *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < there_n; j++)
			if (is_same(&blocks[i], &there[j]))
				there[j--] = there[--there_n];
}

static bool double_release(struct fw *fw, const struct fw_block *blocks, size_t n,
			   struct err *e)
{
	(void)fw;
	release_calls++;
	if (fails || release_fails)
		return err_set(e, EIO, "the double was told to fail");
	take_out(blocks, n);
	return true;
}

static bool double_block(struct fw *fw, const struct fw_block *blocks, size_t n,
			 struct err *e)
{
	(void)fw;
	block_calls++;
	if (fails)
		return err_set(e, EIO, "the double was told to fail");
	if (!fw_check(blocks, n, false, e))
		return false;
	take_out(blocks, n);
	for (size_t i = 0; i < n; i++)
		there[there_n++] = blocks[i];
	return true;
}

static bool double_list(struct fw *fw, fw_each *each, void *ctx, struct err *e)
{
	(void)fw;
	(void)e;
	for (size_t i = 0; i < there_n && each(&there[i], ctx); i++)
		;
	return true;
}

static bool double_flush(struct fw *fw, struct err *e)
{
	(void)fw;
	(void)e;
	there_n = 0;
	return true;
}

static void double_close(struct fw *fw)
{
	(void)fw;
}

static const struct fw_backend backend_double = {
	"nft",	     double_init,  double_block, double_release,
	double_list, double_flush, double_close};

/* Of those whose loss nobody tells. */
static const struct fw_backend legacy_backend_double = {
	"iptables",  double_init,  double_block, double_release,
	double_list, double_flush, double_close};

static void make(void)
{
	make_lab();
	there_n = 0;
	block_calls = release_calls = 0;
	fails = release_fails = false;
	wall_use(x->wall, &backend_double);
}

TestSuite(fwact, .init = make, .fini = remove_lab, .timeout = 60);

/* As after a reboot: the kernel is empty, the journal isn't. */
static void reboot(int64_t now_s)
{
	there_n = 0;
	restart();
	wall_use(x->wall, &backend_double);
	keep_blocks(x, now_s);
}

/* ---- what is asked ---- */

static json_t *deny(const char *target, int ttl_s)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"do\":\"firewall\",\"target\":\"%s\",\"who\":\"root\",\"expire\":%d,"
		 "\"reason\":\"by a\\u0007 test\"}",
		 target, ttl_s);
	return ask(NOW, text);
}

static int64_t denied(const char *target, int ttl_s)
{
	json_t *answer = deny(target, ttl_s);
	int64_t id = action_id_of(answer, 0);

	cr_assert(is_ok(answer), "%s: %s", target,
		  json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	return id;
}

static void refused(json_t *answer, const char *why)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	cr_expect_not(is_ok(answer));
	cr_expect(error && strstr(error, why), "\"%s\" is not \"%s\"", error, why);
	json_decref(answer);
}

static json_t *release(const char *target)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "{\"do\":\"release\",\"target\":\"%s\",\"who\":\"root\"}", target);
	return ask(NOW + 5, text);
}

/* A report of n confirmed messages, from addresses 203.0.113.1, .2 ... in these parts. */
static json_t *report_from(const unsigned *parts, size_t n, enum certainty c)
{
	const int64_t at_s = NOW - (int64_t)parts[0]; /* another one is another report */
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_LOGLINE,
				   .account = SLICE("acct"),
				   .mailbox = SLICE("bob@example.com"),
				   .key = SLICE("bob@example.com"),
				   .host = SLICE("host.example"),
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = NOW};
	struct report_builder *b = report_begin(&head, 10);

	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < parts[i]; k++) {
			char address[32];
			struct event ev = {.type = EVENT_LOGLINE,
					   .certainty = c,
					   .at_s = at_s,
					   .account = head.account,
					   .line = SLICE("a line")};

			snprintf(address, sizeof(address), "203.0.113.%zu", i + 1);
			ev.address = slice_str(address);
			report_event(b, &ev);
		}
	return report_end(b);
}

static json_t *fire(const unsigned *parts, size_t n, bool confirmed)
{
	json_t *report = report_from(parts, n, CERTAINTY_CONFIRMED), *answer;

	answer = send_report(report, "firewall", confirmed, NOW);
	json_decref(report);
	return answer;
}

static void expect_row(const json_t *answer, size_t i, const char *target,
		       const char *state, const char *detail)
{
	cr_expect_str_eq(action_field(answer, i, "target"), target);
	cr_expect_str_eq(action_field(answer, i, "state"), state, "%s: %s", target,
			 action_field(answer, i, "detail"));
	cr_expect_not_null(strstr(action_field(answer, i, "detail"), detail), "%s: %s",
			   target, action_field(answer, i, "detail"));
}

/* ---- reports ---- */

Test(fwact, a_report_blocks_who_sent_a_tenth_of_it_and_nobody_else)
{
	static const unsigned parts[] = {80, 10, 9, 1};
	json_t *answer = fire(parts, 4, true);

	cr_expect_eq(json_array_size(json_object_get(answer, "actions")), 2);
	expect_row(answer, 0, "203.0.113.1", "done",
		   "blocked by nft: logline bob@example");
	expect_row(answer, 1, "203.0.113.2", "done", "blocked by nft");
	cr_expect_eq(there_n, 2);
	cr_expect_eq(there[0].direction, FW_IN);
	cr_expect_eq(there[0].ttl, 3600);
	cr_expect_not_null(strstr(there[0].reason, "logline bob@example.com"), "%s",
			   there[0].reason);
	json_decref(answer);
}

Test(fwact, claims_are_no_reason_to_block_anybody)
{
	static const unsigned parts[] = {50, 0, 40}; /* two reports */
	json_t *report = report_from(parts, 1, CERTAINTY_CLAIMED), *answer;

	answer = send_report(report, "firewall", true, NOW);
	expect_row(answer, 0, "-", "skipped", "no address");
	json_decref(answer);
	json_decref(report);
	answer = fire(parts + 2, 1, false);
	expect_row(answer, 0, "203.0.113.1", "skipped", "not enough confirmed");
	json_decref(answer);
	cr_expect_eq(block_calls, 0);
}

Test(fwact, a_botnet_of_small_parts_is_nobodys_address)
{
	unsigned parts[12];
	json_t *answer;

	for (size_t i = 0; i < 12; i++)
		parts[i] = 5;
	answer = fire(parts, 12, true);
	expect_row(answer, 0, "-", "skipped", "a tenth");
	json_decref(answer);
	cr_expect_eq(block_calls, 0);
}

Test(fwact, the_same_report_again_does_nothing_again)
{
	static const unsigned parts[] = {80, 20};

	json_decref(fire(parts, 2, true));
	json_decref(fire(parts, 2, true));
	cr_expect_eq(block_calls, 2);
}

Test(fwact, all_addresses_of_a_report_are_one_action_of_action_max)
{
	static const unsigned parts[] = {10, 10, 10, 10};
	json_t *answer, *second;

	x->config.action_max = 1;
	answer = fire(parts, 4, true);
	for (size_t i = 0; i < 4; i++)
		cr_expect_str_eq(action_field(answer, i, "state"), "done");
	second = report_of("other", "", NOW);
	json_decref(answer);
	answer = send_report(second, "block_smtp", true, NOW);
	expect_row(answer, 0, "other", "skipped", "ACTION_MAX");
	json_decref(second);
	json_decref(answer);
}

Test(fwact, testing_and_protection_are_said)
{
	static const unsigned parts[] = {10, 10};
	json_t *answer;

	put("/etc/osm/osm.ignore", "# office\nip:203.0.113.2 until=2099-01-01\n");
	x->config.testing = true;
	answer = fire(parts, 2, true);
	expect_row(answer, 0, "203.0.113.1", "skipped", "TESTING: would have blocked");
	expect_row(answer, 1, "203.0.113.2", "skipped",
		   "protected: 203.0.113.2 is in /etc/osm/osm.ignore line 2");
	json_decref(answer);
	cr_expect_eq(block_calls, 0);
}

/* ---- by hand ---- */

Test(fwact, by_hand_blocks_both_ways_and_is_undone_by_address)
{
	int64_t id = denied("203.0.113.7", 0);

	cr_expect_eq(there_n, 1);
	cr_expect_eq(there[0].direction, FW_INOUT);
	cr_expect_eq(there[0].ttl, 0);
	cr_expect_not_null(strstr(there[0].reason, "by a? test"), "%s", there[0].reason);
	cr_expect_str_eq(read_row(id).before, "free nft inout");
	refused(deny("203.0.113.7", 60), "was already blocked, by action 1");
	json_decref(release("203.0.113.7"));
	cr_expect_eq(there_n, 0);
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
	refused(release("203.0.113.7"), "not blocked by osm");
}

Test(fwact, a_host_in_a_blocked_prefix_is_told_which)
{
	denied("2001:db8::/32", 0);
	denied("203.0.113.0/28", 0);
	refused(release("203.0.113.7"), "203.0.113.7 is not blocked by osm itself, but "
					"203.0.113.0/28 is");
	refused(release("203.0.113.16"), "203.0.113.16 is not blocked by osm");
	refused(release("203.0.113.0/27"), "203.0.113.0/27 is not blocked by osm");
	cr_expect_eq(there_n, 2);
}

Test(fwact, what_is_no_address_or_nobodys_to_block_is_refused)
{
	static const char *const rows[][2] = {
		{"1.2.3", "is no address"},
		{"", "is no address"},
		{"example.com", "is no address"},
		{"0.0.0.0/0", "too much of the Internet"},
		{"::/0", "too much of the Internet"},
		{"127.0.0.1", "protected"},
		{"203.0.113.0/24", "contains 203.0.113.66"},
		{"198.51.100.9", "/etc/csf/csf.allow line 1"},
		{"224.0.0.1", "protected"},
	};

	put("/etc/osm/osm.ignore", "ip:203.0.113.66\n");
	cr_assert(file_mkdirs(at("/etc/csf"), 0755, NULL));
	put("/etc/csf/csf.allow", "198.51.100.0/25 # office\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(deny(rows[i][0], 60), rows[i][1]);
	refused(ask(NOW,
		    "{\"do\":\"firewall\",\"target\":\"203.0.113.7\",\"who\":\"root\","
		    "\"expire\":-1}"),
		"\"expire\"");
	refused(ask(NOW, "{\"do\":\"firewall\",\"target\":\"203.0.113.7\"}"), "who");
	refused(ask(NOW,
		    "{\"do\":\"firewall\",\"target\":\"203.0.113.7\",\"who\":\"root\","
		    "\"from\":\"203.0.113.7 4000 192.0.2.10 22\"}"),
		"logged in");
	cr_expect_eq(block_calls, 0);
}

/* csf as far as its lists go; nobody calls it. */
static void have_csf(const char *deny, const char *tempban)
{
	cr_assert(file_mkdirs(at("/etc/csf"), 0755, NULL));
	cr_assert(file_mkdirs(at("/var/lib/csf"), 0755, NULL));
	put_program("/usr/sbin/csf", "#!/bin/sh\n# %s\nexit 1\n");
	put("/etc/csf/csf.conf", "TESTING = \"0\"\nIPV6 = \"1\"\n");
	put("/etc/csf/csf.deny", deny);
	put("/var/lib/csf/csf.tempban", tempban);
}

Test(fwact, what_csf_blocks_by_anothers_word_is_left_to_csf)
{
	char bans[256];

	snprintf(bans, sizeof(bans), "%d|203.0.113.8||in|7200|lfd - x\n", NOW);
	have_csf("203.0.113.0/29 # office\n198.51.100.1 # osm: ours\n", bans);
	refused(deny("203.0.113.7", 600), "csf has it already: 203.0.113.0/29 # office");
	json_decref(deny("203.0.113.8", 3600)); /* both ways: lfd's is only inwards */
	cr_expect_eq(there_n, 1);
	json_decref(deny("203.0.113.9", 0));  /* beside that prefix */
	json_decref(deny("198.51.100.1", 0)); /* osm's own, left over: it is made anew */
	cr_expect_eq(there_n, 3);
}

Test(fwact, a_csf_that_goes_on_failing_is_not_called_without_a_pause)
{
	have_csf("", "");
	denied("203.0.113.7", 0);
	fails = true;
	refused(release("203.0.113.7"), "undo failed: the double");
	release_calls = 0;
	for (int i = 0; i < 100; i++)
		keep_heal(x, NOW + 10 + i);
	cr_expect_eq(release_calls, 1);
	keep_heal(x, NOW + 10 + EXECUTOR_RETRY_S);
	cr_expect_eq(release_calls, 2);
	keep_heal(x, NOW - 100000); /* a clock that was wrong */
	cr_expect_eq(release_calls, 3);
	put("/etc/csf/csf.disable", ""); /* it is not called then */
	keep_heal(x, NOW + 1000);
	keep_heal(x, NOW + 1001);
	cr_expect_eq(release_calls, 5);
}

Test(fwact, a_ban_of_lfds_counts_as_long_as_it_lasts)
{
	static const unsigned parts[] = {10};
	char bans[256];
	json_t *answer;

	snprintf(bans, sizeof(bans), "%d|203.0.113.1||in|%d|lfd - x\n", NOW - 10, 3609);
	have_csf("", bans);
	answer = fire(parts, 1, true); /* FIREWALL_TTL ends a second later */
	expect_row(answer, 0, "203.0.113.1", "done", "blocked");
	json_decref(answer);
	json_decref(release("203.0.113.1"));
	snprintf(bans, sizeof(bans), "%d|203.0.113.1||in|%d|lfd - x\n", NOW - 10, 3610);
	put("/var/lib/csf/csf.tempban", bans);
	{
		static const unsigned more[] = {11};

		answer = fire(more, 1, true);
	}
	expect_row(answer, 0, "203.0.113.1", "skipped", "csf has it already");
	json_decref(answer);
}

Test(fwact, by_hand_without_a_time_it_is_firewall_ttl)
{
	json_t *answer = ask(NOW, "{\"do\":\"firewall\",\"target\":\"203.0.113.7\","
				  "\"who\":\"root\"}");

	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect_eq(there[0].ttl, 3600);
}

Test(fwact, a_firewall_that_fails_is_told_and_nothing_is_in_force)
{
	int64_t id;

	fails = true;
	refused(deny("203.0.113.7", 0), "told to fail");
	fails = false;
	id = denied("203.0.113.7", 0);
	fails = true;
	refused(release("203.0.113.7"), "undo failed: the double");
	cr_expect_eq(read_row(id).state, ACTION_DONE);
	fails = false;
	json_decref(release("203.0.113.7"));
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
}

Test(fwact, with_a_root_no_kernel_is_touched)
{
	wall_use(x->wall, NULL);
	refused(deny("203.0.113.7", 60), "with --root");
	x->config.firewall = 2; /* nft */
	wall_reset(x->wall);
	refused(deny("203.0.113.7", 60), "with --root");
}

/* ---- time ---- */

Test(fwact, it_ends_at_its_time)
{
	int64_t id = denied("203.0.113.7", 60);

	json_decref(ask(NOW + 59, "{\"do\":\"expire\"}"));
	cr_expect_eq(there_n, 1);
	json_decref(ask(NOW + 60, "{\"do\":\"expire\"}"));
	cr_expect_eq(there_n, 0);
	cr_expect_eq(read_row(id).state, ACTION_EXPIRED);
}

Test(fwact, after_a_reboot_it_is_put_back_for_what_is_left_of_its_time)
{
	int64_t over, id = denied("203.0.113.7", 600);

	denied("203.0.113.8", 0);
	over = denied("203.0.113.9", 50);
	reboot(NOW + 100);
	cr_expect_eq(there_n, 2);
	cr_expect_eq(there[0].ttl, 500);
	cr_expect_not_null(strstr(there[0].reason, "by hand: by a? test"), "%s",
			   there[0].reason);
	cr_expect_eq(there[1].ttl, 0);
	cr_expect_eq(read_row(id).state, ACTION_DONE);
	json_decref(ask(NOW + 100, "{\"do\":\"expire\"}"));
	cr_expect_eq(read_row(over).state, ACTION_EXPIRED);
	cr_expect_eq(there_n, 2);
}

Test(fwact, what_could_not_be_released_is_not_put_back_but_released)
{
	int64_t id = denied("203.0.113.7", 0), at_s = NOW + 100;

	denied("203.0.113.8", 0);
	fails = true;
	refused(release("203.0.113.7"), "undo failed: the double");
	reboot(at_s);
	cr_expect_eq(read_row(id).state, ACTION_DONE);
	fails = false;
	release_calls = 0;
	keep_heal(x, at_s + 1); /* csf's state has changed */
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
	cr_expect_eq(release_calls, 1);
	reboot(at_s + 2);
	cr_expect_eq(there_n, 1);
	cr_expect_str_eq(there[0].reason, "action 2 by hand: by a? test");
}

Test(fwact, what_became_protected_meanwhile_is_let_go)
{
	int64_t id = denied("203.0.113.7", 0);

	put("/etc/osm/osm.ignore", "ip:203.0.113.0/28\n");
	reboot(NOW + 10);
	cr_expect_eq(there_n, 0);
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
	cr_expect_not_null(strstr(read_row(id).detail, "osm.ignore line 1"));
}

Test(fwact, what_csf_or_osm_ignore_allow_is_let_go_while_it_runs)
{
	int64_t id = denied("203.0.113.7", 0), other = denied("203.0.113.8", 0);

	have_csf("", "");
	put("/etc/csf/csf.allow", "203.0.113.7 # a customer called\n");
	keep_protected(x, NOW + 1);
	cr_expect_eq(there_n, 1);
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
	cr_expect_not_null(strstr(read_row(id).detail, "csf.allow line 1"));
	put("/etc/osm/osm.ignore", "ip:203.0.113.8\n");
	json_decref(ask(NOW + 2, "{\"do\":\"ping\"}"));
	cr_expect_eq(there_n, 0);
	cr_expect_eq(read_row(other).state, ACTION_UNDONE);
}

/* One that can't be let go must not be put back either. */
Test(fwact, what_is_protected_is_not_put_back_when_it_cant_be_released)
{
	struct fw_block *b = there;

	denied("203.0.113.7", 0);
	denied("203.0.113.8", 0);
	put("/etc/osm/osm.ignore", "ip:203.0.113.7\n");
	there_n = 0;
	release_fails = true;
	keep_blocks(x, NOW + 10);
	cr_expect_eq(there_n, 1);
	cr_expect_eq(b->net.bytes[3], 8);
}

Test(fwact, a_clock_that_is_years_behind_loses_nothing)
{
	int64_t id = denied("203.0.113.7", 600);

	denied("203.0.113.8", 0);
	reboot(946684800); /* the year 2000 */
	cr_expect_eq(there_n, 2);
	cr_expect_eq(there[0].ttl, FW_TTL_MAX);
	json_decref(ask(NOW + 600, "{\"do\":\"expire\"}"));
	cr_expect_eq(there_n, 1);
	cr_expect_eq(read_row(id).state, ACTION_EXPIRED);
}

/* nft -f with a flush, iptables-restore, a firewall that is started anew. */
Test(fwact, what_others_took_out_of_the_kernel_is_put_back)
{
	json_t *smtp;

	wall_use(x->wall, &legacy_backend_double);
	denied("203.0.113.7", 600);
	denied("203.0.113.8", 0);
	smtp = ask(NOW, "{\"do\":\"block_smtp\",\"target\":\"acct\",\"account\":\"acct\","
			"\"who\":\"root\"}");
	json_decref(smtp);
	cr_assert_eq(there_n, 3);
	x->looked_s = x->pruned_s = NOW;
	cr_expect_eq(executor_next_s(x, NOW), NOW + EXECUTOR_LOOK_S);
	block_calls = 0;
	json_decref(executor_due(x, NOW + EXECUTOR_LOOK_S));
	cr_expect_eq(block_calls, 0, "nothing is done where nothing is lost");
	there_n = 1;
	json_decref(executor_due(x, NOW + EXECUTOR_LOOK_S + 1));
	cr_expect_eq(there_n, 1, "not yet");
	json_decref(executor_due(x, NOW + 2 * EXECUTOR_LOOK_S));
	cr_expect_eq(there_n, 3);
	cr_expect_eq(block_calls, 1);
	json_decref(release("203.0.113.7"));
	json_decref(release("203.0.113.8"));
	json_decref(executor_due(x, NOW + 3 * EXECUTOR_LOOK_S));
	cr_expect_eq(there_n, 1, "what was released stays so");
}

/* ---- another firewall ---- */

static bool empty_list(struct fw *fw, fw_each *each, void *ctx, struct err *e)
{
	(void)fw;
	(void)each;
	(void)ctx;
	(void)e;
	return true;
}

static const struct fw_backend backend_other = {"iptables",	double_init, double_block,
						double_release, empty_list,  double_flush,
						double_close};

Test(fwact, what_a_firewall_has_that_cant_be_asked_stays_in_the_journal)
{
	int64_t first = denied("203.0.113.7", 0), second;

	wall_use(x->wall, &backend_other);
	second = denied("203.0.113.7", 60);
	cr_expect_eq(read_row(first).state, ACTION_DONE);
	cr_expect_eq(read_row(second).state, ACTION_DONE);
	refused(release("203.0.113.7"), "undo failed");
	cr_expect_eq(read_row(second).state, ACTION_UNDONE);
	wall_use(x->wall, &backend_double);
	json_decref(release("203.0.113.7"));
	cr_expect_eq(read_row(first).state, ACTION_UNDONE);
	cr_expect_eq(there_n, 0);
}

/* ---- killed in the middle ---- */

Test(fwact, killed_before_it_was_told_the_kernel_it_is_done_then)
{
	int64_t now_s = (int64_t)time(NULL);
	int64_t id = leave_pending("firewall", "203.0.113.7", "free nft in", NULL, 5);

	executor_free(x);
	start(); /* with a root there is no nft: it is told so */
	cr_expect_eq(read_row(id).state, ACTION_FAILED);
	id = leave_pending("firewall", "203.0.113.8", "free nft in", NULL, 5);
	wall_use(x->wall, &backend_double);
	{
		struct err e = {0};

		cr_expect(recover_all(x, now_s, &e), "%s", e.msg);
	}
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	cr_expect_eq(there_n, 1);
	cr_expect_eq(block_calls, 1);
}

Test(fwact, killed_after_the_kernel_was_told_it_is_found_and_not_done_twice)
{
	struct fw_block b = {.direction = FW_IN};
	struct err e = {0};
	int64_t id = leave_pending("firewall", "203.0.113.7", "free nft in", NULL, 5);

	cr_assert(addr_parse(SLICE("203.0.113.7"), &b.net));
	there[there_n++] = b;
	cr_expect(recover_all(x, (int64_t)time(NULL), &e), "%s", e.msg);
	cr_expect_eq(read_row(id).state, ACTION_DONE);
	cr_expect_eq(block_calls, 0);
	json_decref(release("203.0.113.7"));
	cr_expect_eq(there_n, 0);
}

/* ---- an account's own SMTP ---- */

static json_t *block_smtp(const char *account)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "{\"do\":\"block_smtp\",\"target\":\"%s\",\"account\":\"%s\",\"who\":"
		 "\"root\"}",
		 account, account);
	return ask(NOW, text);
}

Test(fwact, block_smtp_is_the_uids_of_then_also_when_the_account_is_gone)
{
	json_t *answer = block_smtp("acct");
	int64_t id = action_id_of(answer, 0);

	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect_eq(there_n, 1);
	cr_expect_eq(there[0].uid, 1001);
	cr_expect_str_eq(read_row(id).before, "free nft uid=1001");
	put(PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
			 "acct:x:1077:1077::/home/acct:/bin/sh\n");
	reboot(NOW + 10);
	cr_expect_eq(there_n, 0, "another has that uid now");
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
	cr_expect_not_null(strstr(read_row(id).detail, "has not this uid"));
}

Test(fwact, a_removed_accounts_uid_is_released_and_its_reports_address_is_not)
{
	static const unsigned parts[] = {10};
	json_t *answer = fire(parts, 1, true);
	int64_t address = action_id_of(answer, 0), uid;

	json_decref(answer);
	answer = block_smtp("acct");
	uid = action_id_of(answer, 0);
	json_decref(answer);
	cr_expect_eq(there_n, 2);
	json_decref(ask(NOW + 9, "{\"do\":\"notice\",\"event\":\"removed\",\"user\":"
				 "\"acct\"}"));
	cr_expect_eq(there_n, 1);
	cr_expect_eq(there[0].net.family, AF_INET);
	cr_expect_eq(read_row(uid).state, ACTION_UNDONE);
	cr_expect_eq(read_row(address).state, ACTION_DONE);
	/* others' changes say nothing of what the kernel has */
	there_n = 0;
	json_decref(ask(NOW + 10, "{\"do\":\"notice\",\"event\":\"lists\"}"));
	cr_expect_eq(read_row(address).state, ACTION_DONE);
}

Test(fwact, block_smtp_is_never_roots_or_the_systems)
{
	refused(block_smtp("root"), "a system user");
	refused(block_smtp("mailnull"), "a system user");
	refused(block_smtp("low"), "system user's");
	refused(block_smtp("ghost"), "not in the password file");
	refused(block_smtp("nosuch"), "none of the panel's");
	cr_expect_eq(block_calls, 0);
}

Test(fwact, block_smtp_is_not_done_to_a_uid_that_two_accounts_have)
{
	put(PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
			 "acct:x:1001:1001::/home/acct:/bin/sh\n"
			 "other:x:1001:1001::/home/other:/bin/sh\n");
	refused(block_smtp("acct"), "another account has the same uid");
	cr_expect_eq(block_calls, 0);
}

Test(fwact, a_filter_of_others_counts_when_it_has_all_ports_of_smtp)
{
	static const char *const others[] = {"tcp|out|d=80|u=1001 # web\n",
					     "tcp|out|d=25,465|u=1001 # not all\n",
					     "udp|out|d=25,465,587|u=1001 # not mail\n"};
	json_t *answer;

	for (size_t i = 0; i < 3; i++) {
		have_csf(others[i], "");
		answer = block_smtp("acct");
		cr_expect(is_ok(answer), "%s", others[i]);
		json_decref(ask(NOW + 1, "{\"do\":\"notice\",\"event\":\"removed\","
					 "\"user\":\"acct\"}"));
		json_decref(answer);
		cr_expect_eq(there_n, 0);
	}
	have_csf("tcp|out|d=25,465,587|u=1001 # all\n", "");
	refused(block_smtp("acct"), "csf has it already");
}

static void lists_changed(int64_t now_s)
{
	json_decref(ask(now_s, "{\"do\":\"notice\",\"event\":\"lists\"}"));
}

static void smtp_is_blocked(void)
{
	json_t *answer = block_smtp("acct");

	cr_assert(is_ok(answer));
	json_decref(answer);
	cr_assert_eq(there_n, 1);
}

/* cPanel's hook may be missing or late. */
Test(fwact, block_smtp_ends_when_the_uid_is_somebody_elses)
{
	smtp_is_blocked();
	put(PATH_TRUEUSERDOMAINS, "other.example: other\nnew.example: newcomer\n");
	put(PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
			 "newcomer:x:1001:1001::/home/newcomer:/bin/sh\n");
	lists_changed(NOW + 5);
	cr_expect_eq(there_n, 0);
	keep_heal(x, NOW + 6);
	keep_blocks(x, NOW + 6);
	cr_expect_eq(there_n, 0);
}

Test(fwact, block_smtp_ends_when_the_account_comes_back_with_another_uid)
{
	smtp_is_blocked();
	put(PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
			 "acct:x:1007:1007::/home/acct:/bin/sh\n"
			 "other:x:1001:1001::/home/other:/bin/sh\n");
	lists_changed(NOW + 5);
	cr_expect_eq(there_n, 0);
}

/* A list that can't be read says nothing of addresses, but passwd does of uids. */
Test(fwact, a_strangers_uid_is_not_blocked_whatever_else_cant_be_read)
{
	smtp_is_blocked();
	cr_assert(file_mkdirs(at("/etc/csf/csf.allow"), 0755, NULL));
	put(PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
			 "other:x:1001:1001::/home/other:/bin/sh\n");
	put(PATH_TRUEUSERDOMAINS, "other.example: other\n");
	reboot(NOW + 10);
	cr_expect_eq(there_n, 0);
}

Test(fwact, block_smtp_stays_while_the_panel_rewrites_its_lists)
{
	smtp_is_blocked();
	put(PATH_TRUEUSERDOMAINS, "other.example: other\n");
	lists_changed(NOW + 5);
	put(PATH_PASSWD, "");
	lists_changed(NOW + 6);
	cr_expect_eq(there_n, 1);
	put(PATH_PASSWD, "root:x:0:0::/root:/bin/sh\n"
			 "renamed:x:1001:1001::/home/renamed:/bin/sh\n");
	put(PATH_TRUEUSERDOMAINS, "example.com: acct\n");
	lists_changed(NOW + 7);
	cr_expect_eq(there_n, 1);
	put(PATH_TRUEUSERDOMAINS, "example.com: renamed\n");
	json_decref(ask(NOW + 8, "{\"do\":\"notice\",\"event\":\"renamed\","
				 "\"user\":\"acct\",\"newuser\":\"renamed\"}"));
	lists_changed(NOW + 9);
	cr_expect_eq(there_n, 1);
}

/* Begun, killed, and the uid given to another within the hour. */
Test(fwact, what_a_crash_left_is_not_done_to_a_stranger)
{
	struct err e = {0};
	int64_t id = leave_pending("block_smtp", "acct", "free nft uid=1002", NULL, 5);

	cr_expect(recover_all(x, (int64_t)time(NULL), &e), "%s", e.msg);
	cr_expect_eq(read_row(id).state, ACTION_FAILED);
	cr_expect_eq(there_n, 0);
}
