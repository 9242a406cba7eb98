#include "spreader/ended_topics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/groups.h"
#include "common/store/ended_groups.h"
#include "common/store/submissions.h"
#include "common/store/subscribed_topics.h"
#include "common/store/topic.h"
#include "spreader/pace.h"
#include "spreader/shard.h"

#define TOPICS_PAGE 100 /* a few commands each: less than a ms of Redis */
#define DENY_PAGE 50    /* the costs of an unsubscription each */
#define AGAIN_MS 1000   /* after a refusal, or while too many requests wait */
#define REASON "The topic has ended."

enum step {
    STEP_LOOK,  /* whether all groups are noted */
    STEP_PAGE,  /* the next topics */
    STEP_DENY,  /* a page of one of them */
    STEP_NOTE,  /* the walk is over */
    STEP_READY, /* all are noted */
};

struct shard {
    struct spread_ended_topics *all;
    struct spread_shard *shard; /* borrowed; NULL until it is owned */
    struct spread_round round;
    enum step step;
    bool busy;     /* a call is under way */
    bool again;    /* another group was deleted since the step began */
    size_t groups; /* of the list, that the walk is for */
    char after[WSUB_DIGEST_LEN + 1]; /* of the pages of topics */
    bool is_last;                    /* there is no other page */
    char **topics; /* owned; those of the page that have ended */
    size_t count;  /* of them; the last one is being denied */
    char denied[WSUB_DIGEST_LEN + 1]; /* CD that its pages have come to */
    uint64_t ended;
};

struct spread_ended_topics {
    struct wsub_store *store;         /* borrowed */
    const struct wsub_groups *groups; /* borrowed */
    char **ids;                       /* owned; of the deleted groups */
    size_t id_count;
    struct shard *shards; /* owned */
    unsigned count;       /* of them */
};

static void start(struct shard *shard, uint64_t ms)
{
    spread_round_start_ms(&shard->round, ms);
}

static void forget_topics(struct shard *shard)
{
    while (shard->count > 0)
        free(shard->topics[--shard->count]);
    free(shard->topics);
    shard->topics = NULL;
}

/* A call is over; false when it counts for nothing. */
static bool replied(struct shard *shard, enum wsub_err err)
{
    shard->busy = false;
    spread_round_over(&shard->round);
    if (!spread_shard_replied(shard->shard, err))
        return false;
    if (err != WSUB_OK)
        start(shard, AGAIN_MS);
    return err == WSUB_OK;
}

static void go_to(struct shard *shard, enum step step)
{
    shard->step = step;
    if (step != STEP_READY)
        start(shard, 0);
}

static void begin_walk(struct shard *shard)
{
    shard->after[0] = '\0';
    shard->is_last = false;
    shard->ended = 0;
    go_to(shard, STEP_PAGE);
}

/* Of all that are known by now. */
static void on_looked(enum wsub_err err, bool is_ended, void *arg)
{
    struct shard *shard = arg;

    if (!replied(shard, err))
        return;
    if (!is_ended)
        begin_walk(shard);
    else
        go_to(shard, shard->again ? STEP_LOOK : STEP_READY);
}

static void on_noted(enum wsub_err err, bool is_ended, void *arg)
{
    struct shard *shard = arg;

    (void)is_ended;
    if (!replied(shard, err))
        return;
    wsub_log_info("topics-ended", WSUB_KU("shard", shard->shard->owned.shard),
                  WSUB_KU("subscriptions", shard->ended));
    go_to(shard, shard->again ? STEP_LOOK : STEP_READY);
}

static void deny_next(struct shard *shard)
{
    shard->denied[0] = '\0';
    if (shard->count > 0)
        go_to(shard, STEP_DENY);
    else
        go_to(shard, shard->is_last ? STEP_NOTE : STEP_PAGE);
}

static void on_topics(enum wsub_err err, const char *after,
                      const struct wsub_subscribed_topic *topics, size_t count,
                      void *arg)
{
    struct shard *shard = arg;

    if (!replied(shard, err))
        return;
    forget_topics(shard);
    shard->topics = wsub_calloc(count + 1, sizeof(*shard->topics));
    for (size_t i = 0; i < count; i++)
        if (wsub_groups_find(shard->all->groups, topics[i].topic)->is_deleted)
            shard->topics[shard->count++] = wsub_strdup(topics[i].topic);
    snprintf(shard->after, sizeof(shard->after), "%s", after);
    shard->is_last = after[0] == '\0';
    deny_next(shard);
}

