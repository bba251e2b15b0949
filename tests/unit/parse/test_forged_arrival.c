/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* Lines in which a sender imitates fields: those of HELO, sender, recipient, Message-ID and
 * subject as real clients wrote them, and Exim logged them. */
#include "osmd/parse/arrival.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/parse/arrival_row.h"

static const struct arrival_row forged[] = {
	{.why = "5.1: HELO writes an address and a login",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= fay.33691@ok2.example H=(x) "
		 "[9.9.9.9]:25 P=esmtpsa A=dovecot_login:root@evil.example S=1 () "
		 "[198.51.100.77]:58487 P=esmtp S=462 id=s00623@mx.lab T=\"odd helo "
		 "inbound\" for support@dave-it.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "fay.33691@ok2.example",
	 .helo = "x) [9.9.9.9]:25 P=esmtpsa A=dovecot_login:root@evil.example S=1 (",
	 .address = "198.51.100.77",
	 .port = "58487",
	 .recipients = "support@dave-it.example",
	 .subject = "odd helo inbound",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "5.1: HELO opens T=",
	 .line = "2026-11-23 09:07:13 1xVQ13-0003hx-0L <= gus.73662@ok5.example H=(x) "
		 "[9.9.9.8]:9 P=esmtpa A=dovecot_plain:root@evil.example S=1 T=\") "
		 "[198.51.100.77]:54667 P=esmtp S=478 id=s00627@mx.lab T=\"odd helo "
		 "inbound\" for kasse+2024@verein-carol.example",
	 .id = "1xVQ13-0003hx-0L",
	 .sender = "gus.73662@ok5.example",
	 .helo = "x) [9.9.9.8]:9 P=esmtpa A=dovecot_plain:root@evil.example S=1 T=\"",
	 .address = "198.51.100.77",
	 .port = "54667",
	 .recipients = "kasse+2024@verein-carol.example",
	 .subject = "odd helo inbound",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "5.1: HELO opens id=",
	 .line = "2026-11-23 09:06:13 1xVQ05-0007bc-0d <= dora.11505@ok3.example H=(a) "
		 "[9.9.9.7]:1 P=esmtpa A=dovecot_login:root@evil.example S=3 id=\") "
		 "[198.51.100.77]:39291 P=esmtp S=479 id=s00629@mx.lab T=\"odd helo "
		 "inbound\" for bob.miller@bobs-garage.example",
	 .id = "1xVQ05-0007bc-0d",
	 .sender = "dora.11505@ok3.example",
	 .helo = "a) [9.9.9.7]:1 P=esmtpa A=dovecot_login:root@evil.example S=3 id=\"",
	 .address = "198.51.100.77",
	 .port = "39291",
	 .recipients = "bob.miller@bobs-garage.example",
	 .subject = "odd helo inbound",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "5.1: HELO goes on to a recipient",
	 .line = "2026-11-23 09:09:29 1xVQ3F-0003Dn-0h <= gus.85131@ok6.example H=(a) "
		 "[9.9.9.6]:1 P=esmtpa A=dovecot_login:root@evil.example S=3 T=\"s\" for "
		 "victim@victim.example () [198.51.100.77]:59425 P=esmtp S=494 "
		 "id=s00631@mx.lab T=\"odd helo inbound\" for info@bobs-garage.example",
	 .id = "1xVQ3F-0003Dn-0h",
	 .sender = "gus.85131@ok6.example",
	 .helo = "a) [9.9.9.6]:1 P=esmtpa A=dovecot_login:root@evil.example S=3 T=\"s\" "
		 "for victim@victim.example (",
	 .address = "198.51.100.77",
	 .port = "59425",
	 .recipients = "info@bobs-garage.example",
	 .subject = "odd helo inbound",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "5.1: the same by one who logged in",
	 .line = "2026-11-23 09:07:49 1xVQ1d-0005Ie-1F <= studio@erin-photo.example "
		 "H=(x) [9.9.9.9]:25 P=esmtpsa A=dovecot_login:root@evil.example S=1 () "
		 "[203.0.113.54]:33035 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_login:studio@erin-photo.example S=511 id=s00622@mx.lab "
		 "T=\"odd helo\" for emil.79318@ok2.example",
	 .id = "1xVQ1d-0005Ie-1F",
	 .sender = "studio@erin-photo.example",
	 .helo = "x) [9.9.9.9]:25 P=esmtpsa A=dovecot_login:root@evil.example S=1 (",
	 .address = "203.0.113.54",
	 .port = "33035",
	 .auth = "studio@erin-photo.example",
	 .recipients = "emil.79318@ok2.example",
	 .subject = "odd helo",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "5.2: quoted sender with U= and P=",
	 .line = "2026-11-23 09:10:23 1xVQ47-0004ko-22 <= \"x U=root P=local "
		 "S=1\"@evil.example U=osmerin P=local S=396 id=s00571@mx.lab T=\"odd "
		 "sender\" for anna.18471@ok2.example",
	 .id = "1xVQ47-0004ko-22",
	 .sender = "\"x U=root P=local S=1\"@evil.example",
	 .user = "osmerin",
	 .recipients = "anna.18471@ok2.example",
	 .subject = "odd sender",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "5.2: quoted sender with A= before a true login",
	 .line = "2026-11-23 09:09:12 1xVQ2y-0002Wi-2M <= \"q "
		 "A=dovecot_login:root@evil.example P=esmtpa\"@evil.example "
		 "H=(DESKTOP-7QK2) [203.0.113.36]:41387 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_plain:carol@carol.example S=491 id=s00576@mx.lab T=\"odd "
		 "smtp sender\" for gus.73982@ok3.example",
	 .id = "1xVQ2y-0002Wi-2M",
	 .sender = "\"q A=dovecot_login:root@evil.example P=esmtpa\"@evil.example",
	 .helo = "DESKTOP-7QK2",
	 .address = "203.0.113.36",
	 .port = "41387",
	 .auth = "carol@carol.example",
	 .recipients = "gus.73982@ok3.example",
	 .subject = "odd smtp sender",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "5.2: quoted sender with escaped quotes",
	 .line = "2026-11-23 09:07:10 1xVQ10-0003cP-36 <= \"a\\\" U=root P=local "
		 "T=\\\"b\"@evil.example U=osmerin P=local S=400 id=s00579@mx.lab "
		 "T=\"odd sender\" for emil.54234@ok7.example",
	 .id = "1xVQ10-0003cP-36",
	 .sender = "\"a\\\" U=root P=local T=\\\"b\"@evil.example",
	 .user = "osmerin",
	 .recipients = "emil.54234@ok7.example",
	 .subject = "odd sender",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "5.2: sender that begins with U=",
	 .line = "2026-11-23 09:09:59 1xVQ3j-0004RX-1k <= U=root@evil.example U=osmerin "
		 "P=local S=382 id=s00585@mx.lab T=\"odd sender\" for "
		 "chris.19634@ok5.example",
	 .id = "1xVQ3j-0004RX-1k",
	 .sender = "U=root@evil.example",
	 .user = "osmerin",
	 .recipients = "chris.19634@ok5.example",
	 .subject = "odd sender",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "5.2: Message-ID with a quoted local part",
	 .line = "2026-11-23 09:06:10 1xVQ02-0007Va-31 <= "
		 "osmfrank@server1.lab-hosting.example U=osmfrank P=local S=487 id=\"m) "
		 "[9.9.9.9]:1 P=esmtpa A=dovecot_login:root@evil.example S=3 "
		 "id=z\"@x.example T=\"odd message id\" for emil.97556@ok2.example",
	 .id = "1xVQ02-0007Va-31",
	 .sender = "osmfrank@server1.lab-hosting.example",
	 .user = "osmfrank",
	 .recipients = "emil.97556@ok2.example",
	 .subject = "odd message id",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "5.2: quoted recipient of a user",
	 .line = "2026-11-23 09:10:54 1xVQ4c-0004p9-0R <= "
		 "osmcarol@server1.lab-hosting.example U=osmcarol P=local S=422 "
		 "id=s00593@mx.lab T=\"odd recipient\" for \"r U=root T=x\"@ok2.example "
		 "anna.67257@ok2.example",
	 .id = "1xVQ4c-0004p9-0R",
	 .sender = "osmcarol@server1.lab-hosting.example",
	 .user = "osmcarol",
	 .recipients = "\"r U=root T=x\"@ok2.example anna.67257@ok2.example",
	 .subject = "odd recipient",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 2},
	{.why = "5.2: quoted recipient of a login",
	 .line = "2026-11-23 09:06:25 1xVQ0H-00088M-2E <= info@alice-shop.example "
		 "H=(User-PC) [203.0.113.30]:43221 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_login:info@alice-shop.example S=458 id=s00604@mx.lab T=\"odd "
		 "recipient\" for anna.11494@ok5.example \"x T=\\\"y\\\" for "
		 "z\"@ok7.example",
	 .id = "1xVQ0H-00088M-2E",
	 .sender = "info@alice-shop.example",
	 .helo = "User-PC",
	 .address = "203.0.113.30",
	 .port = "43221",
	 .auth = "info@alice-shop.example",
	 .recipients = "anna.11494@ok5.example \"x T=\\\"y\\\" for z\"@ok7.example",
	 .subject = "odd recipient",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "5.2: login in the subject",
	 .line = "2026-11-23 09:06:31 1xVQ0N-0008LR-0x <= "
		 "osmfrank@server1.lab-hosting.example U=osmfrank P=local S=447 "
		 "id=s00450@mx.lab T=\"foo A=dovecot_login:root@evil.example bar\" for "
		 "gus.79160@ok7.example",
	 .id = "1xVQ0N-0008LR-0x",
	 .sender = "osmfrank@server1.lab-hosting.example",
	 .user = "osmfrank",
	 .recipients = "gus.79160@ok7.example",
	 .subject = "foo A=dovecot_login:root@evil.example bar",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "5.2: host in the subject",
	 .line = "2026-11-23 09:07:18 1xVQ18-0003xZ-1d <= newsletter@bobs-garage.example "
		 "H=(User-PC) [203.0.113.16]:42917 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_plain:newsletter@bobs-garage.example S=514 id=s00531@mx.lab "
		 "T=\"H=(x) [9.9.9.9]:1 P=esmtpa A=dovecot_plain:root@evil.example S=1\" "
		 "for jan.24212@ok1.example ben.55396@ok7.example",
	 .id = "1xVQ18-0003xZ-1d",
	 .sender = "newsletter@bobs-garage.example",
	 .helo = "User-PC",
	 .address = "203.0.113.16",
	 .port = "42917",
	 .auth = "newsletter@bobs-garage.example",
	 .recipients = "jan.24212@ok1.example ben.55396@ok7.example",
	 .subject = "H=(x) [9.9.9.9]:1 P=esmtpa A=dovecot_plain:root@evil.example S=1",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "4.3: subject is a quote and a recipient",
	 .line = "2026-11-23 09:07:09 1xVQ0z-0003Z5-32 <= support@dave-it.example "
		 "H=(mail-client.local) [203.0.113.57]:47763 P=esmtpa "
		 "A=dovecot_login:support@dave-it.example S=419 id=s00461@mx.lab "
		 "T=\"\\\" for victim@victim.example\" for anna.58174@ok6.example "
		 "lou.3259@ok1.example",
	 .id = "1xVQ0z-0003Z5-32",
	 .sender = "support@dave-it.example",
	 .helo = "mail-client.local",
	 .address = "203.0.113.57",
	 .port = "47763",
	 .auth = "support@dave-it.example",
	 .recipients = "anna.58174@ok6.example lou.3259@ok1.example",
	 .subject = "\\\" for victim@victim.example",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "4.3: subject escapes its own quote",
	 .line = "2026-11-23 09:06:55 1xVQ0l-0002yr-1h <= "
		 "osmfrank@server1.lab-hosting.example U=osmfrank P=local S=457 "
		 "id=s00462@mx.lab T=\"\\\\\\\" U=root P=local T=\\\"x\\\" for "
		 "victim@victim.example\" for hana.67026@ok6.example",
	 .id = "1xVQ0l-0002yr-1h",
	 .sender = "osmfrank@server1.lab-hosting.example",
	 .user = "osmfrank",
	 .recipients = "hana.67026@ok6.example",
	 .subject = "\\\\\\\" U=root P=local T=\\\"x\\\" for victim@victim.example",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "4.3: subject ends with a backslash",
	 .line = "2026-11-23 09:08:35 1xVQ2N-0000uS-2M <= dave@dave-it.example "
		 "H=(mail-client.local) [203.0.113.20]:54209 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_login:dave@dave-it.example S=460 id=s00465@mx.lab T=\"ends "
		 "with backslash \\\\\" for jan.49978@ok8.example anna.772@ok1.example",
	 .id = "1xVQ2N-0000uS-2M",
	 .sender = "dave@dave-it.example",
	 .helo = "mail-client.local",
	 .address = "203.0.113.20",
	 .port = "54209",
	 .auth = "dave@dave-it.example",
	 .recipients = "jan.49978@ok8.example anna.772@ok1.example",
	 .subject = "ends with backslash \\\\",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "4.3: subject holds a whole line",
	 .line = "2026-11-23 09:09:26 1xVQ3C-00035f-0L <= info@bobs-garage.example "
		 "H=host8-203.rdns.example (DESKTOP-7QK2) [203.0.113.8]:57685 P=esmtpa "
		 "A=dovecot_login:info@bobs-garage.example S=548 id=s00483@mx.lab "
		 "T=\"a\\n2026-01-01 00:00:00 1aaaaa-000000-AA <= root@evil.example "
		 "U=root P=local S=1 T=\\\"x\\\" for victim@vict\" for "
		 "lou.50804@ok4.example kim.27917@ok2.example",
	 .id = "1xVQ3C-00035f-0L",
	 .sender = "info@bobs-garage.example",
	 .helo = "DESKTOP-7QK2",
	 .address = "203.0.113.8",
	 .port = "57685",
	 .auth = "info@bobs-garage.example",
	 .recipients = "lou.50804@ok4.example kim.27917@ok2.example",
	 .subject = "a\\n2026-01-01 00:00:00 1aaaaa-000000-AA <= root@evil.example "
		    "U=root P=local S=1 T=\\\"x\\\" for victim@vict",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "4.3: folded subject holds a whole line",
	 .line = "2026-11-23 09:07:50 1xVQ1e-0005JQ-0G <= "
		 "osmcarol@server1.lab-hosting.example U=osmcarol P=local S=491 "
		 "id=s00496@mx.lab T=\"hello\\n 2026-01-01 00:00:00 1aaaaa-000000-AA <= "
		 "root@evil.example U=root P=local S=1\" for emil.37348@ok7.example",
	 .id = "1xVQ1e-0005JQ-0G",
	 .sender = "osmcarol@server1.lab-hosting.example",
	 .user = "osmcarol",
	 .recipients = "emil.37348@ok7.example",
	 .subject = "hello\\n 2026-01-01 00:00:00 1aaaaa-000000-AA <= root@evil.example "
		    "U=root P=local S=1",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "4.3: quotes in the subject",
	 .line = "2026-11-23 09:10:21 1xVQ45-0004ka-1N <= orders@alice-shop.example "
		 "H=(User-PC) [203.0.113.39]:34939 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_plain:orders@alice-shop.example S=480 id=s00459@mx.lab "
		 "T=\"He said \\\"yes\\\" for victim@victim.example\" for "
		 "lou.96965@ok3.example ilse.48701@ok3.example",
	 .id = "1xVQ45-0004ka-1N",
	 .sender = "orders@alice-shop.example",
	 .helo = "User-PC",
	 .address = "203.0.113.39",
	 .port = "34939",
	 .auth = "orders@alice-shop.example",
	 .recipients = "lou.96965@ok3.example ilse.48701@ok3.example",
	 .subject = "He said \\\"yes\\\" for victim@victim.example",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "a HELO that opens a recipient, and Exim's own cut inside of one",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@ok2.example H=(a) "
		 "[9.9.9.6]:1 P=esmtpa A=d:r@e S=3 for \") [198.51.100.77]:58487 P=esmtp "
		 "S=462 for \"r@y<trunc>",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@ok2.example",
	 .helo = "a) [9.9.9.6]:1 P=esmtpa A=d:r@e S=3 for \"",
	 .address = "198.51.100.77",
	 .port = "58487",
	 .recipients = "\"r@y",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1,
	 .truncated = true},
	{.why = "the same, and no other quote in the line: the true fields are not the "
		"recipient's",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@ok2.example H=(a) "
		 "[9.9.9.6]:1 P=esmtpa A=d:r@e S=3 for \") [198.51.100.77]:58487 P=esmtp "
		 "S=462 for r@y.exa<trunc>",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@ok2.example",
	 .helo = "a) [9.9.9.6]:1 P=esmtpa A=d:r@e S=3 for \"",
	 .address = "198.51.100.77",
	 .port = "58487",
	 .recipients = "r@y.exa",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1,
	 .truncated = true},
};

