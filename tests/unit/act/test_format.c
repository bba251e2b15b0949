/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/format.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/model/report.h"

/* Texts that would break out of one format or another. */
static const char *const hostile[] = {
	"",
	" ",
	"a\nb\r\nc\rd\te",
	"\x01\x08\x0b\x1b[2J\x7f",
	"${\\system('id')} @{[`id`]} $x @x %x $$ $!",
	"'; system('id'); '",
	"\\' \\\\ \\",
	"\"quoted\" \\x{41} \\n",
	"caf\xc3\xa9 @{[`id`]} ${x}",
	"]]> <![CDATA[ x ]]> <!-- --> &amp; &#10; &lt;",
	"</item></list><report>",
	"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
	"- a: b #c\n--- \n...\n%YAML",
	"null",
	"true",
	"~",
	"12",
	"1e3",
	"0x1f",
	"2026-01-01",
	"*alias &anchor !tag | > @ `",
	"\xc2\x80\xc2\x9b\xc2\x85\xe2\x80\xa8\xe2\x80\xa9",
	"\xe2\x80\xae right to left \xef\xbb\xbf",
	"\xef\xbf\xbe\xef\xbf\xbf",
	"\xf0\x9f\x92\xa9 \xf4\x8f\xbf\xbf",
	"1; __END__\n=pod\n\n=cut",
	"<<'EOT'\nEOT\n",
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static char dir[64];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/osm-format-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
}

static void remove_dir(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert_eq(system(command), 0);
}

static void put(const char *name, const char *p, size_t n)
{
	char path[128];
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	cr_assert(file_replace(path, (struct slice){p, n}, 0600, &e), "%s", e.msg);
}

/* Written in each format, and read again by somebody else. */
static void expect_same(const json_t *report)
{
	char *want = json_dumps(report, JSON_ENSURE_ASCII);

	cr_assert_not_null(want);
	put("want", want, strlen(want));
	free(want);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		const char *name = format_name((enum format_id)f);
		struct err e = {0};
		char command[512];
		struct buf out;

		buf_init(&out, FORMAT_BYTES_MAX);
		cr_assert(format_report((enum format_id)f, report, &out, &e), "%s",
			  e.msg);
		put(name, out.p, out.n);
		buf_clear(&out);
		snprintf(command, sizeof(command),
			 "/usr/bin/python3 tests/unit/act/read_format.py %s/want %s %s/%s", dir,
			 name, dir, name);
		cr_expect_eq(system(command), 0, "%s", name);
	}
}

static json_t *make_report(void)
{
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_LOGLINE_SUBJECT,
				   .account = SLICE("acct"),
				   .mailbox = SLICE("o'brien$x@example.com"),
				   .key = SLICE("acct ${`id`} \xff\xfe"),
				   .host = SLICE("host.example"),
				   .limit = 1,
				   .interval_s = 60,
				   .testing = true,
				   .made_at_s = 1790000000};
	struct report_builder *b = report_begin(&head, 50);
	json_t *report;

	cr_assert_not_null(b);
	for (size_t i = 0; i < HOSTILE; i++) {
		struct slice s = slice_str(hostile[i]);
		struct event ev = {.type = EVENT_LOGLINE,
				   .certainty = CERTAINTY_CONFIRMED,
				   .at_s = 1790000000 + (int64_t)i,
				   .subject = s,
				   .sender = s,
				   .path = s,
				   .message_id = s,
				   .line = s};

		report_event(b, &ev);
	}
	/* sequences that are no UTF-8: cut, overlong, surrogate, beyond the end, a NUL */
	report_event(b, &(struct event){.type = EVENT_LOGLINE,
					.at_s = 1790000100,
					.subject = SLICE("\xc3 \xc0\xaf \xed\xa0\x80 "
							 "\xf4\x90\x80\x80 \x80 a\0b")});
	report_note(b, "a note");
	report = report_end(b);
	cr_assert_not_null(report);
	return report;
}

