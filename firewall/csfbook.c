/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfbook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firewall/csfcall.h"

struct filling {
	struct csf_book *book;
	const struct fw_block *of;
	bool is_temporary, failed;
};

static bool is_wanted(const struct csf_entry *e, const struct fw_block *of)
{
	if (e->is_hidden)
		return false;
	if (!of)
		return true;
	if (of->net.family)
		return addr_eq(&e->net, &of->net);
	return e->has_uid && e->uid == of->uid;
}

static bool grow(struct csf_book *b)
{
	size_t cap = b->cap ? b->cap * 2 : 16;
	struct csf_kept *more;

	if (b->count < b->cap)
		return true;
	more = reallocarray(b->kept, cap, sizeof(*more));
	if (!more)
		return false;
	b->kept = more;
	b->cap = cap;
	return true;
}

static bool keep(const struct csf_entry *e, void *ctx)
{
	struct filling *f = ctx;
	struct slice comment = csflist_without_date(e->comment);
	struct csf_kept *k;

	if (!is_wanted(e, f->of))
		return true;
	if (!grow(f->book))
		return !(f->failed = true);
	k = &f->book->kept[f->book->count++];
	*k = (struct csf_kept){.net = e->net,
			       .is_temporary = f->is_temporary,
			       .is_filter = e->is_filter,
			       .has_uid = e->has_uid,
			       .uid = e->uid,
			       .direction = e->direction};
	if (f->is_temporary) {
		k->until_s = e->begun_s + e->ttl_s;
		comment = e->comment;
	}
	k->is_ours = csfcall_is_ours(comment, &comment);
	k->text = slice_dup(e->text);
	k->ports = slice_dup(e->ports);
	k->comment = slice_dup(comment);
	f->failed = !k->text || !k->ports || !k->comment;
	return !f->failed;
}

static void count_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	struct filling *f = ctx;

	(void)file;
	(void)line;
	(void)text;
	f->book->problems++;
}

bool csfbook_read(struct csf_book *b, const struct paths *paths,
		  const struct fw_block *of, struct err *err)
{
	struct filling f = {.book = b, .of = of};
	struct csflist_read r = {
		.paths = paths, .each = keep, .problem = count_problem, .ctx = &f};
	bool ok;

	memset(b, 0, sizeof(*b));
	ok = csflist_read(&r, CSF_DENY, err);
	f.is_temporary = true;
	ok = ok && !f.failed && csflist_read(&r, CSF_TEMPBAN, err);
	if (f.failed)
		ok = err_set(err, ENOMEM, "no memory for csf's lists");
	if (!ok)
		csfbook_clear(b);
	return ok;
}

void csfbook_clear(struct csf_book *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->kept[i].text);
		free(b->kept[i].ports);
		free(b->kept[i].comment);
	}
	free(b->kept);
	memset(b, 0, sizeof(*b));
}
