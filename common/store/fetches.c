#include "common/store/fetches.h"

#include <string.h>

#include "common/store/keys.h"
#include "common/store/store.h"

/* As fetched.lua names them. */
static const char *const outcomes[] = {
    [WSUB_FETCH_NEW] = "content",         [WSUB_FETCH_KNOWN] = "known",
    [WSUB_FETCH_UNCHANGED] = "unchanged", [WSUB_FETCH_FAILED] = "failed",
    [WSUB_FETCH_UNNEEDED] = "unneeded",
};

/* As validated.lua names them. */
static const char *const validations[] = {
    [WSUB_VALIDATION_VALID] = "valid",
    [WSUB_VALIDATION_DENIED] = "denied",
    [WSUB_VALIDATION_AGAIN] = "again",
};

static void parse_subscribers(enum wsub_err err, const struct redisReply *reply,
                              wsub_store_cb *cb, void *arg)
{
    struct wsub_fetch_state *state = arg;

    (void)err; /* a call is repeated until there is none */
    (void)cb;
    state->subscribers = (uint64_t)reply->integer;
    wsub_countdown_off(&state->due);
}

static void set(struct wsub_buf *buf, const struct redisReply *value)
{
    wsub_buf_clear(buf);
    wsub_buf_str(buf, value->str != NULL ? value->str : "");
}

static void parse_topic(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_fetch_state *state = arg;

    (void)err; /* a call is repeated until there is none */
    (void)cb;
    set(&state->etag, reply->element[0]);
    set(&state->last_modified, reply->element[1]);
    set(&state->source, reply->element[2]);
    set(&state->entries, reply->element[3]);
    wsub_countdown_off(&state->due);
}

/* Both commands go out together; the countdown ends with the later reply. */
void wsub_fetch_load(struct wsub_store *store, const struct wsub_topic_ref *ref,
                     struct wsub_fetch_state *state, wsub_fetch_state_cb *cb,
                     void *arg)
{
    struct wsub_cmd cmd;

    wsub_countdown_start(&state->due, cb, arg);
    wsub_countdown_add(&state->due);
    wsub_cmd_init(&cmd, "HLEN");
    wsub_store_key(&cmd, store, ref->shard, WSUB_KEY_SUBSCRIPTION, ref->digest);
    wsub_store_call(store, ref->shard, &cmd, parse_subscribers, NULL, state);
    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, store, ref->shard, WSUB_KEY_TOPIC, ref->digest);
    wsub_cmd_str(&cmd, "etag");
    wsub_cmd_str(&cmd, "lm");
    wsub_cmd_str(&cmd, "src");
    wsub_cmd_str(&cmd, "entries");
    wsub_store_call(store, ref->shard, &cmd, parse_topic, NULL, state);
}

void wsub_fetch_state_done(struct wsub_fetch_state *state)
{
    wsub_buf_done(&state->etag);
    wsub_buf_done(&state->last_modified);
    wsub_buf_done(&state->source);
    wsub_buf_done(&state->entries);
}

static void parse_fetched(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    (void)err; /* a call is repeated until there is none */
    ((wsub_fetched_cb *)cb)(
        reply->type == REDIS_REPLY_STRING ? reply->str : NULL, arg);
}

static void add_content(struct wsub_cmd *cmd,
                        const struct wsub_fetched *fetched)
{
    wsub_cmd_str(cmd, fetched->etag);
    wsub_cmd_str(cmd, fetched->last_modified);
    wsub_cmd_str(cmd, fetched->digest);
    wsub_cmd_str(cmd, fetched->type);
    wsub_cmd_arg(cmd, fetched->body, fetched->body_len);
    wsub_cmd_str(cmd, fetched->self);
    wsub_cmd_str(cmd, fetched->source);
}

void wsub_fetched(struct wsub_store *store, const struct wsub_fetched *fetched,
                  wsub_fetched_cb *cb, void *arg)
{
    unsigned shard = fetched->ref->shard;
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_FETCHED);
    wsub_cmd_str(&cmd, fetched->ref->digest);
    wsub_cmd_str(&cmd, fetched->topic);
    wsub_cmd_str(&cmd, outcomes[fetched->outcome]);
    wsub_cmd_u64(&cmd, (uint64_t)fetched->status);
    wsub_cmd_str(&cmd, fetched->error);
    add_content(&cmd, fetched);
    wsub_cmd_u64(&cmd, fetched->failures);
    if (fetched->again)
        wsub_cmd_u64(&cmd, fetched->delay_ms);
    else
        wsub_cmd_str(&cmd, "-1");
    wsub_cmd_str(&cmd, fetched->entries);
    for (size_t i = 0; i < fetched->announcement_count; i++)
        wsub_cmd_str(&cmd, fetched->announcements[i].text);
    wsub_store_call(store, shard, &cmd, parse_fetched, (wsub_store_cb *)cb,
                    arg);
}

const char *wsub_validation_name(enum wsub_validation outcome)
{
    return validations[outcome];
}

static void parse_validated(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    (void)err; /* a call is repeated until there is none */
    ((wsub_validated_cb *)cb)(strcmp(reply->str, "applied") == 0, arg);
}

void wsub_validated(struct wsub_store *store,
                    const struct wsub_validated *validated,
                    wsub_validated_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, validated->shard, WSUB_SCRIPT_VALIDATED);
    wsub_cmd_str(&cmd, validated->td);
    wsub_cmd_str(&cmd, validated->cd);
    wsub_cmd_u64(&cmd, validated->generation);
    wsub_cmd_str(&cmd, validations[validated->outcome]);
    wsub_cmd_str(&cmd, validated->reason);
    wsub_cmd_u64(&cmd, validated->delay_ms);
    wsub_cmd_u64(&cmd, validated->failures);
    wsub_cmd_str(&cmd, validated->topic);
    wsub_cmd_str(&cmd, validated->entry);
    wsub_store_call(store, validated->shard, &cmd, parse_validated,
                    (wsub_store_cb *)cb, arg);
}
