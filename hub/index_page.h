/* index_page.h - a page of a list that is in the order of the indexes of all shards,
 * read call by call until it is full. */
#ifndef HUB_INDEX_PAGE_H
#define HUB_INDEX_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/http/form.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/index_place.h"

struct hub_index_page {
    struct wsub_http_request *req; /* borrowed */
    const char *name;              /* of the array in the response */
    size_t limit;                  /* most rows */
    struct hub_index_place at;     /* where the next call reads */
    unsigned last_shard;           /* that is read */
    unsigned calls;
    char *prefix; /* owned; of the topics that are wanted */
    json_t *rows; /* owned */
};

/* Of all shards. */
void hub_index_page_init(struct hub_index_page *page, const struct hub *hub,
                         struct wsub_http_request *req, const char *name);
void hub_index_page_done(struct hub_index_page *page);

/* Takes the optional `from`, `limit` and `topic_prefix`. */
void hub_index_page_take(struct hub_index_page *page,
                         const struct wsub_form *query,
                         struct hub_errors *errors);

/* How many rows the next call may give. */
size_t hub_index_page_room(const struct hub_index_page *page);

/* A call read as far as `after`, "" when the shard has no more, and its rows are
 * added.  False: no other follows, and the response was sent, 200 or 503. */
bool hub_index_page_goes_on(struct hub_index_page *page, enum wsub_err err,
                            const char *after);

#endif
