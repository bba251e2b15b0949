/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "osmd/model/ignore.h"

#include <pcre2.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "osmd/base/map.h"
#include "osmd/model/pathkey.h"

#define VALUE_MAX 1024
#define SUBJECT_BYTES 1024
/* A hostile subject may make an expression search for long; then it doesn't match. Each is a
 * hundred times what an ordinary subject needs. */
#define MATCH_STEPS 20000
#define MATCH_DEPTH 1000
#define MATCH_HEAP_KB 256
#define PATTERN_NEST 50

/* Those that are found by their text. */
enum table { TABLE_USER, TABLE_MAILBOX, TABLE_DOMAIN, TABLE_PATH, TABLE_HOST, TABLES };

/* When an entry holds; several lines may have one value. */
struct scope {
	struct scope *next;
	unsigned triggers; /* bits */
	int64_t until_s;   /* it holds before this */
};

struct network {
	struct addr net;
	struct scope scope;
};

struct subject {
	pcre2_code *code;
	struct scope scope;
};

struct ignore {
	struct map *table[TABLES]; /* value -> list of struct scope; NULL while empty */
	size_t path_depth;
	struct network network[IGNORE_NETWORKS_MAX];
	size_t networks;
	struct subject subject[IGNORE_SUBJECTS_MAX];
	size_t subjects;
	pcre2_compile_context *compiling;
	pcre2_match_context *limits;
	pcre2_match_data *match;
	size_t count;
};

void ignore_free(struct ignore *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < TABLES; i++)
		map_free(g->table[i]);
	for (size_t i = 0; i < g->subjects; i++)
		pcre2_code_free(g->subject[i].code);
	pcre2_compile_context_free(g->compiling);
	pcre2_match_context_free(g->limits);
	pcre2_match_data_free(g->match);
	free(g);
}

static struct ignore *ignore_empty(void)
{
	struct ignore *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->compiling = pcre2_compile_context_create(NULL);
	g->limits = pcre2_match_context_create(NULL);
	g->match = pcre2_match_data_create(1, NULL);
	if (!g->compiling || !g->limits || !g->match) {
		ignore_free(g);
		return NULL;
	}
	pcre2_set_max_pattern_length(g->compiling, VALUE_MAX);
	pcre2_set_parens_nest_limit(g->compiling, PATTERN_NEST);
	pcre2_set_match_limit(g->limits, MATCH_STEPS);
	pcre2_set_depth_limit(g->limits, MATCH_DEPTH);
	pcre2_set_heap_limit(g->limits, MATCH_HEAP_KB);
	return g;
}

static void drop_scopes(void *value, void *ctx)
{
	struct scope *s = value;

	(void)ctx;
	while (s) {
		struct scope *next = s->next;

		free(s);
		s = next;
	}
}

/* After the first one, since a map drops the value that is replaced. */
static bool put(struct ignore *g, enum table at, struct slice value,
		const struct scope *scope)
{
	struct scope *first, *s;

	if (!g->table[at])
		g->table[at] = map_new(LIST_ENTRIES_MAX, drop_scopes, NULL);
	s = g->table[at] ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return false;
	*s = *scope;
	first = map_peek(g->table[at], value);
	if (first) {
		s->next = first->next;
		first->next = s;
		return true;
	}
	if (map_put(g->table[at], value, s))
		return true;
	free(s);
	return false;
}

static bool put_text(struct ignore *g, struct listfile *l, enum table at,
		     struct slice value, const struct scope *scope)
{
	return put(g, at, value, scope) || listfile_problem(l, "out of memory");
}

static bool one_word(struct slice s)
{
	return slice_find(s, SLICE(" ")) == SIZE_MAX &&
	       slice_find(s, SLICE("\t")) == SIZE_MAX;
}

static bool add_user(struct ignore *g, struct listfile *l, struct slice value,
		     const struct scope *scope)
{
	if (!one_word(value) || slice_find(value, SLICE("@")) != SIZE_MAX)
		return listfile_problem(l, "user: takes the name of an account");
	return put_text(g, l, TABLE_USER, value, scope);
}

static bool add_mailbox(struct ignore *g, struct listfile *l, struct slice value,
			const struct scope *scope)
{
	char lower[VALUE_MAX];
	size_t at = slice_find(value, SLICE("@"));

	if (!one_word(value) || at == SIZE_MAX || at == 0 || at + 1 == value.n)
		return listfile_problem(l, "mailbox: takes name@domain");
	listfile_lower(value, lower, sizeof(lower), &value);
	return put_text(g, l, TABLE_MAILBOX, value, scope);
}

static bool add_domain(struct ignore *g, struct listfile *l, struct slice value,
		       const struct scope *scope)
{
	char lower[VALUE_MAX];

	if (!one_word(value) || slice_find(value, SLICE("@")) != SIZE_MAX ||
	    slice_starts(value, SLICE(".")))
		return listfile_problem(
			l, "domain: takes a domain, without @ or a dot before it");
	listfile_lower(value, lower, sizeof(lower), &value);
	return put_text(g, l, TABLE_DOMAIN, value, scope);
}

