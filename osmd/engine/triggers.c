/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/triggers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/map.h"
#include "osmd/engine/history.h"
#include "osmd/model/report.h"
#include "osmd/model/window.h"

/* One account may hold this part of all keys. */
#define OWNER_SHARE 20
#define OWNER_KEYS_LEAST 1000
/* Somebody who forges more lines than this in an hour is reported. */
#define FORGERY_LIMIT 10
#define FORGERY_INTERVAL_S 3600
#define FORGERY_NAME "forged-lines:"
#define BESIDE_MAX (SUBJECT_MAX > PACKET_CWD_MAX ? SUBJECT_MAX : PACKET_CWD_MAX)
#define BESIDE_KEY_MAX (CLASSIFY_LOGIN_MAX + 1 + BESIDE_MAX)
#define TABLES (TRIGGER_COUNT + 1) /* the last one is the forgers' */
#define HOST_MAX 256
/* Beside the certainty of a window's entry: it may not be a ground to act. */
#define ENTRY_SPARED 0x80
#define TOP_MAX 1000
#define RELEASED_MAX 100000

struct triggers {
	const struct rules *rules;	 /* borrowed */
	const struct accounts *accounts; /* borrowed */
	struct engine_hooks hooks;
	struct evidence *evidence;     /* borrowed */
	struct window *window[TABLES]; /* NULL where nothing is fed */
	/* The same of confirmed events only: an action needs enough of these by themselves, and
	 * the others must not use them up. NULL where there is nothing to confirm by. */
	struct window *sure[TABLES];
	struct history *history;
	struct map *released; /* while warm: account -> when it was let go; else NULL */
	bool warm;
	struct triggers_stats stats;
	char host[HOST_MAX];
};

/* A window that has just been exceeded. */
struct firing {
	unsigned table;
	const char *kind;
	enum trigger_id trigger;
	struct slice account, mailbox, key;
	struct trigger_config rule;
	const struct window_state *state;
	uint64_t confirmed; /* entries */
	uint64_t weight;    /* confirmed, in the unit of the limit */
	size_t sure;	    /* confirmed ones of this key beside these */
	uint64_t spared;    /* to this server itself, or perhaps */
};

static bool is_fed(unsigned table)
{
	return table < TRIGGER_COUNT || table == HISTORY_FORGERS;
}

/* Connections are seen, not told by strangers: there is no claim that could be forged. */
static bool is_by_packet(unsigned table)
{
	return table == TRIGGER_PACKET || table == TRIGGER_PACKET_CWD;
}

static bool is_by_path(unsigned table)
{
	return table == TRIGGER_CWDCHECK || table == TRIGGER_CWDCHECK_CWD;
}

/* Forged lines are told by who forged them: nothing is left to confirm. */
static bool has_sure_events(unsigned table)
{
	return table != HISTORY_FORGERS;
}

struct triggers *triggers_new(const struct rules *rules, const struct accounts *accounts,
			      const struct engine_hooks *hooks, struct evidence *evidence,
			      struct err *e)
{
	const size_t keys = rules_config(rules)->window_keys;
	const size_t share = keys / OWNER_SHARE;
	struct triggers *t = calloc(1, sizeof(*t));
	bool ok = t != NULL;

	if (ok) {
		t->hooks = *hooks;
		t->evidence = evidence;
		t->history = history_new(keys);
		ok = t->history != NULL;
		if (gethostname(t->host, sizeof(t->host) - 1) < 0)
			t->host[0] = '\0';
		triggers_swap(t, rules, accounts);
	}
	for (unsigned i = 0; ok && i < TABLES; i++) {
		const size_t own = share > OWNER_KEYS_LEAST ? share : OWNER_KEYS_LEAST;

		if (!is_fed(i))
			continue;
		t->window[i] = window_new(keys, own);
		if (hooks->confirm && has_sure_events(i))
			t->sure[i] = window_new(keys, own);
		ok = t->window[i] &&
		     (t->sure[i] || !hooks->confirm || !has_sure_events(i));
	}
	if (ok)
		return t;
	triggers_free(t);
	err_set(e, ENOMEM, "triggers: no memory");
	return NULL;
}

