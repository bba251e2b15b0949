/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csffacts.h"

#include "tests/unit/firewall/lab.h"

TestSuite(csffacts, .init = lab_make, .fini = lab_remove);

static struct csf_facts facts(void)
{
	struct csf_facts f;

	memset(&f, 0x5a, sizeof(f));
	csffacts_read(&lab, &f);
	return f;
}

Test(csffacts, no_csf_is_no_csf)
{
	cr_assert_eq(remove(lab_at("/etc/csf/csf.conf")) && 0, 0);
	cr_expect_not(facts().is_installed);
	cr_expect_not(facts().is_readable);
	cr_expect_not(facts().is_disabled || facts().has_failed || facts().is_testing);
}

Test(csffacts, what_its_files_say)
{
	lab_put("/usr/sbin/csf", "#!/bin/sh\n");
	cr_expect_not(facts().is_installed, "it can't be run");
	cr_assert_eq(chmod(lab_at("/usr/sbin/csf"), 0700), 0);
	cr_expect(facts().is_installed);
	lab_put("/etc/csf/csf.disable", "");
	cr_expect(facts().is_disabled);
	lab_put("/etc/csf/csf.error", "why");
	cr_expect(facts().has_failed);
}

Test(csffacts, what_its_configuration_says)
{
	lab_put("/etc/csf/csf.conf", "# TESTING = \"1\"\nTESTING = \"0\"\nIPV6 = \"1\"\n"
				     "LF_IPSET = \"1\"\nSMTP_BLOCK = \"0\"\n");
	cr_expect(facts().is_readable);
	cr_expect_not(facts().is_testing);
	cr_expect(facts().has_ipv6);
	cr_expect(facts().uses_ipset);
	cr_expect_not(facts().blocks_smtp);
	cr_expect_not(facts().blocks_in_only);
	lab_put("/etc/csf/csf.conf",
		"TESTING=\"1\"\nSMTP_BLOCK = \"1\"\nLF_BLOCKINONLY = \"1\"\n");
	cr_expect(facts().is_testing);
	cr_expect_not(facts().has_ipv6, "missing is off, as for csf");
	cr_expect(facts().blocks_smtp);
	cr_expect(facts().blocks_in_only);
}
