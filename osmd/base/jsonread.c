/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/jsonread.h"

struct slice json_string_slice(const json_t *text)
{
	return (struct slice){json_string_value(text), json_string_length(text)};
}

struct slice json_slice(const json_t *doc, const char *name)
{
	return json_string_slice(json_object_get(doc, name));
}

const char *json_text(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));

	return text ? text : "";
}

int64_t json_number(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}
