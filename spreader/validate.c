#include "spreader/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/config.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/http/send.h"
#include "common/store/fetches.h"
#include "common/store/requests.h"
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
    uint64_t generation, question;
    uint32_t failures;
    struct spread_shard *shard; /* borrowed */
    char *topic, *member;       /* owned */
    struct spread_verdict verdict;
    uint32_t delay_ms; /* until the next fetch */
    bool lingers;
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
    LIST_HEAD(, telling) tellings; /* owned; lines that wait for a name */
    struct spread_topics topics;   /* owned; members of fetches */
    struct validations storing;    /* owned */
    struct fetches dropped;        /* owned; their shards are closed */
};

static void validation_free(struct validations *list, struct validation *v)
{
    TAILQ_REMOVE(list, v, next);
    free(v->topic);
    free(v->member);
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

/* A line about a request, which waits for the name of its callback. */
struct telling {
    char *topic; /* owned */
    struct wsub_request_ref request;
    struct spread_verdict verdict;
    bool applied;
    struct spread_validator *validator; /* borrowed */
    LIST_ENTRY(telling) next;
};

static void telling_free(struct telling *telling)
{
    LIST_REMOVE(telling, next);
    free(telling->topic);
    free(telling);
}

static void on_request(const struct wsub_request *request, void *arg)
{
    struct telling *telling = arg;
    const struct spread_verdict *verdict = &telling->verdict;

    wsub_log_info(
        "validation", WSUB_KV("topic", telling->topic),
        WSUB_KV("callback",
                request != NULL ? request->callback : telling->request.cd),
        WSUB_KV("outcome", wsub_validation_name(verdict->outcome)),
        WSUB_KV("reason", verdict->reason),
        WSUB_KV("effect", telling->applied ? "applied" : "superseded"));
    telling_free(telling);
}

/* A denial has taken the place of the request that it denies. */
static void tell(const struct validation *v, bool applied)
{
    struct telling *telling = wsub_calloc(1, sizeof(*telling));
    char key[WSUB_REQUEST_KEY_BYTES];
    bool is_denied = applied && v->verdict.outcome == WSUB_VALIDATION_DENIED;
    int len = snprintf(key, sizeof(key), "%s:%s:%c", v->td, v->cd,
                       is_denied ? WSUB_MODE_DENIED : WSUB_MODE_SUBSCRIBE);

    telling->topic = wsub_strdup(v->topic);
    telling->verdict = v->verdict;
    telling->applied = applied;
    LIST_INSERT_HEAD(&v->validator->tellings, telling, next);
    (void)wsub_request_ref_parse(key, (size_t)len, &telling->request);
    wsub_requests_get(v->validator->topics.o.store, v->shard->owned.shard,
                      &telling->request, on_request, telling);
}

/* The validation is over. */
static void over(struct validation *v, enum wsub_err err)
{
    struct spread_validator *validator = v->validator;
    const struct spread_topics_options *o = &validator->topics.o;
    unsigned shard = v->shard->owned.shard;
    size_t count = v->lingers ? 0 : 1;

    (void)spread_shard_replied(v->shard, err);
    validation_free(&validator->storing, v);
    o->on_over(shard, WSUB_WANTED_VALIDATION, count, o->arg);
}

static void on_stored(enum wsub_err err, bool applied, void *arg)
{
    struct validation *v = arg;

    if (err == WSUB_OK)
        tell(v, applied);
    over(v, err);
}

static void on_postponed(enum wsub_err err, void *arg)
{
    over(arg, err);
}

static void put_back(struct validation *v, uint64_t delay_ms)
{
    const struct spread_topics_options *o = &v->validator->topics.o;

    wsub_metric_add(&spread_stats[SPREAD_STAT_VALIDATION_POSTPONED], 1);
    spread_shard_sent(v->shard);
    wsub_fetches_postpone(o->store,
                          &(struct wsub_postponed){
                              .owned = &v->shard->owned,
                              .question = v->question,
                              .member = v->member,
                              .td = "",
                              .delay_ms = delay_ms,
                          },
                          on_postponed, v);
}

static void count_outcome(enum wsub_validation outcome)
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
    count_outcome(v->verdict.outcome);
    spread_shard_sent(v->shard);
    wsub_validated(v->validator->topics.o.store,
                   &(struct wsub_validated){
                       .owned = &v->shard->owned,
                       .td = v->td,
                       .cd = v->cd,
                       .generation = v->generation,
                       .question = v->question,
                       .outcome = v->verdict.outcome,
                       .reason = v->verdict.reason,
                       .delay_ms = v->delay_ms,
                       .failures = v->failures,
                       .topic = v->topic,
                   },
                   on_stored, v);
}

/* A request whose topic failed for now waits, until the topic has done so too
 * often; no attempt is spent where the publisher says for how long. */
static void decide(struct validation *v, const struct spread_verdict *verdict,
                   uint64_t again_ms)
{
    const struct wsub_config *config = v->validator->topics.o.config;
    uint32_t random;

    v->verdict = *verdict;
    if (verdict->outcome != WSUB_VALIDATION_AGAIN)
        return;
    if (again_ms > 0) {
        v->delay_ms = spread_retry_cap(config, again_ms);
        return;
    }
    wsub_random(&random, sizeof(random));
    v->failures++;
    if (!spread_retry_plan(config, v->failures, random, &v->delay_ms))
        v->verdict.outcome = WSUB_VALIDATION_DENIED;
}

