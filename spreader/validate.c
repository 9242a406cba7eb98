#include "spreader/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/fetches.h"
#include "common/store/store.h"
#include "spreader/retry.h"
#include "spreader/shard.h"
#include "spreader/stats.h"
#include "spreader/verdict.h"

/* One subscribe request; in its topic's list while that is fetched, then in
 * the validator's until its outcome is stored. */
struct validation {
    struct spread_validator *validator; /* borrowed; outlives the validation */
    char td[WSUB_DIGEST_LEN + 1], cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation;
    uint32_t failures;
    struct spread_shard *shard; /* borrowed */
    char *topic;                /* owned */
    struct spread_verdict verdict;
    uint32_t delay_ms; /* until the next fetch */
    TAILQ_ENTRY(validation) next;
};

TAILQ_HEAD(validations, validation);

/* One topic that is being fetched. */
struct fetch {
    struct spread_validator *validator; /* borrowed; outlives the fetch */
    struct spread_topic topic;
    struct validations waiting; /* owned */
    TAILQ_ENTRY(fetch) next;    /* once it is dropped */
};

TAILQ_HEAD(fetches, fetch);

struct spread_validator {
    struct spread_topics topics; /* owned; members of fetches */
    struct validations storing;  /* owned */
    struct fetches dropped;      /* owned; their shards are closed */
};

static void validation_free(struct validations *list, struct validation *v)
{
    TAILQ_REMOVE(list, v, next);
    free(v->topic);
    free(v);
}

static void validations_free(struct validations *list)
{
    struct validation *v;

    while ((v = TAILQ_FIRST(list)) != NULL)
        validation_free(list, v);
}

static void fetch_free(struct fetch *f)
{
    if (!f->topic.in_table)
        TAILQ_REMOVE(&f->validator->dropped, f, next);
    spread_topics_drop(&f->validator->topics, &f->topic);
    validations_free(&f->waiting);
    free(f);
}

static void on_stored(enum wsub_err err, bool applied, void *arg)
{
    struct validation *v = arg;
    struct spread_validator *validator = v->validator;
    const struct spread_topics_options *o = &validator->topics.o;
    unsigned shard = v->shard->owned.shard;

    if (err == WSUB_OK)
        wsub_log_info(
            "validation", WSUB_KV("topic", v->topic), WSUB_KV("request", v->cd),
            WSUB_KV("outcome", wsub_validation_name(v->verdict.outcome)),
            WSUB_KV("reason", v->verdict.reason),
            WSUB_KV("effect", applied ? "applied" : "superseded"));
    (void)spread_shard_replied(v->shard, err);
    validation_free(&validator->storing, v);
    o->on_over(shard, 1, o->arg);
}

static void count(enum wsub_validation outcome)
{
    static const enum spread_stat stats[] = {
        [WSUB_VALIDATION_VALID] = SPREAD_STAT_VALID,
        [WSUB_VALIDATION_DENIED] = SPREAD_STAT_DENIED,
        [WSUB_VALIDATION_AGAIN] = SPREAD_STAT_VALIDATION_FAILED,
    };

    wsub_metric_add(&spread_stats[stats[outcome]], 1);
}

static void store(struct validation *v)
{
    count(v->verdict.outcome);
    spread_shard_sent(v->shard);
    wsub_validated(v->validator->topics.o.store,
                   &(struct wsub_validated){
                       .owned = &v->shard->owned,
                       .td = v->td,
                       .cd = v->cd,
                       .generation = v->generation,
                       .outcome = v->verdict.outcome,
                       .reason = v->verdict.reason,
                       .delay_ms = v->delay_ms,
                       .failures = v->failures,
                       .topic = v->topic,
                   },
                   on_stored, v);
}

/* A request whose topic failed for now waits, until the topic has done so too
 * often. */
static void decide(struct validation *v, const struct spread_verdict *verdict)
{
    uint32_t random;

    v->verdict = *verdict;
    if (verdict->outcome != WSUB_VALIDATION_AGAIN)
        return;
    wsub_random(&random, sizeof(random));
    v->failures++;
    if (!spread_retry_plan(v->validator->topics.o.config, v->failures, random,
                           &v->delay_ms))
        v->verdict.outcome = WSUB_VALIDATION_DENIED;
}

