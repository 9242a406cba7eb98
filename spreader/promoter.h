/* promoter.h - due work of the retry sets goes back to its streams, in the shards
 * that this process owns.
 *
 * The script that moves due entries returns the time to the next one, so a shard
 * sleeps until then, or until it is woken: whoever plans something earlier says
 * so (lib/wake.lua). */
#ifndef SPREADER_PROMOTER_H
#define SPREADER_PROMOTER_H

struct event_base;
struct spread_promoter;
struct spread_shard;
struct wsub_store;

/* Both pointers are borrowed, and outlive the promoter. */
struct spread_promoter *spread_promoter_new(struct event_base *base,
                                            struct wsub_store *store,
                                            unsigned shards);
/* The store is closed before. */
void spread_promoter_free(struct spread_promoter *promoter);

/* Looks at once. */
void spread_promoter_open(struct spread_promoter *promoter,
                          struct spread_shard *shard);
void spread_promoter_close(struct spread_promoter *promoter, unsigned shard);

/* Something is due earlier than it was known. */
void spread_promoter_wake(struct spread_promoter *promoter, unsigned shard);

#endif
