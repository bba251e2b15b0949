/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/wall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall/bans.h"
#include "firewall/csffacts.h"
#include "firewall/csfbook.h"
#include "firewall/fw_csf.h"
#include "osmd/base/file.h"
#include "osmd/base/log.h"
#include "osmd/model/ignore.h"
#include "osmd/sys/spawn.h"

#define IGNORE_BYTES_MAX (4 * 1024 * 1024)
#define REASON_MAX 1024

static const struct fw_backend *const backends[] = {&fw_csf, &fw_nft, &fw_ipt, &fw_none};
#define BACKENDS (sizeof(backends) / sizeof(backends[0]))

struct wall {
	const struct paths *paths;
	const struct config *config;
	struct fw_settings settings;
	const struct fw_backend *chosen; /* NULL: not yet */
	const struct fw_backend *forced; /* for tests */
	struct fw *open[BACKENDS + 1];	 /* owned; the last one is the forced one's */
	struct bans *held;		 /* owned; between wall_hold and wall_let */
	char reason[REASON_MAX];
	char note[WALL_WHY_MAX]; /* what the backend said in this call */
};

/* ---- what the backends need ---- */

static void say(const char *text, void *ctx)
{
	struct wall *w = ctx;
	size_t n = strlen(w->note);

	log_msg(LOG_LEVEL_WARN, "firewall: %s", text);
	snprintf(w->note + n, sizeof(w->note) - n, "%s%s", n ? "; " : "", text);
}

static bool run(const char *const *argv, unsigned timeout_s, struct buf *output,
		void *ctx, struct err *err)
{
	const struct spawn_request req = {
		.argv = argv, .timeout_s = timeout_s, .output_max = output->limit};
	struct spawn_result got;
	bool ok = true;

	(void)ctx;
	if (!spawn_run(&req, &got, err))
		return false;
	buf_slice(output, buf_view(&got.output));
	buf_clear(&got.output);
	if (got.timed_out)
		ok = err_set(err, ETIMEDOUT, "did not end within %u seconds", timeout_s);
	else if (got.signal)
		ok = err_set(err, EINTR, "was ended by signal %d", got.signal);
	return ok;
}

static bool is_rooted(const struct wall *w)
{
	return w->paths->root[0] != '\0';
}

/* Who tells the kernel beside csf; none if nobody can. */
static const struct fw_backend *native_beside(struct wall *w)
{
	static const char *const words[] = {"nft", "iptables"};
	char why[REASON_MAX];
	struct err e = {0};

	if (!w->config->firewall_native || is_rooted(w))
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		const struct fw_backend *b =
			fw_choose(words[i], &w->settings, why, sizeof(why), &e);

		if (b)
			return b;
	}
	log_msg(LOG_LEVEL_WARN, "firewall: the kernel can't be told beside csf: %s",
		e.msg);
	return NULL;
}

static void set_settings(struct wall *w)
{
	w->settings =
		(struct fw_settings){.paths = w->paths, .run = run, .say = say, .ctx = w};
	memcpy(w->settings.smtp_ports, w->config->smtp_ports.port,
	       w->config->smtp_ports.count * sizeof(w->settings.smtp_ports[0]));
	w->settings.smtp_port_count = w->config->smtp_ports.count;
}

struct wall *wall_new(const struct paths *paths, const struct config *config)
{
	struct wall *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->paths = paths;
	w->config = config;
	return w;
}

static const struct fw_backend *backend_of(const struct wall *w, size_t slot)
{
	return slot < BACKENDS ? backends[slot] : w->forced;
}

void wall_reset(struct wall *w)
{
	for (size_t i = 0; i <= BACKENDS; i++) {
		if (w->open[i])
			backend_of(w, i)->close(w->open[i]);
		w->open[i] = NULL;
	}
	w->chosen = NULL;
}

void wall_free(struct wall *w)
{
	if (!w)
		return;
	wall_reset(w);
	wall_let(w);
	free(w);
}

void wall_use(struct wall *w, const struct fw_backend *backend)
{
	wall_reset(w);
	w->forced = backend;
}

/* ---- the choice ---- */

static const char *setting(const struct wall *w)
{
	static const char *const words[] = {"auto", "csf", "nft", "iptables", "none"};

	return words[w->config->firewall % 5];
}

