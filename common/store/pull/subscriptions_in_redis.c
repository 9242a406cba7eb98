#include "common/store/pull/subscriptions_in_redis.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/pull/id_list.h"
#include "common/store/store.h"

struct in_redis {
    struct wsub_pull_store pulls;
    struct wsub_store *store; /* borrowed; outlives it */
};

/* As the scripts say it. */
static const char *const results[] = {
    [WSUB_PULL_DONE] = "done", [WSUB_PULL_EXISTS] = "exists",
    [WSUB_PULL_FULL] = "full", [WSUB_PULL_UNKNOWN] = "unknown",
    [WSUB_PULL_BUSY] = "busy", [WSUB_PULL_MOVED] = "moved",
};

static struct wsub_store *store_of(const struct wsub_pull_store *pulls)
{
    return ((const struct in_redis *)(const void *)pulls)->store;
}

unsigned wsub_pull_shard(const struct wsub_store *store, const char *id)
{
    char digest[WSUB_DIGEST_LEN + 1];

    wsub_digest(id, strlen(id), digest);
    return wsub_store_shard_of(store, digest);
}

static bool parse_word(const struct redisReply *reply,
                       enum wsub_pull_result *ret_result)
{
    if (reply->type != REDIS_REPLY_STRING)
        return false;
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++) {
        if (strcmp(reply->str, results[i]) == 0) {
            *ret_result = (enum wsub_pull_result)i;
            return true;
        }
    }
    return false;
}

static void parse_result(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    enum wsub_pull_result result = WSUB_PULL_UNKNOWN;

    if (err == WSUB_OK && !parse_word(reply, &result))
        err = WSUB_ERR_INVALID;
    ((wsub_pull_result_cb *)cb)(err, result, arg);
}

/* Begins a call; returns the shard it is for. */
static unsigned script(struct wsub_cmd *cmd, const struct wsub_store *store,
                       enum wsub_script_id name, const char *id)
{
    unsigned shard = wsub_pull_shard(store, id);

    wsub_store_script(cmd, store, shard, name);
    wsub_cmd_str(cmd, id);
    wsub_cmd_u64(cmd, wsub_store_shards(store));
    return shard;
}

static void add_cursors(struct wsub_cmd *cmd,
                        const struct wsub_pull_cursors *cursors)
{
    char *text = wsub_pull_cursors_text(cursors);

    wsub_cmd_str(cmd, text);
    free(text);
}

static void add(struct wsub_pull_store *pulls, const struct wsub_pull_add *add,
                wsub_pull_result_cb *cb, void *arg)
{
    struct wsub_store *store = store_of(pulls);
    struct wsub_cmd cmd;
    unsigned shard = script(&cmd, store, WSUB_SCRIPT_PULL_ADD, add->id);

    wsub_cmd_str(&cmd, add->subscription.topics);
    wsub_cmd_u64(&cmd, add->subscription.ttl_s);
    wsub_cmd_u64(&cmd, add->subscription.explicit_ack);
    add_cursors(&cmd, add->cursors);
    wsub_cmd_u64(&cmd, add->max);
    wsub_cmd_u64(&cmd, add->others);
    wsub_store_once(store, shard, &cmd, parse_result, (wsub_store_cb *)cb, arg);
}

/* `remove` is a function of stdio.h. */
static void remove_one(struct wsub_pull_store *pulls, const char *id,
                       wsub_pull_result_cb *cb, void *arg)
{
    struct wsub_store *store = store_of(pulls);
    struct wsub_cmd cmd;
    unsigned shard = script(&cmd, store, WSUB_SCRIPT_PULL_REMOVE, id);

    wsub_store_once(store, shard, &cmd, parse_result, (wsub_store_cb *)cb, arg);
}

static void update(struct wsub_pull_store *pulls,
                   const struct wsub_pull_update *update,
                   wsub_pull_result_cb *cb, void *arg)
{
    struct wsub_store *store = store_of(pulls);
    struct wsub_cmd cmd;
    unsigned shard = script(&cmd, store, WSUB_SCRIPT_PULL_UPDATE, update->id);

    wsub_cmd_u64(&cmd, update->ttl_s);
    wsub_cmd_u64(&cmd, update->topics != NULL);
    if (update->topics != NULL) {
        wsub_cmd_str(&cmd, update->topics);
        add_cursors(&cmd, update->cursors);
    }
    wsub_store_once(store, shard, &cmd, parse_result, (wsub_store_cb *)cb, arg);
}

static void list(struct wsub_pull_store *pulls, const char *after, size_t limit,
                 wsub_pull_list_cb *cb, void *arg)
{
    wsub_pull_id_list(store_of(pulls), after, limit, cb, arg);
}

/* A begin whose reply has cursors to be parsed. */
struct beginning {
    unsigned shards; /* of the store */
    void *arg;       /* borrowed; given to the callback */
};

