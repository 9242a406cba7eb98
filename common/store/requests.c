#include "common/store/requests.h"

#include <stdlib.h>
#include <string.h>

#include "common/store/keys.h"
#include "common/store/quota.h"
#include "common/store/stream_reader.h"

#define VERSION "1"
#define REMOVED_LASTS_S 3600 /* as long as a request may wait */

static const char *const outcome_names[] = {
    [WSUB_VERIFIED_CONFIRMED] = "confirmed",
    [WSUB_VERIFIED_REFUSED] = "refused",
    [WSUB_VERIFIED_ENDED] = "ended",
    [WSUB_VERIFIED_RETRY] = "again",
    [WSUB_VERIFIED_REPLICATED] = "replicated",
    [WSUB_VERIFIED_TOLD] = "told",
    [WSUB_VERIFIED_UNTOLD] = "untold",
};

const char *wsub_verified_name(enum wsub_verified outcome)
{
    return outcome_names[outcome];
}

static bool is_mode(char letter)
{
    return letter == WSUB_MODE_SUBSCRIBE || letter == WSUB_MODE_UNSUBSCRIBE ||
           letter == WSUB_MODE_DENIED;
}

const char *wsub_request_mode_name(enum wsub_request_mode mode)
{
    switch (mode) {
    case WSUB_MODE_SUBSCRIBE:
        return "subscribe";
    case WSUB_MODE_UNSUBSCRIBE:
        return "unsubscribe";
    case WSUB_MODE_DENIED:
        break;
    }
    return "denied";
}

bool wsub_request_ref_parse(const char *key, size_t len,
                            struct wsub_request_ref *ret_ref)
{
    const size_t d = WSUB_DIGEST_LEN;

    if (key == NULL || len != WSUB_REQUEST_KEY_BYTES - 1 || key[d] != ':' ||
        key[2 * d + 1] != ':' || !is_mode(key[len - 1]))
        return false;
    *ret_ref = (struct wsub_request_ref){0};
    memcpy(ret_ref->key, key, len);
    memcpy(ret_ref->td, key, d);
    memcpy(ret_ref->cd, key + d + 1, d);
    ret_ref->mode = (enum wsub_request_mode)key[len - 1];
    return true;
}

static void parse_request(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_request_cb *on_request = (wsub_request_cb *)cb;
    const char *generation = wsub_stream_field(reply, "g", NULL);
    const char *lease = wsub_stream_field(reply, "l", NULL);
    const char *version = wsub_stream_field(reply, "v", NULL);
    struct wsub_request request = {
        .is_newer = version != NULL && strcmp(version, VERSION) != 0,
        .topic = wsub_stream_field(reply, "tg", NULL),
        .callback = wsub_stream_field(reply, "c", NULL),
        .reason = wsub_stream_field(reply, "r", NULL),
        .verify_token = wsub_stream_field(reply, "vt", NULL),
        .confirmed = wsub_stream_field(reply, "ok", NULL) != NULL,
    };

    (void)err;
    if (request.is_newer) {
        on_request(&request, arg);
        return;
    }
    if (request.topic == NULL)
        request.topic = wsub_stream_field(reply, "t", NULL);
    if (generation == NULL || request.topic == NULL ||
        request.callback == NULL || (lease == NULL && request.reason == NULL)) {
        on_request(NULL, arg);
        return;
    }
    request.generation = strtoull(generation, NULL, 10);
    if (lease != NULL)
        request.lease_s = strtoull(lease, NULL, 10);
    if (request.reason == NULL)
        request.reason = "";
    if (request.verify_token == NULL)
        request.verify_token = "";
    on_request(&request, arg);
}

void wsub_requests_get(struct wsub_store *store, unsigned shard,
                       const struct wsub_request_ref *ref, wsub_request_cb *cb,
                       void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGETALL");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_REQUEST, ref->key);
    wsub_store_call(store, shard, &cmd, parse_request, (wsub_store_cb *)cb,
                    arg);
}

static void parse_effect(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    (void)err;
    ((wsub_verified_cb *)cb)(reply->str, arg);
}

void wsub_requests_verified(struct wsub_store *store, unsigned shard,
                            const struct wsub_verification *v,
                            wsub_verified_cb *cb, void *arg)
{
    const char mode = (char)v->mode;
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_VERIFIED);
    wsub_cmd_str(&cmd, v->td);
    wsub_cmd_str(&cmd, v->cd);
    wsub_cmd_arg(&cmd, &mode, 1);
    wsub_cmd_u64(&cmd, v->generation);
    wsub_cmd_str(&cmd, outcome_names[v->outcome]);
    wsub_cmd_u64(&cmd, v->age_ms);
    wsub_cmd_u64(&cmd, v->delay_ms);
    wsub_cmd_u64(&cmd, v->failures);
    wsub_cmd_str(&cmd, v->entry);
    wsub_cmd_str(&cmd, v->has_replicas ? "replicas" : "-");
    wsub_cmd_str(&cmd, v->why != NULL ? v->why : "");
    if (v->mode == WSUB_MODE_SUBSCRIBE && v->outcome == WSUB_VERIFIED_CONFIRMED)
        wsub_quota_args(&cmd, store);
    wsub_store_call(store, shard, &cmd, parse_effect, (wsub_store_cb *)cb, arg);
}

void wsub_replica_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                      unsigned shard, const struct wsub_replica *replica)
{
    wsub_store_script(cmd, store, shard, WSUB_SCRIPT_REPLICATE);
    wsub_cmd_str(cmd, replica->td);
    wsub_cmd_str(cmd, replica->cd);
    wsub_cmd_str(cmd, replica->subscribed ? "s" : "u");
    wsub_cmd_u64(cmd, replica->generation);
    wsub_cmd_arg(cmd, replica->record, replica->record_len);
    wsub_cmd_u64(cmd, replica->expires_s);
    wsub_cmd_u64(cmd, REMOVED_LASTS_S);
}

void wsub_requests_replicate(struct wsub_store *store, unsigned shard,
                             const struct wsub_replica *replica,
                             void (*cb)(void *arg), void *arg)
{
    struct wsub_cmd cmd;

    wsub_replica_cmd(&cmd, store, shard, replica);
    wsub_store_call(store, shard, &cmd, wsub_store_parse_done,
                    (wsub_store_cb *)cb, arg);
}

static void parse_waits(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    ((wsub_request_waits_cb *)cb)(err, err == WSUB_OK && reply->integer > 0,
                                  arg);
}

void wsub_request_waits(struct wsub_store *store, unsigned shard,
                        const char *td, const char *cd,
                        wsub_request_waits_cb *cb, void *arg)
{
    char suffix[WSUB_REQUEST_KEY_BYTES];
    struct wsub_cmd cmd;

    snprintf(suffix, sizeof(suffix), "%s:%s:%c", td, cd, WSUB_MODE_SUBSCRIBE);
    wsub_cmd_init(&cmd, "EXISTS");
    wsub_store_key(&cmd, store, shard, WSUB_KEY_REQUEST, suffix);
    wsub_store_once(store, shard, &cmd, parse_waits, (wsub_store_cb *)cb, arg);
}
