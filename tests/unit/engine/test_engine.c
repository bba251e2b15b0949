/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* The whole engine, its surroundings (spool, folders, clock) played by the test. */
#include "osmd/engine/engine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/base/file.h"
#include "osmd/model/report.h"

#define START 1795424400 /* 2026-11-23 09:00:00 UTC */
#define REPORTS_MAX 64
#define FACTS_MAX 2000

struct lab {
	char root[64];
	struct accounts *accounts;
	struct rules *rules;
	struct engine *engine;
	/* what came out */
	json_t *report[REPORTS_MAX];
	bool confirmed[REPORTS_MAX];
	unsigned wanted[REPORTS_MAX];
	size_t reports;
	unsigned rises;
	/* what the surroundings say */
	enum spool_answer spool;
	const char *spool_who, *folder_who, *sender_who;
	int64_t wall_s, last_report_s;
	char fact[FACTS_MAX][64];
	size_t facts;
	/* the next line */
	int64_t now_s;
	unsigned made;
};

static struct lab lab;

static void on_report(json_t *report, unsigned wanted, bool confirmed, void *ctx)
{
	struct lab *l = ctx;
	struct err e = {0};

	cr_assert_lt(l->reports, REPORTS_MAX);
	cr_expect(report_valid(report, &e), "%s", e.msg);
	l->report[l->reports] = json_incref(report);
	l->wanted[l->reports] = wanted;
	l->confirmed[l->reports++] = confirmed;
}

static void on_rise(struct slice account, void *ctx)
{
	struct lab *l = ctx;

	l->rises += slice_eq(account, SLICE("alice"));
}

static enum spool_answer on_confirm(struct slice id, struct slice user,
				    struct slice login, struct slice address,
				    char who[72], void *ctx)
{
	const struct lab *l = ctx;

	(void)address;
	(void)id;
	if (l->spool_who)
		snprintf(who, 72, "%s", l->spool_who);
	else
		snprintf(who, 72, "%.*s", (int)(user.n ? user.n : login.n),
			 user.n ? user.p : login.p);
	return l->spool_who && !user.n && !login.n ? SPOOL_CONFIRMS : l->spool;
}

static bool on_folder(struct slice printed, char who[72], void *ctx)
{
	const struct lab *l = ctx;

	(void)printed;
	if (l->folder_who)
		snprintf(who, 72, "%s", l->folder_who);
	return l->folder_who != NULL;
}

static bool on_sender(struct slice id, char who[72], void *ctx)
{
	const struct lab *l = ctx;

	(void)id;
	if (l->sender_who)
		snprintf(who, 72, "%s", l->sender_who);
	return l->sender_who != NULL;
}

static int64_t on_last_report(const char *type, const char *key, void *ctx)
{
	(void)type;
	(void)key;
	return ((const struct lab *)ctx)->last_report_s;
}

static int64_t on_wall(void *ctx)
{
	return ((const struct lab *)ctx)->wall_s;
}

static bool on_known(struct slice fact, void *ctx)
{
	const struct lab *l = ctx;

	for (size_t i = 0; i < l->facts; i++)
		if (slice_eq(fact, slice_str(l->fact[i])))
			return true;
	return false;
}

static void on_note(struct slice fact, int64_t at_s, void *ctx)
{
	struct lab *l = ctx;

	(void)at_s;
	if (l->facts < FACTS_MAX && fact.n < sizeof(l->fact[0]))
		memcpy(l->fact[l->facts++], fact.p, fact.n);
}

static void put(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", lab.root, name);
	cr_assert(file_replace(path, slice_str(text), 0644, NULL));
}

