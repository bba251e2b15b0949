/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/subject.h"

#include <string.h>

#include "osmd/parse/eximline.h"

struct slice subject_decode(struct slice escaped, char out[SUBJECT_MAX])
{
	if (escaped.n > SUBJECT_MAX)
		escaped.n = SUBJECT_MAX;
	return (struct slice){out, eximline_unescape(escaped, out)};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Both decoders write at most text.n bytes. */
static bool decode_q(struct slice text, char *out, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '=') {
			int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
			int low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '_') {
			c = ' ';
		}
		out[(*n)++] = c;
	}
	return true;
}

static bool decode_b(struct slice text, char *out, size_t *n)
{
	unsigned bits = 0, have = 0;

	*n = 0;
	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	for (size_t i = 0; i < text.n; i++) {
		int digit = base64_digit(text.p[i]);

		if (digit < 0)
			return false;
		bits = (bits << 6 | (unsigned)digit) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[(*n)++] = (char)(bits >> have & 0xff);
		}
	}
	return true;
}

enum charset { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_LATIN1 };

/* The few that spam is written in; a word in any other stays as it is. */
static enum charset charset_of(struct slice name)
{
	struct slice language = name, head;

	if (slice_cut(&language, '*', &head)) /* RFC 2231: charset*language */
		name = head;
	if (slice_eq_nocase(name, SLICE("utf-8")) ||
	    slice_eq_nocase(name, SLICE("utf8")) ||
	    slice_eq_nocase(name, SLICE("us-ascii")) ||
	    slice_eq_nocase(name, SLICE("ascii")))
		return CHARSET_UTF8;
	if (slice_eq_nocase(name, SLICE("iso-8859-1")) ||
	    slice_eq_nocase(name, SLICE("iso-8859-15")) ||
	    slice_eq_nocase(name, SLICE("latin1")) ||
	    slice_eq_nocase(name, SLICE("windows-1252")))
		return CHARSET_LATIN1;
	return CHARSET_UNKNOWN;
}

struct word {
	struct slice charset, text;
	char encoding;
	size_t length; /* of the whole word, =? to ?= */
};

/* Does an encoded word stand at the start of s? */
static bool word_at(struct slice s, struct word *w)
{
	struct slice rest = s, encoding;
	size_t end;

	if (!slice_starts(s, SLICE("=?")))
		return false;
	rest = (struct slice){s.p + 2, s.n - 2};
	if (!slice_cut(&rest, '?', &w->charset) || !slice_cut(&rest, '?', &encoding))
		return false;
	end = slice_find(rest, SLICE("?="));
	if (end == SIZE_MAX || encoding.n != 1)
		return false;
	w->encoding = encoding.p[0];
	w->text = (struct slice){rest.p, end};
	w->length = (size_t)(rest.p - s.p) + end + 2;
	return memchr(w->text.p, ' ', w->text.n) == NULL;
}

struct output {
	char *p;
	size_t n;
};

static void put(struct output *o, char c)
{
	if (o->n < SUBJECT_MAX)
		o->p[o->n++] = c;
}

static bool put_word(struct output *o, const struct word *w)
{
	enum charset charset = charset_of(w->charset);
	char raw[SUBJECT_MAX];
	size_t n = 0;
	bool ok;

	if (charset == CHARSET_UNKNOWN || w->text.n > sizeof(raw))
		return false;
	ok = (w->encoding | 0x20) == 'q'   ? decode_q(w->text, raw, &n)
	     : (w->encoding | 0x20) == 'b' ? decode_b(w->text, raw, &n)
					   : false;
	for (size_t i = 0; ok && i < n; i++) {
		unsigned char c = (unsigned char)raw[i];

		if (charset == CHARSET_LATIN1 && c >= 0x80) {
			put(o, (char)(0xc0 | c >> 6));
			put(o, (char)(0x80 | (c & 0x3f)));
		} else {
			put(o, raw[i]);
		}
	}
	return ok;
}

/* Blanks between two encoded words belong to neither (RFC 2047, 6.2). */
static size_t gap_to_next_word(struct slice s)
{
	size_t n = 0;
	struct word w;

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t' || s.p[n] == '\n'))
		n++;
	return word_at((struct slice){s.p + n, s.n - n}, &w) ? n : 0;
}

static void decode_words(struct slice s, struct output *o)
{
	struct word w;

	while (s.n) {
		size_t used = 1;

		if (s.p[0] == '=' && word_at(s, &w) && put_word(o, &w))
			used = w.length + gap_to_next_word((struct slice){
						  s.p + w.length, s.n - w.length});
		else
			put(o, s.p[0]);
		s.p += used;
		s.n -= used;
	}
}

/* The small letter of a character of two bytes; the pairs of Unicode's simple case folding
 * that have a regular distance. */
static unsigned fold_character(unsigned c)
{
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if ((c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) ||
	    (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
	    (c >= 0x48a && c <= 0x4bf))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

static void fold(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 'A' && c <= 'Z') {
			p[i] = (char)(c | 0x20);
		} else if (c >= 0xc3 && c <= 0xd2 && i + 1 < n &&
			   (p[i + 1] & 0xc0) == 0x80) {
			unsigned folded =
				fold_character((c & 0x1fu) << 6 | (p[i + 1] & 0x3fu));

			p[i] = (char)(0xc0 | folded >> 6);
			p[++i] = (char)(0x80 | (folded & 0x3f));
		}
	}
}

struct slice subject_fold(struct slice decoded, char out[SUBJECT_MAX])
{
	struct slice s = slice_trim(decoded);
	struct output o = {out, 0};

	if (slice_find(s, SLICE("=?")) != SIZE_MAX) {
		decode_words(s, &o);
	} else {
		o.n = s.n < SUBJECT_MAX ? s.n : SUBJECT_MAX;
		if (o.n)
			memcpy(out, s.p, o.n);
	}
	fold(out, o.n);
	return slice_trim((struct slice){out, o.n});
}
