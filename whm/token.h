/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * token: what every changing form carries, so that no other site can send it in an
 * administrator's name: HMAC-SHA-256 (libcrypto) over the user, the session (WHM's
 * cp_security_token, "" elsewhere) and the time of issue, with a key that only root reads.
 */
#ifndef OSM_WHM_TOKEN_H
#define OSM_WHM_TOKEN_H

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

#define TOKEN_KEY_BYTES 32
/* Hex time, "-", 64 hex digits, NUL. */
#define TOKEN_SIZE 88
/* A form may be left open for so long. */
#define TOKEN_LIFE_S 43200

struct token_key {
	unsigned char bytes[TOKEN_KEY_BYTES];
};

/* The key from path, made (mode 0600, its folder must exist) when it isn't there. A file that
 * others may read or that has another size is an error. */
bool token_key_load(const char *path, struct token_key *key, struct err *e);
bool token_make(const struct token_key *key, const char *user, const char *session,
		int64_t now_s, char out[TOKEN_SIZE]);
/* Was this made by token_make for the same user and session, at most TOKEN_LIFE_S ago? */
bool token_check(const struct token_key *key, const char *user, const char *session,
		 int64_t now_s, struct slice token);
/* It was, but longer ago: what was entered may be shown to its user again, and no more. */
bool token_is_old(const struct token_key *key, const char *user, const char *session,
		  int64_t now_s, struct slice token);

#endif
