#include "common/store/fetches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
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

/* Reads a member of `fetch` (lib/fetch.lua); false when it is malformed. */
static bool parse_wanted(const char *member, struct wsub_wanted *wanted)
{
    int at = 0;

    if (strncmp(member, "p ", 2) == 0) {
        wanted->topic = member + 2;
        return true;
    }
    if (sscanf(member, "w %22[^:]:%22[^:]:s %" SCNu64 " %n", wanted->td,
               wanted->cd, &wanted->generation, &at) != 3 ||
        at == 0)
        return false;
    wanted->topic = member + at;
    return true;
}

static size_t parse_all_wanted(const struct redisReply *reply,
                               struct wsub_wanted *wanted)
{
    size_t count = 0;

    for (size_t i = 1; i + 1 < reply->elements; i += 2) {
        const char *member = reply->element[i]->str;

        wanted[count].failures = (uint32_t)reply->element[i + 1]->integer;
        if (parse_wanted(member, &wanted[count]))
            count++;
        else
            wsub_log_error("fetch-malformed", WSUB_KV("member", member));
    }
    return count;
}

static void parse_taken(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_taken taken = {.err = err};
    struct wsub_wanted *wanted = NULL;

    if (err == WSUB_OK) {
        long long next = reply->element[0]->integer;

        wanted = wsub_calloc(reply->elements / 2 + 1, sizeof(*wanted));
        taken.count = parse_all_wanted(reply, wanted);
        taken.wanted = wanted;
        taken.later = next >= 0;
        taken.next_ms = next > 0 ? (uint64_t)next : 0;
    }
    ((wsub_taken_cb *)cb)(&taken, arg);
    free(wanted);
}

void wsub_fetches_take(struct wsub_store *store, const struct wsub_owned *owned,
                       uint64_t number, size_t most, wsub_taken_cb *cb,
                       void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_TAKE);
    wsub_cmd_u64(&cmd, number);
    wsub_cmd_u64(&cmd, most);
    wsub_store_call(store, owned->shard, &cmd, parse_taken, (wsub_store_cb *)cb,
                    arg);
}

static void parse_announcements(enum wsub_err err,
                                const struct redisReply *reply,
                                wsub_store_cb *cb, void *arg)
{
    (void)reply;
    ((wsub_announcements_cb *)cb)(err, arg);
}

void wsub_fetches_announced(struct wsub_store *store,
                            const struct wsub_owned *owned,
                            const char *const entries[],
                            const char *const topics[], size_t count,
                            wsub_announcements_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_ANNOUNCED);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_str(&cmd, entries[i]);
        wsub_cmd_str(&cmd, topics[i]);
        wsub_cmd_str(&cmd, wsub_topic_ref(store, topics[i]).digest);
    }
    wsub_store_call(store, owned->shard, &cmd, parse_announcements,
                    (wsub_store_cb *)cb, arg);
}

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
    bool has_event = err == WSUB_OK && reply->type == REDIS_REPLY_STRING;

    ((wsub_fetched_cb *)cb)(err, has_event ? reply->str : NULL, arg);
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
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, fetched->owned, WSUB_SCRIPT_FETCHED);
    wsub_cmd_str(&cmd, fetched->td);
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
    wsub_store_call(store, fetched->owned->shard, &cmd, parse_fetched,
                    (wsub_store_cb *)cb, arg);
}

const char *wsub_validation_name(enum wsub_validation outcome)
{
    return validations[outcome];
}

static void parse_validated(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    bool applied = err == WSUB_OK && strcmp(reply->str, "applied") == 0;

    ((wsub_validated_cb *)cb)(err, applied, arg);
}

void wsub_validated(struct wsub_store *store,
                    const struct wsub_validated *validated,
                    wsub_validated_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, validated->owned, WSUB_SCRIPT_VALIDATED);
    wsub_cmd_str(&cmd, validated->td);
    wsub_cmd_str(&cmd, validated->cd);
    wsub_cmd_u64(&cmd, validated->generation);
    wsub_cmd_str(&cmd, validated->topic);
    wsub_cmd_str(&cmd, validations[validated->outcome]);
    wsub_cmd_str(&cmd, validated->reason);
    wsub_cmd_u64(&cmd, validated->delay_ms);
    wsub_cmd_u64(&cmd, validated->failures);
    wsub_store_call(store, validated->owned->shard, &cmd, parse_validated,
                    (wsub_store_cb *)cb, arg);
}
