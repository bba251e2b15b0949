/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * page: HTML as it is written, on libxml2's xmlTextWriter: elements are opened and closed,
 * texts and attributes are given as they are and escaped by the library. Every text goes
 * through words_clean first. Attributes are pairs of name and value, ended by NULL; a pair
 * whose value is NULL is left out, one whose value is PAGE_SET is written as name="name".
 *
 * Memory that runs out is remembered: page_html says NULL at the end.
 */
#ifndef OSM_WHM_PAGE_H
#define OSM_WHM_PAGE_H

#include "osmd/base/slice.h"

struct page;

extern const char PAGE_SET[];

struct page *page_new(void);
void page_free(struct page *p); /* NULL is fine */
/* The whole text so far, NUL-terminated and borrowed; all elements must be closed. */
const char *page_html(struct page *p);

/* ---- elements ---- */
void page_open(struct page *p, const char *element, ...) __attribute__((sentinel));
void page_close(struct page *p); /* the one that was opened last */
/* One without content: <input>, <br>, <rect>. */
void page_void(struct page *p, const char *element, ...) __attribute__((sentinel));
/* One with a text and nothing else. */
void page_put(struct page *p, const char *element, const char *text, ...)
	__attribute__((sentinel));
/* <!DOCTYPE html>: only before everything else. */
void page_doctype(struct page *p);

/* ---- texts ---- */
void page_text(struct page *p, const char *text);
void page_textf(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A stranger's text in an element of its own direction (bdi); max characters, 0: all. */
void page_foreign(struct page *p, const char *text, size_t max);
/* Many lines of it: <pre>, which the keyboard can scroll; label says what it holds. */
void page_lines(struct page *p, const char *text, const char *label);
/* A time in the server's zone and its age beside it. */
void page_time(struct page *p, int64_t at_s, int64_t now_s);

/* ---- links and tables ---- */
/* "?page=NAME&name=value...": pairs ended by NULL, values encoded; a pair whose value is NULL
 * or "" is left out. Owned by the caller; NULL without memory. */
char *page_address(const char *name, ...) __attribute__((sentinel));
/* <a href> to such an address, with a text. */
void page_link(struct page *p, const char *text, const char *class, char *address);
/* <table> in a box that scrolls sideways, its caption (may be NULL) and heads (an empty one
 * stands for a column of buttons); close with page_table_end. */
void page_table(struct page *p, const char *caption, const char *const *heads, size_t n);
void page_table_end(struct page *p);
/* <tr><th>label</th><td>; close with page_row_end. */
void page_row(struct page *p, const char *label);
void page_row_end(struct page *p);
/* <section> with its title as csf's group heads are; close with page_close. */
void page_section(struct page *p, const char *title);
/* A callout of csf's kind: "good", "note", "warn", "bad"; close with page_close. */
void page_callout(struct page *p, const char *kind);
void page_callout_text(struct page *p, const char *kind, const char *text);

/* ---- forms ---- */
/* <form method=post action=?page=NAME> with the token; close with page_close. */
void page_form(struct page *p, const char *name, const char *token, const char *class);
void page_hidden(struct page *p, const char *name, const char *value);
void page_button(struct page *p, const char *text, const char *class);
/* A button that is a form of its own with one value to send. label: its full meaning for those
 * who hear it ("Undo hold of bob"); NULL: its text. */
void page_act(struct page *p, const char *name, const char *token, const char *field,
	      const char *value, const char *text, const char *label, const char *class);

#endif
