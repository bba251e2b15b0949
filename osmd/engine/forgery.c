/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/forgery.h"

#include <stdlib.h>
#include <string.h>

/* A forger can put false cwd= lines between the true one and the forged arrival; the
 * shortest has 26 bytes with its stamp, and 8192 hold 315 of these. */
#define SUSPECTS 320
#define TEXT_MAX 1024
/* A question may read a folder that a customer filled. */
#define QUESTIONS_PER_S 200

enum finding { FINDING_UNASKED, FINDING_CLEAN, FINDING_FORGER };

struct suspect {
	uint64_t place;
	enum finding finding;
	bool is_sender; /* text is a message id */
	uint16_t n;
	char text[TEXT_MAX];
	char who[FORGERY_WHO_MAX];
};

struct forgery {
	struct engine_hooks hooks;
	struct suspect ring[SUSPECTS];
	size_t next, used;
	int64_t asked_s;
	unsigned asked_now; /* in asked_s */
};

struct forgery *forgery_new(const struct engine_hooks *hooks)
{
	struct forgery *f = calloc(1, sizeof(*f));

	if (f)
		f->hooks = *hooks;
	return f;
}

void forgery_free(struct forgery *f)
{
	free(f);
}

static void remember(struct forgery *f, struct slice text, uint64_t place, bool is_sender)
{
	struct suspect *s = &f->ring[f->next];

	if (text.n > TEXT_MAX || !text.n)
		return;
	s->place = place;
	s->finding = FINDING_UNASKED;
	s->is_sender = is_sender;
	s->n = (uint16_t)text.n;
	s->who[0] = '\0';
	memcpy(s->text, text.p, text.n);
	f->next = (f->next + 1) % SUSPECTS;
	if (f->used < SUSPECTS)
		f->used++;
}

void forgery_cwd(struct forgery *f, struct slice printed, uint64_t place)
{
	if (f->hooks.newline_path)
		remember(f, printed, place, false);
}

void forgery_open_sender(struct forgery *f, struct slice id, uint64_t place)
{
	if (f->hooks.newline_sender)
		remember(f, id, place, true);
}

static void ask(struct forgery *f, struct suspect *s)
{
	struct slice text = {s->text, s->n};
	bool found;

	if (s->is_sender)
		found = f->hooks.newline_sender(text, s->who, f->hooks.ctx);
	else
		found = f->hooks.newline_path(text, s->who, f->hooks.ctx);
	s->who[FORGERY_WHO_MAX - 1] = '\0';
	s->finding = found ? FINDING_FORGER : FINDING_CLEAN;
}

static bool may_ask(struct forgery *f, int64_t now_s)
{
	if (now_s != f->asked_s) {
		f->asked_s = now_s;
		f->asked_now = 0;
	}
	return f->asked_now++ < QUESTIONS_PER_S;
}

bool forgery_who(struct forgery *f, uint64_t place, int64_t now_s,
		 char who[FORGERY_WHO_MAX])
{
	for (size_t i = 1; i <= f->used; i++) {
		struct suspect *s = &f->ring[(f->next + SUSPECTS - i) % SUSPECTS];

		if (s->place + FORGERY_WRITE_MAX < place)
			break;
		if (s->finding == FINDING_UNASKED && may_ask(f, now_s))
			ask(f, s);
		if (s->finding == FINDING_FORGER) {
			memcpy(who, s->who, FORGERY_WHO_MAX);
			return true;
		}
	}
	return false;
}
