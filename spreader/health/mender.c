#include "spreader/health/mender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/cluster/leftovers.h"
#include "common/store/health/looks.h"
#include "spreader/health/survey.h"
#include "spreader/health/tally.h"

struct spread_mender {
    struct spread_mender_options o;
    struct wsub_leftovers leftovers;
    char name[WSUB_INSTANCE_NAME_BYTES]; /* whose claims are handed over */
    struct wsub_health_issue *issues;    /* owned; their texts are borrowed */
    size_t count, at;
    bool mend;
};

static void next(struct spread_mender *mender);

static void on_repaired(enum wsub_err err, enum wsub_health_result result,
                        void *arg)
{
    struct spread_mender *mender = arg;

    if (err != WSUB_OK && err != WSUB_ERR_REFUSED) {
        mender->o.on_done(err, mender->o.arg);
        return;
    }
    mender->o.on_result(&mender->issues[mender->at++],
                        err == WSUB_OK ? result : WSUB_HEALTH_LEFT,
                        mender->o.arg);
    next(mender);
}

static void on_handed_over(enum wsub_err err, void *arg)
{
    on_repaired(err, WSUB_HEALTH_MENDED, arg);
}

/* The member is NAME:INCARNATION: what the lives up to this one have claimed. */
static void hand_over(struct spread_mender *mender,
                      const struct wsub_health_issue *issue)
{
    const char *colon = strrchr(issue->member.data, ':');

    snprintf(mender->name, sizeof(mender->name), "%.*s",
             (int)(colon - issue->member.data), issue->member.data);
    wsub_leftovers_start(
        &mender->leftovers,
        &(struct wsub_victim){
            .ref = {mender->name, strtoull(colon + 1, NULL, 10)},
            .role = "deliver"});
}

static void own(struct spread_mender *mender,
                const struct wsub_health_issue *issue)
{
    (void)issue;
    mender->o.on_unowned(mender->o.arg);
    on_repaired(WSUB_OK, WSUB_HEALTH_MENDED, mender);
}

static void pass(struct spread_mender *mender,
                 const struct wsub_health_issue *issue)
{
    (void)issue;
    on_repaired(WSUB_OK, WSUB_HEALTH_LEFT, mender);
}

static void count(struct spread_mender *mender,
                  const struct wsub_health_issue *issue)
{
    struct wsub_health_cursor cursor;
    bool found =
        spread_survey_find(mender->o.survey, issue->shard, issue, &cursor);

    wsub_health_recount(mender->o.store, issue, found ? &cursor : NULL,
                        on_repaired, mender);
}

/* Whether subscriptions came or went meanwhile, the next look says. */
static void on_tallied(enum wsub_err err, bool changed, uint64_t wrong,
                       void *arg)
{
    enum wsub_health_result result = WSUB_HEALTH_WELL;

    if (changed)
        result = WSUB_HEALTH_LEFT;
    else if (wrong > 0)
        result = WSUB_HEALTH_MENDED;
    on_repaired(err, result, arg);
}

static void count_subscriptions(struct spread_mender *mender,
                                const struct wsub_health_issue *issue)
{
    spread_tally_start(mender->o.tally, issue->shard, true, on_tallied, mender);
}

static void drop_consumer(struct spread_mender *mender,
                          const struct wsub_health_issue *issue)
{
    wsub_health_drop_consumer(mender->o.store, issue, on_repaired, mender);
}

static void make_groups(struct spread_mender *mender,
                        const struct wsub_health_issue *issue)
{
    wsub_health_make_groups(mender->o.store, issue, on_repaired, mender);
}

/* What is not the script's; all else is. */
static const struct {
    const char *action;
    void (*mend)(struct spread_mender *mender,
                 const struct wsub_health_issue *issue);
} ways[] = {
    {WSUB_HEALTH_NONE, pass},
    {WSUB_HEALTH_UNKNOWN, pass},
    {WSUB_HEALTH_COUNT, count},
    {WSUB_HEALTH_COUNT_SUBSCRIPTIONS, count_subscriptions},
    {WSUB_HEALTH_GROUPS, make_groups},
    {WSUB_HEALTH_OWN, own},
    {WSUB_HEALTH_HAND_OVER, hand_over},
    {WSUB_HEALTH_DROP_CONSUMER, drop_consumer},
};

static void mend(struct spread_mender *mender,
                 const struct wsub_health_issue *issue)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i].action, issue->action) == 0) {
            ways[i].mend(mender, issue);
            return;
        }
    wsub_health_repair(mender->o.store, issue, true, on_repaired, mender);
}

static void next(struct spread_mender *mender)
{
    if (mender->at == mender->count)
        mender->o.on_done(WSUB_OK, mender->o.arg);
    else if (mender->mend)
        mend(mender, &mender->issues[mender->at]);
    else
        wsub_health_repair(mender->o.store, &mender->issues[mender->at], false,
                           on_repaired, mender);
}

struct spread_mender *
spread_mender_new(const struct spread_mender_options *options)
{
    struct spread_mender *mender = wsub_calloc(1, sizeof(*mender));

    mender->o = *options;
    wsub_leftovers_init(&mender->leftovers, options->store, on_handed_over,
                        mender);
    return mender;
}

void spread_mender_free(struct spread_mender *mender)
{
    if (mender == NULL)
        return;
    free(mender->issues);
    free(mender);
}

void spread_mender_start(struct spread_mender *mender, bool mend_them,
                         struct wsub_health_issue *issues, size_t number)
{
    free(mender->issues);
    mender->issues = issues;
    mender->count = number;
    mender->at = 0;
    mender->mend = mend_them;
    next(mender);
}
