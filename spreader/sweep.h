/* sweep.h - ends what has lapsed and drops what is settled, in the shards that
 * this process owns.
 *
 * Every second while there is something to sweep, else each five seconds, when a
 * lease ends, and within a second when it is woken: a lease that ends within five
 * seconds has begun (lib/index_add.lua).  While there is more to do it goes on, at
 * the pace that leaves Redis to others (pace.h). */
#ifndef SPREADER_SWEEP_H
#define SPREADER_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct spread_pace;
struct spread_shard;
struct spread_sweeper;
struct wsub_config;
struct wsub_store;

/* All pointers are borrowed, and outlive the sweeper. */
struct spread_sweeper_options {
    struct spread_pace *pace;
    struct wsub_store *store;
    const struct wsub_config *config;
    unsigned shards;
    /* What Redis says of the shard's position. */
    void (*on_position)(unsigned shard, const char *position, void *arg);
    void *arg;
};

struct spread_sweeper *
spread_sweeper_new(const struct spread_sweeper_options *options);
/* The store is closed before. */
void spread_sweeper_free(struct spread_sweeper *sweeper);

void spread_sweeper_open(struct spread_sweeper *sweeper,
                         struct spread_shard *shard);
void spread_sweeper_close(struct spread_sweeper *sweeper, unsigned shard);

/* A lease may end soon. */
void spread_sweeper_wake(struct spread_sweeper *sweeper, unsigned shard);

/* A topic group lets retries wait for so long: what waits for no longer is due when
 * it says. */
void spread_sweeper_allow_delay(struct spread_sweeper *sweeper, uint32_t ms);

/* Events had not begun when a shard was swept last: work that nobody may have
 * read. */
bool spread_sweeper_found_work(const struct spread_sweeper *sweeper);

#endif
