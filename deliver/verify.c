#include "deliver/verify.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/http/client.h"
#include "common/store/store.h"
#include "common/store/progress.h"
#include "common/store/promoter.h"
#include "deliver/ask.h"
#include "deliver/claim.h"
#include "deliver/attempt.h"
#include "deliver/star.h"
#include "deliver/stats.h"

#define LATE_MS                                                                \
    50 /* one that waited for its host in vain stands in line again */
#define KEY_MAX (2 * WSUB_DIGEST_LEN + 8) /* TD:CD:MODE */

enum verify_state {
    VERIFY_LOADING,
    VERIFY_WAITING,
    VERIFY_ASKING,
    VERIFY_APPLYING,
    VERIFY_STATE_MAX_
};

#define BIT(state) (1u << (state))

static const struct {
    const char *name;
    unsigned next;
} states[VERIFY_STATE_MAX_] = {
    [VERIFY_LOADING] = {"loading", BIT(VERIFY_LOADING) | BIT(VERIFY_WAITING) |
                                       BIT(VERIFY_ASKING) |
                                       BIT(VERIFY_APPLYING)},
    [VERIFY_WAITING] = {"waiting", BIT(VERIFY_ASKING) | BIT(VERIFY_APPLYING)},
    [VERIFY_ASKING] = {"asking", BIT(VERIFY_APPLYING)},
    [VERIFY_APPLYING] = {"applying", BIT(VERIFY_APPLYING)},
};

struct deliver_verification {
    struct deliver *d; /* borrowed; outlives this */
    enum verify_state state;
    bool stalled; /* loading or applying, and Redis went away */
    bool copying; /* applied at home; the copies of `*` are due */
    unsigned shard;
    char entry_id[DELIVER_ID_MAX];
    char key[KEY_MAX]; /* TD:CD:MODE */
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
    uint64_t generation;
    uint32_t failures;
    char *topic;    /* owned; as given in the request (section 5.3) */
    char *callback; /* owned; as given */
    char *reason;   /* owned; of a denial */
    struct deliver_ask ask;
    struct wsub_buf url; /* owned */
    uint64_t asked_ms;   /* our clock: the lease counts from here */
    const char *outcome; /* const; see verified.lua */
    uint64_t delay_ms;   /* until the next attempt */
    struct deliver_ticket ticket;
    struct curl_slist user_agent;
    UT_hash_handle hh; /* held verifications by hold_key */
    char hold_key[DELIVER_HOLD_KEY_MAX];
};

/* Within a minute of the request; WebSub leaves the number to the hub. */
static const uint32_t retry_after_ms[] = {2000, 5000, 15000};
#define RETRIES_MAX (sizeof(retry_after_ms) / sizeof(retry_after_ms[0]))

static void enter(struct deliver_verification *v, enum verify_state state)
{
    if ((states[v->state].next & BIT(state)) == 0)
        wsub_panic("verification %s: %s -> %s", v->key, states[v->state].name,
                   states[state].name);
    v->state = state;
}

static void verification_free(struct deliver_verification *v)
{
    HASH_DEL(v->d->claim->verifications, v);
    free(v->topic);
    free(v->callback);
    free(v->reason);
    wsub_buf_done(&v->url);
    free(v);
}

static void apply(struct deliver_verification *v);
static void loaded(struct deliver_verification *v);

static bool is_denial(const struct deliver_verification *v)
{
    return v->ask.mode == DELIVER_ASK_DENIED;
}

static bool is_star(const struct deliver_verification *v)
{
    return v->topic != NULL && v->topic[0] == '*' &&
           wsub_store_shards(v->d->store) > 1;
}

static void on_copies(enum wsub_err err, void *arg)
{
    struct deliver_verification *v = arg;

    if (err != WSUB_OK) {
        v->stalled = true;
        return;
    }
    v->copying = false;
    if (v->state == VERIFY_LOADING) { /* a denial, not told yet */
        loaded(v);
        return;
    }
    v->outcome = "replicated";
    apply(v);
}

