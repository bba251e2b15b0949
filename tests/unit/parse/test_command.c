/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/command.h"

#include <criterion/criterion.h>

#define ARGS(s) s, sizeof(s)

Test(command, names_the_script_of_an_interpreter)
{
	static const struct {
		const char *exe, *args;
		size_t n;
		const char *cwd, *want;
	} rows[] = {
		{"/usr/bin/perl", ARGS("perl\0spam.pl\0-x"), "/home/a",
		 "/home/a/spam.pl"},
		{"/usr/bin/perl", ARGS("perl\0-w\0-I\0lib\0./spam.pl"), "/home/a",
		 "/home/a/spam.pl"},
		{"/usr/bin/perl5.36", ARGS("perl\0/tmp/.x"), "/", "/tmp/.x"},
		{"/usr/bin/php8.2", ARGS("php\0-d\0a=b\0-f\0send.php"), "/home/a/www",
		 "/home/a/www/send.php"},
		{"/opt/cpanel/ea-php81/root/usr/bin/php", ARGS("php\0--\0-r.php"), "/w",
		 "/w/-r.php"},
		{"/usr/bin/php8.2", ARGS("php\0-r\0mail();"), "/home/a", ""},
		{"/usr/bin/perl", ARGS("perl\0-e\0spam"), "/home/a", ""},
		{"/usr/bin/python3.11", ARGS("python3\0-m\0smtplib"), "/home/a", ""},
		{"/usr/bin/python3.11", ARGS("python3\0-"), "/home/a", ""},
		{"/usr/bin/bash", ARGS("bash\0-x\0run.sh"), "/", "/run.sh"},
		{"/usr/sbin/php-fpm8.2", ARGS("php-fpm: pool alice"), "/home/a", ""},
		/* http://HOST/real.php?/home/a/www/innocent.php */
		{"/opt/cpanel/ea-php81/root/usr/bin/php-cgi",
		 ARGS("php-cgi\0/home/a/www/innocent.php"), "/home/a/www", ""},
		{"/usr/bin/php-cgi8.2", ARGS("php-cgi8.2\0-f\0innocent.php"), "/home/a/www", ""},
		{"/usr/bin/lsphp", ARGS("lsphp\0innocent.php"), "/home/a/www", ""},
		{"/usr/sbin/exim4", ARGS("exim4\0-bd"), "/", ""},
		{"/usr/bin/perl", ARGS("perl\0spam.pl"), "", ""},
		{"/usr/bin/perl", ARGS("perl"), "/home/a", ""},
		{"", ARGS(""), "", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[64];
		struct slice got = command_script(
			slice_str(rows[i].exe), (struct slice){rows[i].args, rows[i].n},
			slice_str(rows[i].cwd), out, sizeof(out));

		cr_expect(slice_eq(got, slice_str(rows[i].want)), "%zu: %.*s", i,
			  (int)got.n, got.p);
	}
}

Test(command, a_script_that_does_not_fit_is_none)
{
	char out[10];

	cr_expect_eq(command_script(SLICE("/usr/bin/perl"), SLICE("perl\0spam.pl"),
				    SLICE("/home/a"), out, sizeof(out))
			     .n,
		     0);
}

Test(command, is_one_line_for_people)
{
	char out[8];

	cr_expect(slice_eq(command_text(SLICE("a\0b c\0\0"), out, sizeof(out)),
			   SLICE("a b c")));
	cr_expect(slice_eq(command_text(SLICE("123456789"), out, sizeof(out)),
			   SLICE("12345678")));
}
