#include "common/store/reshard/order.h"

#include <stdlib.h>
#include <string.h>

#define KEY "reshard"
/* Of meta. */
#define MOVING "moving"
#define DRAINING "draining"

static const char *const names[] = {
    [WSUB_RESHARD_NONE] = "none",         [WSUB_RESHARD_DRAINING] = "draining",
    [WSUB_RESHARD_MOVING] = "moving",     [WSUB_RESHARD_DROPPING] = "dropping",
    [WSUB_RESHARD_RENAMING] = "renaming", [WSUB_RESHARD_DONE] = "done",
    [WSUB_RESHARD_FAILED] = "failed",
};

const char *wsub_reshard_state_name(enum wsub_reshard_state state)
{
    return names[state];
}

static enum wsub_reshard_state state_of(const char *name)
{
    unsigned state = WSUB_RESHARD_FAILED;

    while (state > WSUB_RESHARD_NONE && strcmp(names[state], name) != 0)
        state--;
    return (enum wsub_reshard_state)state;
}

static uint64_t number_of(const char *text)
{
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static enum wsub_err refusal_of(const char *word)
{
    return strcmp(word, "busy") == 0    ? WSUB_ERR_FULL
           : strcmp(word, "stale") == 0 ? WSUB_ERR_INVALID
                                        : WSUB_ERR_NOT_FOUND;
}

static void parse_order(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    wsub_reshard_order_cb *on_order = (wsub_reshard_order_cb *)cb;
    struct wsub_reshard_order order;

    if (err != WSUB_OK) {
        on_order(err, NULL, arg);
    } else if (strcmp(reply->element[0]->str, "done") != 0) {
        on_order(refusal_of(reply->element[0]->str), NULL, arg);
    } else {
        order = (struct wsub_reshard_order){
            .state = state_of(reply->element[1]->str),
            .from = (unsigned)number_of(reply->element[2]->str),
            .to = (unsigned)number_of(reply->element[3]->str),
            .epoch = number_of(reply->element[4]->str),
        };
        on_order(WSUB_OK, &order, arg);
    }
}

void wsub_reshard_order(struct wsub_store *store, const char *token,
                        unsigned to, wsub_reshard_order_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER,
                      WSUB_SCRIPT_RESHARD_ORDER);
    wsub_cmd_str(&cmd, token);
    wsub_cmd_u64(&cmd, WSUB_RESHARD_LEASE_MS);
    wsub_cmd_u64(&cmd, wsub_store_shards(store));
    wsub_cmd_u64(&cmd, to);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_order,
                    (wsub_store_cb *)cb, arg);
}

static void parse_added(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_FULL;
    ((wsub_reshard_done_cb *)cb)(err, arg);
}

void wsub_reshard_add(struct wsub_store *store, unsigned to,
                      wsub_reshard_done_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_RESHARD_ADD);
    wsub_cmd_u64(&cmd, wsub_store_shards(store));
    wsub_cmd_u64(&cmd, to);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_added,
                    (wsub_store_cb *)cb, arg);
}

unsigned wsub_reshard_percent(const struct wsub_reshard_note *note)
{
    return note->of > 0 ? (unsigned)(note->keys * 100 / note->of) : 0;
}

static void parse_note(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_FENCED;
    ((wsub_reshard_note_cb *)cb)(err, arg);
}

void wsub_reshard_note(struct wsub_store *store, const char *token,
                       const struct wsub_reshard_note *note,
                       wsub_reshard_note_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER,
                      WSUB_SCRIPT_RESHARD_NOTE);
    wsub_cmd_str(&cmd, token);
    wsub_cmd_u64(&cmd, WSUB_RESHARD_LEASE_MS);
    wsub_cmd_str(&cmd, names[note->state]);
    wsub_cmd_u64(&cmd, note->keys);
    wsub_cmd_u64(&cmd, note->of);
    wsub_cmd_str(&cmd, note->why);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_note,
                    (wsub_store_cb *)cb, arg);
}

static void parse_progress(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    wsub_reshard_progress_cb *on_progress = (wsub_reshard_progress_cb *)cb;
    struct wsub_reshard_progress progress;

    if (err != WSUB_OK) {
        on_progress(err, NULL, arg);
        return;
    }
    progress = (struct wsub_reshard_progress){
        .state =
            state_of(reply->element[0]->str != NULL ? reply->element[0]->str
                                                    : names[WSUB_RESHARD_NONE]),
        .from = (unsigned)number_of(reply->element[1]->str),
        .to = (unsigned)number_of(reply->element[2]->str),
        .keys = number_of(reply->element[3]->str),
        .of = number_of(reply->element[4]->str),
        .began_ms = number_of(reply->element[5]->str),
        .ended_ms = number_of(reply->element[6]->str),
        .why = reply->element[7]->str != NULL ? reply->element[7]->str : "",
    };
    on_progress(WSUB_OK, &progress, arg);
}

void wsub_reshard_progress(struct wsub_store *store,
                           wsub_reshard_progress_cb *cb, void *arg)
{
    static const char *const fields[] = {"state", "from",  "to",    "keys",
                                         "of",    "began", "ended", "why"};
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, KEY, NULL);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        wsub_cmd_str(&cmd, fields[i]);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_progress,
                    (wsub_store_cb *)cb, arg);
}

static void parse_done(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    (void)reply;
    ((wsub_reshard_done_cb *)cb)(err, arg);
}

static void set_number(struct wsub_store *store, const char *field,
                       unsigned number, wsub_reshard_done_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HSET");
    wsub_cmd_str(&cmd, wsub_store_meta_key(store));
    wsub_cmd_str(&cmd, field);
    wsub_cmd_u64(&cmd, number);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_done,
                    (wsub_store_cb *)cb, arg);
}

void wsub_reshard_drain(struct wsub_store *store, unsigned to,
                        wsub_reshard_done_cb *cb, void *arg)
{
    set_number(store, DRAINING, to, cb, arg);
}

void wsub_reshard_close(struct wsub_store *store, unsigned to,
                        wsub_reshard_done_cb *cb, void *arg)
{
    set_number(store, MOVING, to, cb, arg);
}

void wsub_reshard_switch(struct wsub_store *store, unsigned shards,
                         wsub_reshard_done_cb *cb, void *arg)
{
    set_number(store, "shards", shards, cb, arg);
}

void wsub_reshard_open(struct wsub_store *store, wsub_reshard_done_cb *cb,
                       void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HDEL");
    wsub_cmd_str(&cmd, wsub_store_meta_key(store));
    wsub_cmd_str(&cmd, MOVING);
    wsub_cmd_str(&cmd, DRAINING);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_done,
                    (wsub_store_cb *)cb, arg);
}