static void copy_star(struct deliver_verification *v)
{
    v->copying = true;
    v->stalled = false;
    deliver_star_copy(v->d,
                      &(struct deliver_star_change){
                          .home = v->shard,
                          .td = v->td,
                          .cd = v->cd,
                          .subscribe = v->ask.mode == DELIVER_ASK_SUBSCRIBE,
                          .generation = v->generation,
                      },
                      on_copies, v);
}

static void on_applied(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    struct deliver_verification *v = arg;
    struct deliver *d = v->d;

    if (err != WSUB_OK) {
        if (err == WSUB_ERR_REFUSED)
            wsub_log_error("verified-refused", WSUB_KV("request", v->key),
                           WSUB_KV("error", reply->str));
        v->stalled = true;
        return;
    }
    if (v->callback != NULL)
        wsub_log_info("verification", WSUB_KV("topic", v->topic),
                      WSUB_KV("callback", v->callback),
                      WSUB_KV("mode", deliver_ask_mode_name(v->ask.mode)),
                      WSUB_KV("outcome", v->outcome),
                      WSUB_KV("effect", reply->str));
    if (is_star(v) && strcmp(v->outcome, "confirmed") == 0) {
        copy_star(v);
        return;
    }
    wsub_progress_note(d->progress);
    if (strcmp(v->outcome, "again") == 0 && !wsub_loop_draining(d->loop))
        wsub_promoter_hint(d->promoter, v->shard, v->delay_ms);
    verification_free(v);
    deliver_claim_release(d->claim, 1);
}

static void apply(struct deliver_verification *v)
{
    struct wsub_store *store = v->d->store;
    const char mode = (char)v->ask.mode;
    struct wsub_cmd cmd;

    v->stalled = false;
    wsub_store_script(&cmd, store, v->shard, WSUB_SCRIPT_VERIFIED);
    wsub_cmd_str(&cmd, v->td);
    wsub_cmd_str(&cmd, v->cd);
    wsub_cmd_arg(&cmd, &mode, 1);
    wsub_cmd_u64(&cmd, v->generation);
    wsub_cmd_str(&cmd, v->outcome);
    wsub_cmd_u64(&cmd, wsub_now_ms() - v->asked_ms);
    wsub_cmd_u64(&cmd, v->delay_ms);
    wsub_cmd_u64(&cmd, v->failures);
    wsub_cmd_str(&cmd, v->entry_id);
    if (is_star(v))
        wsub_cmd_str(&cmd, "replicas");
    if (wsub_store_send(store, v->shard, &cmd, on_applied, v) != WSUB_OK)
        v->stalled = true;
}

static void finish(struct deliver_verification *v, const char *outcome)
{
    enter(v, VERIFY_APPLYING);
    v->outcome = outcome;
    if (v->ticket.host != NULL) /* it was not asked */
        deliver_host_leave(v->d->hosts, &v->ticket, DELIVER_SIGN_NONE, 0,
                           wsub_now_us());
    apply(v);
}

/* Puts the work back without counting a failure. */
static void park(struct deliver_verification *v, uint64_t delay_ms)
{
    v->delay_ms = wsub_loop_draining(v->d->loop) ? 0 : delay_ms;
    finish(v, "again");
}

static void succeed(struct deliver_verification *v)
{
    deliver_stat_add(is_denial(v) ? DELIVER_STAT_DENIAL_TOLD
                                  : DELIVER_STAT_CONFIRMED);
    finish(v, is_denial(v) ? "told" : "confirmed");
}

static void give_up(struct deliver_verification *v)
{
    deliver_stat_add(is_denial(v) ? DELIVER_STAT_DENIAL_UNTOLD
                                  : DELIVER_STAT_REFUSED);
    finish(v, is_denial(v) ? "untold" : "refused");
}

static void fail_for_now(struct deliver_verification *v)
{
    if (v->failures >= RETRIES_MAX) {
        give_up(v);
        return;
    }
    deliver_stat_add(is_denial(v) ? DELIVER_STAT_DENIAL_RETRIED
                                  : DELIVER_STAT_VERIFY_RETRIED);
    v->delay_ms = retry_after_ms[v->failures++];
    finish(v, "again");
}