/* A fresh engine over the same server; facts and clock stay. live: with a spool to ask. */
static void engine_begin(bool live)
{
	const struct engine_hooks replay = {.report = on_report, .ctx = &lab};
	const struct engine_hooks all = {.report = on_report,
					 .confirm = on_confirm,
					 .newline_path = on_folder,
					 .newline_sender = on_sender,
					 .last_report = on_last_report,
					 .rises = on_rise,
					 .wall = on_wall,
					 .ctx = &lab};
	struct err e = {0};

	engine_free(lab.engine);
	lab.engine =
		engine_new(lab.rules, lab.accounts, live ? &all : &replay, !live, &e);
	cr_assert_not_null(lab.engine, "%s", e.msg);
	if (live)
		engine_set_confirmed_lookup(lab.engine, on_known, on_note, &lab);
}

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	(void)ctx;
	cr_assert_fail("%s line %u: %s", file, line, text);
}

static void set_rules(const char *conf, const char *accounts, const char *ignore)
{
	struct config config;

	cr_assert_eq(options_load(slice_str(conf), &config, NULL, NULL), 0);
	rules_free(lab.rules);
	lab.rules = rules_new(&config, slice_str(accounts), slice_str(ignore), on_problem,
			      NULL);
	cr_assert_not_null(lab.rules);
}

#define CONF                                                                             \
	"LOGLINE_LIMIT = \"3\"\nLOGLINE_INTERVAL = \"600\"\n"                            \
	"LOGLINE_ACTIONS = \"email,store,hold\"\nLOGLINE_SUBJECT_LIMIT = \"0\"\n"        \
	"CWDCHECK_LIMIT = \"0\"\nCWDCHECK_CWD_LIMIT = \"0\"\nREPORT_REPEAT = \"3600\"\n"

static void setup(void)
{
	struct paths paths;
	char path[128];

	setenv("TZ", "UTC", 1);
	tzset();
	memset(&lab, 0, sizeof(lab));
	strcpy(lab.root, "/tmp/osm-engine-XXXXXX");
	cr_assert_not_null(mkdtemp(lab.root));
	snprintf(path, sizeof(path), "%s/etc", lab.root);
	cr_assert(file_mkdirs(path, 0755, NULL));
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"
			   "alice:x:1001:1001::/home/alice:/bin/sh\n"
			   "bob:x:1002:1002::/home/bob:/bin/sh\n");
	put("/etc/userdomains", "alice.example: alice\nbob.example: bob\n");
	put("/etc/trueuserdomains", "alice.example: alice\nbob.example: bob\n");
	put("/etc/localdomains", "alice.example\nbob.example\n");
	cr_assert(paths_init(&paths, lab.root));
	lab.accounts = accounts_load(&paths, NULL);
	cr_assert_not_null(lab.accounts);
	set_rules(CONF, "", "");
	lab.now_s = START;
	lab.wall_s = START + 1000000;
	lab.spool = SPOOL_CONFIRMS;
	engine_begin(true);
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

TestSuite(engine, .init = setup, .fini = cleanup);

/* ---- lines ---- */

static void line(const char *text)
{
	engine_line(lab.engine, slice_str(text), false);
}

static const char *stamp(char out[24])
{
	time_t at = (time_t)lab.now_s;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, 24, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

/* An id that Exim would make now. */
static const char *new_id(char out[24])
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	int64_t n = lab.now_s;

	for (int i = 5; i >= 0; i--, n /= 62)
		out[i] = digits[n % 62];
	snprintf(out + 6, 18, "-%06u-00", ++lab.made % 1000000);
	return out;
}

static void by_script(const char *user, const char *subject)
{
	char text[512], at[24], id[24];

	snprintf(text, sizeof(text),
		 "%s %s <= %s@host.example U=%s P=local S=400 T=\"%s\" for x@ok.example",
		 stamp(at), new_id(id), user, user, subject);
	line(text);
}

static void by_login(const char *mailbox, const char *recipients)
{
	char text[512], at[24], id[24];

	snprintf(text, sizeof(text),
		 "%s %s <= %s H=(pc) [203.0.113.9]:4411 P=esmtpsa A=dovecot_login:%s "
		 "S=400 "
		 "T=\"n %u\" for %s",
		 stamp(at), new_id(id), mailbox, mailbox, lab.made, recipients);
	line(text);
}

