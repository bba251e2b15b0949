/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/arrival.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/parse/arrival_row.h"

static const struct arrival_row honest[] = {
	{.why = "command line by a local user",
	 .line = "2026-11-23 09:05:46 1xVPze-0006Uw-2q <= "
		 "osmdave@server1.lab-hosting.example U=osmdave P=local S=408 "
		 "id=s00705@mx.lab T=\"dns trouble\" for x@dnsdefer.example",
	 .id = "1xVPze-0006Uw-2q",
	 .sender = "osmdave@server1.lab-hosting.example",
	 .user = "osmdave",
	 .recipients = "x@dnsdefer.example",
	 .subject = "dns trouble",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "sendmail -bs",
	 .line = "2026-11-23 09:08:35 1xVQ2N-0000uU-2D <= batch@erin-photo.example "
		 "U=osmerin P=local-smtp S=403 id=s00692@mx.lab T=\"batched 0\" for "
		 "anna.56977@ok7.example",
	 .id = "1xVQ2N-0000uU-2D",
	 .sender = "batch@erin-photo.example",
	 .user = "osmerin",
	 .recipients = "anna.56977@ok7.example",
	 .subject = "batched 0",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "login over TLS, HELO without a name in the DNS",
	 .line = "2026-11-23 09:05:48 1xVPzg-0006b4-2C <= info@bobs-garage.example "
		 "H=(User-PC) [203.0.113.11]:42965 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_plain:info@bobs-garage.example S=453 id=s00132@mx.lab "
		 "T=\"Your invoice\" for ilse.7912@ok7.example",
	 .id = "1xVPzg-0006b4-2C",
	 .sender = "info@bobs-garage.example",
	 .helo = "User-PC",
	 .address = "203.0.113.11",
	 .port = "42965",
	 .auth = "info@bobs-garage.example",
	 .recipients = "ilse.7912@ok7.example",
	 .subject = "Your invoice",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "login, name in the DNS before the HELO",
	 .line = "2026-11-23 09:08:35 1xVQ2N-0000t4-16 <= support@dave-it.example "
		 "H=host7-203.rdns.example (mail-client.local) [203.0.113.7]:42093 "
		 "P=esmtpsa X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 "
		 "CV=no A=dovecot_plain:support@dave-it.example S=475 id=s00517@mx.lab "
		 "T=\"padded\" for kim.92615@ok4.example ilse.53670@ok7.example",
	 .id = "1xVQ2N-0000t4-16",
	 .sender = "support@dave-it.example",
	 .helo = "mail-client.local",
	 .address = "203.0.113.7",
	 .port = "42093",
	 .auth = "support@dave-it.example",
	 .recipients = "kim.92615@ok4.example ilse.53670@ok7.example",
	 .subject = "padded",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "login over IPv6",
	 .line = "2026-11-23 09:07:10 1xVQ10-0003cC-39 <= orders@alice-shop.example "
		 "H=([192.168.1.20]) [2001:db8:2::78]:37035 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_plain:orders@alice-shop.example S=459 id=s00660@mx.lab "
		 "T=\"over ipv6\" for lou.6475@ok3.example",
	 .id = "1xVQ10-0003cC-39",
	 .sender = "orders@alice-shop.example",
	 .helo = "[192.168.1.20]",
	 .address = "2001:db8:2::78",
	 .port = "37035",
	 .auth = "orders@alice-shop.example",
	 .recipients = "lou.6475@ok3.example",
	 .subject = "over ipv6",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "HELO that is an address in brackets",
	 .line = "2026-11-23 09:05:57 1xVPzp-0006y9-2v <= kanzlei@frank-law.example "
		 "H=([192.168.1.20]) [203.0.113.38]:39189 P=esmtpa "
		 "A=dovecot_login:kanzlei@frank-law.example S=407 id=s00469@mx.lab "
		 "T=\"a\\\\nb\\\\t\\\\303\\\\274\" for kim.93958@ok3.example "
		 "gus.10316@ok8.example",
	 .id = "1xVPzp-0006y9-2v",
	 .sender = "kanzlei@frank-law.example",
	 .helo = "[192.168.1.20]",
	 .address = "203.0.113.38",
	 .port = "39189",
	 .auth = "kanzlei@frank-law.example",
	 .recipients = "kim.93958@ok3.example gus.10316@ok8.example",
	 .subject = "a\\\\nb\\\\t\\\\303\\\\274",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "incoming mail: no A=",
	 .line = "2026-11-23 09:05:52 1xVPzk-0006l2-2q <= dora.8965@ok8.example "
		 "H=(mx.remote.example) [198.51.100.54]:53257 P=esmtp S=422 "
		 "id=s00686@mx.lab T=\"inbound vacation 3\" for "
		 "holiday@alice-shop.example",
	 .id = "1xVPzk-0006l2-2q",
	 .sender = "dora.8965@ok8.example",
	 .helo = "mx.remote.example",
	 .address = "198.51.100.54",
	 .port = "53257",
	 .recipients = "holiday@alice-shop.example",
	 .subject = "inbound vacation 3",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "mailing list by localhost, many recipients",
	 .line = "2026-11-23 09:10:06 1xVQ3q-0004bh-1a <= wp@carol.example H=(localhost) "
		 "[127.0.0.1]:47925 P=esmtp S=391 id=s00404@mx.lab T=\"Contact request "
		 "0\" for emil.36459@ok5.example",
	 .id = "1xVQ3q-0004bh-1a",
	 .sender = "wp@carol.example",
	 .helo = "localhost",
	 .address = "127.0.0.1",
	 .port = "47925",
	 .recipients = "emil.36459@ok5.example",
	 .subject = "Contact request 0",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "bounce: null sender, its cause in R=",
	 .line = "2026-11-23 09:05:54 1xVPzm-0006pI-1k <= <> R=1xVPzm-0006p8-1e "
		 "U=mailnull P=local S=1800 T=\"Mail delivery failed: returning message "
		 "to sender\" for osmmallory@server1.lab-hosting.example",
	 .id = "1xVPzm-0006pI-1k",
	 .cause = "1xVPzm-0006p8-1e",
	 .user = "mailnull",
	 .recipients = "osmmallory@server1.lab-hosting.example",
	 .subject = "Mail delivery failed: returning message to sender",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "autoreply: the same by a user",
	 .line = "2026-11-23 09:05:52 1xVPzk-0006l7-2w <= <> R=1xVPzk-0006l2-2q "
		 "U=osmalice P=local S=472 T=\"Out of office: inbound vacation 3\" for "
		 "dora.8965@ok8.example",
	 .id = "1xVPzk-0006l7-2w",
	 .cause = "1xVPzk-0006l2-2q",
	 .user = "osmalice",
	 .recipients = "dora.8965@ok8.example",
	 .subject = "Out of office: inbound vacation 3",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "null sender of a user, no R=",
	 .line = "2026-11-23 09:09:47 1xVQ3X-00040w-0G <= <> U=osmerin P=local S=341 "
		 "id=s00563@mx.lab T=\"odd sender\" for hana.52491@ok8.example",
	 .id = "1xVQ3X-00040w-0G",
	 .user = "osmerin",
	 .recipients = "hana.52491@ok8.example",
	 .subject = "odd sender",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "login in upper case is kept as typed",
	 .line = "2026-11-23 09:09:43 1xVQ3T-0003qo-1v <= info@alice-shop.example "
		 "H=(laptop) [203.0.113.56]:40817 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_login:INFO@ALICE-SHOP.EXAMPLE S=454 id=s00642@mx.lab "
		 "T=\"upper case login\" for kim.47817@ok3.example",
	 .id = "1xVQ3T-0003qo-1v",
	 .sender = "info@alice-shop.example",
	 .helo = "laptop",
	 .address = "203.0.113.56",
	 .port = "40817",
	 .auth = "INFO@ALICE-SHOP.EXAMPLE",
	 .recipients = "kim.47817@ok3.example",
	 .subject = "upper case login",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "panel service login",
	 .line = "2026-11-23 09:06:17 1xVQ09-0007m9-1R <= "
		 "cpanel@server1.lab-hosting.example H=(server1.lab-hosting.example) "
		 "[127.0.0.1]:34803 P=esmtpsa "
		 "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no "
		 "A=dovecot_login:__cpanel__service__auth__icontact__aB3dE5 S=545 "
		 "id=s00448@mx.lab T=\"[server1] service notice\" for "
		 "root@server1.lab-hosting.example lou.14096@ok8.example",
	 .id = "1xVQ09-0007m9-1R",
	 .sender = "cpanel@server1.lab-hosting.example",
	 .helo = "server1.lab-hosting.example",
	 .address = "127.0.0.1",
	 .port = "34803",
	 .auth = "__cpanel__service__auth__icontact__aB3dE5",
	 .recipients = "root@server1.lab-hosting.example lou.14096@ok8.example",
	 .subject = "[server1] service notice",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "id of 23 characters",
	 .line = "2026-11-23 09:13:28 1xVQ76-000000005TV-3IcY <= "
		 "osmbob@server1.lab-hosting.example U=osmbob P=local S=426 "
		 "id=s00249@mx.lab T=\"newline directory\" for jan.83678@ok4.example",
	 .id = "1xVQ76-000000005TV-3IcY",
	 .sender = "osmbob@server1.lab-hosting.example",
	 .user = "osmbob",
	 .recipients = "jan.83678@ok4.example",
	 .subject = "newline directory",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "zone, milliseconds and pid",
	 .line = "2026-11-23 09:11:45.512 +0000 [18795] 1xVQ5R-0004t9-1d <= "
		 "osmdave@server1.lab-hosting.example U=osmdave P=local S=431 "
		 "id=s00235@mx.lab T=\"%s%n%x $acl_m0 ${run{/bin/id}}\" for "
		 "gus.1929@ok5.example",
	 .id = "1xVQ5R-0004t9-1d",
	 .sender = "osmdave@server1.lab-hosting.example",
	 .user = "osmdave",
	 .recipients = "gus.1929@ok5.example",
	 .subject = "%s%n%x $acl_m0 ${run{/bin/id}}",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "no subject field at all",
	 .line = "2026-11-23 09:07:31 1xVQ1L-0004XZ-38 <= "
		 "osmalice@server1.lab-hosting.example U=osmalice P=local S=400 "
		 "id=s00536@mx.lab for chris.79150@ok3.example",
	 .id = "1xVQ1L-0004XZ-38",
	 .sender = "osmalice@server1.lab-hosting.example",
	 .user = "osmalice",
	 .recipients = "chris.79150@ok3.example",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "an empty subject",
	 .line = "2026-11-23 09:08:08 1xVQ1w-00066k-25 <= kanzlei@frank-law.example "
		 "H=(DESKTOP-7QK2) [203.0.113.18]:52385 P=esmtpa "
		 "A=dovecot_login:kanzlei@frank-law.example S=392 id=s00515@mx.lab "
		 "T=\"\" for anna.24817@ok5.example hana.73923@ok6.example",
	 .id = "1xVQ1w-00066k-25",
	 .sender = "kanzlei@frank-law.example",
	 .helo = "DESKTOP-7QK2",
	 .address = "203.0.113.18",
	 .port = "52385",
	 .auth = "kanzlei@frank-law.example",
	 .recipients = "anna.24817@ok5.example hana.73923@ok6.example",
	 .subject = "",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 2},
	{.why = "a bare user name as recipient",
	 .line = "2026-11-23 09:07:55 1xVQ1j-0005ZC-2X <= "
		 "osmcarol@server1.lab-hosting.example U=osmcarol P=local S=449 "
		 "id=s00608@mx.lab T=\"unqualified recipient\" for root",
	 .id = "1xVQ1j-0005ZC-2X",
	 .sender = "osmcarol@server1.lab-hosting.example",
	 .user = "osmcarol",
	 .recipients = "root",
	 .subject = "unqualified recipient",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "fakereject",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M (= f@x.example H=(a) "
		 "[192.0.2.1]:2 P=esmtp S=3 for a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .helo = "a",
	 .address = "192.0.2.1",
	 .port = "2",
	 .recipients = "a@b.example",
	 .fake_reject = true,
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "P=esmtpa without TLS",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example H=(a) "
		 "[192.0.2.1]:2 P=esmtpa A=dovecot_login:f@x.example S=3 T=\"t\" for "
		 "a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .helo = "a",
	 .address = "192.0.2.1",
	 .port = "2",
	 .auth = "f@x.example",
	 .recipients = "a@b.example",
	 .subject = "t",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "no recipients: +received_recipients is off",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local S=3 "
		 "id=a@b T=\"t\"",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .subject = "t",
	 .protocol = EXIM_PROTO_LOCAL},
	{.why = "only what must be there",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local S=3",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .protocol = EXIM_PROTO_LOCAL},
	{.why = "no U=: nothing names the user",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example P=local S=3",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .protocol = EXIM_PROTO_LOCAL},
	{.why = "unknown keys of a newer Exim, before T=",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local NEW=1 "
		 "S=3 VERY_NEW-KEY=x=y id=a@b ODD= T=\"t\" for a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .recipients = "a@b.example",
	 .subject = "t",
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "every field of the grammar",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example R=1xVQ3c-0004Ct-0N "
		 "H=mx.y.example (a) [192.0.2.1]:2 I=[192.0.2.9]:25 TFO* U=ident "
		 "P=esmtpsa L- X=TLS1.3:C:256 CV=dane DN=\"CN=a,O=\"b\" SNI=mx.y.example "
		 "A=d:i@x.example PRDR PRX=192.0.2.7 K S=3 M8S=0 DKIM=x RT=0.1s Q=queue "
		 "id=m@x.example T=\"t\" from <f@x.example> for a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .cause = "1xVQ3c-0004Ct-0N",
	 .helo = "a",
	 .address = "192.0.2.1",
	 .port = "2",
	 .user = "ident",
	 .auth = "i@x.example",
	 .recipients = "a@b.example",
	 .subject = "t",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "the third part of A= is what the client claims",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example H=(a) "
		 "[192.0.2.1]:2 P=esmtpa "
		 "A=dovecot_login:info@alice-shop.example:root@evil.example S=3 for "
		 "a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .helo = "a",
	 .address = "192.0.2.1",
	 .port = "2",
	 .auth = "info@alice-shop.example",
	 .recipients = "a@b.example",
	 .protocol = EXIM_PROTO_SMTP_AUTH,
	 .count = 1},
	{.why = "no port: +incoming_port is off",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example H=mx.y.example "
		 "[192.0.2.1] P=esmtp S=3 for a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .address = "192.0.2.1",
	 .recipients = "a@b.example",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "RFC 1413 answer of a client",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example H=mx.y.example "
		 "[192.0.2.1]:2 U=root P=esmtp S=3 for a@b.example",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .address = "192.0.2.1",
	 .port = "2",
	 .user = "root",
	 .recipients = "a@b.example",
	 .protocol = EXIM_PROTO_SMTP,
	 .count = 1},
	{.why = "<trunc> glued to an address",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local S=3 "
		 "T=\"t\" for a@b.example c@d.exa<trunc>",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .recipients = "a@b.example c@d.exa",
	 .subject = "t",
	 .truncated = true,
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 2},
	{.why = "a cut right after the blank",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local S=3 "
		 "T=\"t\" for a@b.example <trunc>",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .recipients = "a@b.example",
	 .subject = "t",
	 .truncated = true,
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 1},
	{.why = "a cut inside \"for\"",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local S=3 "
		 "T=\"t\" f<trunc>",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .subject = "t",
	 .truncated = true,
	 .protocol = EXIM_PROTO_LOCAL},
	{.why = "a cut in a quoted local part",
	 .line = "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= f@x.example U=u P=local S=3 "
		 "T=\"t\" for a@b.example \"c d<trunc>",
	 .id = "1xVQ3c-0004Ct-0M",
	 .sender = "f@x.example",
	 .user = "u",
	 .recipients = "a@b.example \"c d",
	 .subject = "t",
	 .truncated = true,
	 .protocol = EXIM_PROTO_LOCAL,
	 .count = 2},
};

Test(arrival, reads_every_shape)
{
	for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++)
		expect_arrival(&honest[i]);
}

/* ---- what is no arrival of Exim's ---- */

#define HEAD "2026-11-23 09:09:52 1xVQ3c-0004Ct-0M <= "

Test(arrival, refuses_what_does_not_fit_as_a_whole)
{
	static const struct {
		const char *why, *line;
		enum exim_bad bad;
	} rows[] = {
		{"no sender", HEAD, EXIM_BAD_ARRIVAL},
		{"nothing behind the sender", HEAD "f@x", EXIM_BAD_ARRIVAL},
		{"no P=", HEAD "f@x U=u S=1 for a@b", EXIM_BAD_ARRIVAL},
		{"an empty P=", HEAD "f@x U=u P= S=1 for a@b", EXIM_BAD_ARRIVAL},
		{"a quote in P=", HEAD "f@x U=u P=\"l S=1", EXIM_BAD_ARRIVAL},
		{"no S=", HEAD "f@x U=u P=local T=\"t\" for a@b", EXIM_BAD_ARRIVAL},
		{"S= is no number", HEAD "f@x U=u P=local S=1x", EXIM_BAD_ARRIVAL},
		{"S= is empty", HEAD "f@x U=u P=local S=", EXIM_BAD_ARRIVAL},
		{"a field twice", HEAD "f@x U=u P=local S=1 S=1", EXIM_BAD_ARRIVAL},
		{"A= behind S=", HEAD "f@x H=[192.0.2.1] P=esmtpa S=1 A=d:x",
		 EXIM_BAD_ARRIVAL},
		{"U= behind P=", HEAD "f@x P=local U=u S=1", EXIM_BAD_ARRIVAL},
		{"H= behind P=", HEAD "f@x P=smtp H=[192.0.2.1] S=1", EXIM_BAD_ARRIVAL},
		{"text between sender and U=", HEAD "f@x x U=u P=local S=1",
		 EXIM_BAD_ARRIVAL},
		{"a blank in U=", HEAD "f@x U=u v P=local S=1", EXIM_BAD_ARRIVAL},
		{"H= without an address", HEAD "f@x H=mx.y P=smtp S=1", EXIM_BAD_ARRIVAL},
		{"an address of letters", HEAD "f@x H=[host] P=smtp S=1",
		 EXIM_BAD_ARRIVAL},
		{"an empty address", HEAD "f@x H=[] P=smtp S=1", EXIM_BAD_ARRIVAL},
		{"a port of letters", HEAD "f@x H=[192.0.2.1]:x P=smtp S=1",
		 EXIM_BAD_ARRIVAL},
		{"an empty port", HEAD "f@x H=[192.0.2.1]: P=smtp S=1", EXIM_BAD_ARRIVAL},
		{"two blanks", HEAD "f@x U=u P=local  S=1", EXIM_BAD_ARRIVAL},
		{"a blank at the end", HEAD "f@x U=u P=local S=1 ", EXIM_BAD_ARRIVAL},
		{"an unknown key in quotes", HEAD "f@x U=u P=local S=1 NEW=\"x\"",
		 EXIM_BAD_ARRIVAL},
		{"an unknown key behind T=", HEAD "f@x U=u P=local S=1 T=\"t\" NEW=1",
		 EXIM_BAD_ARRIVAL},
		{"a key of 17 letters", HEAD "f@x U=u P=local S=1 ABCDEFGHIJKLMNOPQ=1",
		 EXIM_BAD_ARRIVAL},
		{"T= without quotes", HEAD "f@x U=u P=local S=1 T=t for a@b",
		 EXIM_BAD_ARRIVAL},
		{"T= that does not end", HEAD "f@x U=u P=local S=1 T=\"t\\\" for a@b",
		 EXIM_BAD_ARRIVAL},
		{"text glued to T=", HEAD "f@x U=u P=local S=1 T=\"t\"x for a@b",
		 EXIM_BAD_ARRIVAL},
		{"an empty id=", HEAD "f@x U=u P=local S=1 id= for a@b",
		 EXIM_BAD_ARRIVAL},
		{"a quote inside id=", HEAD "f@x U=u P=local S=1 id=a\"b for a@b",
		 EXIM_BAD_ARRIVAL},
		{"quotes inside id= that end", HEAD "f@x U=u P=local S=1 id=a\"b c\"@d",
		 EXIM_BAD_ARRIVAL},
		{"R= is no id", HEAD "<> R=x U=u P=local S=1", EXIM_BAD_ARRIVAL},
		{"a quoted id= without @", HEAD "f@x U=u P=local S=1 id=\"a b\" for a@b",
		 EXIM_BAD_ARRIVAL},
		{"an empty list", HEAD "f@x U=u P=local S=1 for ", EXIM_BAD_ARRIVAL},
		{"for and no blank", HEAD "f@x U=u P=local S=1 for", EXIM_BAD_ARRIVAL},
		{"a blank behind the list", HEAD "f@x U=u P=local S=1 for a@b ",
		 EXIM_BAD_ARRIVAL},
		{"two @ in a recipient", HEAD "f@x U=u P=local S=1 for a@b@c",
		 EXIM_BAD_ARRIVAL},
		{"a quote inside a recipient", HEAD "f@x U=u P=local S=1 for a\"b@c",
		 EXIM_BAD_ARRIVAL},
		{"a field as recipient", HEAD "f@x U=u P=local S=1 for a@b P=local",
		 EXIM_BAD_ARRIVAL},
		{"a cut recipient without <trunc>", HEAD "f@x U=u P=local S=1 for a@b c@",
		 EXIM_BAD_ARRIVAL},
		{"from < that does not end", HEAD "f@x U=u P=local S=1 from <f@x for a@b",
		 EXIM_BAD_ARRIVAL},
		{"an angle bracket in the sender", HEAD "<f@x> U=u P=local S=1",
		 EXIM_BAD_ARRIVAL},
		{"4.98 cut inside the HELO",
		 HEAD "f@x H=(zzzz **** log string overflowed log "
		      "buffer<trunc>",
		 EXIM_BAD_ARRIVAL},
		{"the same with whole fields in the HELO",
		 HEAD "f@x H=(a) [9.9.9.1]:1 P=esmtpa A=d:root@evil.example S=3 for "
		      "zzzz **** log string overflowed log buffer<trunc>",
		 EXIM_BAD_ARRIVAL},
		{"5.3: a newline in the quoted sender", HEAD "\"n", EXIM_BAD_OPEN_SENDER},
		{"a newline behind a backslash", HEAD "n\\", EXIM_BAD_OPEN_SENDER},
		{"in the second quoted word", HEAD "\"a\".\"n", EXIM_BAD_OPEN_SENDER},
		{"an escaped quote does not end it", HEAD "\"n\\\"@x U=u P=local S=1",
		 EXIM_BAD_OPEN_SENDER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;

		eximline_parse(slice_str(rows[i].line), &got);
		cr_expect_eq(got.kind, EXIM_BAD, "%s", rows[i].why);
		cr_expect_eq(got.why, rows[i].bad, "%s: %s", rows[i].why,
			     exim_bad_name(got.why));
		expect_text(got.id, "1xVQ3c-0004Ct-0M", "the id", rows[i].why);
		cr_expect(!got.user.n && !got.auth.n && !got.address.n,
			  "%s: nobody is named", rows[i].why);
	}
}

Test(arrival, joins_a_sender_with_a_newline)
{
	static const struct arrival_row row = {
		.why = "5.3: the lines of one write, put together",
		.line = "2026-11-23 09:10:33 1xVQ4H-0004ma-3B <= \"n\n"
			"2026-11-23 09:10:33 1xVQ4H-0007Zz-1k <= root@evil.example "
			"U=osmdave P=local S=998 T=x for victim@victim.example\n"
			"2026-11-23 09:10:33 z\"@evil.example U=osmerin P=local S=513 "
			"id=s00590@mx.lab T=\"forging sender\" for jan.84641@ok3.example",
		.id = "1xVQ4H-0004ma-3B",
		.sender = "\"n\n2026-11-23 09:10:33 1xVQ4H-0007Zz-1k <= "
			  "root@evil.example U=osmdave P=local S=998 T=x for "
			  "victim@victim.example\n2026-11-23 09:10:33 z\"@evil.example",
		.user = "osmerin",
		.subject = "forging sender",
		.recipients = "jan.84641@ok3.example",
		.protocol = EXIM_PROTO_LOCAL,
		.count = 1};

	expect_arrival(&row);
}

Test(arrival, counts_every_recipient)
{
	static const unsigned counts[] = {1, 2, 149, 150, 500};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char line[EXIM_LINE_MAX];
		size_t n = (size_t)sprintf(line, HEAD "f@x.example U=u P=local S=3 for");
		struct exim_line got;

		for (unsigned r = 0; r < counts[i]; r++)
			n += (size_t)sprintf(line + n, " r%u@ok.example", r % 7);
		eximline_parse((struct slice){line, n}, &got);
		cr_expect_eq(got.kind, EXIM_ARRIVAL);
		cr_expect_eq(got.recipient_count, counts[i], "duplicates count, too");
	}
}