static void on_answer(const struct wsub_http_answer *answer, void *arg)
{
    struct deliver_verification *v = arg;

    wsub_log_debug("asked", WSUB_KV("callback", v->callback),
                   WSUB_KU("status", answer->status),
                   WSUB_KU("ms", answer->duration_ms),
                   WSUB_KV("error", answer->error));
    deliver_host_leave(v->d->hosts, &v->ticket,
                       deliver_sign_of(answer->outcome, answer->status),
                       answer->duration_ms * 1000, wsub_now_us());
    switch (deliver_ask_judge(&v->ask, answer)) {
    case DELIVER_VERDICT_FINE:
        succeed(v);
        break;
    case DELIVER_VERDICT_AGAIN:
        fail_for_now(v);
        break;
    case DELIVER_VERDICT_FINAL:
        give_up(v);
        break;
    }
}

static void ask(struct deliver_verification *v)
{
    enter(v, VERIFY_ASKING);
    wsub_random_hex(DELIVER_CHALLENGE_BYTES, v->ask.challenge);
    wsub_buf_clear(&v->url);
    deliver_ask_url(&v->ask, &v->url);
    v->user_agent.data = v->d->user_agent;
    v->asked_ms = wsub_now_ms();
    wsub_http_client_send(v->d->client,
                          &(struct wsub_http_send){
                              .url = v->url.data,
                              .headers = &v->user_agent,
                              .timeout_ms = v->d->config->timeout_ms,
                              .answer_max_bytes = DELIVER_CHALLENGE_LEN,
                              .keep_answer = true,
                              .done = on_answer,
                              .arg = v,
                          });
}

static struct deliver_verification *of_ticket(struct deliver_ticket *ticket)
{
    return (
        struct deliver_verification *)(void *)((char *)ticket -
                                               offsetof(
                                                   struct deliver_verification,
                                                   ticket));
}

static void on_turn(struct deliver_ticket *ticket)
{
    ask(of_ticket(ticket));
}

static void on_late(struct deliver_ticket *ticket)
{
    park(of_ticket(ticket), LATE_MS);
}

/* The host's breaker is open: counts as a failure for now, since to ask would
 * have been one. */
static void shut_out(struct deliver_verification *v)
{
    if (wsub_loop_draining(v->d->loop))
        park(v, 0);
    else
        fail_for_now(v);
}

static void on_closed(struct deliver_ticket *ticket, uint64_t delay_ms)
{
    (void)delay_ms; /* it has delays of its own */
    shut_out(of_ticket(ticket));
}

static void loaded(struct deliver_verification *v)
{
    uint64_t delay_ms = 0;

    if (wsub_loop_draining(v->d->loop)) {
        park(v, 0);
        return;
    }
    switch (deliver_host_enter(v->d->hosts, v->callback, &v->ticket,
                               wsub_now_us(), &delay_ms)) {
    case DELIVER_ENTRY_NOW:
        ask(v);
        break;
    case DELIVER_ENTRY_WAIT:
        enter(v, VERIFY_WAITING);
        deliver_plan_host_tick(v->d);
        break;
    case DELIVER_ENTRY_FULL:
        park(v, delay_ms);
        break;
    case DELIVER_ENTRY_OPEN:
        shut_out(v);
        break;
    case DELIVER_ENTRY_BAD:
        finish(v, "refused");
        break;
    }
}

/* The request was confirmed before, and its copies are due: by a process that
 * died, or before Redis went away. */
static void finish_copies(struct deliver_verification *v)
{
    enter(v, VERIFY_APPLYING);
    v->outcome = "confirmed";
    copy_star(v);
}

