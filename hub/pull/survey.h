/* survey.h - where the logs of all shards end, and how many pull subscriptions
 * there are.
 *
 * Whoever begins now needs this of every shard.  Requests that come while a look
 * is under way share the one after it, so a thousand of them cost few looks. */
#ifndef HUB_PULL_SURVEY_H
#define HUB_PULL_SURVEY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/err.h"
#include "common/store/pull/tail.h"

struct hub_pull_survey;
struct wsub_store;

/* Embedded in who wants to know. */
struct hub_pull_surveyor {
    /* `tails` of all shards, by their numbers; borrowed for the call; NULL unless
     * err is WSUB_OK.  Who adds a subscription counts it there, for those after
     * it. */
    void (*on_surveyed)(struct hub_pull_surveyor *surveyor, enum wsub_err err,
                        struct wsub_pull_tail *tails);
    TAILQ_ENTRY(hub_pull_surveyor) others; /* for survey.c */
};

struct hub_pull_survey *hub_pull_survey_new(struct wsub_store *store);

/* Who still wants to know is not told. */
void hub_pull_survey_free(struct hub_pull_survey *survey); /* NULL is fine */

/* Looks at all shards, now or after the look that is under way; calls
 * `on_surveyed` once, maybe during the call. */
void hub_pull_survey_look(struct hub_pull_survey *survey,
                          struct hub_pull_surveyor *surveyor);

#endif