static bool add_path(struct ignore *g, struct listfile *l, struct slice value,
		     const struct scope *scope)
{
	size_t depth;

	if (!pathkey_clean(&value))
		return listfile_problem(
			l,
			"path: takes an absolute path without \".\", \"..\" or "
			"empty parts, with at most %d parts",
			PATHKEY_DEPTH_MAX);
	depth = pathkey_depth(value);
	if (depth > g->path_depth)
		g->path_depth = depth;
	return put_text(g, l, TABLE_PATH, value, scope);
}

static struct slice addr_key(const struct addr *a)
{
	return (struct slice){(const char *)a->bytes, a->family == AF_INET ? 4 : 16};
}

static bool add_ip(struct ignore *g, struct listfile *l, struct slice value,
		   const struct scope *scope)
{
	struct addr a;

	if (!addr_parse_cidr(value, &a))
		return listfile_problem(l, "ip: takes an address or address/bits");
	if (a.prefix == 0)
		return listfile_problem(l, "ip: /0 would ignore the whole world");
	if (a.prefix == addr_key(&a).n * 8)
		return put_text(g, l, TABLE_HOST, addr_key(&a), scope);
	if (g->networks == IGNORE_NETWORKS_MAX)
		return listfile_problem(l, "more than %d networks", IGNORE_NETWORKS_MAX);
	g->network[g->networks++] = (struct network){a, *scope};
	return true;
}

static bool add_subject(struct ignore *g, struct listfile *l, struct slice value,
			const struct scope *scope)
{
	pcre2_code *code;
	PCRE2_SIZE at = 0;
	PCRE2_UCHAR why[128] = "";
	int error = 0;

	if (g->subjects == IGNORE_SUBJECTS_MAX)
		return listfile_problem(l, "more than %d subjects", IGNORE_SUBJECTS_MAX);
	code = pcre2_compile((PCRE2_SPTR)value.p, value.n,
			     PCRE2_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &error,
			     &at, g->compiling);
	if (!code) {
		pcre2_get_error_message(error, why, sizeof(why));
		return listfile_problem(
			l, "subject: the expression is wrong at its byte %zu: %s", at + 1,
			(const char *)why);
	}
	g->subject[g->subjects++] = (struct subject){code, *scope};
	return true;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar (y >= 1970). */
static int64_t days_since_epoch(unsigned y, unsigned m, unsigned d)
{
	/* years begin in March here, so that the leap day is the last one */
	unsigned years = m > 2 ? y : y - 1;
	unsigned day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return (int64_t)365 * years + years / 4 - years / 100 + years / 400 +
	       day_of_year - 719468;
}

static unsigned days_in(unsigned y, unsigned m)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30,
					     31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return days[m - 1] + (m == 2 && leap);
}

/* YYYY-MM-DD: holds to the end of that day, UTC. */
static bool read_until(struct listfile *l, struct slice day, int64_t *until_s)
{
	uint64_t y, m, d;

	if (day.n != 10 || day.p[4] != '-' || day.p[7] != '-' ||
	    !slice_u64((struct slice){day.p, 4}, 1970, 9999, &y) ||
	    !slice_u64((struct slice){day.p + 5, 2}, 1, 12, &m) ||
	    !slice_u64((struct slice){day.p + 8, 2}, 1, days_in((unsigned)y, (unsigned)m),
		       &d))
		return listfile_problem(l, "until= takes a day as YYYY-MM-DD");
	*until_s = (days_since_epoch((unsigned)y, (unsigned)m, (unsigned)d) + 1) * 86400;
	return true;
}

/* The last word of s off its end, if a blank stands before it. */
static bool last_word(struct slice s, struct slice *before, struct slice *word)
{
	size_t n = s.n;

	while (n && s.p[n - 1] != ' ' && s.p[n - 1] != '\t')
		n--;
	if (n == 0)
		return false;
	*word = (struct slice){s.p + n, s.n - n};
	*before = slice_trim((struct slice){s.p, n});
	return true;
}

/* Takes event= and until= off the end of the line; each may stand there once. */
static bool read_scope(struct listfile *l, struct slice *entry, struct scope *out)
{
	bool has_event = false, has_until = false;
	struct slice before, word;

	*out = (struct scope){.triggers = ~0u, .until_s = INT64_MAX};
	while (last_word(*entry, &before, &word)) {
		struct slice value = {word.p + 6, word.n - 6};
		unsigned t;

		if ((slice_starts(word, SLICE("event=")) && has_event) ||
		    (slice_starts(word, SLICE("until=")) && has_until))
			return listfile_problem(l, "%.6s stands there twice", word.p);
		if (slice_starts(word, SLICE("event="))) {
			if (!listfile_trigger(l, value, &t))
				return false;
			out->triggers = 1u << t;
			has_event = true;
		} else if (slice_starts(word, SLICE("until="))) {
			if (!read_until(l, value, &out->until_s))
				return false;
			has_until = true;
		} else {
			break;
		}
		*entry = before;
	}
	return true;
}

