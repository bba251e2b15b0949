/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/overrides.h"

#include <stdlib.h>

#include "osmd/base/map.h"
#include "osmd/model/pathkey.h"

#define KEY_MAX 1024
#define LIMIT_MAX 100000
#define INTERVAL_MAX 604800

/* All lines of one key. */
struct override {
	struct trigger_config trigger[TRIGGER_COUNT];
	unsigned known;		       /* bits of the triggers that have an entry above */
	unsigned named[TRIGGER_COUNT]; /* the line that names the trigger, or 0 */
	unsigned star;		       /* the line with "*", or 0 */
};

struct overrides {
	struct map *keys; /* account, mailbox (has an @) or path (begins with /) */
	bool has_accounts, has_mailboxes, has_paths;
	size_t depth; /* of the deepest path */
	unsigned longest_s;
};

/* One line, taken apart. */
struct line {
	struct slice key;
	bool every;	  /* "*" */
	unsigned trigger; /* else this one */
	unsigned limit, interval_s, actions;
	bool has_interval, has_actions;
};

void overrides_free(struct overrides *o)
{
	if (!o)
		return;
	map_free(o->keys);
	free(o);
}

static void drop(void *value, void *ctx)
{
	(void)ctx;
	free(value);
}

static bool number(struct listfile *l, const char *what, struct slice word, unsigned min,
		   unsigned max, unsigned *out)
{
	uint64_t v;

	if (!slice_u64(word, min, max, &v))
		return listfile_problem(
			l, "the %s must be a whole number from %u to %u, not \"%.*s\"",
			what, min, max, (int)(word.n < 64 ? word.n : 64), word.p);
	*out = (unsigned)v;
	return true;
}

static bool actions(struct listfile *l, struct slice word, struct line *out)
{
	struct err e = {0};

	if (!actions_parse(word, &out->actions, &e))
		return listfile_problem(l, "%s", e.msg);
	out->has_actions = true;
	return true;
}

static bool read_key(struct listfile *l, struct slice word, char lower[KEY_MAX],
		     struct slice *key)
{
	if (word.n == 0 || word.n > KEY_MAX)
		return listfile_problem(l, "the key must have 1 to %d bytes", KEY_MAX);
	if (slice_eq(word, SLICE("*")))
		return listfile_problem(
			l, "\"*\" can't be the key: limits for everybody are "
			   "set in osm.conf");
	*key = word;
	if (word.p[0] == '/' && !pathkey_clean(key))
		return listfile_problem(
			l,
			"the path must not have \".\", \"..\" or empty parts, "
			"and at most %d parts",
			PATHKEY_DEPTH_MAX);
	if (word.p[0] == '/' || slice_find(word, SLICE("@")) == SIZE_MAX)
		return true;
	if (word.p[0] == '@' || word.p[word.n - 1] == '@')
		return listfile_problem(l, "a mailbox is written name@domain");
	return listfile_lower(word, lower, KEY_MAX, key);
}

/* What follows the limit: [INTERVAL] [ACTIONS]. An interval begins with a digit. */
static bool read_rest(struct listfile *l, struct slice rest, struct line *out)
{
	struct slice word;

	if (!listfile_word(&rest, &word))
		return true;
	if (word.n && word.p[0] >= '0' && word.p[0] <= '9') {
		if (!number(l, "interval", word, 1, INTERVAL_MAX, &out->interval_s))
			return false;
		out->has_interval = true;
		if (!listfile_word(&rest, &word))
			return true;
	}
	if (!actions(l, word, out))
		return false;
	if (listfile_word(&rest, &word))
		return listfile_problem(
			l, "more than KEY EVENT LIMIT INTERVAL ACTIONS in the "
			   "line (actions are parted by commas only)");
	return true;
}

static bool read_line(struct listfile *l, struct slice entry, char lower[KEY_MAX],
		      struct line *out)
{
	struct slice key, event, limit;

