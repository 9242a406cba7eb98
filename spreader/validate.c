#include "spreader/validate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <uthash.h>

#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/relation.h"
#include "common/store/store.h"
#include "common/store/promoter.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"
#include "spreader/intake.h"
#include "spreader/ping.h"
#include "spreader/request.h"
#include "spreader/spreader.h"
#include "spreader/stats.h"

#define RESUME_MS 500 /* between looks whether Redis is back */
#define REASON_BYTES 128
#define CD_AT (WSUB_DIGEST_LEN + 1) /* in TD:CD:s */

/* One subscribe request; in its topic's list while that is fetched, then in
 * the validator's until its outcome is stored. */
struct question {
    struct spread_validator *validator;
    char id[SPREAD_ENTRY_ID_MAX]; /* of the entry */
    char td[WSUB_DIGEST_LEN + 1], cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation;
    uint32_t failures;
    unsigned shard;
    char *topic;         /* owned */
    const char *outcome; /* const: valid, denied, again */
    char reason[REASON_BYTES];
    uint32_t delay_ms; /* until the next try */
    bool stalled;      /* storing, and Redis went away */
    TAILQ_ENTRY(question) next;
};

TAILQ_HEAD(question_list, question);

/* One topic that is being fetched. */
struct fetch {
    struct spread_validator *validator;
    char *topic; /* owned; the key in the table */
    struct question_list questions;
    struct spread_request request;
    UT_hash_handle hh;
};

struct spread_validator {
    struct spreader *s;           /* borrowed; outlives the validator */
    struct fetch *table;          /* owned; by topic */
    struct question_list storing; /* owned */
    struct event *resume;         /* owned */
};

static void question_free(struct question_list *list, struct question *q)
{
    TAILQ_REMOVE(list, q, next);
    free(q->topic);
    free(q);
}

static void fetch_free(struct fetch *f)
{
    struct question *q;

    HASH_DEL(f->validator->table, f);
    while ((q = TAILQ_FIRST(&f->questions)) != NULL)
        question_free(&f->questions, q);
    spread_request_done(&f->request);
    free(f->topic);
    free(f);
}

static void on_stored(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct question *q = arg;
    struct spread_validator *validator = q->validator;
    struct spreader *s = validator->s;

    if (err != WSUB_OK) {
        if (err == WSUB_ERR_REFUSED)
            wsub_log_error("validated-refused", WSUB_KV("topic", q->topic),
                           WSUB_KV("error", reply->str));
        q->stalled = true;
        return;
    }
    wsub_log_info("validation", WSUB_KV("topic", q->topic),
                  WSUB_KV("request", q->cd), WSUB_KV("outcome", q->outcome),
                  WSUB_KV("reason", q->reason), WSUB_KV("effect", reply->str));
    if (strcmp(q->outcome, "again") == 0)
        wsub_promoter_hint(s->promoter, q->shard, q->delay_ms);
    question_free(&validator->storing, q);
    spread_intake_release(s->intake, 1);
    spread_drain_check(s);
}

static void count(const struct question *q)
{
    if (strcmp(q->outcome, "valid") == 0)
        spread_stat_add(SPREAD_STAT_VALID, 1);
    else if (strcmp(q->outcome, "denied") == 0)
        spread_stat_add(SPREAD_STAT_DENIED, 1);
    else
        spread_stat_add(SPREAD_STAT_VALIDATION_FAILED, 1);
}

static void store(struct question *q)
{
    struct wsub_store *store = q->validator->s->store;
    struct wsub_cmd cmd;

    q->stalled = false;
    wsub_store_script(&cmd, store, q->shard, WSUB_SCRIPT_VALIDATED);
    wsub_cmd_str(&cmd, q->td);
    wsub_cmd_str(&cmd, q->cd);
    wsub_cmd_u64(&cmd, q->generation);
    wsub_cmd_str(&cmd, q->outcome);
    wsub_cmd_str(&cmd, q->reason);
    wsub_cmd_u64(&cmd, q->delay_ms);
    wsub_cmd_u64(&cmd, q->failures);
    wsub_cmd_str(&cmd, q->topic);
    wsub_cmd_str(&cmd, q->id);
    if (wsub_store_send(store, q->shard, &cmd, on_stored, q) != WSUB_OK)
        q->stalled = true;
}

/* The topic failed for now: the question waits, until it has done so too
 * often. */
static const char *again_or_denied(struct question *q)
{
    const struct wsub_config *config = q->validator->s->config;
    struct wsub_backoff backoff = {.base_ms = config->retry_base_ms,
                                   .cap_ms = config->retry_cap_ms,
                                   .max_tries = config->max_attempts};
    uint32_t draw;

    wsub_random(&draw, sizeof(draw));
    q->failures++;
    return wsub_backoff_next(&backoff, q->failures, draw, &q->delay_ms)
               ? "again"
               : "denied";
}

/* Every question gets the topic's answer; `outcome` is valid, denied, or again
 * where that still may be. */
static void answer_all(struct fetch *f, const char *outcome, const char *reason)
{
    static const char again[] = "again";
    struct spread_validator *validator = f->validator;
    struct question *q;

    while ((q = TAILQ_FIRST(&f->questions)) != NULL) {
        TAILQ_REMOVE(&f->questions, q, next);
        TAILQ_INSERT_TAIL(&validator->storing, q, next);
        q->outcome = strcmp(outcome, again) == 0 ? again_or_denied(q) : outcome;
        snprintf(q->reason, sizeof(q->reason), "%s", reason);
        count(q);
        store(q);
    }
    fetch_free(f);
}

