/* walk.h - looks at every key of the system, page by page.
 *
 *   scan --> keys of each slot --> look --> issues, cursor jobs, totals
 *     ^                             |  '--> what is left of large keys
 *     '-----------------------------'
 *
 * One call of Redis is on its way at a time, of a few ms at most, and between
 * two Redis has time for others: the walk takes no more than a part of it.  What
 * changes meanwhile is seen before or after; keys that are there all the time
 * are seen. */
#ifndef SPREADER_HEALTH_WALK_H
#define SPREADER_HEALTH_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/store/health/looks.h"

struct event_base;
struct spread_walk;
struct wsub_store;

struct spread_walk_options {
    struct event_base *base;  /* borrowed; outlives the walk */
    struct wsub_store *store; /* borrowed; outlives the walk */
    void (*on_issue)(const struct wsub_health_issue *issue, void *arg);
    /* A subscription of the shard that has a cursor job, as its cursor says. */
    void (*on_cursor)(unsigned shard, const struct wsub_health_cursor *cursor,
                      void *arg);
    /* It is over: WSUB_OK, or it broke off. */
    void (*on_done)(enum wsub_err err, void *arg);
    void *arg;
};

struct spread_walk *spread_walk_new(const struct spread_walk_options *options);
/* After wsub_store_close(). */
void spread_walk_free(struct spread_walk *walk);

/* Not while it runs. */
void spread_walk_start(struct spread_walk *walk);

/* It breaks off soon: on_done gets WSUB_ERR_FENCED. */
void spread_walk_stop(struct spread_walk *walk);

/* Since the last start. */
uint64_t spread_walk_keys(const struct spread_walk *walk);
const struct wsub_health_totals *
spread_walk_totals(const struct spread_walk *walk);

#endif
