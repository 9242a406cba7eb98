/* dead_letters.h - the deliveries that were given up, over all shards.
 *
 *   page -> next page ... -> next shard ... -> done
 *
 * The `dead` script does a page of one shard in one step.  A walk that breaks
 * off can be asked for again: what was replayed or purged is gone.  It ends at
 * what was there a second after it began, so replayed letters that die again
 * do not keep it going. */
#ifndef HUB_DEAD_LETTERS_H
#define HUB_DEAD_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/err.h"
#include "hub/hub.h"
#include "hub/operator.h"

enum hub_letters_act {
    HUB_LETTERS_LIST,
    HUB_LETTERS_COUNT,
    HUB_LETTERS_REPLAY, /* each becomes a job with no failure so far */
    HUB_LETTERS_PURGE,
};

/* Which letters.  Strings are copied; NULL: any. */
struct hub_letters_filter {
    const struct hub_place *id; /* borrowed for the call */
    const char *topic;          /* normalized */
    const char *callback;       /* as the subscriber gave it */
};

struct hub_letters_result {
    uint64_t count;  /* what was found, replayed or purged; also on errors */
    json_t *letters; /* of a list; borrowed */
    bool more;       /* a list that goes on at `next` */
    struct hub_place next;
};

typedef void hub_letters_cb(enum wsub_err err,
                            const struct hub_letters_result *result, void *arg);

/* Does `act` to all letters that match all of the filter; other acts than a
 * list take a filter of at most one.  Calls `done` once, maybe during this
 * call. */
void hub_letters_walk(struct hub *hub, enum hub_letters_act act,
                      const struct hub_letters_filter *filter,
                      hub_letters_cb *done, void *arg);

/* Lists at most a page of them, the oldest of a shard first.  The list may be
 * short, even empty, and go on: a request looks at a bounded number. */
void hub_letters_list(struct hub *hub, const struct hub_letters_filter *filter,
                      const struct hub_page *page, hub_letters_cb *done,
                      void *arg);

#endif
