/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "cpanel-hooks/accounts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "osmd/base/file.h"

#define FILE_BYTES_MAX (64u * 1024 * 1024) /* a million domains of 64 bytes */
#define DOMAIN_MAX 255			   /* RFC 1035 */
#define UID_LEAST 1000
#define UID_NOBODY 65534
#define VIRTFS "/home/virtfs/"
#define NONE UINT32_MAX /* known to the table, but nobody's alone */

enum {
	FILE_PASSWD,
	FILE_TRUEUSERDOMAINS,
	FILE_USERDOMAINS,
	FILE_TRUEUSEROWNERS,
	FILE_LOCALDOMAINS,
	FILE_RESELLERS,
	FILE_GROUP,
	FILE_COUNT
};

static const char *const file_names[FILE_COUNT] = {
	PATH_PASSWD,	   PATH_TRUEUSERDOMAINS, PATH_USERDOMAINS, PATH_TRUEUSEROWNERS,
	PATH_LOCALDOMAINS, PATH_RESELLERS,	 PATH_GROUP};

/* Open addressing, at most half full. Customers choose their domains, so the hash is seeded. */
struct cell {
	struct slice key; /* borrowed from the texts; p NULL: free */
	uint32_t value;
};
struct table {
	struct cell *cells;
	size_t size, used; /* size is a power of two, or 0 */
};

struct accounts {
	char *text[FILE_COUNT]; /* owned; every slice below lies in them */
	struct slice view[FILE_COUNT];
	bool found[FILE_COUNT];
	struct account *list;
	size_t count, cap;
	uint64_t seed;
	struct table users, uids, domains, homes, locals;
	struct users *everybody; /* owned */
};

static uint64_t hash_bytes(uint64_t seed, struct slice s)
{
	const uint64_t mul = 0x9e3779b97f4a7c15u;
	uint64_t h = seed ^ (s.n * mul), word;

	while (s.n >= 8) {
		memcpy(&word, s.p, 8);
		h = (h ^ word) * mul;
		h ^= h >> 29;
		s.p += 8;
		s.n -= 8;
	}
	word = 0;
	if (s.n)
		memcpy(&word, s.p, s.n);
	h = (h ^ word) * mul;
	h ^= h >> 32;
	return h * mul >> 16;
}

/* The cell of key, or the free one where it would stand. */
static struct cell *table_cell(const struct table *t, uint64_t seed, struct slice key)
{
	size_t at = hash_bytes(seed, key) & (t->size - 1);

	while (t->cells[at].key.p && !slice_eq(t->cells[at].key, key))
		at = (at + 1) & (t->size - 1);
	return &t->cells[at];
}

static bool table_grow(struct table *t, uint64_t seed)
{
	struct table bigger = {.size = t->size ? t->size * 2 : 64, .used = t->used};

	bigger.cells = calloc(bigger.size, sizeof(*bigger.cells));
	if (!bigger.cells)
		return false;
	for (size_t i = 0; i < t->size; i++)
		if (t->cells[i].key.p)
			*table_cell(&bigger, seed, t->cells[i].key) = t->cells[i];
	free(t->cells);
	*t = bigger;
	return true;
}

/* A key that two give a different value belongs to nobody: better silent than wrong. */
static bool table_put(struct table *t, uint64_t seed, struct slice key, uint32_t value)
{
	struct cell *c;

	if (t->used * 2 >= t->size && !table_grow(t, seed))
		return false;
	c = table_cell(t, seed, key);
	if (!c->key.p) {
		*c = (struct cell){key, value};
		t->used++;
	} else if (c->value != value) {
		c->value = NONE;
	}
	return true;
}

static bool table_get(const struct table *t, uint64_t seed, struct slice key,
		      uint32_t *value)
{
	const struct cell *c;

	if (!t->size || !key.n)
		return false;
	c = table_cell(t, seed, key);
	*value = c->value;
	return c->key.p != NULL;
}

static const struct account *find(const struct accounts *a, const struct table *t,
				  struct slice key)
{
	uint32_t i;