static void on_response(const struct spread_response *response, void *arg)
{
    struct fetch *f = arg;
    struct spread_validator *validator = f->validator;
    struct spread_verdict verdict =
        spread_verdict(response, f->topic.name,
                       wsub_store_public_url(validator->topics.o.store));
    struct validation *v;

    if (response->outcome != SPREAD_CONTENT)
        wsub_log_info("validation-fetch-failed",
                      WSUB_KV("topic", f->topic.name),
                      WSUB_KV("error", response->error));
    while ((v = TAILQ_FIRST(&f->waiting)) != NULL) {
        TAILQ_REMOVE(&f->waiting, v, next);
        TAILQ_INSERT_TAIL(&validator->storing, v, next);
        decide(v, &verdict);
        store(v);
    }
    fetch_free(f);
}

static struct fetch *fetch_new(struct spread_validator *validator,
                               struct spread_shard *shard, const char *topic)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->validator = validator;
    TAILQ_INIT(&f->waiting);
    spread_topics_add(&validator->topics, &f->topic, shard, topic);
    spread_topics_request(&validator->topics, &f->topic, NULL, on_response, f);
    return f;
}

static struct validation *validation_new(struct spread_validator *validator,
                                         struct spread_shard *shard,
                                         const struct wsub_wanted *wanted)
{
    struct validation *v = wsub_calloc(1, sizeof(*v));

    v->validator = validator;
    v->shard = shard;
    v->topic = wsub_strdup(wanted->topic);
    v->generation = wanted->generation;
    v->failures = wanted->failures;
    memcpy(v->td, wanted->td, sizeof(v->td));
    memcpy(v->cd, wanted->cd, sizeof(v->cd));
    return v;
}

static struct fetch *fetch_of(struct spread_topic *topic)
{
    return wsub_container_of(topic, struct fetch, topic);
}

void spread_validate_start(struct spread_validator *validator,
                           struct spread_shard *shard,
                           const struct wsub_wanted *wanted)
{
    struct spread_topic *topic =
        spread_topics_find(&validator->topics, wanted->topic);
    struct fetch *f =
        topic ? fetch_of(topic) : fetch_new(validator, shard, wanted->topic);
    struct validation *v = validation_new(validator, shard, wanted);

    TAILQ_INSERT_TAIL(&f->waiting, v, next);
}

struct spread_validator *
spread_validator_new(const struct spread_topics_options *options)
{
    struct spread_validator *validator = wsub_calloc(1, sizeof(*validator));

    validator->topics.o = *options;
    TAILQ_INIT(&validator->storing);
    TAILQ_INIT(&validator->dropped);
    return validator;
}

void spread_validator_free(struct spread_validator *validator)
{
    struct fetch *f;

    if (validator == NULL)
        return;
    while (validator->topics.table != NULL)
        fetch_free(fetch_of(validator->topics.table));
    while ((f = TAILQ_FIRST(&validator->dropped)) != NULL)
        fetch_free(f);
    validations_free(&validator->storing);
    free(validator);
}

static size_t count_waiting(const struct fetch *f)
{
    const struct validation *v;
    size_t waiting = 0;

    TAILQ_FOREACH(v, &f->waiting, next)
    waiting++;
    return waiting;
}

/* The request to the topic ends without effect. */
void spread_validator_close(struct spread_validator *validator, unsigned shard)
{
    const struct spread_topics_options *o = &validator->topics.o;
    struct spread_topic *topic, *next;

    HASH_ITER(hh, validator->topics.table, topic, next)
    {
        struct fetch *f = fetch_of(topic);
        size_t waiting = count_waiting(f);

        if (topic->shard->owned.shard != shard)
            continue;
        spread_topics_remove(&validator->topics, topic);
        TAILQ_INSERT_TAIL(&validator->dropped, f, next);
        validations_free(&f->waiting);
        o->on_over(shard, waiting, o->arg);
    }
}
