/* fair_share.h - how many shards a spreader is to own, and which ones it takes or
 * gives up next.
 *
 * Sticky: nobody gives up a shard for a better distribution than that nobody
 * owns more than the share.  Pure: no clock, no Redis. */
#ifndef WSUB_CLUSTER_FAIR_SHARE_H
#define WSUB_CLUSTER_FAIR_SHARE_H

#include <stddef.h>

/* What a spreader knows of a shard. */
enum wsub_shard_view {
    WSUB_SHARD_FREE,
    WSUB_SHARD_MINE,   /* owned, or about to be */
    WSUB_SHARD_OTHERS, /* or on its way away from this process */
};

/* ceil(shards / spreaders); `spreaders` may be 0, this one counts anyway. */
size_t wsub_fair_share(size_t shards, size_t spreaders);

/* Finds the shards to claim now: free ones, as many as are missing to `share`,
 * in rotation from shard `first`, so that several spreaders begin elsewhere.
 * Writes their numbers to ret_claims (room for `count`); returns how many. */
size_t wsub_fair_share_claims(const enum wsub_shard_view shards[], size_t count,
                              size_t share, size_t first,
                              unsigned ret_claims[]);

/* The shard to hand over next; -1 when there is no surplus. */
int wsub_fair_share_surplus(const enum wsub_shard_view shards[], size_t count,
                            size_t share);

#endif
