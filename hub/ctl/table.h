/* table.h - rows of text in columns, for people.
 *
 * A column is as wide as its widest cell; where the terminal is narrower the column
 * that may give way is cut.  What strangers supplied is shown as text: control
 * bytes, and what is no UTF-8, become '?'. */
#ifndef HUB_CTL_TABLE_H
#define HUB_CTL_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "common/base/buf.h"

enum hub_ctl_kind {
    HUB_CTL_TEXT,
    HUB_CTL_NUMBER,
    HUB_CTL_AGE,  /* ms */
    HUB_CTL_TIME, /* Unix ms: how long ago, or in how long */
    HUB_CTL_DATE, /* Unix s, likewise */
    HUB_CTL_BYTES,
    HUB_CTL_YES, /* true: "yes", else nothing */
};

struct hub_ctl_column {
    const char *title;
    /* Of the row's object; a dot leads to a member of a member. */
    const char *member;
    enum hub_ctl_kind kind;
};

struct hub_ctl_table;

/* `columns` end with one without a title, and outlive the table. */
struct hub_ctl_table *hub_ctl_table_new(const struct hub_ctl_column *columns,
                                        uint64_t now_ms);
void hub_ctl_table_free(struct hub_ctl_table *table);

void hub_ctl_table_add(struct hub_ctl_table *table, const json_t *row);

size_t hub_ctl_table_rows(const struct hub_ctl_table *table);

/* Writes titles and rows to `out`, lines of `width` characters at most; 0: as
 * long as they are. */
void hub_ctl_table_print(const struct hub_ctl_table *table, FILE *out,
                         size_t width);

/* Unix time, of this machine. */
uint64_t hub_ctl_now_ms(void);

/* The width of the terminal, 0 when standard output is none. */
size_t hub_ctl_width(void);

/* The member of an object by its dotted name; NULL when it is not there. */
const json_t *hub_ctl_member(const json_t *row, const char *name);

/* Adds a value as people read it: "-" for null. */
void hub_ctl_add_value(struct wsub_buf *out, const json_t *value,
                       enum hub_ctl_kind kind, uint64_t now_ms);

/* Adds `text`, with '?' for what a terminal must not be sent. */
void hub_ctl_add_text(struct wsub_buf *out, const char *text);

#endif
