/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/packetsource.h"

static const struct packetsource_kind *const best_first[] = {
	&packetsource_bpf, &packetsource_nflog, &packetsource_pcap};

#define KINDS (sizeof(best_first) / sizeof(best_first[0]))

const struct packetsource_kind *packetsource_choice(enum packet_source setting, size_t i)
{
	switch (setting) {
	case PACKET_AUTO:
		return i < KINDS ? best_first[i] : NULL;
	case PACKET_BPF:
		return i == 0 ? &packetsource_bpf : NULL;
	case PACKET_NFLOG:
		return i == 0 ? &packetsource_nflog : NULL;
	case PACKET_PCAP:
		return i == 0 ? &packetsource_pcap : NULL;
	}
	return NULL;
}
