/* dead_letters.h - the deliveries that were given up, over all shards.
 *
 *   page -> next page ... -> next shard ... -> done
 *
 * A walk that breaks off can begin anew: letters that were replayed or purged
 * are gone.  It ends with the letters that were there a second after it began,
 * so replayed letters that die again do not keep it going. */
#ifndef HUB_DEAD_LETTERS_H
#define HUB_DEAD_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/store/letters.h"
#include "hub/operator.h"

/* Which letters.  Strings are copied; NULL: any. */
struct hub_letters_filter {
    const struct wsub_place *id; /* borrowed for the call */
    const char *topic;           /* normalized */
    const char *callback;        /* as the subscriber gave it */
};

struct hub_letters_result {
    uint64_t count;  /* of letters found, replayed or purged; also on errors */
    json_t *letters; /* of a list; borrowed */
    bool more;       /* a list that goes on at `next` */
    struct wsub_place next;
};

typedef void hub_letters_cb(enum wsub_err err,
                            const struct hub_letters_result *result, void *arg);

/* Does `act`, which is no list, to all letters that match the filter, which
 * has at most one member.  Calls `done` once, maybe during this
 * call. */
void hub_letters_walk(struct wsub_store *store, enum wsub_letters_act act,
                      const struct hub_letters_filter *filter,
                      hub_letters_cb *done, void *arg);

/* Lists at most a page of the letters that match all of the filter and that of the
 * page, which it takes, the oldest of a shard first.  The list may be short, even empty, and go on: a request
 * looks at a bounded number of letters. */
void hub_letters_list(struct wsub_store *store,
                      const struct hub_letters_filter *filter,
                      const struct hub_page *page, hub_letters_cb *done,
                      void *arg);

#endif