void triggers_free(struct triggers *t)
{
	if (!t)
		return;
	map_free(t->released);
	for (unsigned i = 0; i < TABLES; i++) {
		window_free(t->window[i]);
		window_free(t->sure[i]);
	}
	history_free(t->history);
	free(t);
}

void triggers_swap(struct triggers *t, const struct rules *rules,
		   const struct accounts *accounts)
{
	t->rules = rules;
	t->accounts = accounts;
}

static void drop_time(void *value, void *ctx)
{
	(void)ctx;
	free(value);
}

void triggers_set_warm(struct triggers *t, bool warm)
{
	t->warm = warm;
	map_free(t->released);
	t->released = warm ? map_new(RELEASED_MAX, drop_time, NULL) : NULL;
}

void triggers_used(struct triggers *t, const json_t *report)
{
	history_used(t->history, report);
}

/* ---- what fires ---- */

static uint64_t weigh(const struct triggers *t, const struct window_entry *e)
{
	return rules_config(t->rules)->count_unit == COUNT_RECIPIENTS ? e->weight : 1;
}

static void judge(const struct triggers *t, struct firing *f)
{
	for (size_t i = 0; i < f->state->count; i++) {
		const struct window_entry *e = &f->state->entries[i];

		f->spared += (e->certainty & ENTRY_SPARED) != 0;
		if (e->certainty & ENTRY_SPARED || e->certainty < CERTAINTY_CONFIRMED)
			continue;
		f->confirmed++;
		f->weight += weigh(t, e);
	}
}

static void add_packet_notes(struct report_builder *b, const struct triggers *t,
			     const struct firing *f)
{
	const uint64_t unsure = f->state->count - f->confirmed - f->spared;
	const char *no_act =
		f->weight > f->rule.limit
			? ""
			: "; the others don't exceed the limit by themselves, "
			  "so nothing but telling was done";
	char text[256];

	if (!t->hooks.confirm) {
		report_note(b, "From a capture, which knows no process.");
		return;
	}
	if (unsure) {
		snprintf(text, sizeof(text),
			 "Of %llu of the %zu connections the process was gone before it "
			 "could be seen for certain%s.",
			 (unsigned long long)unsure, f->state->count, no_act);
		report_note(b, text);
	}
	if (f->spared) {
		snprintf(text, sizeof(text),
			 "%llu of the %zu connections went to this server itself, or it "
			 "could not be told where; its log tells of the same mail%s.",
			 (unsigned long long)f->spared, f->state->count, no_act);
		report_note(b, text);
	}
}

static void add_notes(struct report_builder *b, const struct triggers *t,
		      const struct firing *f, uint64_t hidden)
{
	const uint64_t claims = f->state->count - f->confirmed;
	char text[256];

	if (hidden) {
		snprintf(text, sizeof(text),
			 "The arrival line of %llu of these messages is missing from the "
			 "log: "
			 "somebody makes Exim's log buffer overflow to hide them.",
			 (unsigned long long)hidden);
		report_note(b, text);
	}
	if (f->state->evicted) {
		snprintf(text, sizeof(text), "%llu older events were pushed out.",
			 (unsigned long long)f->state->evicted);
		report_note(b, text);
	}
	if (f->table == HISTORY_FORGERS)
		report_note(
			b,
			"This account makes Exim print log lines that it doesn't mean, "
			"to blame others or to be overlooked. The lines below are "
			"false, and were not counted against those whom they name.");
	else if (is_by_packet(f->table))
		add_packet_notes(b, t, f);
	else if (!t->hooks.confirm)
		report_note(b,
			    "From the log alone: nothing else was there to confirm it.");
	else if (claims) {
		snprintf(text, sizeof(text),
			 "%llu of the %zu events stand in the log only and were not "
			 "confirmed%s.",
			 (unsigned long long)claims, f->state->count,
			 f->weight > f->rule.limit
				 ? ""
				 : "; what is confirmed doesn't exceed the limit by "
				   "itself, so nothing but telling was done");
		report_note(b, text);
	}
}