static void by_cwd(const char *path)
{
	char text[512], at[24];

	snprintf(text, sizeof(text), "%s cwd=%s 3 args: /usr/sbin/sendmail -t -i",
		 stamp(at), path);
	line(text);
}

static const char *text_of(size_t report, const char *name)
{
	return json_string_value(json_object_get(lab.report[report], name));
}

static json_int_t counter(const char *name)
{
	json_t *all = engine_counters(lab.engine);
	json_int_t n = json_integer_value(json_object_get(all, name));

	json_decref(all);
	return n;
}

/* ---- limits ---- */

Test(engine, fires_above_the_limit_only)
{
	for (int i = 0; i < 3; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.reports, 0, "the limit itself is allowed");
	by_script("alice", "a");
	cr_assert_eq(lab.reports, 1);
	cr_expect(lab.confirmed[0]);
	cr_expect_str_eq(text_of(0, "type"), "logline");
	cr_expect_str_eq(text_of(0, "account"), "alice");
	cr_expect_str_eq(text_of(0, "key"), "alice");
	cr_expect_eq(json_integer_value(json_object_get(lab.report[0], "count")), 4);
	cr_expect_eq(lab.wanted[0], ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_STORE) |
					    ACTION_BIT(ACTION_HOLD));
}

Test(engine, what_is_too_old_has_left)
{
	for (int i = 0; i < 3; i++)
		by_script("alice", "a");
	lab.now_s += 601;
	by_script("alice", "a");
	cr_expect_eq(lab.reports, 0);
}

Test(engine, a_mailbox_is_counted_by_its_login)
{
	by_login("info@bob.example", "x@ok.example");
	by_login("INFO@Bob.Example", "x@ok.example");
	by_login("info+bob.example", "x@ok.example");
	by_login("info@bob.example", "x@ok.example");
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "key"), "info@bob.example");
	cr_expect_str_eq(text_of(0, "mailbox"), "info@bob.example");
	cr_expect_str_eq(text_of(0, "account"), "bob");
}

/* sendmail -f '<>' -EID looks like Exim's own autoreply. */
static void by_reply(const char *user, const char *cause)
{
	char text[512], at[24], id[24];

	snprintf(text, sizeof(text),
		 "%s %s <= <> R=%s U=%s P=local S=400 T=\"a\" for x@ok.example", stamp(at),
		 new_id(id), cause, user);
	line(text);
}

Test(engine, a_made_up_cause_hides_no_mail)
{
	by_script("bob", "a");
	for (int i = 0; i < 4; i++)
		by_reply("alice", "zzzzzz-000000-00");
	cr_assert_eq(lab.reports, 1, "of the future");
	cr_expect_str_eq(text_of(0, "account"), "alice");
	lab.now_s += 2 * 3600;
	for (int i = 0; i < 30; i++)
		by_reply("alice", "1aaaaa-000000-00");
	cr_expect_gt(lab.reports, 1, "of the past");
}

Test(engine, recipients_can_be_the_unit)
{
	set_rules(CONF "COUNT_UNIT = \"recipients\"\n", "", "");
	engine_begin(true);
	by_login("info@bob.example", "a@ok.example b@ok.example c@ok.example");
	cr_expect_eq(lab.reports, 0);
	by_login("info@bob.example", "a@ok.example");
	cr_assert_eq(lab.reports, 1);
	cr_expect_eq(json_integer_value(json_object_get(lab.report[0], "recipients")), 4);
}

