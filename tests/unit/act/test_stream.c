/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/stream.h"

#include "tests/unit/act/lab.h"

#define FILE_NAME "/var/log/osm-reports.jsonl"

static void make_stream_lab(void)
{
	make_lab();
	snprintf(config.report_jsonl, sizeof(config.report_jsonl), "%s", FILE_NAME);
	restart();
}

static void report(int64_t at_s, char id[40])
{
	json_t *doc = report_of("acct", "bob@example.com", at_s), *answer;

	snprintf(id, 40, "%s", json_string_value(json_object_get(doc, "id")));
	answer = send_report(doc, "store,hold", true, at_s);
	cr_assert(is_ok(answer));
	json_decref(answer);
	json_decref(doc);
}

/* The n-th line as a document; NULL: there is none. Every line must be one. */
static json_t *line(size_t n)
{
	char *text = get(FILE_NAME), *at_line = text;
	json_t *doc = NULL;
	json_error_t why;

	for (size_t i = 0; *at_line; i++) {
		char *end = strchr(at_line, '\n');

		cr_assert_not_null(end, "a line without an end: %s", at_line);
		*end = '\0';
		if (i == n)
			doc = json_loads(at_line, 0, &why);
		cr_assert(i != n || doc, "line %zu: %s", i, at_line);
		at_line = end + 1;
	}
	free(text);
	return doc;
}

static void expect_lines(size_t n, const char *const ids[])
{
	cr_expect_eq(count_lines(FILE_NAME), n);
	for (size_t i = 0; i < n; i++) {
		json_t *doc = line(i);

		cr_expect_str_eq(json_string_value(json_object_get(doc, "id")), ids[i],
				 "line %zu", i);
		json_decref(doc);
	}
}

TestSuite(stream, .init = make_stream_lab, .fini = remove_lab);

Test(stream, has_each_report_with_its_actions)
{
	char a[40], b[40];
	json_t *doc;
	struct stat st;

	report(NOW, a);
	report(NOW + 100, b);
	expect_lines(2, (const char *const[]){a, b});
	doc = line(0);
	cr_expect_eq(json_array_size(json_object_get(doc, "actions")), 2);
	cr_expect_str_eq(action_field(doc, 1, "action"), "hold");
	cr_expect_str_eq(action_field(doc, 1, "state"), "done");
	json_decref(doc);
	cr_assert_eq(stat(at(FILE_NAME), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(stream, begins_with_what_comes)
{
	char old[40], a[40];

	config.report_jsonl[0] = '\0';
	restart();
	cr_assert_eq(unlink(at(PATH_STREAM_PLACE)), 0);
	report(NOW, old);
	snprintf(config.report_jsonl, sizeof(config.report_jsonl), "%s", FILE_NAME);
	restart();
	report(NOW + 100, a);
	expect_lines(1, (const char *const[]){a});
}

Test(stream, what_a_crash_left_out_follows)
{
	char a[40], b[40];
	json_t *doc;

	report(NOW, a);
	doc = report_of("acct", "bob@example.com", NOW + 100);
	snprintf(b, sizeof(b), "%s", json_string_value(json_object_get(doc, "id")));
	leave_pending("store", "osm.db", "stored", doc, 0);
	json_decref(doc);
	restart();
	expect_lines(2, (const char *const[]){a, b});
}

Test(stream, a_crash_before_the_place_was_kept_repeats_nothing)
{
	char a[40], b[40], c[40];
	char *place;

	report(NOW, a);
	place = get(PATH_STREAM_PLACE);
	report(NOW + 100, b);
	put(PATH_STREAM_PLACE, place);
	free(place);
	restart();
	report(NOW + 200, c);
	expect_lines(3, (const char *const[]){a, b, c});
}

Test(stream, half_a_line_is_written_anew)
{
	char a[40], b[40];
	char *place;
	struct stat st;

	report(NOW, a);
	place = get(PATH_STREAM_PLACE);
	report(NOW + 100, b);
	cr_assert_eq(stat(at(FILE_NAME), &st), 0);
	cr_assert_eq(truncate(at(FILE_NAME), st.st_size - 7), 0);
	put(PATH_STREAM_PLACE, place);
	free(place);
	restart();
	expect_lines(2, (const char *const[]){a, b});
}

Test(stream, follows_a_rotation)
{
	char a[40], b[40], c[40], old[PATH_MAX];

	report(NOW, a);
	report(NOW + 100, b);
	snprintf(old, sizeof(old), "%s.1", at(FILE_NAME));
	cr_assert_eq(rename(at(FILE_NAME), old), 0);
	restart();
	report(NOW + 200, c);
	expect_lines(1, (const char *const[]){c});
}

Test(stream, waits_for_a_file_that_can_not_be_had)
{
	char a[40], b[40];

	cr_assert_eq(unlink(at(FILE_NAME)), 0);
	cr_assert_eq(mkdir(at(FILE_NAME), 0755), 0);
	report(NOW, a);
	report(NOW + 100, b);
	cr_assert_eq(rmdir(at(FILE_NAME)), 0);
	json_decref(ask(NOW + 300, "{\"do\":\"expire\"}"));
	expect_lines(2, (const char *const[]){a, b});
}

Test(stream, a_file_of_another_is_left_as_it_is)
{
	char a[40], *text;

	put(FILE_NAME, "a table\nof somebody else");
	report(NOW, a);
	text = get(FILE_NAME);
	cr_expect_str_eq(text, "a table\nof somebody else");
	free(text);
	put(FILE_NAME, "");
	json_decref(ask(NOW + 300, "{\"do\":\"expire\"}"));
	expect_lines(1, (const char *const[]){a});
}

Test(stream, follows_no_link)
{
	char a[40];

	put("/target", "");
	cr_assert_eq(unlink(at(FILE_NAME)), 0);
	cr_assert_eq(symlink(at("/target"), at(FILE_NAME)), 0);
	report(NOW, a);
	cr_expect_eq(count_lines("/target"), 0);
}

Test(stream, another_database_begins_at_its_beginning)
{
	char a[40], b[40], c[40], command[2 * PATH_MAX];

	report(NOW, a);
	report(NOW + 100, b);
	executor_free(x);
	snprintf(command, sizeof(command), "rm -f '%s'*", at(PATH_DB));
	cr_assert_eq(system(command), 0);
	start();
	report(NOW + 200, c);
	expect_lines(3, (const char *const[]){a, b, c});
}