/* In a folder that stands for the system: never this machine's kernel. */
static const struct fw_backend *choose_rooted(struct wall *w, struct err *e)
{
	const char *word = setting(w);

	if (strcmp(word, "csf") == 0)
		return fw_choose(word, &w->settings, w->reason, sizeof(w->reason), e);
	if (strcmp(word, "auto") == 0 && fw_csf_usable(&w->settings, e)) {
		snprintf(w->reason, sizeof(w->reason), "csf is installed and enabled");
		return &fw_csf;
	}
	snprintf(w->reason, sizeof(w->reason),
		 "with --root the firewall of this machine is left alone");
	return &fw_none;
}

/* Was what was chosen chosen for a reason that has changed? */
static bool has_changed(struct wall *w)
{
	struct err e = {0};
	bool usable;

	if (w->config->firewall != 0) /* not auto */
		return false;
	usable = fw_csf_usable(&w->settings, &e);
	return usable != (w->chosen == &fw_csf);
}

const struct fw_backend *wall_backend(struct wall *w, struct err *e)
{
	if (w->chosen && !w->forced && has_changed(w))
		wall_reset(w);
	if (w->chosen)
		return w->chosen;
	set_settings(w);
	if (w->forced) {
		snprintf(w->reason, sizeof(w->reason), "a test asks for it");
		return w->chosen = w->forced;
	}
	w->chosen = is_rooted(w) ? choose_rooted(w, e)
				 : fw_choose(setting(w), &w->settings, w->reason,
					     sizeof(w->reason), e);
	if (w->chosen)
		log_msg(LOG_LEVEL_INFO, "firewall: %s, %s", w->chosen->name, w->reason);
	return w->chosen;
}

const struct fw_backend *wall_backend_for(struct wall *w, struct fw_block *block,
					  struct err *e)
{
	const struct fw_backend *b = wall_backend(w, e), *native;
	struct csf_facts facts;

	if (b != &fw_csf || !block->net.family)
		return b;
	csffacts_read(w->paths, &facts);
	if (facts.blocks_in_only)
		block->direction = FW_IN;
	native = block->net.family == AF_INET6 && !facts.has_ipv6 ? native_beside(w)
								  : NULL;
	return native ? native : b;
}

const struct fw_backend *wall_beside(struct wall *w)
{
	if (!w->chosen && !wall_backend(w, NULL))
		return NULL;
	return native_beside(w);
}

const char *wall_reason(const struct wall *w)
{
	return w->reason;
}

/* The backend of that name, opened. NULL: why. */
static struct fw *open_named(struct wall *w, const char *name,
			     const struct fw_backend **backend, struct err *e)
{
	size_t slot;

	w->note[0] = '\0';
	/* what is named can be released also while what the settings ask for can't work */
	if (!w->chosen)
		wall_backend(w, NULL);
	for (slot = w->forced ? BACKENDS : 0; slot <= BACKENDS; slot++)
		if (backend_of(w, slot) && strcmp(backend_of(w, slot)->name, name) == 0)
			break;
	if (slot > BACKENDS) {
		err_set(e, EINVAL, "%s: no firewall that this osm knows", name);
		return NULL;
	}
	*backend = backend_of(w, slot);
	if (slot < BACKENDS && is_rooted(w) && *backend != &fw_csf &&
	    *backend != &fw_none) {
		err_set(e, EPERM,
			"with --root the firewall of this machine is left alone");
		return NULL;
	}
	if (!w->open[slot]) {
		if (*backend == &fw_csf) {
			w->settings.beside = native_beside(w);
			w->settings.native = w->settings.beside != NULL;
		}
		w->open[slot] = (*backend)->init(&w->settings, e);
	}
	return w->open[slot];
}

/* ---- who is protected ---- */

struct protecting {
	struct bans *bans;
	struct err *e;
};

static bool protect_ignored(const struct addr *net, unsigned line, void *ctx)
{
	struct protecting *p = ctx;
	char why[64];

	snprintf(why, sizeof(why), "is in %s line %u", PATH_IGNORE, line);
	return bans_add(p->bans, net, why, p->e);
}

static bool protect_all_ignored(struct wall *w, struct bans *bans, int64_t now_s,
				struct err *e)
{
	struct protecting p = {bans, e};
	char path[PATH_MAX], *text = NULL;
	struct err why = {0};
	size_t n = 0;
	bool ok;

