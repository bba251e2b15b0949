/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfconf.h"

#include <criterion/criterion.h>

Test(csfconf, reads_values_as_csf_does)
{
	static const struct slice text = {"# TESTING = \"1\"\n"
					  "no equals sign \"1\"\n"
					  "TESTING_INTERVAL = \"5\"\n"
					  "TES TING=\"0\" # see \"y\"\n"
					  " IPV6 = x \"1\" y\r\n"
					  "LF_IPSET = \"0\"\n"
					  "BARE = 1\n",
					  sizeof("# TESTING = \"1\"\n"
						 "no equals sign \"1\"\n"
						 "TESTING_INTERVAL = \"5\"\n"
						 "TES TING=\"0\" # see \"y\"\n"
						 " IPV6 = x \"1\" y\r\n"
						 "LF_IPSET = \"0\"\n"
						 "BARE = 1\n") -
						  1};
	struct slice value;

	cr_expect(csfconf_get(text, SLICE("TESTING"), &value) &&
		  slice_eq(value, SLICE("0\" # see \"y")));
	cr_expect_not(csfconf_on(text, SLICE("TESTING")));
	cr_expect(csfconf_on(text, SLICE("IPV6")));
	cr_expect_not(csfconf_on(text, SLICE("LF_IPSET")));
	cr_expect_not(csfconf_on(text, SLICE("BARE")));
	cr_expect_not(csfconf_on(text, SLICE("MISSING")));
	cr_expect(csfconf_on(text, SLICE("TESTING_INTERVAL")));
	cr_expect_not(csfconf_get((struct slice){NULL, 0}, SLICE("X"), &value));
}
