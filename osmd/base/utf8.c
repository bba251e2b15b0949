/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/utf8.h"

size_t utf8_next(struct slice s, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80	  ? 1
		   : c >> 5 == 6  ? 2
		   : c >> 4 == 14 ? 3
		   : c >> 3 == 30 ? 4
				  : 0;

	if (n == 0 || n > s.n)
		return 0;
	*cp = n == 1 ? c : c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

bool utf8_is_treacherous(uint32_t cp)
{
	static const uint32_t range[][2] = {
		{0x00, 0x1f},	    /* C0 */
		{0x7f, 0xa0},	    /* DEL, C1, no-break space */
		{0xad, 0xad},	    /* soft hyphen */
		{0x34f, 0x34f},	    /* grapheme joiner */
		{0x61c, 0x61c},	    /* Arabic letter mark */
		{0x115f, 0x1160},   /* Hangul fillers */
		{0x180b, 0x180e},   /* Mongolian selectors */
		{0x200b, 0x200f},   /* zero width, direction marks */
		{0x2028, 0x202e},   /* line separators, embeddings, overrides */
		{0x2060, 0x206f},   /* word joiner, isolates */
		{0x3164, 0x3164},   /* Hangul filler */
		{0xfe00, 0xfe0f},   /* variation selectors */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff0, 0xfffb},   /* interlinear marks */
		{0xe0000, 0xe0fff}, /* tags */
	};

	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		if (cp >= range[i][0] && cp <= range[i][1])
			return true;
	return false;
}
