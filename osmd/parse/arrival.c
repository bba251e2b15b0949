/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/arrival.h"

#include "osmd/parse/address.h"
#include "osmd/parse/scan.h"

#define KEY_MAX 16

/* The order in which Exim writes what follows P=; it never changes. A key of lower or
 * equal rank than the one before it is somebody's imitation. */
enum rank {
	RANK_NONE,
	RANK_TLS,
	RANK_VERIFIED,
	RANK_PEER,
	RANK_SNI,
	RANK_AUTH,
	RANK_PRDR,
	RANK_PROXY,
	RANK_CHUNKING,
	RANK_SIZE,
	RANK_8BIT,
	RANK_DKIM,
	RANK_RECEIVE_TIME,
	RANK_QUEUE,
	RANK_ID,
	RANK_SUBJECT,
	RANK_FROM,
	RANK_UNKNOWN,  /* of a newer Exim or another selector: skipped */
	RANK_MISPLACED /* belongs before P=, or is always quoted */
};

struct tail {
	const char *p;
	const char *end;
	enum rank last;
	bool has_size;
	bool has_auth;
};

static bool has_quote(const char *p, const char *end)
{
	return memchr(p, '"', (size_t)(end - p)) != NULL;
}

/* ---- sender ---- */

static enum exim_bad read_sender(const char **at, const char *end, struct exim_line *out)
{
	const char *p = *at;
	const char *after;

	if (scan_starts(p, end, SLICE("<>"))) {
		out->sender = scan_between(p, p);
		*at = p + 2;
		return EXIM_BAD_NONE;
	}
	if (!address_skip_local(p, end))
		return EXIM_BAD_OPEN_SENDER;
	after = address_skip(p, end);
	if (!after || (after < end && *after != ' '))
		return EXIM_BAD_ARRIVAL;
	out->sender = scan_between(p, after);
	*at = after;
	return EXIM_BAD_NONE;
}

static void read_cause(const char **at, const char *end, struct exim_line *out)
{
	const char *after;
	struct slice id;

	if (!scan_starts(*at, end, SLICE(" R=")))
		return;
	after = scan_word(*at + 3, end);
	id = scan_between(*at + 3, after);
	if (!eximline_is_id(id))
		return;
	out->cause = id;
	*at = after;
}

/* ---- head: between sender and P=, read from its right end ---- */

/* "[ip]" or "[ip]:port", all of it. */
static bool read_endpoint(const char *p, const char *end, struct slice *ip,
			  struct slice *port)
{
	const char *close;

	if (end - p < 3 || *p != '[')
		return false;
	close = memchr(p, ']', (size_t)(end - p));
	if (!close)
		return false;
	for (const char *c = p + 1; c < close; c++)
		if (!scan_is_digit(*c) && *c != '.' && *c != ':' &&
		    !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'f'))
			return false;
	*ip = scan_between(p + 1, close);
	*port = scan_between(end, end);
	if (!ip->n)
		return false;
	if (close + 1 == end)
		return true;
	*port = scan_between(close + 2, end);
	return close[1] == ':' && scan_all_digits(close + 2, end);
}

/* The last word before end, and what is before it without the blank. */
static const char *last_word(const char *p, const char *end)
{
	const char *blank = memrchr(p, ' ', (size_t)(end - p));

	return blank ? blank + 1 : p;
}

/* "name (helo)", "(helo)" or "name": the text in the outer parentheses. A name comes from
 * the DNS and holds neither blanks nor parentheses. */
static void read_helo(const char *p, const char *end, struct exim_line *out)
{
	const char *open;

	if (p == end || end[-1] != ')')
		return;
	open = *p == '(' ? p : memmem(p, (size_t)(end - p), " (", 2);
	if (!open)
		return;
	if (*open == ' ')
		open++;
	out->helo = scan_between(open + 1, end - 1);
}

