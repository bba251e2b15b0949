/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * The page's forms from any bytes: the first byte chooses the form (settings, events, one more
 * line of a list, a whole list), up to the first NUL is the file as it stands, the rest what
 * was sent. The page stays well-formed; the file is as it was, or every line of it is one that
 * its reader takes, and what was not asked to change has stayed.
 */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/model/options.h"
#include "whm/lists.h"

#define SENT_MAX (256 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct form_kind {
	const char *absolute, *list;
	site_page_fn page;
	bool adds;
} kinds[] = {
	{PATH_CONF, "", settings_save, false},
	{PATH_CONF, "", events_save, false},
	{PATH_ACCOUNTS, "accounts", lists_add, true},
	{PATH_IGNORE, "ignore", lists_add, true},
	{PATH_ACCOUNTS, "accounts", lists_save, false},
	{PATH_IGNORE, "ignore", lists_save, false},
};

static struct paths paths;
static bool has_text; /* of the list: without it nothing is saved */

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void remove_root(void)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", paths.root);
	must(system(command) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char shm[] = "/dev/shm/osm-fuzz-XXXXXX", tmp[] = "/tmp/osm-fuzz-XXXXXX", path[PATH_MAX];
	const char *root = mkdtemp(shm);

	(void)argc;
	(void)argv;
	root = root ? root : mkdtemp(tmp);
	must(root && paths_init(&paths, root));
	must(file_mkdirs(paths_at(&paths, "/etc/osm", path, sizeof(path)), 0700, NULL));
	atexit(remove_root);
	return 0;
}

static void put_file(const char *path, struct slice text)
{
	FILE *f = fopen(path, "w");

	must(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static void check_page(struct page *p)
{
	const char *html;
	xmlDoc *doc;

	page_close(p);
	html = page_html(p);
	if (!html)
		return;
	doc = xmlReadMemory(html, (int)strlen(html), NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR);
	must(doc != NULL);
	xmlFreeDoc(doc);
}

static void count_problem(unsigned line, const char *text, void *ctx)
{
	(void)line;
	(void)text;
	++*(size_t *)ctx;
}

static void check_file(const struct form_kind *k, const char *path, struct slice before)
{
	char *text = NULL;
	size_t n = 0, problems = 0;
	struct config config;
	struct slice after;

	must(file_read(path, 8 << 20, &text, &n, NULL));
	after = (struct slice){text, n};
	if (!slice_eq(after, before)) {
		must(!k->list[0] || n == 0 || text[n - 1] == '\n');
		must(k->adds || !k->list[0] || has_text);
		if (strcmp(k->absolute, PATH_CONF) == 0)
			must(options_load(after, &config, count_problem, &problems) == 0);
		if (k->adds) { /* one line more, and the line end that was missing */
			struct slice added = {text + before.n, n - before.n};

			must(n > before.n && memcmp(text, before.p, before.n) == 0);
			if (before.n && before.p[before.n - 1] != '\n') {
				must(added.p[0] == '\n');
				added = (struct slice){added.p + 1, added.n - 1};
			}
			must(added.n > 1 &&
			     (const char *)memchr(added.p, '\n', added.n) == added.p + added.n - 1);
		}
	}
	free(text);
}

static void send_form(const struct form_kind *k, struct slice sent)
{
	const struct cgi_env env = {"POST", "", "application/x-www-form-urlencoded", NULL};
	struct site s = {.paths = paths, .code = 200, .now_s = 1790000000};
	struct edit file;
	struct buf body;

	buf_init(&body, SENT_MAX);
	must(edit_load(&s, k->absolute, &file, NULL));
	buf_printf(&body, "file=%s&mark=%s&", k->list, file.mark);
	edit_clear(&file);
	buf_slice(&body, sent);
	s.page = page_new();
	page_open(s.page, "div", NULL);
	if (buf_ok(&body) && cgi_parse(&env, buf_view(&body), &s.cgi, NULL) == 0) {
		has_text = cgi_has(&s.cgi.form, "text-accounts") ||
			   cgi_has(&s.cgi.form, "text-ignore");
		k->page(&s);
		check_page(s.page);
		cgi_clear(&s.cgi);
	}
	page_free(s.page);
	buf_clear(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size}, file;
	const struct form_kind *k;
	char path[PATH_MAX];

	if (size < 1)
		return 0;
	k = &kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))];
	rest = (struct slice){rest.p + 1, rest.n - 1};
	if (!slice_cut(&rest, '\0', &file))
		return 0;
	paths_at(&paths, k->absolute, path, sizeof(path));
	put_file(path, file);
	send_form(k, rest);
	check_file(k, path, file);
	unlink(path);
	return 0;
}
