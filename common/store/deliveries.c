#include "common/store/deliveries.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"

#define TOKEN_BYTES 8 /* names a question, lest its repetition counts again */

static const char *text_at(const struct redisReply *reply, size_t at)
{
    return at < reply->elements && reply->element[at]->str != NULL
               ? reply->element[at]->str
               : "";
}

/* {}, {"wait"}, {"idle"[, LOST, FROM, TO]} or
 * {EVENT, LOST, FROM, TO, SUSPENDED, REPLAY}. */
static void parse_next(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    const char *first = text_at(reply, 0);
    struct wsub_next next = {
        .kind = WSUB_NEXT_EVENT,
        .event = first,
        .lost = strtoull(text_at(reply, 1), NULL, 10),
        .from = text_at(reply, 2),
        .to = text_at(reply, 3),
        .suspended = strcmp(text_at(reply, 4), "1") == 0,
        .is_replay = strcmp(text_at(reply, 5), "1") == 0,
    };

    (void)err;
    if (strcmp(first, "wait") == 0)
        next.kind = WSUB_NEXT_WAIT;
    else if (first[0] == '\0' || strcmp(first, "idle") == 0)
        next.kind = WSUB_NEXT_NONE;
    ((wsub_next_cb *)cb)(&next, arg);
}

void wsub_deliveries_next(struct wsub_store *store, unsigned shard,
                          const char *td, const char *cd, uint64_t number,
                          const struct wsub_claim *claim, wsub_next_cb *cb,
                          void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_NEXT_EVENT);
    wsub_cmd_str(&cmd, td);
    wsub_cmd_str(&cmd, cd);
    wsub_cmd_u64(&cmd, number);
    wsub_claims_args(&cmd, claim, 1);
    wsub_store_call(store, shard, &cmd, parse_next, (wsub_store_cb *)cb, arg);
}

void wsub_deliveries_split(struct wsub_store *store, unsigned shard,
                           const struct wsub_claim *claim)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_SPLIT);
    wsub_claims_args(&cmd, claim, 1);
    wsub_store_call(store, shard, &cmd, wsub_store_parse_done, NULL, NULL);
}

static void parse_crashes(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    uint32_t *counts = wsub_calloc(reply->elements + 1, sizeof(*counts));

    (void)err;
    for (size_t i = 0; i < reply->elements; i++)
        counts[i] = (uint32_t)reply->element[i]->integer;
    ((wsub_crashes_cb *)cb)(counts, reply->elements, arg);
    free(counts);
}

void wsub_deliveries_crashes(struct wsub_store *store, unsigned shard,
                             enum wsub_crash_question question,
                             const struct wsub_claim *claims, size_t count,
                             wsub_crashes_cb *cb, void *arg)
{
    char token[2 * TOKEN_BYTES + 1];
    struct wsub_cmd cmd;

    wsub_random_hex(TOKEN_BYTES, token);
    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_CRASHES);
    wsub_cmd_str(&cmd, question == WSUB_CRASH_TAKEN ? "taken" : "alone");
    wsub_cmd_str(&cmd, token);
    wsub_claims_args(&cmd, claims, count);
    wsub_store_call(store, shard, &cmd, parse_crashes, (wsub_store_cb *)cb,
                    arg);
}

static void parse_unparked(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    (void)err;
    ((wsub_unparked_cb *)cb)((uint32_t)reply->element[0]->integer,
                             reply->element[1]->integer > 0, arg);
}

void wsub_deliveries_unpark(struct wsub_store *store, unsigned shard,
                            const char *host, uint32_t most,
                            wsub_unparked_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_UNPARK);
    wsub_cmd_str(&cmd, host);
    wsub_cmd_u64(&cmd, most);
    wsub_store_call(store, shard, &cmd, parse_unparked, (wsub_store_cb *)cb,
                    arg);
}