	return table_get(t, a->seed, key, &i) && i != NONE ? &a->list[i] : NULL;
}

static void fold(struct slice s)
{
	char *p = (char *)s.p; /* only ever given our own copy of a file */

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
}

/* The next line that holds something, without blanks around it and comments. */
static bool next_line(struct slice *text, struct slice *line)
{
	while (text->n) {
		if (!slice_cut(text, '\n', line)) {
			*line = *text;
			text->n = 0;
		}
		*line = slice_trim(*line);
		if (line->n && line->p[0] != '#')
			return true;
	}
	return false;
}

/* "left: right", as all of cPanel's maps are written. */
static bool next_pair(struct slice *text, struct slice *left, struct slice *right)
{
	struct slice line;

	while (next_line(text, &line)) {
		if (!slice_cut(&line, ':', left))
			continue;
		*left = slice_trim(*left);
		*right = slice_trim(line);
		if (left->n && right->n)
			return true;
	}
	return false;
}

static bool read_files(struct accounts *a, const struct paths *paths, struct err *e)
{
	for (size_t i = 0; i < FILE_COUNT; i++) {
		char path[PATH_MAX];
		struct err why = {0};
		size_t n = 0;

		if (!paths_at(paths, file_names[i], path, sizeof(path)))
			return err_set(e, ENAMETOOLONG, "the path of %s is too long",
				       file_names[i]);
		a->found[i] = file_read(path, FILE_BYTES_MAX, &a->text[i], &n, &why);
		if (!a->found[i] && why.code != ENOENT)
			return err_set(e, why.code, "accounts: %s", why.msg);
		if (a->found[i])
			a->view[i] = (struct slice){a->text[i], n};
	}
	return true;
}

static bool add_account(struct accounts *a, const struct account *new)
{
	if (a->count == a->cap) {
		size_t cap = a->cap ? a->cap * 2 : 64;
		struct account *list = realloc(a->list, cap * sizeof(*list));

		if (!list)
			return false;
		a->list = list;
		a->cap = cap;
	}
	a->list[a->count] = *new;
	return table_put(&a->users, a->seed, new->name, (uint32_t)a->count++);
}

/* trueuserdomains is cPanel's list of accounts. */
static bool add_panel_accounts(struct accounts *a)
{
	struct slice text = a->view[FILE_TRUEUSERDOMAINS], domain, user;
	uint32_t i;

	while (next_pair(&text, &domain, &user)) {
		struct account new = {.name = user, .domain = domain, .uid = -1};

		fold(domain);
		if (table_get(&a->users, a->seed, user, &i))
			continue;
		if (!add_account(a, &new))
			return false;
	}
	return true;
}

/* name:x:uid:gid:gecos:home:shell */
static bool passwd_fields(struct slice line, struct slice *name, int64_t *uid,
			  int64_t *gid, struct slice *home)
{
	struct slice skip, number, group;
	uint64_t u, g;

	if (!slice_cut(&line, ':', name) || !slice_cut(&line, ':', &skip) ||
	    !slice_cut(&line, ':', &number) || !slice_cut(&line, ':', &group) ||
	    !slice_cut(&line, ':', &skip))
		return false;
	if (!slice_cut(&line, ':', home))
		*home = line;
	while (home->n > 1 && home->p[home->n - 1] == '/')
		home->n--;
	if (!name->n || !slice_u64(number, 0, UINT32_MAX, &u))
		return false;
	*uid = (int64_t)u;
	*gid = slice_u64(group, 0, UINT32_MAX, &g) ? (int64_t)g : 0;
	return true;
}

static bool is_plain_account(struct slice home, int64_t uid)
{
	return uid >= UID_LEAST && uid != UID_NOBODY && home.n > 1 && home.p[0] == '/';
}