	if (!paths_at(w->paths, PATH_IGNORE, path, sizeof(path)))
		return err_set(e, ENAMETOOLONG, "%s: too long a root", PATH_IGNORE);
	if (!file_read(path, IGNORE_BYTES_MAX, &text, &n, &why))
		return why.code == ENOENT || err_set(e, why.code, "%s", why.msg);
	ok = ignore_each_ip((struct slice){text, n}, now_s, protect_ignored, &p);
	free(text);
	return ok;
}

static struct bans *load_bans(struct wall *w, const char *from, int64_t now_s,
			      struct err *e)
{
	const struct bans_settings settings = {.paths = w->paths, .ssh_client = from};
	struct bans *bans = bans_load(&settings, e);

	if (bans && !protect_all_ignored(w, bans, now_s, e)) {
		bans_free(bans);
		bans = NULL;
	}
	return bans;
}

bool wall_hold(struct wall *w, const char *from, int64_t now_s, struct err *e)
{
	wall_let(w);
	w->held = load_bans(w, from, now_s, e);
	return w->held != NULL;
}

void wall_let(struct wall *w)
{
	bans_free(w->held);
	w->held = NULL;
}

size_t wall_unresolved(const struct wall *w)
{
	return w->held ? bans_unresolved(w->held) : 0;
}

bool wall_may(struct wall *w, const struct fw_block *block, const char *from,
	      int64_t now_s, char why[WALL_WHY_MAX])
{
	struct err e = {0};
	struct bans *bans = w->held ? w->held : load_bans(w, from, now_s, &e);
	char said[BANS_WHY_MAX] = "";
	bool may;

	if (!bans) {
		snprintf(why, WALL_WHY_MAX, "%s", e.msg);
		return false;
	}
	may = bans_may(bans, block, said);
	snprintf(why, WALL_WHY_MAX, "%s%s", may ? "" : "protected: ", said);
	if (!w->held)
		bans_free(bans);
	return may;
}

/* A filter on all of SMTP_PORTS: one on port 80 refuses no mail. */
static bool covers_smtp(const struct wall *w, const struct csf_kept *k)
{
	uint16_t ports[FW_PORTS_MAX];
	size_t n;

	if (!csflist_ports(slice_str(k->ports), ports, &n) ||
	    slice_find(slice_str(k->text), SLICE("udp")) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < w->settings.smtp_port_count; i++) {
		bool has = false;

		for (size_t j = 0; j < n; j++)
			has = has || ports[j] == w->settings.smtp_ports[i];
		if (!has)
			return false;
	}
	return true;
}

static bool covers(const struct wall *w, const struct csf_kept *k,
		   const struct fw_block *block, int64_t now_s)
{
	if (k->is_ours)
		return false;
	if (!block->net.family)
		return k->has_uid && k->uid == block->uid && !k->is_temporary &&
		       covers_smtp(w, k);
	if (k->is_filter || k->ports[0] || k->net.family != block->net.family ||
	    k->net.prefix > block->net.prefix || !addr_contains(&k->net, &block->net))
		return false;
	if ((k->direction & block->direction) != block->direction)
		return false;
	return !k->is_temporary || (block->ttl && k->until_s >= now_s + block->ttl);
}

bool wall_foreign(struct wall *w, const struct fw_block *block, int64_t now_s,
		  char where[WALL_WHY_MAX])
{
	struct csf_book book;
	struct err e = {0};
	bool found = false;

	/* a csf that is disabled or absent blocks nothing, whatever its lists hold */
	if (!w->chosen || !fw_csf_usable(&w->settings, &e) ||
	    !csfbook_read(&book, w->paths, NULL, &e))
		return false;
	for (size_t i = 0; i < book.count && !found; i++) {
		if (!covers(w, &book.kept[i], block, now_s))
			continue;
		found = true;
		snprintf(where, WALL_WHY_MAX, "csf has it already: %.120s # %.200s",
			 book.kept[i].text, book.kept[i].comment);
	}
	csfbook_clear(&book);
	return found;
}

/* ---- blocks ---- */