Test(engine, mail_that_stays_here_is_not_counted)
{
	for (int i = 0; i < 9; i++)
		by_login("info@bob.example", "a@alice.example b@bob.example");
	cr_expect_eq(lab.reports, 0);
	by_login("info@bob.example", "a@alice.example b@ok.example");
	set_rules(CONF "COUNT_LOCAL = \"1\"\n", "", "");
	engine_begin(true);
	for (int i = 0; i < 4; i++)
		by_login("info@bob.example", "a@alice.example b@bob.example");
	cr_expect_eq(lab.reports, 1);
}

Test(engine, subjects_count_by_sender)
{
	set_rules("LOGLINE_LIMIT = \"0\"\nLOGLINE_SUBJECT_LIMIT = \"3\"\n"
		  "CWDCHECK_LIMIT = \"0\"\nCWDCHECK_CWD_LIMIT = \"0\"\n",
		  "", "");
	engine_begin(true);
	for (int i = 0; i < 3; i++) {
		by_script("alice", "You have WON");
		by_script("alice", "other");
		by_script("bob", "You have won");
	}
	cr_expect_eq(lab.reports, 0);
	by_script("alice", "you have won");
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "type"), "logline:subject");
	cr_expect_str_eq(text_of(0, "key"), "alice you have won");
}

Test(engine, an_account_has_its_own_limit_and_the_ignore_list_rules)
{
	set_rules(CONF, "alice logline 5\n", "user:bob\n");
	engine_begin(true);
	for (int i = 0; i < 5; i++) {
		by_script("alice", "a");
		by_script("bob", "a");
	}
	cr_expect_eq(lab.reports, 0);
	by_script("alice", "a");
	cr_expect_eq(lab.reports, 1);
}

Test(engine, repeats_are_held_back_and_counted_in_the_next_report)
{
	for (int i = 0; i < 8; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.reports, 1, "four more within REPORT_REPEAT");
	lab.now_s += 3600;
	for (int i = 0; i < 4; i++)
		by_script("alice", "a");
	cr_assert_eq(lab.reports, 2);
	cr_expect_eq(json_integer_value(json_object_get(lab.report[1], "added_since")),
		     4);
}

Test(engine, what_a_person_undid_is_news_again)
{
	for (int i = 0; i < 7; i++)
		by_script("alice", "a");
	engine_forget(lab.engine, SLICE("alice"));
	for (int i = 0; i < 3; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.reports, 1, "the counts are cleared");
	by_script("alice", "a");
	cr_expect_eq(lab.reports, 2, "and nothing is held back");
}

Test(engine, tells_of_a_window_that_is_half_full)
{
	set_rules("LOGLINE_LIMIT = \"6\"\nLOGLINE_SUBJECT_LIMIT = \"0\"\n", "", "");
	engine_begin(true);
	for (int i = 0; i < 2; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.rises, 0);
	by_script("alice", "a");
	cr_expect_gt(lab.rises, 0, "half of 6");
	engine_warm_begin(lab.engine);
	lab.rises = 0;
	by_script("alice", "a");
	cr_expect_eq(lab.rises, 0, "that was before the restart");
}

Test(engine, leaves_out_after_a_restart_what_was_before_a_release)
{
	engine_warm_begin(lab.engine);
	engine_released(lab.engine, SLICE("alice"), lab.now_s);
	for (int i = 0; i < 3; i++)
		by_script("alice", "a");
	engine_warm_end(lab.engine);
	lab.now_s++;
	for (int i = 0; i < 3; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.reports, 0, "three since");
	by_script("alice", "a");
	cr_expect_eq(lab.reports, 1);
}

/* ---- certainty ---- */

Test(engine, claims_alone_make_no_report)
{
	by_cwd("/home/bob"); /* the log is not beyond doubt */
	lab.spool = SPOOL_ABSENT;
	for (int i = 0; i < 40; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.reports, 0);
	cr_expect_eq(counter("claims_only"), 10);
}

