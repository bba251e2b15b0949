/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/fw_csf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "firewall/csfwork.h"
#include "firewall/subjects.h"

struct fw {
	struct fw_settings settings;
	struct fw *native; /* owned; NULL without FIREWALL_NATIVE */
};

static void say(const struct fw *fw, const char *text)
{
	if (fw->settings.say)
		fw->settings.say(text, fw->settings.ctx);
}

static bool block_one(struct fw *fw, const struct fw_block *b, struct err *err)
{
	struct csf_work w;
	bool ok;

	if (!csfwork_begin(&w, &fw->settings, b, err))
		return false;
	ok = csfwork_block(&w, err);
	csfwork_end(&w);
	return ok;
}

static bool has_own(const struct fw *fw, const struct fw_block *b, bool *own,
		    struct err *err)
{
	struct csf_book book;

	*own = false;
	if (!csfbook_read(&book, fw->settings.paths, b, err))
		return false;
	for (size_t i = 0; i < book.count; i++)
		*own = *own || book.kept[i].is_ours;
	csfbook_clear(&book);
	return true;
}

/* What is not there is released, also while csf is disabled. */
static bool release_one(struct fw *fw, const struct fw_block *b, struct err *err)
{
	struct csf_work w;
	bool own, ok;

	if (!has_own(fw, b, &own, err))
		return false;
	if (!own)
		return true;
	if (!csfwork_begin(&w, &fw->settings, b, err))
		return false;
	ok = csfwork_release(&w, err);
	csfwork_end(&w);
	return ok;
}

/* ---- the backend ---- */

bool fw_csf_usable(const struct fw_settings *settings, struct err *err)
{
	return csfhost_usable(settings, err);
}

static void csf_close(struct fw *fw)
{
	if (!fw)
		return;
	if (fw->native)
		fw->settings.beside->close(fw->native);
	free(fw);
}

static struct fw *csf_init(const struct fw_settings *settings, struct err *err)
{
	struct fw *fw;

	if (!csfhost_usable(settings, err))
		return NULL;
	if (settings->native && !settings->beside) {
		err_set(err, EINVAL, "FIREWALL_NATIVE needs a native backend beside csf");
		return NULL;
	}
	fw = calloc(1, sizeof(*fw));
	if (!fw) {
		err_set(err, ENOMEM, "no memory for the firewall");
		return NULL;
	}
	fw->settings = *settings;
	if (settings->native) {
		fw->native = settings->beside->init(settings, err);
		if (!fw->native) {
			err_prefix(err, "%s beside csf: ", settings->beside->name);
			csf_close(fw);
			return NULL;
		}
	}
	return fw;
}

/* After a failure: blocks[0..done) get out of csf again, those in the kernel out of it; only
 * what this call brought in. A failure of this is told, the first one is what the caller reads. */
static void take_back(struct fw *fw, const struct fw_block *blocks, size_t count,
		      size_t done, const bool *fresh)
{
	struct err err = {0};

	for (size_t i = 0; i < count; i++) {
		if (i < done && fresh[i] && !release_one(fw, &blocks[i], &err))
			say(fw, err.msg);
		if (fw->native && fresh[i] &&
		    !fw->settings.beside->release(fw->native, &blocks[i], 1, &err))
			say(fw, err.msg);
	}
}

/* Which are osm's in csf already? They are kept whatever happens to the rest. */
static bool find_fresh(struct fw *fw, const struct fw_block *blocks, size_t count,
		       bool *fresh, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		bool own;

		if (!has_own(fw, &blocks[i], &own, err))
			return false;
		fresh[i] = !own;
	}
	return true;
}

static bool csf_block(struct fw *fw, const struct fw_block *blocks, size_t count,
		      struct err *err)
{
	size_t done = 0;
	bool *fresh, ok;

	/* csf itself takes more: csf -d 203.0.113.9/0 drops everything */
	if (!fw_check(blocks, count, false, err))
		return false;
	fresh = calloc(count ? count : 1, sizeof(*fresh));
	if (!fresh)
		return err_set(err, ENOMEM, "no memory for %zu blocks", count);
	ok = find_fresh(fw, blocks, count, fresh, err) &&
	     (!fw->native || fw->settings.beside->block(fw->native, blocks, count, err));
	if (ok) {
		while (done < count && block_one(fw, &blocks[done], err))
			done++;
		ok = done == count;
		if (!ok)
			take_back(fw, blocks, count, done + 1, fresh);
		if (!ok && fw->native)
			err_prefix(err, "the block was taken back from the kernel: ");
	}
	free(fresh);
	return ok;
}