	*out = (struct line){.every = false};
	if (!listfile_word(&entry, &key) || !listfile_word(&entry, &event) ||
	    !listfile_word(&entry, &limit))
		return listfile_problem(l, "the line must be KEY EVENT LIMIT [INTERVAL] "
					   "[ACTIONS]");
	if (!read_key(l, key, lower, &out->key))
		return false;
	out->every = slice_eq(event, SLICE("*"));
	if (!out->every && !listfile_trigger(l, event, &out->trigger))
		return false;
	return number(l, "limit", limit, 0, LIMIT_MAX, &out->limit) &&
	       read_rest(l, entry, out);
}

static void fill(struct overrides *o, struct override *v, const struct line *in,
		 unsigned t, const struct config *config)
{
	const struct trigger_config *base = &config->trigger[t];

	v->trigger[t] = (struct trigger_config){
		.limit = in->limit,
		.interval_s = in->has_interval ? in->interval_s : base->interval_s,
		.actions = in->has_actions ? in->actions : base->actions};
	v->known |= 1u << t;
	if (in->limit && v->trigger[t].interval_s > o->longest_s)
		o->longest_s = v->trigger[t].interval_s;
}

static void note_kind(struct overrides *o, struct slice key)
{
	if (key.p[0] == '/') {
		size_t depth = pathkey_depth(key);

		o->has_paths = true;
		if (depth > o->depth)
			o->depth = depth;
	} else if (slice_find(key, SLICE("@")) != SIZE_MAX) {
		o->has_mailboxes = true;
	} else {
		o->has_accounts = true;
	}
}

static struct override *override_get(struct overrides *o, struct slice key)
{
	struct override *v = map_peek(o->keys, key);

	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v || !map_put(o->keys, key, v)) {
		free(v);
		return NULL;
	}
	note_kind(o, key);
	return v;
}

static void add(struct overrides *o, struct listfile *l, const struct line *in,
		const struct config *config)
{
	struct override *v = override_get(o, in->key);
	unsigned *line;

	if (!v) {
		listfile_problem(l, "out of memory");
		return;
	}
	line = in->every ? &v->star : &v->named[in->trigger];
	if (*line) {
		listfile_problem(l, "the same key and event stand on line %u already",
				 *line);
		return;
	}
	*line = l->line;
	if (!in->every) {
		fill(o, v, in, in->trigger, config);
		return;
	}
	for (unsigned t = 0; t < TRIGGER_COUNT; t++)
		if (!v->named[t])
			fill(o, v, in, t, config);
}

struct overrides *overrides_new(struct listfile *l, const struct config *config)
{
	struct overrides *o = calloc(1, sizeof(*o));
	char lower[KEY_MAX];
	struct slice entry;
	struct line line;

	if (!o)
		return NULL;
	o->keys = map_new(LIST_ENTRIES_MAX, drop, NULL);
	if (!o->keys) {
		free(o);
		return NULL;
	}
	while (listfile_next(l, &entry))
		if (read_line(l, entry, lower, &line))
			add(o, l, &line, config);
	return o;
}

size_t overrides_count(const struct overrides *o)
{
	return map_count(o->keys);
}

unsigned overrides_longest_interval(const struct overrides *o)
{
	return o->longest_s;
}

static const struct trigger_config *of_key(const struct overrides *o, enum trigger_id t,
					   struct slice key)
{
	const struct override *v = map_peek(o->keys, key);

	return v && v->known & (1u << t) ? &v->trigger[t] : NULL;
}

static const struct trigger_config *of_path(const struct overrides *o, enum trigger_id t,
					    struct slice path)
{
	size_t length[PATHKEY_DEPTH_MAX + 1];
	size_t n = pathkey_prefixes(path, o->depth, length);

	while (n) {
		struct slice prefix = {path.p, length[--n]};
		const struct trigger_config *found = of_key(o, t, prefix);

		if (found)
			return found;
	}
	return NULL;
}

const struct trigger_config *overrides_find(const struct overrides *o, enum trigger_id t,
					    const struct event *ev)
{
	const struct trigger_config *found = NULL;

	if (o->has_paths && ev->path.n && trigger_knows_paths(t))
		found = of_path(o, t, ev->path);
	if (!found && o->has_mailboxes && ev->mailbox.n)
		found = of_key(o, t, ev->mailbox);
	if (!found && o->has_accounts && ev->account.n)
		found = of_key(o, t, ev->account);
	return found;
}