/* The reply is that of pull_begin.lua with the result done. */
static bool parse_begun(const struct redisReply *reply, unsigned shards,
                        struct wsub_pull_cursors *ret_cursors,
                        struct wsub_pull_begun *ret_begun)
{
    if (reply->elements < 6 ||
        !wsub_pull_cursors_parse(reply->element[4]->str, shards, ret_cursors))
        return false;
    *ret_begun = (struct wsub_pull_begun){
        .subscription = {.topics = reply->element[1]->str,
                         .ttl_s = (uint32_t)reply->element[2]->integer,
                         .explicit_ack = reply->element[3]->integer != 0},
        .cursors = ret_cursors,
        .number = (uint64_t)reply->element[5]->integer,
    };
    return true;
}

static void parse_begin(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct beginning *beginning = arg;
    enum wsub_pull_result result = WSUB_PULL_UNKNOWN;
    struct wsub_pull_cursors cursors = {0};
    struct wsub_pull_begun begun;

    if (err == WSUB_OK &&
        (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
         !parse_word(reply->element[0], &result) ||
         (result == WSUB_PULL_DONE &&
          !parse_begun(reply, beginning->shards, &cursors, &begun))))
        err = WSUB_ERR_INVALID;
    ((wsub_pull_begun_cb *)cb)(
        err, result, err == WSUB_OK && result == WSUB_PULL_DONE ? &begun : NULL,
        beginning->arg);
    wsub_pull_cursors_done(&cursors);
    free(beginning);
}

static void add_after(struct wsub_cmd *cmd, const struct wsub_place *after)
{
    char id[WSUB_PLACE_BYTES];
    struct wsub_place before;

    if (after == NULL) {
        wsub_cmd_str(cmd, "");
        return;
    }
    wsub_cmd_u64(cmd, after->shard);
    wsub_place_id(after, id);
    wsub_cmd_str(cmd, id);
    before = wsub_pull_last_until(after, after->shard + 1);
    wsub_place_id(&before, id);
    wsub_cmd_str(cmd, id);
}

static void begin(struct wsub_pull_store *pulls,
                  const struct wsub_pull_begin *begin, wsub_pull_begun_cb *cb,
                  void *arg)
{
    struct wsub_store *store = store_of(pulls);
    struct beginning *beginning = wsub_calloc(1, sizeof(*beginning));
    struct wsub_cmd cmd;
    unsigned shard = script(&cmd, store, WSUB_SCRIPT_PULL_BEGIN, begin->id);

    beginning->shards = wsub_store_shards(store);
    beginning->arg = arg;
    wsub_cmd_str(&cmd, begin->token);
    wsub_cmd_u64(&cmd, begin->wait_ms);
    wsub_cmd_u64(&cmd, begin->again);
    wsub_cmd_u64(&cmd, WSUB_PULL_HELD_MS);
    add_after(&cmd, begin->after);
    wsub_store_once(store, shard, &cmd, parse_begin, (wsub_store_cb *)cb,
                    beginning);
}

static void take(struct wsub_pull_store *pulls,
                 const struct wsub_pull_take *take, wsub_pull_result_cb *cb,
                 void *arg)
{
    struct wsub_store *store = store_of(pulls);
    struct wsub_cmd cmd;
    unsigned shard = script(&cmd, store, WSUB_SCRIPT_PULL_TAKE, take->id);

    wsub_cmd_str(&cmd, take->token);
    wsub_cmd_u64(&cmd, take->number);
    wsub_cmd_u64(&cmd, WSUB_PULL_HELD_MS);
    add_cursors(&cmd, take->cursors);
    wsub_store_once(store, shard, &cmd, parse_result, (wsub_store_cb *)cb, arg);
}

static void end(struct wsub_pull_store *pulls, const struct wsub_pull_end *end,
                wsub_pull_result_cb *cb, void *arg)
{
    struct wsub_store *store = store_of(pulls);
    struct wsub_cmd cmd;
    unsigned shard = script(&cmd, store, WSUB_SCRIPT_PULL_END, end->id);

    wsub_cmd_str(&cmd, end->token);
    wsub_cmd_u64(&cmd, end->number);
    if (end->cursors != NULL)
        add_cursors(&cmd, end->cursors);
    else
        wsub_cmd_str(&cmd, "-");
    wsub_store_once(store, shard, &cmd, parse_result, (wsub_store_cb *)cb, arg);
}

static const struct wsub_pull_store_ops ops = {
    .add = add,
    .remove = remove_one,
    .update = update,
    .list = list,
    .begin = begin,
    .take = take,
    .end = end,
};

struct wsub_pull_store *wsub_pull_store_in_redis_new(struct wsub_store *store)
{
    struct in_redis *made = wsub_calloc(1, sizeof(*made));

    made->pulls.ops = &ops;
    made->store = store;
    return &made->pulls;
}

void wsub_pull_store_in_redis_free(struct wsub_pull_store *pulls)
{
    free(pulls);
}
