#include "hub/pull/interests.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/pull/interest.h"
#include "common/store/store.h"

/* A topic is told of at most once in this time, and so soon again where Redis was
 * emptied meanwhile; then it is forgotten. */
#define TOLD_MS 60000
/* More are not remembered, and their shards told each time. */
#define KNOWN_MAX 100000
/* Until it is told of again, and a request that waits. */
#define SLACK_MS (2 * TOLD_MS)

/* That the shards of a topic were told. */
struct known {
    char *topic; /* owned */
    uint64_t told_ms;
    uint64_t lasts_ms; /* from then on */
    UT_hash_handle hh;
};

struct hub_pull_interests {
    struct wsub_store *store; /* borrowed */
    struct known *table;      /* owned; by topic */
    struct wsub_timer timer;
};

static void forget(struct hub_pull_interests *interests, struct known *known)
{
    HASH_DEL(interests->table, known);
    free(known->topic);
    free(known);
}

/* Of what was told then, or before. */
static void forget_until(struct hub_pull_interests *interests, uint64_t ms)
{
    struct known *known, *after;

    HASH_ITER(hh, interests->table, known, after)
    if (known->told_ms <= ms)
        forget(interests, known);
}

static void on_timer(void *arg)
{
    struct hub_pull_interests *interests = arg;

    forget_until(interests, wsub_now_ms() - TOLD_MS);
    if (HASH_COUNT(interests->table) > 0)
        wsub_timer_start_ms(&interests->timer, TOLD_MS);
}

struct hub_pull_interests *hub_pull_interests_new(struct event_base *base,
                                                  struct wsub_store *store)
{
    struct hub_pull_interests *interests = wsub_calloc(1, sizeof(*interests));

    interests->store = store;
    wsub_timer_init(&interests->timer, base, on_timer, interests);
    return interests;
}

void hub_pull_interests_free(struct hub_pull_interests *interests)
{
    if (interests == NULL)
        return;
    forget_until(interests, UINT64_MAX);
    wsub_timer_done(&interests->timer);
    free(interests);
}

static void tell(const struct hub_pull_interests *interests, const char *topic,
                 uint64_t lasts_ms)
{
    unsigned shard;

    if (hub_pull_topic_shard(interests->store, topic, &shard)) {
        wsub_pull_want(interests->store, shard, &topic, 1, lasts_ms, NULL,
                       NULL);
        return;
    }
    for (shard = 0; shard < wsub_store_shards(interests->store); shard++)
        wsub_pull_want(interests->store, shard, &topic, 1, lasts_ms, NULL,
                       NULL);
}

static struct known *remember(struct hub_pull_interests *interests,
                              const char *topic)
{
    struct known *known;

    if (HASH_COUNT(interests->table) >= KNOWN_MAX)
        return NULL;
    known = wsub_calloc(1, sizeof(*known));
    known->topic = wsub_strdup(topic);
    HASH_ADD_KEYPTR(hh, interests->table, known->topic, strlen(topic), known);
    wsub_timer_plan_ms(&interests->timer, TOLD_MS);
    return known;
}

static void note(struct hub_pull_interests *interests, const char *topic,
                 uint64_t lasts_ms)
{
    uint64_t now_ms = wsub_now_ms();
    struct known *known;

    HASH_FIND_STR(interests->table, topic, known);
    if (known != NULL && known->lasts_ms >= lasts_ms &&
        now_ms - known->told_ms < TOLD_MS)
        return;
    tell(interests, topic, lasts_ms);
    if (known == NULL)
        known = remember(interests, topic);
    if (known != NULL) {
        known->told_ms = now_ms;
        known->lasts_ms = lasts_ms;
    }
}

void hub_pull_interests_note(struct hub_pull_interests *interests,
                             const struct hub_pull_topics *topics,
                             uint64_t lasts_s)
{
    for (const char *t = hub_pull_topics_after(topics, NULL); t != NULL;
         t = hub_pull_topics_after(topics, t))
        note(interests, t, lasts_s * 1000 + SLACK_MS);
}
