/* survey.h - looks at who works on the shards, and counts their references.
 *
 *   of each shard: slot -> count -> maybe tally -> ... -> the processes -> done
 *
 * What is not seen at a key by itself: shards with work and no owner, lanes with
 * work and nobody to deliver, consumers of processes that are gone, references
 * that don't add up, cursor jobs that are lost.  One call at a time. */
#ifndef SPREADER_HEALTH_SURVEY_H
#define SPREADER_HEALTH_SURVEY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/health/looks.h"

struct spread_survey;
struct spread_tally;
struct wsub_config;
struct wsub_store;

struct spread_survey_options {
    struct wsub_store *store;         /* borrowed; outlives the survey */
    const struct wsub_config *config; /* borrowed; outlives the survey */
    struct spread_tally *tally;       /* borrowed; outlives the survey */
    void (*on_issue)(const struct wsub_health_issue *issue, void *arg);
    void (*on_done)(enum wsub_err err, void *arg);
    void *arg;
};

struct spread_survey_sums {
    uint64_t owned_shards, uncounted_shards, processes, consumers;
};

struct spread_survey *
spread_survey_new(const struct spread_survey_options *options);
/* After wsub_store_close(). */
void spread_survey_free(struct spread_survey *survey);

/* Not while it runs.  The subscriptions of shard `tallied` are counted anew, or
 * those of all. */
#define SPREAD_TALLY_ALL UINT_MAX
void spread_survey_start(struct spread_survey *survey, unsigned tallied);

/* A cursor job that the next surveys look for, until they are forgotten; beyond
 * some of a shard it is left out. */
void spread_survey_expect(struct spread_survey *survey, unsigned shard,
                          const struct wsub_health_cursor *cursor);
void spread_survey_forget(struct spread_survey *survey);

/* The cursor job of the subscription; false when none is expected. */
bool spread_survey_find(const struct spread_survey *survey, unsigned shard,
                        const struct wsub_health_issue *issue,
                        struct wsub_health_cursor *ret_cursor);

/* Whether an issue is one that surveys find, and not looks at keys. */
bool spread_survey_finds(const struct wsub_health_issue *issue);

const struct spread_survey_sums *
spread_survey_sums(const struct spread_survey *survey);

#endif
