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
#include "common/store/promoter.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "spreader/retry.h"
#include "spreader/stats.h"
#include "spreader/verdict.h"

#define CD_AT (WSUB_DIGEST_LEN + 1) /* in TD:CD:s */

/* One subscribe request; in its topic's list while that is fetched, then in
 * the validator's until its outcome is stored. */
struct validation {
    struct spread_validator *validator; /* borrowed; outlives the validation */
    struct wsub_entry_id id;
    char td[WSUB_DIGEST_LEN + 1], cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation;
    uint32_t failures;
    unsigned shard;
    char *topic; /* owned */
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
};

struct spread_validator {
    struct spread_topics topics; /* owned; members of fetches */
    struct validations storing;  /* owned */
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
    spread_topics_drop(&f->validator->topics, &f->topic);
    validations_free(&f->waiting);
    free(f);
}

static void on_stored(bool applied, void *arg)
{
    struct validation *v = arg;
    struct spread_validator *validator = v->validator;
    const struct spread_topics_options *o = &validator->topics.o;

    wsub_log_info("validation", WSUB_KV("topic", v->topic),
                  WSUB_KV("request", v->cd),
                  WSUB_KV("outcome", wsub_validation_name(v->verdict.outcome)),
                  WSUB_KV("reason", v->verdict.reason),
                  WSUB_KV("effect", applied ? "applied" : "superseded"));
    if (v->verdict.outcome == WSUB_VALIDATION_AGAIN)
        wsub_promoter_hint(o->promoter, v->shard, v->delay_ms);
    validation_free(&validator->storing, v);
    o->on_done(1, o->arg);
    if (spread_validator_idle(validator))
        o->on_idle(o->arg);
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
    wsub_validated(v->validator->topics.o.store,
                   &(struct wsub_validated){
                       .shard = v->shard,
                       .td = v->td,
                       .cd = v->cd,
                       .generation = v->generation,
                       .outcome = v->verdict.outcome,
                       .reason = v->verdict.reason,
                       .delay_ms = v->delay_ms,
                       .failures = v->failures,
                       .topic = v->topic,
                       .entry = v->id.text,
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
                               const char *topic)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->validator = validator;
    TAILQ_INIT(&f->waiting);
    spread_topics_add(&validator->topics, &f->topic, topic);
    spread_topics_request(&validator->topics, &f->topic, NULL, on_response, f);
    return f;
}

static struct validation *validation_new(struct spread_validator *validator,
                                         const struct wsub_stream_entry *entry)
{
    struct validation *v = wsub_calloc(1, sizeof(*v));
    const char *key = wsub_stream_field(entry->fields, "q", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);

    v->validator = validator;
    v->shard = entry->shard;
    v->topic = wsub_strdup(wsub_stream_field(entry->fields, "t", NULL));
    v->generation =
        strtoull(wsub_stream_field(entry->fields, "g", NULL), NULL, 10);
    v->failures = failures ? (uint32_t)strtoul(failures, NULL, 10) : 0;
    memcpy(v->td, key, WSUB_DIGEST_LEN);
    memcpy(v->cd, key + CD_AT, WSUB_DIGEST_LEN);
    snprintf(v->id.text, sizeof(v->id.text), "%s", entry->id);
    return v;
}

static bool has(const struct validations *list,
                const struct wsub_stream_entry *entry)
{
    const struct validation *v;

    TAILQ_FOREACH(v, list, next)
    if (v->shard == entry->shard && strcmp(v->id.text, entry->id) == 0)
        return true;
    return false;
}

static struct fetch *fetch_of(struct spread_topic *topic)
{
    return wsub_container_of(topic, struct fetch, topic);
}

void spread_validate_start(struct spread_validator *validator,
                           const struct wsub_stream_entry *entry)
{
    const struct spread_topics_options *o = &validator->topics.o;
    const char *name = wsub_stream_field(entry->fields, "t", NULL);
    struct spread_topic *topic = spread_topics_find(&validator->topics, name);
    struct fetch *f = topic ? fetch_of(topic) : NULL;
    struct validation *v;

    if ((f != NULL && has(&f->waiting, entry)) ||
        has(&validator->storing, entry)) { /* taken over from ourselves */
        o->on_done(1, o->arg);
        return;
    }
    if (f == NULL)
        f = fetch_new(validator, name);
    v = validation_new(validator, entry);
    TAILQ_INSERT_TAIL(&f->waiting, v, next);
}

struct spread_validator *
spread_validator_new(const struct spread_topics_options *options)
{
    struct spread_validator *validator = wsub_calloc(1, sizeof(*validator));

    validator->topics.o = *options;
    TAILQ_INIT(&validator->storing);
    return validator;
}

void spread_validator_free(struct spread_validator *validator)
{
    if (validator == NULL)
        return;
    while (validator->topics.table != NULL)
        fetch_free(fetch_of(validator->topics.table));
    validations_free(&validator->storing);
    free(validator);
}

bool spread_validator_idle(const struct spread_validator *validator)
{
    return validator->topics.table == NULL && TAILQ_EMPTY(&validator->storing);
}
