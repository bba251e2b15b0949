/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/token.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"

#define TIME_DIGITS 16
#define MAC_BYTES 32
/* User and session; both come from the web server, longer ones get no token. */
#define MESSAGE_MAX 1024

static bool read_key(int fd, const char *path, struct token_key *key, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return err_set(e, EPERM, "%s: others may read this key; remove the file, a new one is made",
			       path);
	if (st.st_size != TOKEN_KEY_BYTES ||
	    read(fd, key->bytes, TOKEN_KEY_BYTES) != TOKEN_KEY_BYTES)
		return err_set(e, EBADMSG, "%s: not a key; remove the file, a new one is made", path);
	return true;
}

/* Two requests at once may both make one: the second link fails, and the first's key is read. */
static bool make_key(const char *path, struct err *e)
{
	unsigned char bytes[TOKEN_KEY_BYTES];
	char temp[4096];
	int fd, rc;

	if (snprintf(temp, sizeof(temp), "%s.%ld", path, (long)getpid()) >= (int)sizeof(temp))
		return err_set(e, ENAMETOOLONG, "%s: too long a name", path);
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(e, EIO, "%s: no random bytes for a key", path);
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, errno, "%s: %s", temp, strerror(errno));
	rc = file_write_all(fd, bytes, sizeof(bytes));
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && link(temp, path) < 0 && errno != EEXIST)
		rc = -errno;
	unlink(temp);
	return rc == 0 || err_set(e, -rc, "%s: %s", path, strerror(-rc));
}

bool token_key_load(const char *path, struct token_key *key, struct err *e)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ok;

	if (fd < 0 && errno == ENOENT) {
		if (!make_key(path, e))
			return false;
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	ok = read_key(fd, path, key, e);
	close(fd);
	return ok;
}

static bool mac(const struct token_key *key, const char *user, const char *session,
		uint64_t issued_s, unsigned char out[MAC_BYTES])
{
	char message[MESSAGE_MAX];
	unsigned n = 0;
	/* lengths keep "ab","c" and "a","bc" apart */
	int len = snprintf(message, sizeof(message), "osm-whm\n%zu\n%s\n%zu\n%s\n%" PRIx64,
			   strlen(user), user, strlen(session), session, issued_s);

	if (len < 0 || (size_t)len >= sizeof(message))
		return false;
	return HMAC(EVP_sha256(), key->bytes, TOKEN_KEY_BYTES, (const unsigned char *)message,
		    (size_t)len, out, &n) &&
	       n == MAC_BYTES;
}

static bool print(const struct token_key *key, const char *user, const char *session,
		  uint64_t issued_s, char out[TOKEN_SIZE])
{
	unsigned char sum[MAC_BYTES];
	int at = snprintf(out, TOKEN_SIZE, "%0*" PRIx64 "-", TIME_DIGITS, issued_s);

	if (!mac(key, user, session, issued_s, sum))
		return false;
	for (size_t i = 0; i < MAC_BYTES; i++)
		at += snprintf(out + at, TOKEN_SIZE - (size_t)at, "%02x", sum[i]);
	return true;
}

bool token_make(const struct token_key *key, const char *user, const char *session,
		int64_t now_s, char out[TOKEN_SIZE])
{
	if (print(key, user, session, (uint64_t)now_s, out))
		return true;
	out[0] = '\0';
	return false;
}

static bool parse_time(struct slice digits, uint64_t *out)
{
	static const char table[] = "0123456789abcdef";

	*out = 0;
	for (size_t i = 0; i < digits.n; i++) {
		const char *at = memchr(table, digits.p[i], sizeof(table) - 1);

		if (!at)
			return false;
		*out = *out << 4 | (uint64_t)(at - table);
	}
	return true;
}

/* Made by token_make with this key for them, whenever: then its time. */
static bool genuine(const struct token_key *key, const char *user, const char *session,
		    struct slice token, uint64_t *issued_s)
{
	char want[TOKEN_SIZE];

	return token.n == TIME_DIGITS + 1 + 2 * MAC_BYTES &&
	       parse_time((struct slice){token.p, TIME_DIGITS}, issued_s) &&
	       print(key, user, session, *issued_s, want) &&
	       CRYPTO_memcmp(want, token.p, token.n) == 0;
}

bool token_check(const struct token_key *key, const char *user, const char *session,
		 int64_t now_s, struct slice token)
{
	uint64_t issued_s;

	return genuine(key, user, session, token, &issued_s) && issued_s <= (uint64_t)now_s &&
	       (uint64_t)now_s - issued_s <= TOKEN_LIFE_S;
}

bool token_is_old(const struct token_key *key, const char *user, const char *session,
		  int64_t now_s, struct slice token)
{
	uint64_t issued_s;

	return genuine(key, user, session, token, &issued_s) && issued_s <= (uint64_t)now_s &&
	       (uint64_t)now_s - issued_s > TOKEN_LIFE_S;
}
