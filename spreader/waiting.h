/* waiting.h - how much waits in the shards that this process owns
 * (common/store/waiting.h), for /metrics.
 *
 *   each shard, every 5 s, at the pace of pace.h -> what was found last
 *   /metrics -> websubd_waiting_entries, websubd_waiting_oldest_seconds */
#ifndef SPREADER_WAITING_H
#define SPREADER_WAITING_H

#include <stdbool.h>

#include "common/store/sums.h"

struct spread_pace;
struct spread_shard;
struct spread_waiting;
struct wsub_store;

/* Both pointers are borrowed, and outlive it. */
struct spread_waiting *spread_waiting_new(struct spread_pace *pace,
                                          struct wsub_store *store,
                                          unsigned shards);
/* The store is closed before. */
void spread_waiting_free(struct spread_waiting *waiting);

/* Looks within a second. */
void spread_waiting_open(struct spread_waiting *waiting,
                         struct spread_shard *shard);
/* What waits there is another one's to tell. */
void spread_waiting_close(struct spread_waiting *waiting, unsigned shard);

/* What waits in all of them, for the sums of all processes (`waiting` is a struct
 * spread_waiting); false before the first look. */
bool spread_waiting_sum(void *waiting, struct wsub_sums_waiting *ret_sum);

#endif