static uint64_t add_events(struct report_builder *b, const struct triggers *t,
			   const struct firing *f)
{
	struct observation_space space;
	uint64_t hidden = 0;

	for (size_t i = 0; i < f->state->count; i++) {
		const struct window_entry *e = &f->state->entries[i];
		const enum certainty c = (enum certainty)(e->certainty & ~ENTRY_SPARED);
		struct event ev;
		bool is_hidden;

		if (!observation_recall(t->evidence, e->ref, &ev, &space, &is_hidden)) {
			report_lost_event(b, e->at_s, c);
			continue;
		}
		ev.at_s = e->at_s;
		ev.certainty = c;
		hidden += is_hidden;
		report_event(b, &ev);
	}
	return hidden;
}

static json_t *make_report(const struct triggers *t, const struct firing *f,
			   uint64_t held_back)
{
	const struct config *config = rules_config(t->rules);
	const struct account *a = accounts_by_user(t->accounts, f->account);
	const struct window_entry *last = &f->state->entries[f->state->count - 1];
	const struct report_head head = {
		.kind = f->kind,
		.trigger = f->trigger,
		.account = f->account,
		.mailbox = f->mailbox,
		.key = f->key,
		.owner = a ? a->owner : (struct slice){NULL, 0},
		.domain = a ? a->domain : (struct slice){NULL, 0},
		.host = slice_str(t->host),
		.limit = f->rule.limit,
		.interval_s = f->rule.interval_s,
		.actions = f->rule.actions,
		.testing = config->testing,
		.recipients_unit = config->count_unit == COUNT_RECIPIENTS &&
				   f->table != HISTORY_FORGERS,
		.made_at_s = last->at_s,
		.added_since = held_back};
	struct report_builder *b = report_begin(&head, config->report_lines);

	if (!b)
		return NULL;
	add_notes(b, t, f, add_events(b, t, f));
	return report_end(b);
}

/* What was held has been let go by then, and is held again. */
static unsigned repeat_of(const struct triggers *t, const struct firing *f)
{
	const struct config *config = rules_config(t->rules);
	const unsigned telling = ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_STORE);
	const unsigned wall = ACTION_BIT(ACTION_FIREWALL);
	unsigned repeat_s = config->report_repeat_s;

	if ((f->rule.actions & ~(telling | wall)) && config->action_expire_s &&
	    config->action_expire_s < repeat_s)
		repeat_s = config->action_expire_s;
	if ((f->rule.actions & wall) && config->firewall_ttl_s &&
	    config->firewall_ttl_s < repeat_s)
		repeat_s = config->firewall_ttl_s;
	return repeat_s;
}

static bool is_held_back(struct triggers *t, const struct firing *f, bool confirmed,
			 int64_t at_s)
{
	const unsigned repeat_s = repeat_of(t, f);
	char key[REPORT_KEY_MAX + 1];
	const size_t n = f->key.n < REPORT_KEY_MAX ? f->key.n : REPORT_KEY_MAX;
	int64_t stored_s = 0;

	if (t->hooks.last_report) {
		if (n)
			memcpy(key, f->key.p, n);
		key[n] = '\0';
		stored_s =
			t->hooks.last_report(trigger_name(f->trigger), key, t->hooks.ctx);
	}
	return !history_may_report(t->history, (struct history_key){f->table, f->key},
				   at_s, repeat_s, confirmed, stored_s);
}

