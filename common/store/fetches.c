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

    wanted->member = member;
    if (strncmp(member, "p ", 2) == 0) {
        wanted->topic = member + 2;
        return true;
    }
    if (sscanf(member, "w %22[^:]:%22[^:]:s %" SCNu64 " %n", wanted->td,
               wanted->cd, &wanted->generation, &at) != 3 ||
        at == 0)
        return false;
    wanted->kind = WSUB_WANTED_VALIDATION;
    wanted->topic = member + at;
    return true;
}

static size_t parse_all_wanted(const struct redisReply *reply,
                               struct wsub_wanted *wanted)
{
    size_t count = 0;

    for (size_t i = 1; i + 1 < reply->elements; i += 2) {
        const char *member = reply->element[i]->str;

        long long failures = reply->element[i + 1]->integer;

        wanted[count].did_well = failures < 0;
        wanted[count].failures = failures > 0 ? (uint32_t)failures : 0;
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

void wsub_fetches_take(struct wsub_store *store, const struct wsub_take *take,
                       wsub_taken_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, take->owned, WSUB_SCRIPT_TAKE);
    wsub_cmd_u64(&cmd, take->number);
    for (int kind = 0; kind < WSUB_WANTED_KINDS; kind++)
        wsub_cmd_u64(&cmd, take->most[kind]);
    wsub_store_call(store, take->owned->shard, &cmd, parse_taken,
                    (wsub_store_cb *)cb, arg);
}

static void parse_postponed(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    (void)reply;
    ((wsub_postponed_cb *)cb)(err, arg);
}

void wsub_fetches_postpone(struct wsub_store *store,
                           const struct wsub_postponed *postponed,
                           wsub_postponed_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, postponed->owned, WSUB_SCRIPT_POSTPONE);
    wsub_cmd_u64(&cmd, postponed->question);
    wsub_cmd_str(&cmd, postponed->member);
    wsub_cmd_u64(&cmd, postponed->delay_ms);
    wsub_cmd_str(&cmd, postponed->td);
    wsub_store_call(store, postponed->owned->shard, &cmd, parse_postponed,
                    (wsub_store_cb *)cb, arg);
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

/* Takes the text of a reply; "" for none. */
static struct wsub_buf text_of(const struct redisReply *value)
{
    struct wsub_buf text = {0};

    wsub_buf_str(&text, value->str != NULL ? value->str : "");
    return text;
}

#define STATE_VALUES 7 /* of each topic, in the reply of fetch_state.lua */

static struct wsub_fetch_state state_of(struct redisReply *const *values,
                                        const struct redisReply *unbegun)
{
    long long subscriptions = values[1]->integer;

    return (struct wsub_fetch_state){
        .paced_ms = (uint32_t)values[0]->integer,
        .wanted = subscriptions >= 0,
        .subscribers = subscriptions > 0 ? (uint64_t)subscriptions : 0,
        .have = text_of(values[2]),
        .etag = text_of(values[3]),
        .last_modified = text_of(values[4]),
        .source = text_of(values[5]),
        .entries = text_of(values[6]),
        .unbegun = text_of(unbegun),
    };
}

static void parse_states(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct wsub_fetch_state *states = NULL;

    if (err == WSUB_OK) {
        size_t count = (reply->elements - 1) / STATE_VALUES;

        states = wsub_calloc(count, sizeof(*states));
        for (size_t i = 0; i < count; i++)
            states[i] = state_of(&reply->element[1 + STATE_VALUES * i],
                                 reply->element[0]);
    }
    ((wsub_fetch_states_cb *)cb)(err, states, arg);
    free(states);
}

void wsub_fetches_load(struct wsub_store *store, const struct wsub_owned *owned,
                       const char *const tds[], const char *const topics[],
                       size_t count, uint32_t interval_ms,
                       wsub_fetch_states_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_FETCH_STATE);
    wsub_cmd_u64(&cmd, interval_ms);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_str(&cmd, tds[i]);
        wsub_cmd_str(&cmd, topics[i]);
    }
    wsub_store_call(store, owned->shard, &cmd, parse_states,
                    (wsub_store_cb *)cb, arg);
}

void wsub_fetch_state_done(struct wsub_fetch_state *state)
{
    wsub_buf_done(&state->have);
    wsub_buf_done(&state->etag);
    wsub_buf_done(&state->last_modified);
    wsub_buf_done(&state->source);
    wsub_buf_done(&state->entries);
    wsub_buf_done(&state->unbegun);
    *state = (struct wsub_fetch_state){0};
}

static void parse_fetched(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    const char **events = NULL;

    if (err == WSUB_OK) {
        events = wsub_calloc(reply->elements, sizeof(*events));
        for (size_t i = 0; i < reply->elements; i++)
            events[i] = reply->element[i]->str;
    }
    ((wsub_fetched_cb *)cb)(err, events, arg);
    free(events);
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

static void add_fetched(struct wsub_cmd *cmd,
                        const struct wsub_fetched *fetched)
{
    wsub_cmd_u64(cmd, fetched->question);
    wsub_cmd_str(cmd, fetched->td);
    wsub_cmd_str(cmd, fetched->topic);
    wsub_cmd_str(cmd, outcomes[fetched->outcome]);
    wsub_cmd_u64(cmd, (uint64_t)fetched->status);
    wsub_cmd_str(cmd, fetched->error);
    add_content(cmd, fetched);
    wsub_cmd_u64(cmd, fetched->failures);
    if (fetched->again)
        wsub_cmd_u64(cmd, fetched->delay_ms);
    else
        wsub_cmd_str(cmd, "-1");
    wsub_cmd_str(cmd, fetched->entries);
    wsub_cmd_u64(cmd, fetched->pace_ms);
    wsub_cmd_str(cmd, fetched->have);
    wsub_cmd_str(cmd, fetched->unbegun);
}

void wsub_fetches_end(struct wsub_store *store, const struct wsub_owned *owned,
                      const struct wsub_fetched fetched[], size_t count,
                      wsub_fetched_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_FETCHED);
    for (size_t i = 0; i < count; i++)
        add_fetched(&cmd, &fetched[i]);
    wsub_store_call(store, owned->shard, &cmd, parse_fetched,
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
    wsub_cmd_u64(&cmd, validated->question);
    wsub_store_call(store, validated->owned->shard, &cmd, parse_validated,
                    (wsub_store_cb *)cb, arg);
}
