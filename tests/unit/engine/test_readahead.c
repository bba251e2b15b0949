/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/engine/readahead.h"

static char path[] = "/tmp/osm-readahead-XXXXXX";

static void put(const char *bytes, size_t n)
{
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

static void gone(void)
{
	unlink(path);
}

/* Read the file and compare every line with the bytes that were put. */
static size_t expect_lines(const char *bytes, size_t n)
{
	struct err e = {0};
	struct readahead *r = readahead_open(path, &e);
	const struct readahead_line *line;
	size_t got, all = 0;

	cr_assert(r, "%s", e.msg);
	while ((got = readahead_next(r, &line, &e)))
		for (size_t i = 0; i < got; i++, all++) {
			const char *lf = memchr(bytes, '\n', n);
			size_t length = lf ? (size_t)(lf - bytes) : n;
			bool cut = length > EXIM_LINE_MAX;

			cr_assert_eq(line[i].raw.n, cut ? EXIM_LINE_MAX : length,
				     "line %zu", all);
			cr_assert_eq(memcmp(line[i].raw.p, bytes, line[i].raw.n), 0,
				     "line %zu", all);
			cr_assert_eq(line[i].parsed.why == EXIM_BAD_LONG, cut, "line %zu",
				     all);
			n -= length + (lf != NULL);
			bytes += length + (lf != NULL);
		}
	cr_assert_eq(e.code, 0);
	cr_assert_eq(n, 0, "%zu bytes were not given", n);
	readahead_close(r);
	return all;
}

Test(readahead, lines_across_its_blocks_are_whole, .fini = gone)
{
	size_t size = 3000000, n = 0;
	char *bytes = malloc(size);

	for (unsigned i = 0; n + 2000 < size; i++) {
		unsigned length = i * 7919 % 1500;

		memset(bytes + n, 'a' + (int)(i % 26), length);
		bytes[n + length] = '\n';
		n += length + 1;
	}
	put(bytes, n);
	cr_assert_gt(expect_lines(bytes, n), 3000);
	free(bytes);
}

Test(readahead, more_lines_than_a_block_holds, .fini = gone)
{
	size_t n = 400000;
	char *bytes = malloc(n);

	memset(bytes, '\n', n);
	put(bytes, n);
	cr_assert_eq(expect_lines(bytes, n), n);
	free(bytes);
}

Test(readahead, the_last_line_needs_no_lf, .fini = gone)
{
	put("one\ntwo", 7);
	cr_assert_eq(expect_lines("one\ntwo", 7), 2);
}

Test(readahead, an_empty_file_has_no_line, .fini = gone)
{
	put("", 0);
	cr_assert_eq(expect_lines("", 0), 0);
}

/* At the bound, over it, over a block, over several; each between lines that fit. */
Test(readahead, a_line_over_the_bound_is_cut_and_only_it, .fini = gone)
{
	static const size_t lengths[] = {EXIM_LINE_MAX - 1,
					 EXIM_LINE_MAX,
					 EXIM_LINE_MAX + 1,
					 130000,
					 150000,
					 700000};
	size_t size = 2000000, n = 0;
	char *bytes = malloc(size);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(bytes + n, 'x', lengths[i]);
		n += lengths[i];
		n += (size_t)sprintf(bytes + n, "\nbetween %zu\n", i);
	}
	memset(bytes + n, 'y', 300000); /* and the last, without LF */
	n += 300000;
	put(bytes, n);
	cr_assert_eq(expect_lines(bytes, n), 13);
	free(bytes);
}

Test(readahead, a_cut_line_keeps_its_time_and_id, .fini = gone)
{
	static const char begin[] = "2026-11-23 09:00:00 1abcde-000001-0A <= ";
	char *bytes = malloc(200000);
	const struct readahead_line *line;
	struct readahead *r;

	memset(bytes, 'z', 200000);
	memcpy(bytes, begin, sizeof(begin) - 1);
	put(bytes, 200000);
	r = readahead_open(path, NULL);
	cr_assert_eq(readahead_next(r, &line, NULL), 1);
	cr_assert_eq(line->parsed.why, EXIM_BAD_LONG);
	cr_assert(slice_eq(line->parsed.time, SLICE("2026-11-23 09:00:00")));
	cr_assert(slice_eq(line->parsed.id, SLICE("1abcde-000001-0A")));
	readahead_close(r);
	free(bytes);
}

Test(readahead, closing_in_the_middle_ends_the_thread, .fini = gone)
{
	size_t n = 5000000;
	char *bytes = malloc(n);
	const struct readahead_line *line;
	struct readahead *r;

	memset(bytes, '\n', n);
	put(bytes, n);
	r = readahead_open(path, NULL);
	cr_assert_gt(readahead_next(r, &line, NULL), 0);
	readahead_close(r);
	r = readahead_open(path, NULL);
	readahead_close(r);
	free(bytes);
}

Test(readahead, compressed_and_broken, .fini = gone)
{
	static const unsigned char broken[] = {0x1f, 0x8b, 8, 0, 0,    0,
					       0,    0,	   0, 3, 0x4b, 0x4c};
	const struct readahead_line *line;
	struct err e = {0};
	struct readahead *r;

	put((const char *)broken, sizeof(broken));
	r = readahead_open(path, &e);
	while (r && readahead_next(r, &line, &e))
		;
	cr_assert_neq(e.code, 0, "a cut gzip file is an error, not an end");
	cr_assert_neq(e.msg[0], 0);
	readahead_close(r);
}

Test(readahead, what_is_no_file)
{
	struct err e = {0};

	cr_assert_null(readahead_open("/nonexistent/log", &e));
	cr_assert(strstr(e.msg, "/nonexistent/log"));
	cr_assert_null(readahead_open("/tmp", &e));
	cr_assert(strstr(e.msg, "not a file"));
}
