/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/metrics.h"

#include <criterion/criterion.h>
#include <string.h>

static struct buf text;

static const char *text_of(const char *status)
{
	json_t *doc = status ? json_loads(status, 0, NULL) : NULL;

	cr_assert(doc || !status, "%s", status);
	buf_clear(&text);
	buf_init(&text, METRICS_MAX);
	metrics_text(doc, &text);
	json_decref(doc);
	cr_assert(buf_ok(&text));
	return buf_str(&text);
}

Test(metrics, say_that_nobody_answers)
{
	cr_assert_str_eq(text_of(NULL), "# HELP osm_up 1 while osmd answers.\n"
					"# TYPE osm_up gauge\nosm_up 0\n");
}

Test(metrics, numbers_truths_and_labels)
{
	const char *t = text_of("{\"version\":\"1.0\",\"testing\":true,"
				"\"log\":{\"lines\":12345678901},"
				"\"counters\":{\"events\":{\"logline\":5,\"cwdcheck\":0}}}");

	cr_expect(strstr(t, "\nosm_up 1\n"));
	cr_expect(strstr(t, "\nosm_build_info{version=\"1.0\"} 1\n"));
	cr_expect(strstr(t, "# TYPE osm_testing gauge\nosm_testing 1\n"));
	cr_expect(strstr(t, "# TYPE osm_log_lines_total counter\n"
			    "osm_log_lines_total 12345678901\n"));
	cr_expect(strstr(t, "\nosm_events_total{type=\"logline\"} 5\n"
			    "osm_events_total{type=\"cwdcheck\"} 0\n"));
	cr_expect_not(strstr(t, "osm_reports_total"), "what is not there is left out");
}

Test(metrics, a_label_can_not_break_out)
{
	const char *t = text_of(
		"{\"errors\":{\"a\\\"} 1\\nosm_up 0\\n\\\\\":3,\"text\":\"no number\"}}");

	cr_expect(strstr(t, "\nosm_errors_total{what=\"a\\\"} 1\\nosm_up 0\\n\\\\\"} 3\n"),
		  "%s", t);
	cr_expect_not(strstr(t, "no number"));
}

Test(metrics, what_is_no_status_is_survived)
{
	cr_expect(strstr(text_of("{\"log\":[1],\"counters\":7,\"errors\":null,"
				 "\"version\":3,\"testing\":\"yes\"}"),
			 "osm_up 1"));
}
