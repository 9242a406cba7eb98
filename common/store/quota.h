/* quota.h - how many subscriptions there may be, as the scripts want it.
 *
 * The bounds of all shards (max_subscriptions, max_pending) are divided evenly,
 * since a script sees one shard; the others hold in each shard. */
#ifndef WSUB_STORE_QUOTA_H
#define WSUB_STORE_QUOTA_H

#include <stdint.h>

#define WSUB_QUOTA_HOST_BYTES 17 /* hex of 8 bytes, and the zero byte */

struct wsub_cmd;
struct wsub_store;

/* Writes the name that the host of a callback, a URL in its normal spelling, is
 * counted by: what lib/host.lua makes of any spelling of it. */
void wsub_quota_host(const char *callback,
                     char ret_host[WSUB_QUOTA_HOST_BYTES]);

/* The part of a bound of all shards that one of them has, rounded up. */
uint32_t wsub_quota_part(const struct wsub_store *store, uint32_t bound);

/* Adds three arguments: most subscriptions of the shard, of a callback host and
 * to a topic; 0 for no limit. */
void wsub_quota_args(struct wsub_cmd *cmd, const struct wsub_store *store);

#endif
