/* shard_list.h - lists of the admin API that have a row for each shard.
 *
 *   page -> a look at each shard of the page -> 200
 *                                         '---> 503
 *
 * A place in the list is N-0-0: from shard N on. */
#ifndef HUB_SHARD_LIST_H
#define HUB_SHARD_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct hub;
struct hub_page;
struct hub_shard_row;
struct wsub_http_request;
struct wsub_store;

/* Looks at one shard; hub_shard_row_done() follows exactly once. */
typedef void hub_shard_look(struct wsub_store *store, unsigned shard,
                            struct hub_shard_row *row);

/* Takes the page's filter.  Responds with {NAME: rows, "next": place}; `name` and `look` outlive it. */
void hub_shard_list(struct hub *hub, struct wsub_http_request *req,
                    const struct hub_page *page, const char *name,
                    hub_shard_look *look);

/* What was found, an object that is given away and becomes the row; NULL: Redis
 * is away. */
void hub_shard_row_done(struct hub_shard_row *row, json_t *found);

/* Of a row: its shard. */
unsigned hub_shard_row_shard(const struct hub_shard_row *row);

/* Sets a number, or null where it is not known. */
void hub_shard_row_number(json_t *found, const char *name, bool is_known,
                          uint64_t value);

#endif
