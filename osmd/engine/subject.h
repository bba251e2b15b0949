/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * subject: the text of T="..." -> the subject as it is counted. Exim has decoded RFC 2047
 * already and cut after 100 bytes; words that it left as they are (charset or encoding in an
 * odd form) are decoded here. Case is folded: ASCII, and the Latin, Greek and Cyrillic
 * letters of two bytes. Pure; no locale.
 */
#ifndef OSM_ENGINE_SUBJECT_H
#define OSM_ENGINE_SUBJECT_H

#include "osmd/base/slice.h"

#define SUBJECT_MAX 512 /* Exim prints at most 400 bytes */

/* The escapes undone, nothing else changed. What is longer than SUBJECT_MAX is cut. */
struct slice subject_decode(struct slice escaped, char out[SUBJECT_MAX]);
/* A decoded subject for comparing: trimmed, words decoded, folded. */
struct slice subject_fold(struct slice decoded, char out[SUBJECT_MAX]);

#endif