static void on_request(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    struct deliver_verification *v = arg;
    const char *generation, *topic, *callback, *lease, *reason;

    if (err != WSUB_OK) {
        v->stalled = true;
        return;
    }
    generation = wsub_stream_field(reply, "g", NULL);
    topic = wsub_stream_field(reply, "tg", NULL);
    callback = wsub_stream_field(reply, "c", NULL);
    lease = wsub_stream_field(reply, "l", NULL);
    reason = wsub_stream_field(reply, "r", NULL);
    if (generation == NULL || topic == NULL || callback == NULL ||
        (is_denial(v) ? reason : lease) == NULL ||
        strtoull(generation, NULL, 10) != v->generation) {
        finish(v, "refused"); /* a newer request waits, or none: only the
                               * entry is acknowledged */
        return;
    }
    v->topic = wsub_strdup(topic);
    v->callback = wsub_strdup(callback);
    v->reason = wsub_strdup(reason);
    v->ask.topic = v->topic;
    v->ask.callback = v->callback;
    v->ask.reason = v->reason;
    v->ask.lease_s = lease != NULL ? strtoull(lease, NULL, 10) : 0;
    if (wsub_stream_field(reply, "ok", NULL) != NULL)
        finish_copies(v);
    else if (is_star(v) && is_denial(v))
        copy_star(v); /* nothing is sent any more; then it is told */
    else
        loaded(v);
}

static void load(struct deliver_verification *v)
{
    struct wsub_cmd cmd;

    v->stalled = false;
    wsub_cmd_init(&cmd, "HGETALL");
    wsub_store_key(&cmd, v->d->store, v->shard, "request", v->key);
    if (wsub_store_send(v->d->store, v->shard, &cmd, on_request, v) != WSUB_OK)
        v->stalled = true;
}

/* Takes TD:CD:MODE apart; false when it is malformed. */
static bool take_key(struct deliver_verification *v, const char *key,
                     size_t len)
{
    const size_t d = WSUB_DIGEST_LEN;

    if (key == NULL || len != 2 * d + 3 || key[d] != ':' ||
        key[2 * d + 1] != ':' || !deliver_ask_is_mode(key[len - 1]))
        return false;
    memcpy(v->key, key, len + 1);
    memcpy(v->td, key, d);
    memcpy(v->cd, key + d + 1, d);
    v->ask.mode = (enum deliver_ask_mode)key[len - 1];
    return true;
}

void deliver_verify_start(struct deliver *d,
                          const struct wsub_stream_entry *entry)
{
    const char *generation = wsub_stream_field(entry->fields, "g", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);
    struct deliver_verification *v;
    char hold_key[DELIVER_HOLD_KEY_MAX];
    size_t len = 0;
    const char *key = wsub_stream_field(entry->fields, "q", &len);

    deliver_hold_key(entry, DELIVER_LANE_OUTBOX, hold_key);
    HASH_FIND_STR(d->claim->verifications, hold_key, v);
    if (v != NULL) /* our own, taken over from ourselves */
        return;
    deliver_claim_take(d->claim, 1);
    v = wsub_calloc(1, sizeof(*v));
    v->d = d;
    v->shard = entry->shard;
    v->ticket.on_turn = on_turn;
    v->ticket.on_late = on_late;
    v->ticket.on_closed = on_closed;
    v->ticket.urgent = true; /* WebSub section 5.1.2: as soon as possible */
    snprintf(v->entry_id, sizeof(v->entry_id), "%s", entry->id);
    memcpy(v->hold_key, hold_key, sizeof(hold_key));
    HASH_ADD_STR(d->claim->verifications, hold_key, v);
    if (generation != NULL)
        v->generation = strtoull(generation, NULL, 10);
    if (failures != NULL)
        v->failures = (uint32_t)strtoul(failures, NULL, 10);
    v->asked_ms = wsub_now_ms();
    v->ask.mode = DELIVER_ASK_SUBSCRIBE;
    if (take_key(v, key, len)) {
        load(v);
    } else {
        wsub_log_error("verification-malformed", WSUB_KU("shard", v->shard),
                       WSUB_KV("entry", v->entry_id));
        finish(v, "refused");
    }
}

void deliver_verify_resume(struct deliver *d)
{
    struct deliver_verification *v, *next;

    HASH_ITER(hh, d->claim->verifications, v, next)
    {
        if (!v->stalled)
            continue;
        if (v->copying)
            copy_star(v);
        else if (v->state == VERIFY_APPLYING)
            apply(v);
        else
            load(v);
    }
}

size_t deliver_verify_held(const struct deliver *d)
{
    return HASH_COUNT(d->claim->verifications);
}

void deliver_verify_abandon(struct deliver *d)
{
    struct deliver_verification *v, *next;

    HASH_ITER(hh, d->claim->verifications, v, next)
    {
        verification_free(v);
    }
}