static bool read_passwd(struct accounts *a)
{
	struct slice text = a->view[FILE_PASSWD], line, name, home;
	bool panel = a->found[FILE_TRUEUSERDOMAINS];
	int64_t uid, gid;
	uint32_t i;

	while (next_line(&text, &line)) {
		if (!passwd_fields(line, &name, &uid, &gid, &home))
			continue;
		if (table_get(&a->users, a->seed, name, &i)) {
			/* the first line of a name counts, as for getpwnam() */
			if (a->list[i].uid < 0) {
				a->list[i].uid = uid;
				a->list[i].gid = gid;
				a->list[i].home = home;
			}
		} else if (!panel && is_plain_account(home, uid)) {
			struct account new = {
				.name = name, .home = home, .uid = uid, .gid = gid};

			if (!add_account(a, &new))
				return false;
		}
	}
	return true;
}

static bool read_domains(struct accounts *a)
{
	struct slice text = a->view[FILE_USERDOMAINS], domain, user;
	bool locals = !a->found[FILE_LOCALDOMAINS];
	uint32_t i;

	while (next_pair(&text, &domain, &user)) {
		if (slice_eq(domain, SLICE("*")))
			continue;
		fold(domain);
		if (locals && !table_put(&a->locals, a->seed, domain, 0))
			return false;
		if (table_get(&a->users, a->seed, user, &i) &&
		    !table_put(&a->domains, a->seed, domain, i))
			return false;
	}
	text = a->view[FILE_LOCALDOMAINS];
	while (next_line(&text, &domain)) {
		fold(domain);
		if (!table_put(&a->locals, a->seed, domain, 0))
			return false;
	}
	return true;
}

static void read_owners(struct accounts *a)
{
	struct slice text = a->view[FILE_TRUEUSEROWNERS], user, owner;
	uint32_t i;

	while (next_pair(&text, &user, &owner))
		if (table_get(&a->users, a->seed, user, &i))
			a->list[i].owner = owner;
}

/* The list is final here, so a uid's bytes in it can serve as the table's key. */
static bool index_list(struct accounts *a)
{
	for (uint32_t i = 0; i < a->count; i++) {
		const struct account *at = &a->list[i];
		struct slice uid = {(const char *)&at->uid, sizeof(at->uid)};

		if (at->uid >= 0 && !table_put(&a->uids, a->seed, uid, i))
			return false;
		/* A home of "/" or "/home" would own everybody's files. */
		if (at->home.n > 1 && at->home.p[0] == '/' &&
		    memchr(at->home.p + 1, '/', at->home.n - 1) &&
		    !table_put(&a->homes, a->seed, at->home, i))
			return false;
		if (at->domain.n && !table_put(&a->domains, a->seed, at->domain, i))
			return false;
	}
	return true;
}

struct accounts *accounts_load(const struct paths *paths, struct err *e)
{
	struct accounts *a = calloc(1, sizeof(*a));
	bool ok;

	if (!a) {
		err_set(e, ENOMEM, "no memory for the account maps");
		return NULL;
	}
	if (getrandom(&a->seed, sizeof(a->seed), GRND_NONBLOCK) != sizeof(a->seed))
		a->seed = (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)a;
	ok = read_files(a, paths, e);
	if (ok) {
		ok = add_panel_accounts(a) && read_passwd(a) && read_domains(a) &&
		     index_list(a);
		a->everybody = users_new(a->view[FILE_PASSWD], a->view[FILE_GROUP]);
		ok = ok && a->everybody;
		if (!ok)
			err_set(e, ENOMEM, "no memory for the account maps");
	}
	if (!ok) {
		accounts_free(a);
		return NULL;
	}
	read_owners(a);
	return a;
}

void accounts_free(struct accounts *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < FILE_COUNT; i++)
		free(a->text[i]);
	users_free(a->everybody);
	free(a->list);
	free(a->users.cells);
	free(a->uids.cells);
	free(a->domains.cells);
	free(a->homes.cells);
	free(a->locals.cells);
	free(a);
}

bool accounts_from_panel(const struct accounts *a)
{
	return a->found[FILE_TRUEUSERDOMAINS];
}

size_t accounts_count(const struct accounts *a)
{
	return a->count;
}