static bool csf_release(struct fw *fw, const struct fw_block *blocks, size_t count,
			struct err *err)
{
	if (!fw_check(blocks, count, true, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!release_one(fw, &blocks[i], err))
			return false;
	return !fw->native ||
	       fw->settings.beside->release(fw->native, blocks, count, err);
}

static bool to_block(const struct csf_kept *k, int64_t now_s, struct fw_block *b)
{
	*b = (struct fw_block){.net = k->net, .uid = k->uid, .direction = k->direction};
	if (!k->is_ours || (k->is_temporary && k->until_s <= now_s))
		return false;
	b->ttl = k->is_temporary ? k->until_s - now_s : 0;
	if (!csflist_ports(slice_str(k->ports), b->ports, &b->port_count))
		b->port_count = 0;
	snprintf(b->reason, sizeof(b->reason), "%s", k->comment);
	return k->net.family || k->has_uid;
}

static bool csf_list(struct fw *fw, fw_each *each, void *ctx, struct err *err)
{
	int64_t now_s = time(NULL);
	struct csf_book book;
	struct fw_block b;

	if (!csfbook_read(&book, fw->settings.paths, NULL, err))
		return false;
	for (size_t i = 0; i < book.count; i++)
		if (to_block(&book.kept[i], now_s, &b) && !each(&b, ctx))
			break;
	csfbook_clear(&book);
	return true;
}

static bool csf_flush(struct fw *fw, struct err *err)
{
	struct csf_book book;
	struct fw_block b;
	bool ok = true;

	if (!csfbook_read(&book, fw->settings.paths, NULL, err))
		return false;
	for (size_t i = 0; ok && i < book.count; i++) {
		b = (struct fw_block){.net = book.kept[i].net, .uid = book.kept[i].uid};
		if (book.kept[i].is_ours && (b.net.family || book.kept[i].has_uid))
			ok = release_one(fw, &b, err);
	}
	csfbook_clear(&book);
	return ok && (!fw->native || fw->settings.beside->flush(fw->native, err));
}

const struct fw_backend fw_csf = {
	.name = "csf",
	.init = csf_init,
	.block = csf_block,
	.release = csf_release,
	.list = csf_list,
	.flush = csf_flush,
	.close = csf_close,
};

/* ---- what the administrator took out ---- */

/* What csf has, sorted; the caller frees it. A filter of somebody else's on one port is not the
 * block that osm made. NULL without memory. */
static struct fw_block *strong_subjects(const struct csf_book *b, size_t *count)
{
	struct fw_block *v = calloc(b->count + 1, sizeof(*v));

	*count = 0;
	for (size_t i = 0; v && i < b->count; i++) {
		const struct csf_kept *k = &b->kept[i];

		if (k->is_filter && !k->is_ours)
			continue;
		v[*count].net = k->net;
		v[(*count)++].uid = k->uid;
	}
	if (v)
		subjects_sort(v, *count);
	return v;
}

bool fw_csf_removed(const struct paths *paths, const struct fw_block *blocks,
		    size_t count, fw_each *each, void *ctx, struct err *err)
{
	struct fw_block *there;
	struct csf_book book;
	char path[PATH_MAX];
	size_t n;

	/* no csf.deny is no csf, not an administrator who took all out */
	if (!paths_at(paths, CSF_DENY, path, sizeof(path)) || access(path, F_OK) != 0)
		return err_set(err, ENOENT, "%s can't be read", CSF_DENY);
	if (!csfbook_read(&book, paths, NULL, err))
		return false;
	there = strong_subjects(&book, &n);
	csfbook_clear(&book);
	if (!there)
		return err_set(err, ENOMEM, "csf's lists: no memory");
	for (size_t i = 0; i < count; i++)
		if (!subjects_have(there, n, &blocks[i]) && !each(&blocks[i], ctx))
			break;
	free(there);
	return true;
}
