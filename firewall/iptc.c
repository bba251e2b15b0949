/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/iptc.h"

#include <errno.h>
#include <sys/socket.h>

#ifdef OSM_IPTC

#include <libiptc/libip6tc.h>
#include <libiptc/libiptc.h>

static bool is_v6(const struct iptc *t)
{
	return t->family == AF_INET6;
}

bool iptc_open(struct iptc *t, int family)
{
	t->family = family;
	t->handle = is_v6(t) ? (void *)ip6tc_init("filter") : (void *)iptc_init("filter");
	return t->handle != NULL;
}

void iptc_close(struct iptc *t)
{
	if (t->handle && is_v6(t))
		ip6tc_free(t->handle);
	else if (t->handle)
		iptc_free(t->handle);
	t->handle = NULL;
}

bool iptc_has_chain(struct iptc *t, const char *chain)
{
	return is_v6(t) ? ip6tc_is_chain(chain, t->handle)
			: iptc_is_chain(chain, t->handle);
}

bool iptc_new_chain(struct iptc *t, const char *chain)
{
	return is_v6(t) ? ip6tc_create_chain(chain, t->handle)
			: iptc_create_chain(chain, t->handle);
}

bool iptc_empty_chain(struct iptc *t, const char *chain)
{
	return is_v6(t) ? ip6tc_flush_entries(chain, t->handle)
			: iptc_flush_entries(chain, t->handle);
}

bool iptc_remove_chain(struct iptc *t, const char *chain)
{
	return is_v6(t) ? ip6tc_delete_chain(chain, t->handle)
			: iptc_delete_chain(chain, t->handle);
}

bool iptc_append(struct iptc *t, const char *chain, const void *rule)
{
	return is_v6(t) ? ip6tc_append_entry(chain, rule, t->handle)
			: iptc_append_entry(chain, rule, t->handle);
}

bool iptc_prepend(struct iptc *t, const char *chain, const void *rule)
{
	return is_v6(t) ? ip6tc_insert_entry(chain, rule, 0, t->handle)
			: iptc_insert_entry(chain, rule, 0, t->handle);
}

bool iptc_remove_at(struct iptc *t, const char *chain, unsigned number)
{
	return is_v6(t) ? ip6tc_delete_num_entry(chain, number, t->handle)
			: iptc_delete_num_entry(chain, number, t->handle);
}

const void *iptc_rule(struct iptc *t, const char *chain, const void *after, size_t *n)
{
	if (is_v6(t)) {
		const struct ip6t_entry *e = after
						     ? ip6tc_next_rule(after, t->handle)
						     : ip6tc_first_rule(chain, t->handle);

		*n = e ? e->next_offset : 0;
		return e;
	} else {
		const struct ipt_entry *e = after ? iptc_next_rule(after, t->handle)
						  : iptc_first_rule(chain, t->handle);

		*n = e ? e->next_offset : 0;
		return e;
	}
}

const char *iptc_goes_to(struct iptc *t, const void *rule)
{
	const char *name = is_v6(t) ? ip6tc_get_target(rule, t->handle)
				    : iptc_get_target(rule, t->handle);

	return name ? name : "";
}

bool iptc_put_back(struct iptc *t)
{
	return is_v6(t) ? ip6tc_commit(t->handle) : iptc_commit(t->handle);
}

const char *iptc_why(const struct iptc *t, int error)
{
	return is_v6(t) ? ip6tc_strerror(error) : iptc_strerror(error);
}

#else

bool iptc_open(struct iptc *t, int family)
{
	*t = (struct iptc){.family = family};
	errno = ENOSYS;
	return false;
}

const char *iptc_why(const struct iptc *t, int error)
{
	(void)t;
	(void)error;
	return "osm was built without libiptc";
}

/* Nobody has an open table. */

void iptc_close(struct iptc *t)
{
	t->handle = NULL;
}

bool iptc_has_chain(struct iptc *t, const char *chain)
{
	(void)t;
	(void)chain;
	return false;
}

bool iptc_new_chain(struct iptc *t, const char *chain)
{
	return iptc_has_chain(t, chain);
}

bool iptc_empty_chain(struct iptc *t, const char *chain)
{
	return iptc_has_chain(t, chain);
}

bool iptc_remove_chain(struct iptc *t, const char *chain)
{
	return iptc_has_chain(t, chain);
}

bool iptc_append(struct iptc *t, const char *chain, const void *rule)
{
	(void)rule;
	return iptc_has_chain(t, chain);
}

bool iptc_prepend(struct iptc *t, const char *chain, const void *rule)
{
	return iptc_append(t, chain, rule);
}

bool iptc_remove_at(struct iptc *t, const char *chain, unsigned number)
{
	(void)number;
	return iptc_has_chain(t, chain);
}

const void *iptc_rule(struct iptc *t, const char *chain, const void *after, size_t *n)
{
	(void)t;
	(void)chain;
	(void)after;
	*n = 0;
	return NULL;
}

const char *iptc_goes_to(struct iptc *t, const void *rule)
{
	(void)t;
	(void)rule;
	return "";
}

bool iptc_put_back(struct iptc *t)
{
	(void)t;
	return false;
}

#endif
