/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/event.h"

const char *event_type_name(enum event_type t)
{
	switch (t) {
	case EVENT_PACKET:
		return "packet";
	case EVENT_LOGLINE:
		return "logline";
	case EVENT_CWDCHECK:
		return "cwdcheck";
	}
	return "unknown";
}

const char *certainty_name(enum certainty c)
{
	switch (c) {
	case CERTAINTY_UNKNOWN:
		return "unknown";
	case CERTAINTY_CLAIMED:
		return "claimed";
	case CERTAINTY_CONFIRMED:
		return "confirmed";
	case CERTAINTY_SOCKET:
		return "socket";
	case CERTAINTY_KERNEL:
		return "kernel";
	}
	return "unknown";
}
