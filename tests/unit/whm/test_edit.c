/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/edit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tests/unit/whm/site.h"

static struct edit x;

static void end(void)
{
	edit_clear(&x);
	site_end();
}

TestSuite(edit, .init = site_begin, .fini = end);

static void load(const char *text)
{
	struct err e = {0};

	put_file(PATH_IGNORE, text);
	edit_clear(&x);
	cr_assert(edit_load(&site, PATH_IGNORE, &x, &e), "%s", e.msg);
}

Test(edit, missing_file_is_empty_and_known_as_missing)
{
	char mark[EDIT_MARK_SIZE];
	struct err e = {0};

	cr_assert(edit_load(&site, PATH_IGNORE, &x, &e));
	cr_assert(x.is_missing);
	cr_assert_eq(x.n, 0);
	snprintf(mark, sizeof(mark), "%s", x.mark);
	load("");
	cr_assert(!x.is_missing);
	cr_assert(!edit_is_same(&x, mark), "somebody made it meanwhile");
}

Test(edit, mark_tells_texts_apart)
{
	char mark[EDIT_MARK_SIZE];

	load("user:bob\n");
	snprintf(mark, sizeof(mark), "%s", x.mark);
	cr_assert(edit_is_same(&x, mark));
	cr_assert(!edit_is_same(&x, ""));
	load("user:bob");
	cr_assert(!edit_is_same(&x, mark));
	load("user:bob\n");
	cr_assert(edit_is_same(&x, mark));
}

Test(edit, save_keeps_the_mode)
{
	char path[PATH_MAX], *text;
	struct err e = {0};
	struct stat st;

	load("user:bob\n");
	site_path(&site, PATH_IGNORE, path);
	cr_assert_eq(chmod(path, 0640), 0);
	cr_assert(edit_save(&site, &x, SLICE("user:eve\n"), &e), "%s", e.msg);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
	text = get_file(PATH_IGNORE);
	cr_assert_str_eq(text, "user:eve\n");
	free(text);
}

Test(edit, only_text_that_comes_back_unchanged_is_plain)
{
	load("# caf\xc3\xa9\n\tuser:bob\n");
	cr_assert(edit_is_plain(&x));
	load("user:bob\r\n");
	cr_assert(!edit_is_plain(&x), "a browser would make LF of it");
	load("# caf\xe9\n");
	cr_assert(!edit_is_plain(&x), "Latin-1");
	load("# \xe2\x80\xae\n");
	cr_assert(!edit_is_plain(&x), "a mark that turns text");
}

Test(edit, takes_what_a_browser_sends)
{
	static const struct {
		const char *sent, *want;
	} rows[] = {
		{"a\r\nb\r\n", "a\nb\n"}, {"a\r\nb", "a\nb\n"}, {"", ""},
		{"a\nb\n", "a\nb\n"},	  {"a\rb", "a\rb\n"},	{"\r\n", "\n"},
	};
	struct buf out;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out, 100);
		edit_take(slice_str(rows[i].sent), &out);
		cr_assert_str_eq(buf_str(&out), rows[i].want);
		buf_clear(&out);
	}
}

Test(edit, file_that_is_too_large_is_an_error)
{
	char path[PATH_MAX];
	struct err e = {0};

	load("x");
	cr_assert_eq(truncate(site_path(&site, PATH_IGNORE, path), EDIT_MAX + 1), 0);
	edit_clear(&x);
	cr_assert(!edit_load(&site, PATH_IGNORE, &x, &e));
	cr_assert_neq(e.code, 0);
}

/* Eight that loaded the same text save at once: one succeeds, its text stands, seven are told. */
Test(edit, of_two_saves_at_the_same_moment_one_is_told)
{
	for (int round = 0; round < 20; round++) {
		int won = -1, winners = 0, go[2];
		char want[32], *text;
		pid_t child[8];

		load("user:bob\n");
		cr_assert_eq(pipe(go), 0);
		for (int i = 0; i < 8; i++) {
			child[i] = fork();
			if (child[i] == 0) {
				char mine[32], wait;
				struct err e = {0};

				snprintf(mine, sizeof(mine), "user:u%d\n", i);
				close(go[1]);
				if (read(go[0], &wait, 1) != 0)
					_exit(2);
				if (edit_save(&site, &x, slice_str(mine), &e))
					_exit(0);
				_exit(strstr(e.msg, "somebody else") ? 1 : 2);
			}
		}
		close(go[0]);
		close(go[1]);
		for (int i = 0; i < 8; i++) {
			int status;

			cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
			cr_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2);
			winners += WEXITSTATUS(status) == 0;
			won = WEXITSTATUS(status) == 0 ? i : won;
		}
		cr_assert_eq(winners, 1);
		snprintf(want, sizeof(want), "user:u%d\n", won);
		text = get_file(PATH_IGNORE);
		cr_assert_str_eq(text, want);
		free(text);
	}
}

/* A folder that others may open can be locked by them: that stops no save. */
Test(edit, who_holds_the_folder_stops_nobody)
{
	char folder[PATH_MAX];
	struct err e = {0};
	int fd;

	load("user:bob\n");
	fd = open(site_path(&site, "/etc/osm", folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_assert(edit_save(&site, &x, SLICE("user:eve\n"), &e), "%s", e.msg);
	close(fd);
}

Test(edit, a_link_stays_one)
{
	char path[PATH_MAX], elsewhere[PATH_MAX], *text;
	struct err e = {0};
	struct stat st;

	site_path(&site, PATH_IGNORE, path);
	site_path(&site, "/etc/osm/elsewhere", elsewhere);
	put_file("/etc/osm/elsewhere", "user:bob\n");
	cr_assert_eq(chmod(elsewhere, 0600), 0);
	cr_assert_eq(symlink(elsewhere, path), 0);
	cr_assert(edit_load(&site, PATH_IGNORE, &x, &e), "%s", e.msg);
	cr_assert(edit_save(&site, &x, SLICE("user:eve\n"), &e), "%s", e.msg);
	cr_assert_eq(lstat(path, &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	text = get_file("/etc/osm/elsewhere");
	cr_assert_str_eq(text, "user:eve\n");
	free(text);
	/* its owner's neighbours could have written it */
	cr_assert_eq(chmod(elsewhere, 0666), 0);
	edit_clear(&x);
	cr_assert(edit_load(&site, PATH_IGNORE, &x, &e));
	cr_assert(!edit_save(&site, &x, SLICE("user:mallory\n"), &e));
	cr_assert_not_null(strstr(e.msg, "link"));
	text = get_file("/etc/osm/elsewhere");
	cr_assert_str_eq(text, "user:eve\n");
	free(text);
}
