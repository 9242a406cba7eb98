/* expiry.h - pull subscriptions that were not seen for their time end, in the
 * shards that this process owns (common/store/pull/ttl.h).
 *
 * A shard that has any is looked at each second, and when the next one ends; any
 * other each five seconds, or when it is woken: the first one that is added says
 * so (pull_add.lua). */
#ifndef SPREADER_EXPIRY_H
#define SPREADER_EXPIRY_H

struct spread_expiry;
struct spread_pace;
struct spread_shard;
struct wsub_store;

/* Both pointers are borrowed, and outlive the expiry. */
struct spread_expiry *spread_expiry_new(struct spread_pace *pace,
                                        struct wsub_store *store,
                                        unsigned shards);
/* The store is closed before. */
void spread_expiry_free(struct spread_expiry *expiry);

/* Looks within a second. */
void spread_expiry_open(struct spread_expiry *expiry,
                        struct spread_shard *shard);
void spread_expiry_close(struct spread_expiry *expiry, unsigned shard);

/* The shard may have its first pull subscription. */
void spread_expiry_wake(struct spread_expiry *expiry, unsigned shard);

#endif
