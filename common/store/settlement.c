#include "common/store/settlement.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/base/mem.h"

enum argument {
    END,
    EVENT,
    COUNT,
    TARGET,
    TD,
    GENERATION,
    FAILURES,
    CRASHES,
    TRIES,
    DELAY,
    HOST,
    TOPIC,
    CALLBACK,
    WHY,
};

#define ARGUMENTS_MAX 8

/* The operations of settle.lua. */
static const struct {
    const char *name;
    enum argument arguments[ARGUMENTS_MAX];
} operations[] = {
    [WSUB_OUTCOME_DONE] = {"done", {EVENT, COUNT}},
    [WSUB_OUTCOME_NONE] = {"none", {EVENT, COUNT}},
    [WSUB_OUTCOME_GONE] = {"gone", {EVENT, TARGET, TD, GENERATION}},
    [WSUB_OUTCOME_RETRY] = {"retry",
                            {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
    [WSUB_OUTCOME_PARK] = {"park", {EVENT, TARGET, FAILURES, CRASHES, HOST}},
    [WSUB_OUTCOME_HOLD] = {"hold",
                           {EVENT, TARGET, FAILURES, CRASHES, TRIES, WHY}},
    [WSUB_OUTCOME_DEAD] = {"dead",
                           {EVENT, TARGET, FAILURES, TOPIC, CALLBACK, WHY}},
    [WSUB_OUTCOME_MISS] = {"miss", {EVENT, TARGET, TD}},
    [WSUB_OUTCOME_SUSPEND] = {"suspend",
                              {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
};

void wsub_settlement_begin(struct wsub_settlement *s, struct wsub_store *store,
                           unsigned shard)
{
    s->store = store;
    s->shard = shard;
    s->suspends = false;
    wsub_store_script(&s->cmd, store, shard, WSUB_SCRIPT_SETTLE);
}

void wsub_settlement_job(struct wsub_settlement *s,
                         const struct wsub_claim *claim)
{
    wsub_cmd_str(&s->cmd, "job");
    wsub_claims_args(&s->cmd, claim, 1);
}

void wsub_settlement_cursor(struct wsub_settlement *s,
                            const struct wsub_claim *claim, const char *td,
                            const char *cd, uint64_t number)
{
    wsub_cmd_str(&s->cmd, "cursor");
    wsub_claims_args(&s->cmd, claim, 1);
    wsub_cmd_str(&s->cmd, td);
    wsub_cmd_str(&s->cmd, cd);
    wsub_cmd_u64(&s->cmd, number);
}

static void add_before(struct wsub_settlement *s, uint16_t before)
{
    if (before == 0)
        wsub_cmd_str(&s->cmd, "-");
    else
        wsub_cmd_u64(&s->cmd, before);
}

void wsub_settlement_part(struct wsub_settlement *s,
                          const struct wsub_claim *claim, uint16_t before,
                          uint16_t left)
{
    wsub_cmd_str(&s->cmd, "part");
    wsub_claims_args(&s->cmd, claim, 1);
    add_before(s, before);
    wsub_cmd_u64(&s->cmd, left);
}

void wsub_settlement_rest(struct wsub_settlement *s,
                          const struct wsub_claim *claim, uint16_t before)
{
    wsub_cmd_str(&s->cmd, "rest");
    wsub_claims_args(&s->cmd, claim, 1);
    add_before(s, before);
}

static uint64_t number_of(const struct wsub_settled *settled,
                          enum argument argument)
{
    switch (argument) {
    case COUNT:
        return settled->count;
    case GENERATION:
        return settled->generation;
    case FAILURES:
        return settled->failures;
    case CRASHES:
        return settled->crashes;
    case TRIES:
        return settled->held;
    default:
        return settled->delay_ms;
    }
}

static const char *text_of(const struct wsub_settled *settled,
                           enum argument argument)
{
    switch (argument) {
    case EVENT:
        return settled->event;
    case TARGET:
        return settled->target;
    case TD:
        return settled->td;
    case HOST:
        return settled->host;
    case TOPIC:
        return settled->topic;
    case CALLBACK:
        return settled->callback;
    case WHY:
        return settled->why;
    default:
        return NULL;
    }
}

void wsub_settlement_outcome(struct wsub_settlement *s,
                             const struct wsub_settled *settled)
{
    const enum argument *argument = operations[settled->outcome].arguments;

    s->suspends |= settled->outcome == WSUB_OUTCOME_SUSPEND;
    wsub_cmd_str(&s->cmd, operations[settled->outcome].name);
    for (; *argument != END; argument++) {
        const char *text = text_of(settled, *argument);

        if (text != NULL)
            wsub_cmd_str(&s->cmd, text);
        else
            wsub_cmd_u64(&s->cmd, number_of(settled, *argument));
    }
}

void wsub_settlement_retried(struct wsub_settlement *s, const char *td,
                             const char *cd, const char *event)
{
    wsub_cmd_str(&s->cmd, "retried");
    wsub_cmd_str(&s->cmd, td);
    wsub_cmd_str(&s->cmd, cd);
    wsub_cmd_str(&s->cmd, event);
}

void wsub_settlement_cleared(struct wsub_settlement *s,
                             const struct wsub_claim *claim)
{
    wsub_cmd_str(&s->cmd, "cleared");
    wsub_claims_args(&s->cmd, claim, 1);
}

/* A number, or a list of it and who was suspended. */
static void parse_settled(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    size_t count = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
                       ? reply->elements - 1
                       : 0;
    const char **suspended = wsub_calloc(count, sizeof(*suspended));

    (void)err;
    for (size_t i = 0; i < count; i++)
        suspended[i] = reply->element[i + 1]->str;
    ((wsub_settlement_cb *)cb)(suspended, count, arg);
    free(suspended);
}

void wsub_settlement_send(struct wsub_settlement *s, wsub_settlement_cb *cb,
                          void *arg)
{
    if (s->suspends)
        wsub_cmd_str(&s->cmd, "report");
    wsub_store_call(s->store, s->shard, &s->cmd, parse_settled,
                    (wsub_store_cb *)cb, arg);
}
