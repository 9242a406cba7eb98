/* mender.h - mends what a health check has found, one thing after the other, by
 * what is there for it: the scripts that look again in the step that mends, the
 * ownership, and the reaper's way to hand over claims. */
#ifndef SPREADER_HEALTH_MENDER_H
#define SPREADER_HEALTH_MENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/store/health/repairs.h"

struct spread_mender;
struct spread_survey;
struct spread_tally;
struct wsub_store;

struct spread_mender_options {
    struct wsub_store *store;           /* borrowed; outlives the mender */
    const struct spread_survey *survey; /* borrowed; outlives the mender */
    struct spread_tally *tally;         /* borrowed; outlives the mender */
    /* A shard with work has no owner. */
    void (*on_unowned)(void *arg);
    /* One of them is done; whether nothing was wrong any more. */
    void (*on_result)(const struct wsub_health_issue *issue,
                      enum wsub_health_result result, void *arg);
    /* All are done, or one of them could not be: Redis is away. */
    void (*on_done)(enum wsub_err err, void *arg);
    void *arg;
};

struct spread_mender *
spread_mender_new(const struct spread_mender_options *options);
/* After wsub_store_close(). */
void spread_mender_free(struct spread_mender *mender);

/* Looks at the issues again, or mends them.  Not while it runs.  Takes the list,
 * whose texts live until on_done. */
void spread_mender_start(struct spread_mender *mender, bool mend,
                         struct wsub_health_issue *issues, size_t count);

#endif
