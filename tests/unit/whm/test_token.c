/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whm/token.h"

#define NOW 1790000000
#define SESSION "/cpsess1234567890"

static const struct token_key key = {"0123456789abcdef0123456789abcde"};
static char folder[] = "/tmp/osm-token-XXXXXX";
static char path[64];

static void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/whm.key", folder);
}

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

TestSuite(token, .init = make_folder, .fini = remove_folder);

static bool check(const char *user, const char *session, int64_t now_s, const char *token)
{
	return token_check(&key, user, session, now_s, slice_str(token));
}

Test(token, is_good_for_its_user_session_and_time_alone)
{
	char token[TOKEN_SIZE];

	cr_assert(token_make(&key, "root", SESSION, NOW, token));
	cr_assert_eq(strlen(token), 81);
	cr_assert(check("root", SESSION, NOW, token));
	cr_assert(check("root", SESSION, NOW + TOKEN_LIFE_S, token));
	cr_assert(!check("root", SESSION, NOW + TOKEN_LIFE_S + 1, token), "too old");
	cr_assert(!check("root", SESSION, NOW - 1, token), "from the future");
	cr_assert(!check("root", "/cpsess1234567891", NOW, token), "another session");
	cr_assert(!check("root", "", NOW, token), "no session");
	cr_assert(!check("bob", SESSION, NOW, token), "another user");
}

Test(token, does_not_mix_user_and_session)
{
	char token[TOKEN_SIZE];

	cr_assert(token_make(&key, "root", "\n0\nx", NOW, token));
	cr_assert(!check("root\n0\n", "x", NOW, token));
	cr_assert(token_make(&key, "ab", "c", NOW, token));
	cr_assert(!check("a", "bc", NOW, token));
}

Test(token, notices_any_change)
{
	char token[TOKEN_SIZE];
	size_t n;

	cr_assert(token_make(&key, "root", SESSION, NOW, token));
	n = strlen(token);
	for (size_t i = 0; i < n; i++) {
		char before = token[i];

		token[i] = before == '0' ? '1' : '0';
		cr_assert(!check("root", SESSION, NOW, token), "byte %zu", i);
		token[i] = before;
	}
	for (size_t i = 0; i < n; i++)
		cr_assert(!token_check(&key, "root", SESSION, NOW, (struct slice){token, i}));
	cr_assert(check("root", SESSION, NOW, token));
}

Test(token, old_one_is_told_from_a_wrong_one)
{
	char token[TOKEN_SIZE];
	struct slice old;

	cr_assert(token_make(&key, "root", SESSION, NOW, token));
	old = slice_str(token);
	cr_assert(!token_is_old(&key, "root", SESSION, NOW, old));
	cr_assert(!token_is_old(&key, "root", SESSION, NOW + TOKEN_LIFE_S, old));
	cr_assert(token_is_old(&key, "root", SESSION, NOW + TOKEN_LIFE_S + 1, old));
	cr_assert(!token_check(&key, "root", SESSION, NOW + TOKEN_LIFE_S + 1, old));
	cr_assert(!token_is_old(&key, "root", "other", NOW + TOKEN_LIFE_S + 1, old));
	cr_assert(!token_is_old(&key, "eve", SESSION, NOW + TOKEN_LIFE_S + 1, old));
	cr_assert(!token_is_old(&key, "root", SESSION, NOW - 1, old), "from the future");
	token[strlen(token) - 1] ^= 1;
	cr_assert(!token_is_old(&key, "root", SESSION, NOW + TOKEN_LIFE_S + 1, old));
}

Test(token, needs_the_same_key)
{
	struct token_key other = key;
	char token[TOKEN_SIZE];

	other.bytes[31] ^= 1;
	cr_assert(token_make(&other, "root", SESSION, NOW, token));
	cr_assert(!check("root", SESSION, NOW, token));
}

Test(token, is_not_made_for_a_session_that_is_too_long)
{
	char token[TOKEN_SIZE], session[2000];

	memset(session, 'x', sizeof(session) - 1);
	session[sizeof(session) - 1] = '\0';
	cr_assert(!token_make(&key, "root", session, NOW, token));
	cr_assert_str_empty(token);
	cr_assert(!check("root", session, NOW, token));
}

Test(token, key_is_made_once_for_root_alone)
{
	struct token_key first, second;
	struct err e = {0};
	struct stat st;

	cr_assert(token_key_load(path, &first, &e), "%s", e.msg);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(st.st_size, TOKEN_KEY_BYTES);
	cr_assert(token_key_load(path, &second, &e));
	cr_assert_arr_eq(first.bytes, second.bytes, TOKEN_KEY_BYTES);
	unlink(path);
	cr_assert(token_key_load(path, &second, &e));
	cr_assert(memcmp(first.bytes, second.bytes, TOKEN_KEY_BYTES) != 0);
}

Test(token, key_that_others_may_read_is_refused)
{
	struct token_key k;
	struct err e = {0};

	cr_assert(token_key_load(path, &k, &e));
	cr_assert_eq(chmod(path, 0640), 0);
	cr_assert(!token_key_load(path, &k, &e));
	cr_assert_eq(e.code, EPERM);
	cr_assert_eq(chmod(path, 0600), 0);
	cr_assert_eq(truncate(path, TOKEN_KEY_BYTES - 1), 0);
	cr_assert(!token_key_load(path, &k, &e));
	cr_assert_eq(truncate(path, TOKEN_KEY_BYTES + 1), 0);
	cr_assert(!token_key_load(path, &k, &e));
}

Test(token, key_behind_a_link_is_refused)
{
	struct token_key k;
	struct err e = {0};

	cr_assert_eq(symlink("/etc/hostname", path), 0);
	cr_assert(!token_key_load(path, &k, &e));
	cr_assert_eq(e.code, ELOOP);
}