static void fire(struct triggers *t, struct firing *f, bool again)
{
	const struct history_key k = {f->table, f->key};
	const int64_t at_s = f->state->entries[f->state->count - 1].at_s;
	bool confirmed;
	json_t *report;

	if (t->warm) {
		t->stats.warm++;
		if (!again)
			history_held_back(t->history, k, f->state->count);
		return;
	}
	judge(t, f);
	confirmed = f->weight > f->rule.limit;
	if (t->hooks.confirm && !f->confirmed && !is_by_packet(f->table)) {
		t->stats.claims_only += !f->sure;
		if (f->sure * 2 >= f->rule.limit || !f->sure)
			return; /* nothing backs it; or what is sure fires by itself, soon */
	}
	if (!again && is_held_back(t, f, confirmed, at_s)) {
		t->stats.held_back++;
		history_held_back(t->history, k, f->state->count);
		return;
	}
	report = make_report(
		t, f, history_reported(t->history, k, f->account, at_s, confirmed));
	if (!report) {
		t->stats.lost++;
		return;
	}
	t->stats.reports++;
	t->hooks.report(report, f->rule.actions, confirmed, t->hooks.ctx);
	json_decref(report);
}

/* ---- what is counted ---- */

static void forget(struct triggers *t, const struct firing *f, struct slice owner,
		   bool confirmed)
{
	window_forget(t->window[f->table], owner, f->key);
	if (confirmed && t->sure[f->table])
		window_forget(t->sure[f->table], owner, f->key);
}

/* false: no memory. */
static bool add_to(struct window *w, const struct firing *f, struct slice owner,
		   const struct window_entry *entry, struct window_state *state)
{
	return window_add(w, owner, f->key, f->rule.limit, f->rule.interval_s, entry,
			  state);
}

/* From half of the limit on, with each event. */
static void tell_rise(const struct triggers *t, const struct firing *f)
{
	if (t->hooks.rises && !t->warm && f->account.n &&
	    f->state->weight * 2 >= f->rule.limit)
		t->hooks.rises(f->account, t->hooks.ctx);
}

/* Into the window of confirmed events; true: it fired, and took the others along. */
static bool add_sure(struct triggers *t, struct firing *f, struct slice owner,
		     const struct window_entry *entry, bool again)
{
	struct window_state state;

	f->state = &state;
	if (!add_to(t->sure[f->table], f, owner, entry, &state)) {
		t->stats.lost++;
		return false;
	}
	if (!state.fired) {
		tell_rise(t, f);
		return false;
	}
	window_forget(t->window[f->table], owner, f->key);
	fire(t, f, again);
	return true;
}

static void add_any(struct triggers *t, struct firing *f, struct slice owner,
		    const struct window_entry *entry, bool again)
{
	struct window_state state;

	f->state = &state;
	if (!add_to(t->window[f->table], f, owner, entry, &state)) {
		t->stats.lost++;
		return;
	}
	if (!state.fired) {
		tell_rise(t, f);
		return;
	}
	if (t->sure[f->table])
		f->sure = window_count(t->sure[f->table], owner, f->key);
	fire(t, f, again);
}

static struct window_entry entry_of(const struct observation *o, uint32_t weight)
{
	return (struct window_entry){
		.at_s = o->event.at_s,
		.ref = o->ref,
		.weight = weight,
		.certainty = (uint8_t)(o->event.certainty |
				       (o->event.is_local ? ENTRY_SPARED : 0))};
}

/* Do stored reports say that a window ended before this event, or (*last) with it? */
static void place(struct triggers *t, const struct firing *f, const struct observation *o,
		  struct slice owner, bool *last, bool *confirmed)
{
	const struct history_key k = {f->table, f->key};
	enum history_place at = history_place(t->history, k, &o->event, confirmed);

	if (at == HISTORY_AFTER)
		forget(t, f, owner, *confirmed);
	*last = at == HISTORY_LAST;
}

void triggers_released(struct triggers *t, struct slice account, int64_t at_s)
{
	int64_t *until = malloc(sizeof(*until));

	history_released(t->history, account, at_s);
	if (!until)
		return;
	*until = at_s;
	if (!account.n || !t->released || !map_put(t->released, account, until))
		free(until);
}

static bool is_left_out(struct triggers *t, struct slice account, int64_t at_s)
{
	const int64_t *until = t->warm && t->released && account.n
				       ? map_peek(t->released, account)
				       : NULL;

	return until && at_s <= *until;
}