Test(engine, too_few_confirmed_ones_only_tell)
{
	by_cwd("/home/bob");
	by_script("alice", "a");
	by_script("alice", "a");
	lab.spool = SPOOL_ABSENT;
	by_script("alice", "a");
	by_script("alice", "a");
	cr_assert_eq(lab.reports, 1);
	cr_expect_not(lab.confirmed[0]);
	lab.spool = SPOOL_CONFIRMS;
	by_script("alice", "a");
	cr_expect_eq(lab.reports, 1);
	by_script("alice", "a");
	cr_assert_eq(lab.reports, 2, "the confirmed ones were not used up");
	cr_expect(lab.confirmed[1]);
}

Test(engine, the_spool_refutes_a_line_and_the_victim_is_left_alone)
{
	by_cwd("/home/bob");
	lab.spool = SPOOL_REFUTES;
	lab.spool_who = "bob"; /* the id is bob's, overheard by somebody */
	for (int i = 0; i < 40; i++)
		by_script("alice", "a");
	cr_expect_eq(lab.reports, 0, "and who owns the id is not accused");
	cr_expect_eq(counter("forged"), 40);
}

Test(engine, the_forger_is_reported)
{
	lab.spool = SPOOL_ABSENT;
	lab.folder_who = "bob";
	by_cwd("/home/bob/nl");
	for (int i = 0; i < 11; i++)
		by_script("alice", "a");
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "kind"), "forgery");
	cr_expect_str_eq(text_of(0, "account"), "bob");
	cr_expect_eq(lab.wanted[0] & ACTION_BIT(ACTION_HOLD), 0);
}

/* An arrival whose sender goes on, around a line that names alice. */
static void open_sender(bool ends)
{
	char text[512], at[24], id[24];

	snprintf(text, sizeof(text), "%s %s <= \"n", stamp(at), new_id(id));
	line(text);
	by_script("alice", "a");
	if (ends)
		snprintf(text, sizeof(text),
			 "%s z\"@evil.example U=bob P=local S=513 for a@ok.example",
			 stamp(at));
	else
		snprintf(text, sizeof(text), "%s \" nothing", stamp(at));
	line(text);
}

Test(engine, a_sender_that_goes_on_accuses_who_gave_it_and_no_other)
{
	lab.spool = SPOOL_REFUTES;
	lab.spool_who = "bob"; /* the ids are of his messages, which have other senders */
	for (int i = 0; i < 30; i++)
		open_sender(i % 2);
	cr_expect_eq(lab.reports, 0);
	lab.sender_who = "bob";
	for (int i = 0; i < 11; i++)
		open_sender(true);
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "kind"), "forgery");
	cr_expect_str_eq(text_of(0, "account"), "bob");
}

static void named_sender(const char *id, const char *user)
{
	char text[512], at[24];

	snprintf(text, sizeof(text), "%s %s Sender identification U=%s D=x.example S=%s",
		 stamp(at), id, user, user);
	line(text);
}

Test(engine, a_forged_name_of_a_sender_is_its_forgers)
{
	char id[24];

	by_script("alice", "a"); /* confirmed */
	lab.now_s += 10;
	lab.spool = SPOOL_ABSENT;
	lab.folder_who = "bob";
	by_cwd("/home/bob/nl");
	for (int i = 0; i < 11; i++)
		named_sender(new_id(id), "alice");
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "kind"), "forgery");
	cr_expect_str_eq(text_of(0, "account"), "bob");
}

/* Who guesses the ids of his next messages can write lines about them before they are. */
Test(engine, lines_forged_beforehand_hide_no_message)
{
	char text[512], at[24], id[24];

	by_script("bob", "a");
	lab.now_s += 10;
	for (int i = 0; i < 4; i++) {
		const char *kind = i % 2 ? "F=<> rejected by non-SMTP ACL: no"
					 : "Sender identification U=bob D=x S=x";

		new_id(id);
		lab.spool = SPOOL_ABSENT;
		snprintf(text, sizeof(text), "%s %s %s", stamp(at), id, kind);
		line(text);
		lab.spool = SPOOL_CONFIRMS;
		snprintf(text, sizeof(text),
			 "%s %s <= x@h.example U=alice P=local S=4 for x@ok.example", at, id);
		line(text);
	}
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "account"), "alice");
	cr_expect(lab.confirmed[0]);
}

