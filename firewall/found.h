/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * found: what a kernel's dumps told, put together to the blocks it came from. A block both
 * ways, or of several ports, is several elements or rules in the kernel; those of one
 * address with one reason that end within FOUND_TOGETHER_MS of each other are one block.
 *
 * It owns copies and holds at most FOUND_MAX entries. No socket, no clock.
 */
#ifndef OSM_FIREWALL_FOUND_H
#define OSM_FIREWALL_FOUND_H

#include "firewall/fw.h"

#define FOUND_MAX 4000000u
#define FOUND_TOGETHER_MS 5000 /* a large batch takes its time, set after set */

struct found;

struct found *found_new(void); /* NULL without memory */
void found_free(struct found *f);
void found_reset(struct found *f);
/* One element: block->net or uid, and its direction, are looked at; port 0: all.
 * left_ms -1: no end. A reason is cut, its control bytes become '?'. */
void found_add(struct found *f, const struct fw_block *block, uint16_t port,
	       int64_t left_ms, struct slice reason);
/* nf_tables tells elements of a large set twice, and passes over as many, when it grows
 * meanwhile (nft_rhash_walk() counts the places it has been to). Those told twice are taken
 * out; true when there were none. */
bool found_settle(struct found *f);
/* Every block, by address; a uid's ports are none when they are the settings' SMTP ports.
 * false with err set when something could not be kept. */
bool found_each(struct found *f, const struct fw_settings *settings, fw_each *each,
		void *ctx, struct err *err);

#endif
