/* rows.h - a page of rows, each about one subscription.
 *
 * A list knows subscriptions by their digests; topic and callback, which
 * operators want to read, are looked up once the page is complete. */
#ifndef HUB_ROWS_H
#define HUB_ROWS_H

#include <stddef.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/store/subscriptions.h"

struct hub_rows;
struct wsub_store;

/* Adds what a list tells to the row of a subscription, beside topic and
 * callback; may be NULL. */
typedef void hub_rows_fill_cb(json_t *row,
                              const struct wsub_subscription *found);

/* `list` is a new array of the rows, the callback's; NULL on errors. */
typedef void hub_rows_cb(enum wsub_err err, json_t *list, void *arg);

struct hub_rows *hub_rows_new(struct wsub_store *store);
void hub_rows_free(struct hub_rows *rows);

size_t hub_rows_count(const struct hub_rows *rows);

/* Takes `row`, an object with the members that only this list has. */
void hub_rows_add(struct hub_rows *rows,
                  const struct wsub_subscription_key *key, json_t *row);

/* Adds "topic" and "callback" (null when they are not known any more) to
 * every row, and calls `done` once, maybe during this call.  Frees `rows`. */
void hub_rows_finish(struct hub_rows *rows, hub_rows_fill_cb *fill,
                     hub_rows_cb *done, void *arg);

#endif