static bool add_line(struct ignore *g, struct listfile *l, struct slice entry)
{
	static const struct {
		const char *type;
		bool (*add)(struct ignore *g, struct listfile *l, struct slice value,
			    const struct scope *scope);
	} types[] = {
		{"user", add_user}, {"mailbox", add_mailbox}, {"domain", add_domain},
		{"path", add_path}, {"ip", add_ip},	      {"subject", add_subject},
	};
	struct scope scope;
	struct slice type;

	if (!read_scope(l, &entry, &scope))
		return false;
	if (!slice_cut(&entry, ':', &type))
		return listfile_problem(l, "the line must be TYPE:VALUE");
	entry = slice_trim(entry);
	if (entry.n == 0 || entry.n > VALUE_MAX)
		return listfile_problem(l, "the value must have 1 to %d bytes",
					VALUE_MAX);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_eq_nocase(type, slice_str(types[i].type)))
			return types[i].add(g, l, entry, &scope);
	return listfile_problem(
		l,
		"\"%.*s:\" is no type (known are user, mailbox, domain, path, "
		"ip, subject)",
		(int)(type.n < 64 ? type.n : 64), type.p);
}

struct ignore *ignore_new(struct listfile *l)
{
	struct ignore *g = ignore_empty();
	struct slice entry;

	if (!g)
		return NULL;
	while (listfile_next(l, &entry))
		g->count += add_line(g, l, entry);
	return g;
}

size_t ignore_count(const struct ignore *g)
{
	return g->count;
}

static bool holds(const struct scope *s, enum trigger_id t, int64_t at_s)
{
	for (; s; s = s->next)
		if (s->triggers & (1u << t) && at_s < s->until_s)
			return true;
	return false;
}

static bool in_table(const struct ignore *g, enum table at, struct slice value,
		     enum trigger_id t, int64_t at_s)
{
	return g->table[at] && value.n && holds(map_peek(g->table[at], value), t, at_s);
}

static bool path_ignored(const struct ignore *g, enum trigger_id t,
			 const struct event *ev)
{
	size_t length[PATHKEY_DEPTH_MAX + 1];
	size_t n = g->table[TABLE_PATH] && trigger_knows_paths(t)
			   ? pathkey_prefixes(ev->path, g->path_depth, length)
			   : 0;

	while (n) {
		struct slice prefix = {ev->path.p, length[--n]};

		if (in_table(g, TABLE_PATH, prefix, t, ev->at_s))
			return true;
	}
	return false;
}

static bool domain_ignored(const struct ignore *g, enum trigger_id t,
			   const struct event *ev)
{
	struct slice domain = ev->mailbox, local;

	return g->table[TABLE_DOMAIN] && slice_cut(&domain, '@', &local) &&
	       in_table(g, TABLE_DOMAIN, domain, t, ev->at_s);
}

static bool ip_ignored(const struct ignore *g, enum trigger_id t, const struct event *ev)
{
	struct addr a;

	if ((!g->table[TABLE_HOST] && !g->networks) || !addr_parse(ev->address, &a))
		return false;
	if (in_table(g, TABLE_HOST, addr_key(&a), t, ev->at_s))
		return true;
	for (size_t i = 0; i < g->networks; i++)
		if (holds(&g->network[i].scope, t, ev->at_s) &&
		    addr_contains(&g->network[i].net, &a))
			return true;
	return false;
}

/* At most SUBJECT_BYTES of it, not ending inside a character. */
static struct slice subject_head(struct slice s)
{
	if (s.n <= SUBJECT_BYTES)
		return s;
	s.n = SUBJECT_BYTES;
	while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	return s;
}

/* Any error (limits, bytes that aren't UTF-8) is no match: then the event counts. */
static bool subject_ignored(const struct ignore *g, enum trigger_id t,
			    const struct event *ev)
{
	struct slice s = subject_head(ev->subject);

	for (size_t i = 0; s.n && i < g->subjects; i++)
		if (holds(&g->subject[i].scope, t, ev->at_s) &&
		    pcre2_match(g->subject[i].code, (PCRE2_SPTR)s.p, s.n, 0, 0, g->match,
				g->limits) >= 0)
			return true;
	return false;
}

bool ignore_matches(const struct ignore *g, enum trigger_id t, const struct event *ev)
{
	return in_table(g, TABLE_USER, ev->account, t, ev->at_s) ||
	       in_table(g, TABLE_MAILBOX, ev->mailbox, t, ev->at_s) ||
	       domain_ignored(g, t, ev) || path_ignored(g, t, ev) ||
	       ip_ignored(g, t, ev) || subject_ignored(g, t, ev);
}

bool ignore_each_ip(struct slice text, int64_t now_s, ignore_ip_fn *fn, void *ctx)
{
	struct listfile l = {.file = "osm.ignore", .rest = text};
	struct slice entry, type;
	struct scope scope;
	struct addr net;

	while (listfile_next(&l, &entry)) {
		if (!read_scope(&l, &entry, &scope) || scope.until_s <= now_s ||
		    !slice_cut(&entry, ':', &type) ||
		    !slice_eq_nocase(type, SLICE("ip")) ||
		    !addr_parse_cidr(slice_trim(entry), &net))
			continue;
		if (!fn(&net, l.line, ctx))
			return false;
	}
	return true;
}