/* What follows "H=". Its right end is Exim's own; all before the address is the client's. */
static bool read_host(const char *p, const char *end, struct exim_line *out)
{
	const char *word = last_word(p, end);
	struct slice ip, port;

	if (word > p && scan_starts(word, end, SLICE("U="))) {
		out->user = scan_between(word + 2, end);
		end = word - 1;
		word = last_word(p, end);
	}
	if (word > p && scan_starts(word, end, SLICE("TFO")) && end - word <= 4) {
		end = word - 1;
		word = last_word(p, end);
	}
	if (word > p && scan_starts(word, end, SLICE("I="))) {
		if (!read_endpoint(word + 2, end, &ip, &port))
			return false;
		end = word - 1;
		word = last_word(p, end);
	}
	if (!read_endpoint(word, end, &out->address, &out->port))
		return false;
	if (word > p)
		read_helo(p, word - 1, out);
	return true;
}

static bool read_head(const char *p, const char *end, struct exim_line *out)
{
	if (p == end)
		return true;
	if (scan_starts(p, end, SLICE(" DS H=")))
		p += 3;
	if (scan_starts(p, end, SLICE(" H=")))
		return read_host(p + 3, end, out);
	if (!scan_starts(p, end, SLICE(" U=")) || scan_word(p + 3, end) != end)
		return false;
	out->user = scan_between(p + 3, end);
	return true;
}

/* ---- tail: from P= to the end of the line ---- */

#define KEY(a, b, c, d)                                                                  \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static enum rank rank_of(struct slice key)
{
	uint32_t packed = 0;

	if (key.n > 4)
		return RANK_UNKNOWN;
	for (size_t i = 0; i < key.n; i++)
		packed |= (uint32_t)(unsigned char)key.p[i] << (8 * i);
	switch (packed) {
	case KEY('X', 0, 0, 0):
		return RANK_TLS;
	case KEY('C', 'V', 0, 0):
		return RANK_VERIFIED;
	case KEY('S', 'N', 'I', 0):
		return RANK_SNI;
	case KEY('A', 0, 0, 0):
		return RANK_AUTH;
	case KEY('P', 'R', 'X', 0):
		return RANK_PROXY;
	case KEY('S', 0, 0, 0):
		return RANK_SIZE;
	case KEY('M', '8', 'S', 0):
		return RANK_8BIT;
	case KEY('D', 'K', 'I', 'M'):
		return RANK_DKIM;
	case KEY('R', 'T', 0, 0):
		return RANK_RECEIVE_TIME;
	case KEY('Q', 0, 0, 0):
		return RANK_QUEUE;
	case KEY('H', 0, 0, 0):
	case KEY('I', 0, 0, 0):
	case KEY('P', 0, 0, 0):
	case KEY('R', 0, 0, 0):
	case KEY('T', 0, 0, 0):
	case KEY('U', 0, 0, 0):
	case KEY('D', 'N', 0, 0):
	case KEY('i', 'd', 0, 0):
		return RANK_MISPLACED;
	default:
		return RANK_UNKNOWN;
	}
}

static bool is_name_char(char c)
{
	return scan_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == '-';
}

static bool take_rank(struct tail *t, enum rank rank)
{
	if (rank == RANK_UNKNOWN)
		return t->last < RANK_SUBJECT;
	if (rank == RANK_MISPLACED || rank <= t->last)
		return false;
	t->last = rank;
	return true;
}

/* "authenticator:id:mailauth"; the last is what the client claims in MAIL FROM's AUTH=. */
static void read_auth(const char *p, const char *end, struct exim_line *out)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	const char *second;

	if (!colon)
		return;
	colon++;
	second = memchr(colon, ':', (size_t)(end - colon));
	out->auth = scan_between(colon, second ? second : end);
}

/* A flag of Exim's: K, PRDR, L with one of "-*." behind it. */
static bool read_flag(struct tail *t, const char *p, const char *end)
{
	const char *c = p;

	while (c < end && *c >= 'A' && *c <= 'Z')
		c++;
	if (c == p || end - p > KEY_MAX || end - c > 1 ||
	    (c < end && !strchr("-*.?", *c)))
		return false;
	t->p = end;
	if (end - p == 1 && *p == 'K')
		return take_rank(t, RANK_CHUNKING);
	if (end - p == 4 && !memcmp(p, "PRDR", 4))
		return take_rank(t, RANK_PRDR);
	return take_rank(t, RANK_UNKNOWN);
}

static bool is_quoted_word(const char *p, const char *end)
{
	return end - p >= 2 && *p == '"' && end[-1] == '"' && !has_quote(p + 1, end - 1);
}