Test(engine, a_line_forged_beforehand_leaves_the_spools_word)
{
	char text[512], at[24], id[24];

	by_script("bob", "a");
	lab.now_s += 10;
	for (int i = 0; i < 4; i++) {
		new_id(id);
		lab.spool = SPOOL_ABSENT;
		lab.spool_who = NULL;
		snprintf(text, sizeof(text), "%s %s => x@ok.example R=r T=t", stamp(at), id);
		line(text);
		lab.spool_who = "alice";
		named_sender(id, "alice");
	}
	cr_assert_eq(lab.reports, 1);
	cr_expect(lab.confirmed[0]);
}

/* Who got mail from alice knows its ids, and she did send it, once. */
Test(engine, a_message_of_long_ago_is_not_counted_again)
{
	char old[4][24], text[512], at[24];

	lab.now_s -= 7200;
	for (int i = 0; i < 4; i++) {
		by_script("alice", "a");
		lab.made--;
		new_id(old[i]);
		lab.now_s += 700; /* never over the limit in an interval */
	}
	cr_assert_eq(lab.reports, 0);
	lab.now_s = START;
	engine_begin(true); /* what was read before the restart is too old for the warm-up */
	by_script("bob", "a");
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			 "%s %s <= x@h.example U=alice P=local S=4 for x@ok.example",
			 stamp(at), old[i]);
		line(text);
	}
	for (size_t i = 0; i < lab.reports; i++)
		cr_expect_not(lab.confirmed[i], "these lines are forged");
	cr_expect_eq(counter("confirmed"), 1);
}

Test(engine, a_log_beyond_doubt_needs_no_spool)
{
	lab.spool = SPOOL_ABSENT;
	for (int i = 0; i < 100; i++)
		by_login("other@alice.example", "a@alice.example");
	for (int i = 0; i < 4; i++)
		by_login("info@bob.example", "x@ok.example");
	cr_assert_eq(lab.reports, 1);
	cr_expect(lab.confirmed[0]);
}

Test(engine, an_id_arrives_once)
{
	char text[256], at[24], id[24];

	snprintf(text, sizeof(text),
		 "%s %s <= a@host.example U=alice P=local S=4 T=\"a\" for x@ok.example",
		 stamp(at), new_id(id));
	for (int i = 0; i < 9; i++)
		line(text);
	cr_expect_eq(lab.reports, 0);
	cr_expect_eq(counter("duplicates"), 8);
}

Test(engine, a_hidden_arrival_is_charged_to_whom_the_spool_names)
{
	char text[256], at[24], id[24];

	by_script("bob", "a");
	lab.now_s++;
	lab.spool_who = "alice";
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			 "%s %s => x@ok.example R=lookuphost T=remote_smtp", stamp(at),
			 new_id(id));
		line(text);
	}
	cr_assert_eq(lab.reports, 1);
	cr_expect_str_eq(text_of(0, "account"), "alice");
	cr_expect_geq(json_array_size(json_object_get(lab.report[0], "notes")), 1);
	cr_expect_eq(counter("hidden"), 4);
}

Test(engine, a_stamp_of_the_future_is_now)
{
	lab.wall_s = START + 10;
	lab.now_s = START + 900000;
	by_script("alice", "a");
	cr_expect_leq(engine_now_s(lab.engine), START + 11);
	cr_expect_eq(counter("future"), 1);
}