TestSuite(format, .init = make_dir, .fini = remove_dir, .timeout = 60);

Test(format, carries_a_hostile_report_whole_in_all_four)
{
	json_t *report = make_report();

	expect_same(report);
	json_decref(report);
}

Test(format, carries_every_kind_of_value_and_every_name)
{
	json_t *report = json_pack(
		"{s:n, s:b, s:b, s:I, s:I, s:f, s:f, s:f, s:[], s:{}, s:[[]{}[i,[s]]]}",
		"none", "yes", 1, "no", 0, "least", (json_int_t)INT64_MIN, "most",
		(json_int_t)INT64_MAX, "real", 0.1, "big", 1e300, "whole", -2.0,
		"empty_list", "empty_map", "nested", 7, "x");

	cr_assert_not_null(report);
	for (size_t i = 0; i < HOSTILE; i++)
		json_object_set_new(report, hostile[i], json_string(hostile[i]));
	/* names that are elements of ours, or no element at all */
	json_object_set_new(report, "item", json_integer(1));
	json_object_set_new(report, "field", json_integer(2));
	json_object_set_new(report, "xmlns", json_integer(3));
	json_object_set_new(report, "1st", json_integer(4));
	expect_same(report);
	json_decref(report);
}

Test(format, replaces_bytes_that_are_no_text)
{
	json_t *report = json_object();
	const char *const want[FORMAT_COUNT] = {
		NULL, "&#65533;", "\\uFFFD", "\\x{fffd}"};

	json_object_set_new(report, "a", json_string_nocheck("x\xff\xc3"));
	for (int f = FORMAT_XML; f < FORMAT_COUNT; f++) {
		struct err e = {0};
		struct buf out;

		buf_init(&out, 4096);
		cr_assert(format_report((enum format_id)f, report, &out, &e), "%s",
			  e.msg);
		cr_expect_not_null(strstr(buf_str(&out), want[f]), "%s", buf_str(&out));
		buf_clear(&out);
	}
	json_decref(report);
}

Test(format, refuses_what_is_no_report)
{
	json_t *deep = json_object(), *list = json_array();
	struct err e = {0};
	struct buf out;

	for (int i = 0; i < FORMAT_DEPTH_MAX; i++) {
		json_t *outer = json_object();

		json_object_set_new(outer, "a", deep);
		deep = outer;
	}
	buf_init(&out, FORMAT_BYTES_MAX);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		cr_expect_not(format_report((enum format_id)f, deep, &out, &e));
		cr_expect_eq(e.code, E2BIG);
		cr_expect_not(format_report((enum format_id)f, list, &out, &e));
		cr_expect_eq(e.code, EINVAL);
	}
	buf_clear(&out);
	json_decref(deep);
	json_decref(list);
}

Test(format, never_gives_a_part_as_the_whole)
{
	json_t *report = make_report();

	for (int f = 0; f < FORMAT_COUNT; f++) {
		struct err e = {0};
		struct buf whole, less;

		buf_init(&whole, FORMAT_BYTES_MAX);
		cr_assert(format_report((enum format_id)f, report, &whole, &e));
		buf_init(&less, whole.n - 1);
		cr_expect_not(format_report((enum format_id)f, report, &less, &e), "%s",
			      format_name((enum format_id)f));
		buf_clear(&less);
		buf_init(&less, whole.n);
		cr_expect(format_report((enum format_id)f, report, &less, &e), "%s",
			  format_name((enum format_id)f));
		buf_clear(&less);
		buf_clear(&whole);
	}
	json_decref(report);
}

Test(format, knows_its_names_in_any_case)
{
	for (int f = 0; f < FORMAT_COUNT; f++)
		cr_expect_eq(format_find(slice_str(format_name((enum format_id)f))), f);
	cr_expect_eq(format_find(SLICE("yaml")), FORMAT_YAML);
	cr_expect_eq(format_find(SLICE("")), -1);
	cr_expect_eq(format_find(SLICE("PERLX")), -1);
}