/* KEY=value without blanks. */
static bool read_plain(struct tail *t, struct exim_line *out)
{
	const char *p = t->p;
	const char *end = scan_word(p, t->end);
	const char *value = p;
	enum rank rank;

	while (value < end && is_name_char(*value))
		value++;
	if (value == end || *value != '=')
		return read_flag(t, p, end);
	if (value == p || value - p > KEY_MAX)
		return false;
	rank = rank_of(scan_between(p, value));
	value++;
	t->p = end;
	if (!take_rank(t, rank))
		return false;
	if (has_quote(value, end))
		return rank == RANK_SNI && is_quoted_word(value, end);
	if (rank == RANK_AUTH) {
		t->has_auth = true;
		read_auth(value, end, out);
	} else if (rank == RANK_SIZE) {
		t->has_size = true;
		return scan_all_digits(value, end);
	}
	return true;
}

/* DN="...": Exim does not escape the quotes of a certificate's name. */
static bool read_peer(struct tail *t)
{
	const char *p = t->p + strlen("DN=\"");

	while ((p = memchr(p, '"', (size_t)(t->end - p)))) {
		p++;
		if (p == t->end || *p == ' ') {
			t->p = p;
			return take_rank(t, RANK_PEER);
		}
	}
	return false;
}

/* A backslash at p. Exim doubles each one of a Message-ID, so that an escaped quote shows
 * as \\" and an escaped backslash as \\\\; \n and \ooo stand for bytes that do not print. */
static const char *skip_printed_escape(const char *p, const char *end)
{
	size_t n = 2;

	if (scan_starts(p, end, SLICE("\\\\\\")))
		n = 4;
	else if (scan_starts(p, end, SLICE("\\\\")))
		n = 3;
	return (size_t)(end - p) < n ? end : p + n;
}

static const char *skip_printed_quoted(const char *p, const char *end)
{
	while (p < end) {
		if (*p == '"')
			return p + 1;
		p = *p == '\\' ? skip_printed_escape(p, end) : p + 1;
	}
	return NULL;
}

/* The byte after a Message-ID as printed; NULL when it does not fit. */
static const char *skip_printed_id(const char *p, const char *end)
{
	bool at_start = true; /* of a word of the local part */

	while (p < end && *p != ' ') {
		if (*p == '"') {
			p = at_start ? skip_printed_quoted(p + 1, end) : NULL;
			if (!p || p == end || (*p != '@' && *p != '.'))
				return NULL;
			at_start = false;
		} else if (*p == '\\') {
			p = skip_printed_escape(p, end);
			at_start = false;
		} else {
			at_start = *p++ == '.';
		}
	}
	return p;
}

static bool read_message_id(struct tail *t, size_t key_n)
{
	const char *p = t->p + key_n;
	const char *after = skip_printed_id(p, t->end);

	if (!after || after == p)
		return false;
	t->p = after;
	return take_rank(t, RANK_ID);
}

static bool read_subject(struct tail *t, struct exim_line *out)
{
	const char *p = t->p + strlen("T=\"");
	const char *after = address_skip_quoted(p, t->end);

	if (!after)
		return false;
	out->subject = scan_between(p, after - 1);
	out->has_subject = true;
	t->p = after;
	return take_rank(t, RANK_SUBJECT);
}

static bool read_raw_sender(struct tail *t)
{
	const char *p = t->p + strlen("from <");

	if (p < t->end && *p != '>')
		p = address_skip(p, t->end);
	if (!p || p == t->end || *p != '>')
		return false;
	t->p = p + 1;
	return take_rank(t, RANK_FROM);
}

/* Exim's own cut: the last address may be a piece of one. But a piece that holds " P=" or
 * " S=" would be the true fields, swallowed by a quote that a HELO has opened. */
static bool is_cut_address(const char *p, const char *end)
{
	const char *at = address_skip_local(p, end);

	if (!at)
		return !memmem(p, (size_t)(end - p), " P=", 3) &&
		       !memmem(p, (size_t)(end - p), " S=", 3);
	return at > p && at + 1 == end && *at == '@';
}

