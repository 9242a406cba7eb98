/* replay.h - posts the deliveries of replays in the shards that this process owns
 * (common/store/replays.h).
 *
 *   open, woken --page--> posted: again when replay_rate lets it
 *                   |---> live events go first: again soon
 *                   '---> none runs: waits for a wake
 *
 * A page posts no more than replay_rate allows by then, so deliveries of a shard
 * have that rate however many replays there are. */
#ifndef SPREADER_REPLAY_H
#define SPREADER_REPLAY_H

struct spread_pace;
struct spread_replays;
struct spread_shard;
struct wsub_config;
struct wsub_store;

/* All are borrowed, and outlive it. */
struct spread_replays *spread_replays_new(struct spread_pace *pace,
                                          struct wsub_store *store,
                                          const struct wsub_config *config,
                                          unsigned shards);
/* The store is closed before. */
void spread_replays_free(struct spread_replays *replays);

void spread_replays_open(struct spread_replays *replays,
                         struct spread_shard *shard);
void spread_replays_close(struct spread_replays *replays, unsigned shard);

/* There may be a new one. */
void spread_replays_wake(struct spread_replays *replays, unsigned shard);

#endif