static void on_denied(enum wsub_err err, uint64_t ended, const char *after,
                      void *arg)
{
    struct shard *shard = arg;

    if (!replied(shard, err))
        return;
    shard->ended += ended;
    snprintf(shard->denied, sizeof(shard->denied), "%s", after);
    if (after[0] != '\0') {
        go_to(shard, STEP_DENY);
        return;
    }
    free(shard->topics[--shard->count]);
    deny_next(shard);
}

static void send_deny(struct shard *shard)
{
    const char *topic = shard->topics[shard->count - 1];
    struct wsub_topic_ref ref = wsub_topic_ref(shard->all->store, topic);

    wsub_submissions_deny(shard->all->store,
                          &(struct wsub_denial_page){
                              .ref = &ref,
                              .topic = topic,
                              .reason = REASON,
                              .after = shard->denied,
                              .limit = DENY_PAGE,
                          },
                          on_denied, shard);
}

static void on_round(void *arg)
{
    struct shard *shard = arg;
    struct spread_ended_topics *all = shard->all;
    unsigned number = shard->shard->owned.shard;

    shard->busy = true;
    spread_shard_sent(shard->shard);
    switch (shard->step) {
    case STEP_PAGE:
        wsub_subscribed_topics(all->store,
                               &(struct wsub_subscribed_query){
                                   .shard = number,
                                   .after = shard->after,
                                   .most = TOPICS_PAGE,
                                   .prefix = "",
                                   .other_than = "",
                               },
                               on_topics, shard);
        break;
    case STEP_DENY:
        send_deny(shard);
        break;
    case STEP_NOTE:
        wsub_ended_groups_note(all->store, number,
                               (const char *const *)all->ids, shard->groups,
                               on_noted, shard);
        break;
    default:
        shard->again = false;
        shard->groups = all->id_count;
        wsub_ended_groups_find(all->store, number,
                               (const char *const *)all->ids, shard->groups,
                               on_looked, shard);
    }
}

struct spread_ended_topics *
spread_ended_topics_new(struct spread_pace *pace, struct wsub_store *store,
                        const struct wsub_groups *groups, unsigned shards)
{
    struct spread_ended_topics *all = wsub_calloc(1, sizeof(*all));

    all->store = store;
    all->groups = groups;
    all->count = shards;
    all->shards = wsub_calloc(shards, sizeof(*all->shards));
    for (unsigned i = 0; i < shards; i++) {
        all->shards[i].all = all;
        spread_round_init(&all->shards[i].round, pace, on_round,
                          &all->shards[i]);
    }
    return all;
}

void spread_ended_topics_free(struct spread_ended_topics *all)
{
    if (all == NULL)
        return;
    for (unsigned i = 0; i < all->count; i++) {
        spread_round_done(&all->shards[i].round);
        forget_topics(&all->shards[i]);
    }
    for (size_t i = 0; i < all->id_count; i++)
        free(all->ids[i]);
    free(all->ids);
    free(all->shards);
    free(all);
}

/* Nothing is to be done while no group was deleted. */
static void look(struct shard *shard)
{
    shard->again = true;
    if (shard->all->id_count > 0 && shard->step == STEP_READY && !shard->busy)
        go_to(shard, STEP_LOOK);
}

void spread_ended_topics_open(struct spread_ended_topics *all,
                              struct spread_shard *open_shard)
{
    struct shard *shard = &all->shards[open_shard->owned.shard];

    forget_topics(shard);
    shard->shard = open_shard;
    shard->step = STEP_READY;
    look(shard);
}

void spread_ended_topics_close(struct spread_ended_topics *all, unsigned number)
{
    spread_round_stop(&all->shards[number].round);
}

void spread_ended_topics_add(struct spread_ended_topics *all, const char *group)
{
    for (size_t i = 0; i < all->id_count; i++)
        if (strcmp(all->ids[i], group) == 0)
            return;
    all->ids = wsub_realloc(all->ids, (all->id_count + 1) * sizeof(*all->ids));
    all->ids[all->id_count++] = wsub_strdup(group);
    for (unsigned i = 0; i < all->count; i++)
        if (all->shards[i].shard != NULL && all->shards[i].shard->open)
            look(&all->shards[i]);
}