static bool read_recipients(const char *p, const char *end, struct exim_line *out)
{
	unsigned count = 0;

	if (out->truncated && p < end && end[-1] == ' ')
		end--; /* cut just before an address */
	out->recipients = scan_between(p, end);
	while (p < end) {
		const char *after = address_skip(p, end);

		if (!after && out->truncated && is_cut_address(p, end))
			after = end;
		if (!after || (after < end && *after != ' ') || after + 1 == end)
			return false;
		count++;
		p = after < end ? after + 1 : end;
	}
	out->recipient_count = count;
	return count > 0 || out->truncated;
}

/* One field at t->p, which is not a blank. */
static bool read_field(struct tail *t, struct exim_line *out)
{
	const char *p = t->p;

	switch (*p) {
	case 'T':
		if (scan_starts(p, t->end, SLICE("T=\"")))
			return read_subject(t, out);
		break;
	case 'D':
		if (scan_starts(p, t->end, SLICE("DN=\"")))
			return read_peer(t);
		break;
	case 'i':
		if (scan_starts(p, t->end, SLICE("id=")))
			return read_message_id(t, 3);
		if (scan_starts(p, t->end, SLICE("id*=")))
			return read_message_id(t, 4);
		break;
	case 'f':
		if (scan_starts(p, t->end, SLICE("from <")))
			return read_raw_sender(t);
		if (scan_starts(p, t->end, SLICE("for "))) {
			t->p = t->end;
			return read_recipients(p + 4, t->end, out);
		}
		break;
	}
	return read_plain(t, out);
}

/* Since 4.98 a line that was too long ends in this. It was cut somewhere before the
 * recipients, perhaps in the HELO: what stands there is no field of Exim's. */
static bool is_overflowed(const char *p, const char *end)
{
	static const struct slice text = SLICE("**** log string overflowed log buffer");

	return (size_t)(end - p) >= text.n && !memcmp(end - text.n, text.p, text.n);
}

/* The recipients did not even begin: " for" itself was cut. */
static bool is_cut_for(const struct tail *t, const struct exim_line *out)
{
	size_t n = (size_t)(t->end - t->p);

	return out->truncated && n <= 4 && !memcmp(t->p, " for", n);
}

static enum exim_protocol protocol_of(const struct exim_line *line, struct slice name,
				      bool has_auth)
{
	if (!line->address.n)
		return EXIM_PROTO_LOCAL;
	/* A client that says HELO again after AUTH is logged as P=smtp, yet with its A=. */
	if (has_auth || name.p[name.n - 1] == 'a')
		return EXIM_PROTO_SMTP_AUTH;
	return EXIM_PROTO_SMTP;
}

/* p is after " P=". */
static bool read_tail(const char *p, const char *end, struct exim_line *out)
{
	struct tail t = {.p = scan_word(p, end), .end = end};
	struct slice protocol = scan_between(p, t.p);

	if (!protocol.n || has_quote(p, t.p) || memchr(p, '=', protocol.n))
		return false;
	if (end - p >= 7 && !memcmp(end - 7, "<trunc>", 7)) {
		out->truncated = true;
		t.end = end - 7;
		if (t.p > t.end || is_overflowed(p, t.end))
			return false;
	}
	while (t.p < t.end && !is_cut_for(&t, out)) {
		if (*t.p != ' ' || ++t.p == t.end || !read_field(&t, out))
			return false;
	}
	out->protocol = protocol_of(out, protocol, t.has_auth);
	return t.has_size;
}

static void forget(struct exim_line *out)
{
	static const struct slice none;

	out->helo = out->address = out->port = out->user = none;
	out->auth = out->subject = out->recipients = none;
	out->has_subject = out->truncated = false;
	out->recipient_count = 0;
}

enum exim_bad arrival_read(const char *p, const char *end, struct exim_line *out)
{
	enum exim_bad why = read_sender(&p, end, out);
	const char *at = p;

	if (why)
		return why;
	read_cause(&p, end, out);
	at = p;
	/* The first " P=" whose both sides fit; '=' is rare enough to look for. */
	while ((at = memchr(at, '=', (size_t)(end - at)))) {
		at++;
		if (at - p < 3 || at[-2] != 'P' || at[-3] != ' ')
			continue;
		if (read_head(p, at - 3, out) && read_tail(at, end, out))
			return EXIM_BAD_NONE;
		forget(out);
	}
	return EXIM_BAD_ARRIVAL;
}