/* What the topic lacks, in words; NULL when it may be subscribed to here. */
static const char *find_fault(const struct spread_answer *answer,
                              const char *topic, const char *hub)
{
    struct wsub_relations found;
    const char *fault = NULL;

    spread_answer_relations(answer, &found);
    if (!wsub_targets_have(&found.hub, hub, false))
        fault = "the topic does not name this hub as rel=hub";
    else if (!wsub_targets_have(&found.self, topic, true))
        fault = "the topic does not name itself as rel=self";
    wsub_relations_done(&found);
    return fault;
}

/* What the transfer's errors say of the publisher's network is nothing for
 * whoever subscribes: those stay in the log. */
static void describe(const struct spread_answer *answer,
                     char reason[REASON_BYTES])
{
    static const char failed[] = "the topic can't be fetched";

    if (answer->outcome == SPREAD_REFUSED)
        snprintf(reason, REASON_BYTES, "%s: %s", failed, answer->error);
    else if (answer->status >= 400)
        snprintf(reason, REASON_BYTES, "%s: HTTP status %ld", failed,
                 answer->status);
    else
        snprintf(reason, REASON_BYTES, "%s", failed);
}

static void on_answer(const struct spread_answer *answer, void *arg)
{
    struct fetch *f = arg;
    const char *hub = wsub_store_public_url(f->validator->s->store);
    char reason[REASON_BYTES];
    const char *fault;

    if (answer->outcome != SPREAD_CONTENT) {
        describe(answer, reason);
        wsub_log_info("validation-fetch-failed", WSUB_KV("topic", f->topic),
                      WSUB_KV("error", answer->error));
        answer_all(f, answer->outcome == SPREAD_FAILED ? "again" : "denied",
                   reason);
    } else if (hub == NULL) {
        answer_all(f, "again", "the hub's public URL is not known");
    } else {
        fault = find_fault(answer, f->topic, hub);
        answer_all(f, fault == NULL ? "valid" : "denied",
                   fault == NULL ? "" : fault);
    }
}

static struct fetch *fetch_new(struct spread_validator *validator,
                               const char *topic)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->validator = validator;
    f->topic = wsub_strdup(topic);
    TAILQ_INIT(&f->questions);
    HASH_ADD_KEYPTR(hh, validator->table, f->topic, strlen(f->topic), f);
    spread_request_start(&f->request, validator->s,
                         &(struct spread_request_options){
                             .url = f->topic,
                             .done = on_answer,
                             .arg = f,
                         });
    return f;
}

static struct question *question_new(struct spread_validator *validator,
                                     const struct wsub_stream_entry *entry)
{
    struct question *q = wsub_calloc(1, sizeof(*q));
    const char *key = wsub_stream_field(entry->fields, "q", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);

    q->validator = validator;
    q->shard = entry->shard;
    q->topic = wsub_strdup(wsub_stream_field(entry->fields, "t", NULL));
    q->generation =
        strtoull(wsub_stream_field(entry->fields, "g", NULL), NULL, 10);
    q->failures = failures ? (uint32_t)strtoul(failures, NULL, 10) : 0;
    memcpy(q->td, key, WSUB_DIGEST_LEN);
    memcpy(q->cd, key + CD_AT, WSUB_DIGEST_LEN);
    snprintf(q->id, sizeof(q->id), "%s", entry->id);
    return q;
}

static bool has(const struct question_list *list,
                const struct wsub_stream_entry *entry)
{
    const struct question *q;

    TAILQ_FOREACH(q, list, next)
    if (q->shard == entry->shard && strcmp(q->id, entry->id) == 0)
        return true;
    return false;
}

void spread_validate_start(struct spread_validator *validator,
                           const struct wsub_stream_entry *entry)
{
    const char *topic = wsub_stream_field(entry->fields, "t", NULL);
    struct question *q;
    struct fetch *f;

    HASH_FIND_STR(validator->table, topic, f);
    if ((f != NULL && has(&f->questions, entry)) ||
        has(&validator->storing, entry)) { /* taken over from ourselves */
        spread_intake_release(validator->s->intake, 1);
        return;
    }
    if (f == NULL)
        f = fetch_new(validator, topic);
    q = question_new(validator, entry);
    TAILQ_INSERT_TAIL(&f->questions, q, next);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct spread_validator *validator = arg;
    struct question *q;

    (void)fd;
    (void)what;
    if (!wsub_store_up(validator->s->store))
        return;
    TAILQ_FOREACH(q, &validator->storing, next)
    if (q->stalled)
        store(q);
}

struct spread_validator *spread_validator_new(struct spreader *s)
{
    struct spread_validator *validator = wsub_calloc(1, sizeof(*validator));
    struct timeval every = {RESUME_MS / 1000, (RESUME_MS % 1000) * 1000};

    validator->s = s;
    TAILQ_INIT(&validator->storing);
    validator->resume = event_new(wsub_loop_base(s->loop), -1, EV_PERSIST,
                                  on_resume, validator);
    event_add(validator->resume, &every);
    return validator;
}

void spread_validator_free(struct spread_validator *validator)
{
    struct fetch *f, *next;
    struct question *q;

    if (validator == NULL)
        return;
    HASH_ITER(hh, validator->table, f, next)
    {
        fetch_free(f);
    }
    while ((q = TAILQ_FIRST(&validator->storing)) != NULL)
        question_free(&validator->storing, q);
    event_free(validator->resume);
    free(validator);
}

bool spread_validator_idle(const struct spread_validator *validator)
{
    return validator->table == NULL && TAILQ_EMPTY(&validator->storing);
}