static void add(struct triggers *t, struct firing *f, struct observation *o,
		struct slice owner, uint32_t weight)
{
	bool last = false, confirmed = false;
	struct window_entry entry;

	if (is_left_out(t, f->account, o->event.at_s))
		return;
	/* paths have their say when they are confirmed */
	if (!is_by_path(f->table) || !t->sure[f->table])
		place(t, f, o, owner, &last, &confirmed);
	observation_keep(o, t->evidence);
	entry = entry_of(o, weight);
	if (!t->sure[f->table] || entry.certainty < CERTAINTY_CONFIRMED ||
	    entry.certainty & ENTRY_SPARED || !add_sure(t, f, owner, &entry, last))
		add_any(t, f, owner, &entry, last);
	if (last)
		forget(t, f, owner, confirmed);
}

static void count(struct triggers *t, enum trigger_id id, struct observation *o,
		  struct slice key)
{
	const struct event *ev = &o->event;
	struct firing f = {.table = id,
			   .kind = "limit",
			   .trigger = id,
			   .account = ev->account,
			   .mailbox = ev->mailbox,
			   .key = key};
	bool by_recipients = rules_config(t->rules)->count_unit == COUNT_RECIPIENTS &&
			     ev->type == EVENT_LOGLINE;

	f.rule = rules_trigger(t->rules, id, ev);
	if (!f.rule.limit)
		return;
	if (rules_ignored(t->rules, id, ev)) {
		t->stats.ignored++;
		return;
	}
	add(t, &f, o, ev->account.n ? ev->account : o->key,
	    by_recipients && ev->recipients ? ev->recipients : 1);
}

/* By the event's key and something beside it, which two keys never share. */
static void count_below(struct triggers *t, enum trigger_id id, struct observation *o,
			struct slice beside)
{
	char space[BESIDE_KEY_MAX];
	struct slice key = {space, o->key.n};

	if (o->key.n > CLASSIFY_LOGIN_MAX || beside.n > BESIDE_MAX)
		return;
	memcpy(space, o->key.p, o->key.n);
	space[key.n++] = ' ';
	if (beside.n)
		memcpy(space + key.n, beside.p, beside.n);
	key.n += beside.n;
	count(t, id, o, key);
}

void triggers_count(struct triggers *t, struct observation *o)
{
	if (o->event.type == EVENT_PACKET) {
		count(t, TRIGGER_PACKET, o, o->key);
		if (o->event.path.n)
			count_below(t, TRIGGER_PACKET_CWD, o, o->event.path);
		return;
	}
	if (o->event.type == EVENT_CWDCHECK) {
		count(t, TRIGGER_CWDCHECK, o, o->event.account);
		count(t, TRIGGER_CWDCHECK_CWD, o, o->event.path);
		return;
	}
	count(t, TRIGGER_LOGLINE, o, o->key);
	if (o->has_subject)
		count_below(t, TRIGGER_LOGLINE_SUBJECT, o, o->event.subject);
}

static void confirm_path(struct triggers *t, enum trigger_id id, struct observation *o,
			 struct slice key)
{
	struct firing f = {.table = id,
			   .kind = "limit",
			   .trigger = id,
			   .account = o->event.account,
			   .key = key,
			   .rule = rules_trigger(t->rules, id, &o->event)};
	bool last, confirmed;
	struct window_entry entry;

	if (!f.rule.limit || rules_ignored(t->rules, id, &o->event) ||
	    is_left_out(t, f.account, o->event.at_s))
		return;
	place(t, &f, o, o->event.account, &last, &confirmed);
	entry = entry_of(o, 1);
	add_sure(t, &f, o->event.account, &entry, last);
	if (last)
		forget(t, &f, o->event.account, confirmed);
}