bool wall_block(struct wall *w, const char *name, const struct fw_block *blocks,
		size_t count, char note[WALL_WHY_MAX], struct err *e)
{
	const struct fw_backend *b;
	struct fw *fw = open_named(w, name, &b, e);
	bool ok = fw && b->block(fw, blocks, count, e);

	snprintf(note, WALL_WHY_MAX, "%s", fw ? w->note : "");
	return ok;
}

/* csf can't be asked; nobody is to wait for it to be let in. */
static bool release_beside(struct wall *w, const struct fw_block *block,
			   char note[WALL_WHY_MAX])
{
	const struct fw_backend *native = native_beside(w), *b;
	struct fw *fw = native ? open_named(w, native->name, &b, NULL) : NULL;

	if (!native)
		return true;
	if (!fw || !b->release(fw, block, 1, NULL))
		return false;
	snprintf(note, WALL_WHY_MAX, "the kernel (%s) has let it go", b->name);
	return true;
}

/* Has csf an entry of osm's for it? If that can't be known, yes. */
static bool csf_lists(struct wall *w, const struct fw_block *block)
{
	struct csf_book book;
	bool ours = false;

	if (!csfbook_read(&book, w->paths, block, NULL))
		return true;
	for (size_t i = 0; i < book.count; i++)
		ours = ours || book.kept[i].is_ours;
	csfbook_clear(&book);
	return ours;
}

bool wall_release(struct wall *w, const char *name, const struct fw_block *block,
		  char note[WALL_WHY_MAX], struct err *e)
{
	const struct fw_backend *b;
	struct fw *fw = open_named(w, name, &b, e);
	bool ok = fw && b->release(fw, block, 1, e);

	snprintf(note, WALL_WHY_MAX, "%s", fw ? w->note : "");
	if (!ok && strcmp(name, fw_csf.name) == 0)
		ok = release_beside(w, block, note) && !csf_lists(w, block);
	return ok;
}

bool wall_csf_works(const struct wall *w)
{
	struct err e = {0};

	return w->settings.paths && fw_csf_usable(&w->settings, &e);
}

struct looking {
	const struct fw_block *wanted;
	bool found;
};

static bool look(const struct fw_block *block, void *ctx)
{
	struct looking *l = ctx;

	if (l->wanted->net.family ? addr_eq(&block->net, &l->wanted->net)
				  : !block->net.family && block->uid == l->wanted->uid)
		l->found = true;
	return !l->found;
}

bool wall_has(struct wall *w, const char *name, const struct fw_block *block, bool *has,
	      struct err *e)
{
	struct looking l = {.wanted = block};
	const struct fw_backend *b;
	struct fw *fw = open_named(w, name, &b, e);
	bool ok = fw && b->list(fw, look, &l, e);

	*has = ok && l.found;
	return ok;
}

bool wall_each(struct wall *w, const char *name, fw_each *each, void *ctx, struct err *e)
{
	const struct fw_backend *b;
	struct fw *fw = open_named(w, name, &b, e);

	return fw && b->list(fw, each, ctx, e);
}

const char *wall_native(struct wall *w, const char *name)
{
	const struct fw_backend *native;

	if (strcmp(name, fw_csf.name) != 0)
		return name;
	if (!w->chosen && !wall_backend(w, NULL))
		return NULL;
	native = native_beside(w);
	return native ? native->name : NULL;
}

bool wall_restore(struct wall *w, const char *name, const struct fw_block *blocks,
		  size_t count, struct err *e)
{
	const struct fw_backend *native;
	char note[WALL_WHY_MAX];

	if (!w->chosen && !wall_backend(w, e))
		return false;
	if (strcmp(name, fw_csf.name) != 0)
		return wall_block(w, name, blocks, count, note, e);
	native = native_beside(w);
	return !native || wall_block(w, native->name, blocks, count, note, e);
}

bool wall_is_fragile(struct wall *w, const char *name)
{
	if (!w->chosen && !wall_backend(w, NULL))
		return false;
	return strcmp(name, fw_ipt.name) == 0 ||
	       (strcmp(name, fw_csf.name) == 0 && native_beside(w) == &fw_ipt);
}

bool wall_removed(struct wall *w, const struct fw_block *blocks, size_t count,
		  fw_each *each, void *ctx, struct err *e)
{
	return fw_csf_removed(w->paths, blocks, count, each, ctx, e);
}