static struct validation *take_waiting(struct fetch *f)
{
    struct validation *v = TAILQ_FIRST(&f->waiting);

    if (v != NULL) {
        TAILQ_REMOVE(&f->waiting, v, next);
        TAILQ_INSERT_TAIL(&f->validator->storing, v, next);
    }
    return v;
}

static void put_all_back(struct fetch *f, uint64_t delay_ms)
{
    struct validation *v;

    while ((v = take_waiting(f)) != NULL)
        put_back(v, delay_ms);
}

static void on_response(const struct spread_response *response, void *arg)
{
    struct fetch *f = arg;
    struct spread_verdict verdict =
        spread_verdict(response, f->topic.name,
                       wsub_store_public_url(f->validator->topics.o.store));
    struct validation *v;

    if (response->outcome == SPREAD_BUSY) {
        put_all_back(f, response->again_ms);
        fetch_free(f);
        return;
    }
    if (response->outcome != SPREAD_CONTENT)
        wsub_log_info("validation-fetch-failed",
                      WSUB_KV("topic", f->topic.name),
                      WSUB_KV("error", response->error));
    while ((v = take_waiting(f)) != NULL) {
        decide(v, &verdict, response->again_ms);
        store(v);
    }
    fetch_free(f);
}

static void on_admitted(void *arg)
{
    struct fetch *f = arg;

    spread_request_send(&f->topic.request, NULL);
}

static struct fetch *fetch_new(struct spread_validator *validator,
                               struct spread_shard *shard, const char *topic)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->validator = validator;
    TAILQ_INIT(&f->waiting);
    spread_topics_add(&validator->topics, &f->topic, shard, topic);
    return f;
}

/* How many of those that wait do not linger. */
static size_t count_waiting(const struct fetch *f)
{
    const struct validation *v;
    size_t waiting = 0;

    TAILQ_FOREACH(v, &f->waiting, next)
    waiting += v->lingers ? 0 : 1;
    return waiting;
}

/* Those that wait count no longer, nor do those that join them later. */
static void on_linger(void *arg)
{
    struct fetch *f = arg;
    const struct spread_topics_options *o = &f->validator->topics.o;
    size_t waiting = count_waiting(f);
    struct validation *v;

    TAILQ_FOREACH(v, &f->waiting, next)
    v->lingers = true;
    o->on_linger(WSUB_WANTED_VALIDATION, waiting, o->arg);
}

static void ask_host(struct fetch *f)
{
    struct spread_topic_use use = {.on_admitted = on_admitted,
                                   .on_linger = on_linger,
                                   .on_response = on_response,
                                   .arg = f};
    uint64_t again_ms;

    switch (spread_topics_enter(&f->validator->topics, &f->topic, &use,
                                &again_ms)) {
    case WSUB_HOST_ENTRY_NOW:
        on_admitted(f);
        break;
    case WSUB_HOST_ENTRY_WAIT:
        break;
    default:
        put_all_back(f, again_ms);
        fetch_free(f);
    }
}

static struct validation *validation_new(struct spread_validator *validator,
                                         struct spread_shard *shard,
                                         const struct wsub_wanted *wanted)
{
    struct validation *v = wsub_calloc(1, sizeof(*v));

    v->validator = validator;
    v->shard = shard;
    v->topic = wsub_strdup(wanted->topic);
    v->member = wsub_strdup(wanted->member);
    v->generation = wanted->generation;
    v->question = wanted->question;
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
    struct validation *v = validation_new(validator, shard, wanted);
    struct spread_topic *topic =
        spread_topics_find(&validator->topics, wanted->topic);
    struct fetch *f =
        topic ? fetch_of(topic) : fetch_new(validator, shard, wanted->topic);

    TAILQ_INSERT_TAIL(&f->waiting, v, next);
    if (topic == NULL)
        ask_host(f);
    else if (topic->request.lingers)
        on_linger(f);
}

struct spread_validator *
spread_validator_new(const struct spread_topics_options *options)
{
    struct spread_validator *validator = wsub_calloc(1, sizeof(*validator));

    validator->topics.o = *options;
    LIST_INIT(&validator->tellings);
    TAILQ_INIT(&validator->storing);
    TAILQ_INIT(&validator->dropped);
    return validator;
}

void spread_validator_free(struct spread_validator *validator)
{
    struct fetch *f;

    if (validator == NULL)
        return;
    while (!LIST_EMPTY(&validator->tellings))
        telling_free(LIST_FIRST(&validator->tellings));
    while (validator->topics.table != NULL)
        fetch_free(fetch_of(validator->topics.table));
    while ((f = TAILQ_FIRST(&validator->dropped)) != NULL)
        fetch_free(f);
    validations_free(&validator->storing);
    free(validator);
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
        o->on_over(shard, WSUB_WANTED_VALIDATION, waiting, o->arg);
    }
}
