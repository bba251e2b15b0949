/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/edit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/sip.h"
#include "whm/words.h"

/* A save takes milliseconds; a browser waits longer than this. */
#define LOCK_MS 5000

static void set_mark(struct edit *x)
{
	snprintf(x->mark, sizeof(x->mark), "%c%016" PRIx64, x->is_missing ? 'n' : 'f',
		 sip_hash((struct slice){x->text, x->n}, 0, 0));
}

bool edit_load(const struct site *s, const char *absolute, struct edit *out, struct err *e)
{
	char path[PATH_MAX];

	*out = (struct edit){.absolute = absolute};
	site_path(s, absolute, path);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		out->is_missing = true;
		out->text = calloc(1, 1);
		if (!out->text)
			return err_set(e, ENOMEM, "%s: no memory", absolute);
	} else if (!file_read(path, EDIT_MAX, &out->text, &out->n, e)) {
		return false;
	}
	set_mark(out);
	return true;
}

void edit_clear(struct edit *x)
{
	free(x->text);
	*x = (struct edit){0};
}

bool edit_is_same(const struct edit *x, const char *mark)
{
	return strcmp(x->mark, mark) == 0;
}

/* Under the lock: of two that are saved at the same moment one is told. */
static bool replace(const struct site *s, const struct edit *x, struct slice text, struct err *e)
{
	struct edit now = {0};
	char path[PATH_MAX], real[PATH_MAX];
	bool ok = edit_load(s, x->absolute, &now, e);

	if (ok && !edit_is_same(&now, x->mark))
		ok = err_set(e, EAGAIN,
			     "%s: somebody else saved it at this moment. Nothing was saved: look at "
			     "it and save again.",
			     x->absolute);
	edit_clear(&now);
	return ok && file_real(site_path(s, x->absolute, path), real, e) &&
	       file_replace(real, text, 0600, e);
}

bool edit_save(const struct site *s, const struct edit *x, struct slice text, struct err *e)
{
	char path[PATH_MAX];
	bool ok;
	int fd;

	if (!file_mkdirs(site_path(s, "/etc/osm", path), 0700, e) ||
	    !file_mkdirs(site_path(s, PATH_STATE_DIR, path), 0700, e))
		return false;
	fd = file_lock(site_path(s, PATH_SAVE_LOCK, path), LOCK_MS, e);
	ok = fd >= 0 && replace(s, x, text, e);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool edit_is_plain(const struct edit *x)
{
	struct buf shown;
	bool same;

	buf_init(&shown, 16 * EDIT_MAX);
	words_clean((struct slice){x->text, x->n}, true, 0, &shown);
	same = buf_ok(&shown) &&
	       slice_eq(buf_view(&shown), (struct slice){x->text, x->n});
	buf_clear(&shown);
	return same;
}

void edit_take(struct slice sent, struct buf *out)
{
	for (size_t i = 0; i < sent.n; i++)
		if (sent.p[i] != '\r' || i + 1 == sent.n || sent.p[i + 1] != '\n')
			buf_putc(out, sent.p[i]);
	if (out->n && out->p[out->n - 1] != '\n')
		buf_putc(out, '\n');
}
