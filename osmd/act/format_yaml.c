/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* A report as YAML 1.1, by libyaml's emitter, which escapes for us. */
#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "osmd/act/format_parts.h"
#include "osmd/base/utf8.h"

#define INDENT 2

struct writer {
	yaml_emitter_t to;
	struct buf text; /* the last text, as good UTF-8: the emitter takes nothing else */
};

/* The emitter's output; 0 tells it that there is no room. */
static int keep(void *out, unsigned char *p, size_t n)
{
	buf_add(out, p, n);
	return buf_ok(out);
}

/* The emitter owns the event in any case. */
static bool emit(struct writer *w, yaml_event_t *event, int made)
{
	return made && yaml_emitter_emit(&w->to, event);
}

static bool put_scalar(struct writer *w, struct slice s, bool quoted)
{
	yaml_event_t event;
	int made = yaml_scalar_event_initialize(
		&event, NULL, NULL,
		/* only read; older libyaml doesn't say const */
		(yaml_char_t *)(uintptr_t)(s.n ? s.p : ""), (int)s.n,
		!quoted, quoted,
		quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);

	return emit(w, &event, made);
}

static bool put_text(struct writer *w, struct slice s)
{
	buf_reset(&w->text);
	while (s.n) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);

		if (n)
			buf_add(&w->text, s.p, n);
		else
			buf_puts(&w->text, "\xef\xbf\xbd");
		n = n ? n : 1;
		s = (struct slice){s.p + n, s.n - n};
	}
	return buf_ok(&w->text) && put_scalar(w, buf_view(&w->text), true);
}

static bool put_value(struct writer *w, const json_t *value);

static bool put_list(struct writer *w, const json_t *list)
{
	yaml_event_t event;
	bool ok = emit(w, &event,
		       yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
							    YAML_BLOCK_SEQUENCE_STYLE));
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		ok = ok && put_value(w, one);
	return ok && emit(w, &event, yaml_sequence_end_event_initialize(&event));
}

static bool put_map(struct writer *w, const json_t *map)
{
	yaml_event_t event;
	bool ok = emit(w, &event,
		       yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							   YAML_BLOCK_MAPPING_STYLE));
	const char *name;
	json_t *one;

	json_object_foreach((json_t *)map, name, one)
		ok = ok && put_text(w, slice_str(name)) && put_value(w, one);
	return ok && emit(w, &event, yaml_mapping_end_event_initialize(&event));
}

static bool put_value(struct writer *w, const json_t *value)
{
	char number[FORMAT_NUMBER_SIZE];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return put_map(w, value);
	case JSON_ARRAY:
		return put_list(w, value);
	case JSON_STRING:
		return put_text(w, (struct slice){json_string_value(value),
						  json_string_length(value)});
	case JSON_INTEGER:
	case JSON_REAL:
		return put_scalar(w, slice_str(format_number(value, number)), false);
	case JSON_TRUE:
		return put_scalar(w, SLICE("true"), false);
	case JSON_FALSE:
		return put_scalar(w, SLICE("false"), false);
	case JSON_NULL:
		break;
	}
	return put_scalar(w, SLICE("null"), false);
}

static bool put_document(struct writer *w, const json_t *report)
{
	yaml_event_t event;

	return emit(w, &event,
		    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
	       emit(w, &event,
		    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0)) &&
	       put_map(w, report) &&
	       emit(w, &event, yaml_document_end_event_initialize(&event, 1)) &&
	       emit(w, &event, yaml_stream_end_event_initialize(&event));
}

bool format_yaml(const json_t *report, struct buf *out, struct err *e)
{
	struct writer w;
	bool ok;

	if (!yaml_emitter_initialize(&w.to))
		return err_set(e, ENOMEM, "no memory");
	buf_init(&w.text, FORMAT_BYTES_MAX);
	yaml_emitter_set_output(&w.to, keep, out);
	yaml_emitter_set_indent(&w.to, INDENT);
	yaml_emitter_set_width(&w.to, -1);   /* no text is folded */
	yaml_emitter_set_unicode(&w.to, 0);  /* escapes for all but ASCII */
	ok = put_document(&w, report);
	if (!ok)
		err_set(e, EMSGSIZE, "it can't be written: %s",
			w.to.problem ? w.to.problem : "no memory");
	yaml_emitter_delete(&w.to);
	buf_clear(&w.text);
	return ok;
}
