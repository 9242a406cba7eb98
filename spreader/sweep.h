/* sweep.h - ends what has lapsed and drops what is settled, shard by shard.
 *
 * Every second, and at once again while there is more to do.  Every spreader
 * sweeps; a sweep of swept keys changes nothing. */
#ifndef SPREADER_SWEEP_H
#define SPREADER_SWEEP_H

struct spread_sweeper;
struct wsub_config;
struct wsub_loop;
struct wsub_store;

/* All pointers are borrowed, and outlive the sweeper. */
struct spread_sweeper_options {
    struct wsub_loop *loop;
    struct wsub_store *store;
    const struct wsub_config *config;
};

struct spread_sweeper *
spread_sweeper_new(const struct spread_sweeper_options *options);
/* The store is closed before. */
void spread_sweeper_free(struct spread_sweeper *sweeper);

#endif