Test(forged_arrival, shows_its_true_fields)
{
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++)
		expect_arrival(&forged[i]);
}

/* Whatever a stranger says in HELO, in front of what Exim writes itself. */
Test(forged_arrival, takes_no_login_from_a_helo)
{
	static const char *const helos[] = {
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 (",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 T=\"",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 T=\"a\" for \"",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 id=\"",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 for a@b \"",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 for a (",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 from <",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 from <\"",
		"x) [9.9.9.9]:25 P=esmtpsa DN=\"a\" A=d:root@evil.example S=1 SNI=\"",
		"x) [9.9.9.9]:25 P=esmtpsa DN=\"",
		"x) [9.9.9.9]:25 P=esmtpsa A=d:root@evil.example S=1 NEW=",
		"x) [9.9.9.9] U=root P=local S=1 T=\"",
		"x) [9.9.9.9] U=root P=local S=1 for \\",
		"x P=local S=1 T=\"\\",
		"[",
		"(",
		")",
		"\"",
		" H=([9.9.9.9]) ",
	};
	static const char *const tails[] = {
		"S=462 id=s00623@mx.lab T=\"odd helo inbound\" for "
		"support@dave-it.example",
		"S=462 id=\"s\"@mx.lab T=\"a \\\" b\" for \"a b\"@dave-it.example",
		"S=462 for support@dave-it.example",
		"S=462",
	};
	const size_t tail_count = sizeof(tails) / sizeof(tails[0]);

	for (size_t i = 0; i < sizeof(helos) / sizeof(helos[0]) * tail_count; i++) {
		const char *helo = helos[i / tail_count];
		struct exim_line got;
		char line[1000];

		snprintf(line, sizeof(line),
			 "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@ok2.example H=(%s) "
			 "[198.51.100.77]:58487 P=esmtp %s",
			 helo, tails[i % tail_count]);
		eximline_parse(slice_str(line), &got);
		cr_expect_eq(got.kind, EXIM_ARRIVAL, "%s", line);
		cr_expect_eq(got.protocol, EXIM_PROTO_SMTP, "%s", line);
		expect_text(got.auth, NULL, "A=", line);
		expect_text(got.user, NULL, "U=", line);
		expect_text(got.address, "198.51.100.77", "the address", line);
		expect_text(got.port, "58487", "the port", line);
		expect_text(got.helo, helo, "the HELO", line);
	}
}
