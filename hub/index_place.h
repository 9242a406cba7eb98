/* index_place.h - a place in the indexes of all shards, for lists in their order.
 *
 * To the outside it is N:AFTER: shard N, behind that member or topic of its index.
 * Clients give it back as `from` and know nothing of its form. */
#ifndef HUB_INDEX_PLACE_H
#define HUB_INDEX_PLACE_H

#include <stdbool.h>

#include <jansson.h>

#include "common/http/form.h"
#include "common/store/subscription_list.h"
#include "hub/errors.h"

struct hub_index_place {
    unsigned shard;
    char after[WSUB_SUBSCRIPTION_AFTER_BYTES]; /* "": from its beginning */
};

/* Takes the optional `from`, of a shard from `first` to `last`; without it the
 * place is the beginning of `first`. */
void hub_index_place(const struct wsub_form *query, unsigned first,
                     unsigned last, struct hub_errors *errors,
                     struct hub_index_place *ret_place);

/* Moves on behind `after`, "" when the shard has no more; false when there is no
 * further shard. */
bool hub_index_place_move(struct hub_index_place *place, const char *after,
                          unsigned last);

/* "N:AFTER" */
json_t *hub_index_place_json(const struct hub_index_place *place);

#endif