void triggers_confirm_path(struct triggers *t, uint64_t ref, int64_t at_s)
{
	struct observation o = {.ref = ref, .kept = true};
	struct observation_space space;
	bool hidden;

	if (!t->sure[TRIGGER_CWDCHECK] ||
	    !observation_recall(t->evidence, ref, &o.event, &space, &hidden))
		return;
	o.event.at_s = at_s;
	o.event.certainty = CERTAINTY_CONFIRMED;
	confirm_path(t, TRIGGER_CWDCHECK, &o, o.event.account);
	confirm_path(t, TRIGGER_CWDCHECK_CWD, &o, o.event.path);
}

void triggers_forgery(struct triggers *t, struct slice who, struct observation *o)
{
	static const struct slice name = SLICE(FORGERY_NAME);
	char space[sizeof(FORGERY_NAME) + CLASSIFY_LOGIN_MAX];
	struct firing f = {
		.table = HISTORY_FORGERS,
		.kind = "forgery",
		.trigger = TRIGGER_LOGLINE,
		.account = who,
		.key = {space, name.n},
		.rule = {.limit = FORGERY_LIMIT,
			 .interval_s = FORGERY_INTERVAL_S,
			 .actions = ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_STORE)}};

	if (who.n > CLASSIFY_LOGIN_MAX)
		return;
	memcpy(space, name.p, name.n);
	memcpy(space + name.n, who.p, who.n);
	f.key.n += who.n;
	o->event.account = who;
	o->event.certainty = CERTAINTY_CONFIRMED;
	add(t, &f, o, who, 1);
}

void triggers_forget(struct triggers *t, struct slice account)
{
	history_forget(t->history, account);
	for (unsigned i = 0; i < TABLES; i++) {
		if (t->window[i])
			window_forget_owner(t->window[i], account);
		if (t->sure[i])
			window_forget_owner(t->sure[i], account);
	}
}

/* ---- for people ---- */

static const char *table_name(unsigned table)
{
	return table == HISTORY_FORGERS ? "forgery"
					: trigger_name((enum trigger_id)table);
}

void triggers_stats(const struct triggers *t, struct triggers_stats *out)
{
	*out = t->stats;
}

json_t *triggers_evicted(const struct triggers *t)
{
	json_t *out = json_object();

	for (unsigned i = 0; i < TABLES; i++)
		if (t->window[i])
			json_object_set_new(
				out, table_name(i),
				json_integer((json_int_t)window_evicted(t->window[i])));
	return out;
}

struct ranked {
	unsigned table;
	struct window_top top;
};

static int by_share(const void *a, const void *b)
{
	const struct window_top *x = &((const struct ranked *)a)->top,
				*y = &((const struct ranked *)b)->top;
	uint64_t p = (uint64_t)x->count * y->level, q = (uint64_t)y->count * x->level;

	return p != q ? (p < q ? 1 : -1) : (x->count < y->count) - (x->count > y->count);
}

static json_t *top_json(const struct ranked *r)
{
	return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I}", "type", table_name(r->table),
			 "account", report_text(r->top.owner, REPORT_KEY_MAX), "key",
			 report_text(r->top.key, REPORT_KEY_MAX), "count",
			 (json_int_t)r->top.count, "limit", (json_int_t)r->top.level,
			 "newest", (json_int_t)r->top.newest_s);
}

json_t *triggers_top(const struct triggers *t, size_t n)
{
	const size_t max = n < TOP_MAX ? n : TOP_MAX;
	struct window_top *tops = calloc(max + 1, sizeof(*tops));
	struct ranked *all = calloc(max * TABLES + 1, sizeof(*all));
	json_t *out = json_array();
	size_t count = 0;

	for (unsigned i = 0; tops && all && i < TABLES; i++) {
		size_t got = t->window[i] ? window_top(t->window[i], tops, max) : 0;

		for (size_t k = 0; k < got; k++)
			all[count++] = (struct ranked){i, tops[k]};
	}
	if (count)
		qsort(all, count, sizeof(*all), by_share);
	for (size_t i = 0; i < count && i < max; i++)
		json_array_append_new(out, top_json(&all[i]));
	free(tops);
	free(all);
	return out;
}
