/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/proof.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ID "1xVPza-0006L0-30"

static struct {
	enum spool_answer answer;
	const char *who;	/* that the spool names */
	char user[72], login[72]; /* that it was asked for */
	char fact[4][64];
	size_t facts;
} spool;

static enum spool_answer on_confirm(struct slice id, struct slice user,
				    struct slice login, struct slice address,
				    char who[72], void *ctx)
{
	(void)address;
	(void)id;
	(void)ctx;
	snprintf(spool.user, sizeof(spool.user), "%.*s", (int)user.n, user.p);
	snprintf(spool.login, sizeof(spool.login), "%.*s", (int)login.n, login.p);
	snprintf(who, 72, "%s", spool.who ? spool.who : "");
	return spool.answer;
}

static bool on_folder(struct slice printed, char who[72], void *ctx)
{
	(void)printed;
	(void)ctx;
	strcpy(who, "bob");
	return true;
}

static bool on_known(struct slice fact, void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < spool.facts; i++)
		if (slice_eq(fact, slice_str(spool.fact[i])))
			return true;
	return false;
}

static void on_note(struct slice fact, int64_t at_s, void *ctx)
{
	(void)at_s;
	(void)ctx;
	cr_assert_lt(spool.facts, 4);
	memcpy(spool.fact[spool.facts++], fact.p, fact.n);
}

static struct proof proof;

static void setup(void)
{
	memset(&spool, 0, sizeof(spool));
	proof = (struct proof){
		.hooks = {.confirm = on_confirm, .newline_path = on_folder},
		.known = on_known,
		.note = on_note};
	proof.forgery = forgery_new(&proof.hooks);
	cr_assert_not_null(proof.forgery);
}

static void cleanup(void)
{
	forgery_free(proof.forgery);
}

TestSuite(proof, .init = setup, .fini = cleanup);

static const struct proof_place doubtful = {.place = 10000, .at_s = 1000};

/* An arrival of alice's, or of her mailbox. */
static enum proof_result arrival(const char *login, const struct proof_place *place,
				 char who[FORGERY_WHO_MAX])
{
	const struct exim_line line = {.kind = EXIM_ARRIVAL,
				       .id = SLICE(ID),
				       .user = *login ? SLICE("") : SLICE("alice")};
	static struct classified c;

	c = (struct classified){.login = slice_str(login),
				.key = *login ? slice_str(login) : SLICE("alice")};
	return proof_arrival(&proof, &line, &c, place, who);
}

Test(proof, the_spool_confirms_and_its_word_is_kept)
{
	char who[FORGERY_WHO_MAX];

	spool.answer = SPOOL_CONFIRMS;
	cr_expect_eq(arrival("", &doubtful, who), PROOF_CONFIRMED);
	cr_expect_str_eq(spool.user, "alice");
	cr_expect_str_eq(spool.login, "");
	cr_assert_eq(spool.facts, 1);
	cr_expect_str_eq(spool.fact[0], ID " alice");
	spool.answer = SPOOL_ABSENT;
	cr_expect_eq(arrival("", &doubtful, who), PROOF_CONFIRMED, "delivered meanwhile");
	cr_expect_eq(proof.asked, 1, "once is enough");
	cr_expect_eq(arrival("info@a.example", &doubtful, who), PROOF_CLAIMED,
		     "said of somebody else");
	cr_expect_str_eq(spool.login, "info@a.example");
	cr_expect_str_eq(spool.user, "");
}

Test(proof, without_a_word_it_is_a_claim)
{
	char who[FORGERY_WHO_MAX];

	cr_expect_eq(arrival("", &doubtful, who), PROOF_CLAIMED);
	cr_expect_str_eq(who, "");
	cr_expect_eq(spool.facts, 0);
}

Test(proof, a_place_beyond_doubt_needs_no_spool)
{
	const struct proof_place sound = {.place = 10000, .at_s = 1000, .sound = true};
	char who[FORGERY_WHO_MAX];

	spool.answer = SPOOL_REFUTES;
	cr_expect_eq(arrival("", &sound, who), PROOF_CONFIRMED);
	cr_expect_eq(proof.asked, 0);
}

Test(proof, what_arrived_long_ago_is_a_claim)
{
	const struct proof_place again = {.place = 10000, .at_s = 1000, .again = true};
	char who[FORGERY_WHO_MAX];

	spool.answer = SPOOL_CONFIRMS;
	cr_expect_eq(arrival("", &doubtful, who), PROOF_CONFIRMED);
	cr_expect_eq(arrival("", &again, who), PROOF_CLAIMED);
}

Test(proof, the_owner_of_the_id_is_not_accused_but_the_forger)
{
	char who[FORGERY_WHO_MAX];

	spool.answer = SPOOL_REFUTES;
	spool.who = "carol";
	cr_expect_eq(arrival("", &doubtful, who), PROOF_FORGED);
	cr_expect_str_eq(who, "");
	forgery_cwd(proof.forgery, SLICE("/home/bob/nl"), 9000);
	spool.facts = 0;
	cr_expect_eq(arrival("", &doubtful, who), PROOF_FORGED);
	cr_expect_str_eq(who, "bob");
}

Test(proof, who_submitted_is_asked_of_the_spool)
{
	char who[FORGERY_WHO_MAX];

	spool.answer = SPOOL_CONFIRMS;
	cr_expect_not(proof_submitter(&proof, SLICE(ID), 1000, who), "it names nobody");
	spool.who = "alice";
	cr_expect(proof_submitter(&proof, SLICE(ID), 1000, who));
	cr_expect_str_eq(who, "alice");
	cr_expect_str_eq(spool.fact[0], ID " alice");
	spool.answer = SPOOL_ABSENT;
	cr_expect_not(proof_submitter(&proof, SLICE(ID), 1000, who));
}
