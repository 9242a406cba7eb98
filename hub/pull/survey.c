#include "hub/pull/survey.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/store.h"

TAILQ_HEAD(surveyors, hub_pull_surveyor);

/* One shard's part of a look. */
struct shard_look {
    struct hub_pull_survey *survey; /* borrowed */
    unsigned shard;
};

struct hub_pull_survey {
    struct wsub_store *store;     /* borrowed */
    struct wsub_pull_tail *tails; /* owned; by shard */
    struct shard_look *looks;     /* owned; by shard */
    struct surveyors waiting;     /* for a look that has not begun */
    struct surveyors looked_for;  /* who is told by the one under way */
    struct wsub_countdown all;
    enum wsub_err err;
    bool looking;
};

static void on_tail(enum wsub_err err, const struct wsub_pull_tail *tail,
                    void *arg)
{
    struct shard_look *look = arg;
    struct hub_pull_survey *survey = look->survey;

    if (err == WSUB_OK)
        survey->tails[look->shard] = *tail;
    else
        survey->err = err;
    wsub_countdown_off(&survey->all);
}

static void on_looked(void *arg);

static void start(struct hub_pull_survey *survey)
{
    unsigned shards = wsub_store_shards(survey->store);

    survey->looking = true;
    survey->err = WSUB_OK;
    TAILQ_CONCAT(&survey->looked_for, &survey->waiting, others);
    wsub_countdown_start(&survey->all, on_looked, survey);
    for (unsigned i = 0; i < shards; i++) {
        wsub_countdown_add(&survey->all);
        wsub_pull_tail(survey->store, i, on_tail, &survey->looks[i]);
    }
    wsub_countdown_off(&survey->all);
}

static void on_looked(void *arg)
{
    struct hub_pull_survey *survey = arg;
    struct wsub_pull_tail *tails =
        survey->err == WSUB_OK ? survey->tails : NULL;
    struct hub_pull_surveyor *first;

    while ((first = TAILQ_FIRST(&survey->looked_for)) != NULL) {
        TAILQ_REMOVE(&survey->looked_for, first, others);
        first->on_surveyed(first, survey->err, tails);
    }
    survey->looking = false;
    if (!TAILQ_EMPTY(&survey->waiting))
        start(survey);
}

struct hub_pull_survey *hub_pull_survey_new(struct wsub_store *store)
{
    struct hub_pull_survey *survey = wsub_calloc(1, sizeof(*survey));
    unsigned shards = wsub_store_shards(store);

    survey->store = store;
    survey->tails = wsub_calloc(shards, sizeof(*survey->tails));
    survey->looks = wsub_calloc(shards, sizeof(*survey->looks));
    for (unsigned i = 0; i < shards; i++)
        survey->looks[i] = (struct shard_look){.survey = survey, .shard = i};
    TAILQ_INIT(&survey->waiting);
    TAILQ_INIT(&survey->looked_for);
    return survey;
}

void hub_pull_survey_free(struct hub_pull_survey *survey)
{
    if (survey == NULL)
        return;
    free(survey->tails);
    free(survey->looks);
    free(survey);
}

void hub_pull_survey_look(struct hub_pull_survey *survey,
                          struct hub_pull_surveyor *surveyor)
{
    TAILQ_INSERT_TAIL(&survey->waiting, surveyor, others);
    if (!survey->looking)
        start(survey);
}