Test(engine, starts_are_confirmed_by_arrivals)
{
	set_rules("LOGLINE_LIMIT = \"0\"\nLOGLINE_SUBJECT_LIMIT = \"0\"\n"
		  "CWDCHECK_LIMIT = \"3\"\nCWDCHECK_CWD_LIMIT = \"3\"\n",
		  "", "");
	engine_begin(true);
	for (int i = 0; i < 4; i++) {
		by_cwd("/home/alice/www");
		cr_expect_eq(lab.reports, 0);
		by_script("alice", "a");
	}
	cr_assert_eq(lab.reports, 2);
	cr_expect(lab.confirmed[0] && lab.confirmed[1]);
	cr_expect_str_eq(text_of(1, "key"), "/home/alice/www");
}

Test(engine, starts_of_others_in_a_folder_prove_nothing)
{
	set_rules("LOGLINE_LIMIT = \"0\"\nLOGLINE_SUBJECT_LIMIT = \"0\"\n"
		  "CWDCHECK_LIMIT = \"3\"\nCWDCHECK_CWD_LIMIT = \"3\"\n",
		  "", "");
	engine_begin(true);
	for (int i = 0; i < 40; i++) {
		by_cwd("/home/alice/www");
		by_script("bob", "a");
	}
	cr_expect_eq(lab.reports, 0);
}

/* ---- restart ---- */

Test(engine, a_warm_up_makes_nothing_twice)
{
	for (int i = 0; i < 6; i++)
		by_script("alice", "a");
	cr_assert_eq(lab.reports, 1);
	lab.made = 0;
	engine_begin(true);
	lab.spool = SPOOL_ABSENT; /* all delivered meanwhile */
	engine_warm_begin(lab.engine);
	engine_used(lab.engine, lab.report[0]);
	for (int i = 0; i < 6; i++)
		by_script("alice", "a");
	engine_warm_end(lab.engine);
	cr_expect_eq(lab.reports, 1);
	lab.spool = SPOOL_CONFIRMS;
	lab.now_s += 500;
	by_script("alice", "a");
	cr_expect_eq(counter("held_back"), 0, "two are in the window, and this one");
	by_script("alice", "a");
	cr_expect_eq(counter("held_back"), 1, "the fourth fires, and is a repeat");
}

Test(engine, a_report_that_was_stored_but_not_acknowledged_is_the_same_again)
{
	for (int i = 0; i < 4; i++)
		by_script("alice", "a");
	cr_assert_eq(lab.reports, 1);
	lab.made = 0;
	lab.last_report_s = START;
	engine_begin(true);
	engine_warm_begin(lab.engine);
	engine_used(lab.engine, lab.report[0]);
	for (int i = 0; i < 3; i++)
		by_script("alice", "a");
	engine_warm_end(lab.engine);
	by_script("alice", "a"); /* the place in the log was before this line */
	cr_assert_eq(lab.reports, 2);
	cr_expect_str_eq(text_of(1, "id"), text_of(0, "id"));
	cr_expect(lab.confirmed[1]);
}

/* ---- replay ---- */

Test(engine, a_replay_reports_from_the_log_alone)
{
	engine_begin(false);
	for (int i = 0; i < 4; i++)
		by_script("alice", "a");
	cr_assert_eq(lab.reports, 1);
	cr_expect_not(lab.confirmed[0]);
}

Test(engine, lines_of_any_kind_are_counted_by_reason)
{
	json_t *all, *unparsed;

	line("");
	line("no stamp");
	engine_line(lab.engine, SLICE("2026-11-23 09:00:00 x"), true);
	all = engine_counters(lab.engine);
	unparsed = json_object_get(all, "unparsed");
	cr_expect_eq(json_integer_value(json_object_get(unparsed, "empty")), 1);
	cr_expect_eq(json_integer_value(json_object_get(unparsed, "no-time")), 1);
	cr_expect_eq(json_integer_value(json_object_get(unparsed, "long")), 1);
	cr_expect_eq(json_integer_value(json_object_get(all, "lines")), 3);
	json_decref(all);
}
