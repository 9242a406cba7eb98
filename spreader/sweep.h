/* sweep.h - ends what has lapsed and drops what is settled, shard by shard.
 *
 * Every second, and at once again while there is more to do (sweep.lua says
 * so).  Every spreader sweeps; a sweep of swept keys changes nothing. */
#ifndef SPREADER_SWEEP_H
#define SPREADER_SWEEP_H

struct spreader;
struct spread_sweeper;

struct spread_sweeper *spread_sweeper_new(struct spreader *s);
void spread_sweeper_free(struct spread_sweeper *sweeper);

#endif