const struct account *accounts_by_user(const struct accounts *a, struct slice user)
{
	return find(a, &a->users, user);
}

const struct account *accounts_by_uid(const struct accounts *a, int64_t uid)
{
	return find(a, &a->uids, (struct slice){(const char *)&uid, sizeof(uid)});
}

/* The domain folded into out, without the dot that may end it; n 0: too long to be one. */
static struct slice folded_domain(struct slice domain, char out[DOMAIN_MAX])
{
	struct slice s = {out, domain.n};

	if (s.n && domain.p[s.n - 1] == '.')
		s.n--;
	if (!s.n || s.n > DOMAIN_MAX)
		return (struct slice){NULL, 0};
	memcpy(out, domain.p, s.n);
	fold(s);
	return s;
}

const struct account *accounts_by_domain(const struct accounts *a, struct slice domain)
{
	char space[DOMAIN_MAX];

	return find(a, &a->domains, folded_domain(domain, space));
}

/* What follows the last c; false when there is none. */
static bool after_last(struct slice s, char c, struct slice *rest)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c) {
			*rest = (struct slice){s.p + i, s.n - i};
			return true;
		}
	return false;
}

const struct account *accounts_by_login(const struct accounts *a, struct slice login)
{
	struct slice domain;

	/* A local part may hold a plus and a domain can't, so the last one divides. */
	if (after_last(login, '@', &domain) || after_last(login, '+', &domain))
		return accounts_by_domain(a, domain);
	return accounts_by_user(a, login);
}

static bool has_parent_step(struct slice path)
{
	return slice_find(path, SLICE("/../")) != SIZE_MAX ||
	       slice_ends(path, SLICE("/.."));
}

const struct account *accounts_by_path(const struct accounts *a, struct slice path)
{
	const struct account *got = NULL;
	struct slice user;

	if (!path.n || path.p[0] != '/' || path.n > PATH_MAX || has_parent_step(path))
		return NULL;
	if (slice_starts(path, SLICE(VIRTFS))) {
		user = (struct slice){path.p + sizeof(VIRTFS) - 1,
				      path.n - (sizeof(VIRTFS) - 1)};
		slice_cut(&(struct slice){user.p, user.n}, '/', &user);
		return accounts_by_user(a, user);
	}
	while (!got && path.n > 1) {
		got = find(a, &a->homes, path);
		while (path.n > 1 && path.p[path.n - 1] != '/')
			path.n--;
		path.n--;
	}
	return got;
}

bool accounts_is_local_domain(const struct accounts *a, struct slice domain)
{
	char space[DOMAIN_MAX];
	uint32_t skip;

	return table_get(&a->locals, a->seed, folded_domain(domain, space), &skip);
}

const struct account *accounts_by_domain_start(const struct accounts *a, struct slice start)
{
	uint32_t found = NONE;

	for (size_t i = 0; start.n && i < a->domains.size; i++) {
		const struct cell *c = &a->domains.cells[i];

		if (!c->key.p || c->key.n < start.n ||
		    !slice_eq_nocase((struct slice){c->key.p, start.n}, start))
			continue;
		if (c->value == NONE || (found != NONE && found != c->value))
			return NULL;
		found = c->value;
	}
	return found == NONE ? NULL : &a->list[found];
}

bool accounts_is_reseller(const struct accounts *a, struct slice user)
{
	struct slice text = a->view[FILE_RESELLERS], name, rights;

	for (size_t i = 0; i < a->count; i++)
		if (slice_eq(a->list[i].owner, user) && !slice_eq(a->list[i].name, user))
			return true;
	/* "user:right,right"; one without rights is one all the same */
	while (next_line(&text, &rights))
		if (slice_eq(slice_cut(&rights, ':', &name) ? name : slice_trim(rights),
			     user))
			return true;
	return false;
}

const struct users *accounts_users(const struct accounts *a)
{
	return a->everybody;
}

const char *accounts_file(size_t i)
{
	return i < FILE_COUNT ? file_names[i] : NULL;
}
