#include "deliver/verification.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/buf.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/crypto/digest.h"
#include "common/groups/groups.h"
#include "common/host/host.h"
#include "common/host/sign.h"
#include "common/http/client.h"
#include "common/http/retry_after.h"
#include "common/store/keys.h"
#include "common/store/progress.h"
#include "common/store/requests.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"
#include "deliver/hold.h"
#include "deliver/intent.h"
#include "deliver/lane_entry.h"
#include "deliver/post.h"
#include "deliver/replicas.h"
#include "deliver/stats.h"

/* One that waited for its host in vain comes again some time within two seconds;
 * one that found too many waiting for its address later, so that thousands are
 * not handed around all the time. */
#define LATE_MS 500
#define LATE_SPREAD_MS 1500
#define FULL_FACTOR 5

#define ASKED_MAX_MS 60000 /* the longest pause that a subscriber may want */

#define HOLD_KEY_MAX (WSUB_ENTRY_ID_BYTES + 20)

enum verification_state {
    VERIFICATION_LOADING,
    VERIFICATION_WAITING,
    VERIFICATION_REQUESTING,
    VERIFICATION_APPLYING,
    VERIFICATION_REPLICATING,
    VERIFICATION_HOLDING,
};

static const struct wsub_state states[] = {
    [VERIFICATION_LOADING] = {"loading",
                              WSUB_BIT(VERIFICATION_WAITING) |
                                  WSUB_BIT(VERIFICATION_REQUESTING) |
                                  WSUB_BIT(VERIFICATION_APPLYING) |
                                  WSUB_BIT(VERIFICATION_REPLICATING) |
                                  WSUB_BIT(VERIFICATION_HOLDING)},
    [VERIFICATION_WAITING] = {"waiting", WSUB_BIT(VERIFICATION_REQUESTING) |
                                             WSUB_BIT(VERIFICATION_APPLYING)},
    /* It waits, or requests, once more when too many go to its address. */
    [VERIFICATION_REQUESTING] = {"requesting",
                                 WSUB_BIT(VERIFICATION_WAITING) |
                                     WSUB_BIT(VERIFICATION_REQUESTING) |
                                     WSUB_BIT(VERIFICATION_APPLYING)},
    [VERIFICATION_APPLYING] = {"applying", WSUB_BIT(VERIFICATION_REPLICATING)},
    /* A denial's replicas are removed before it is told. */
    [VERIFICATION_REPLICATING] = {"replicating",
                                  WSUB_BIT(VERIFICATION_WAITING) |
                                      WSUB_BIT(VERIFICATION_REQUESTING) |
                                      WSUB_BIT(VERIFICATION_APPLYING)},
    [VERIFICATION_HOLDING] = {"holding", 0},
};

struct verification {
    struct deliver_verifications *all; /* borrowed; what this is part of */
    enum verification_state state;
    unsigned shard;
    char entry_id[WSUB_ENTRY_ID_BYTES];
    struct wsub_request_ref ref;
    uint64_t generation;
    uint32_t failures;
    char *topic;        /* owned; as given in the request (section 5.3) */
    char *callback;     /* owned; as given */
    char *reason;       /* owned; of a denial */
    char *verify_token; /* owned */
    struct deliver_intent intent;
    struct wsub_buf url; /* owned */
    uint64_t sent_ms;    /* our clock: the lease counts from here */
    enum wsub_verified outcome;
    uint64_t delay_ms;                     /* until the next attempt */
    char why[WSUB_VERIFICATION_WHY_BYTES]; /* it failed; "" when it did not */
    struct wsub_host_ticket ticket;
    struct curl_slist user_agent;
    UT_hash_handle hh;
    char hold_key[HOLD_KEY_MAX]; /* "SHARD-MS-SEQ" */
};

struct deliver_verifications {
    struct deliver_verifications_options o;
    struct verification *table; /* owned; by hold_key */
};

/* Within a minute of the request; WebSub leaves the number to the hub. */
static const uint32_t retry_after_ms[] = {2000, 5000, 15000};
#define RETRIES_MAX (sizeof(retry_after_ms) / sizeof(retry_after_ms[0]))

static void enter(struct verification *v, enum verification_state state)
{
    v->state = (enum verification_state)wsub_state_enter(
        states, "verification", v->ref.key, v->state, state);
}

static void verification_free(struct verification *v)
{
    HASH_DEL(v->all->table, v);
    free(v->topic);
    free(v->callback);
    free(v->reason);
    free(v->verify_token);
    wsub_buf_done(&v->url);
    free(v);
}

static bool is_denial(const struct verification *v)
{
    return v->ref.mode == WSUB_MODE_DENIED;
}

static bool has_replicas(const struct verification *v)
{
    return v->topic != NULL && v->topic[0] == '*' &&
           wsub_store_shards(v->all->o.store) > 1;
}

static void replicate(struct verification *v, void (*on_done)(void *arg))
{
    struct deliver_replicas_change change = {
        .home = v->shard,
        .subscribed = v->ref.mode == WSUB_MODE_SUBSCRIBE,
        .generation = v->generation,
    };

    memcpy(change.td, v->ref.td, sizeof(change.td));
    memcpy(change.cd, v->ref.cd, sizeof(change.cd));
    deliver_replicas_update(v->all->o.replicas, &change, on_done, v);
}

static void apply(struct verification *v, enum wsub_verified outcome);

static void on_replicated(void *arg)
{
    struct verification *v = arg;

    enter(v, VERIFICATION_APPLYING);
    apply(v, WSUB_VERIFIED_REPLICATED);
}

/* What merely comes again is of no interest. */
static void log_applied(const struct verification *v, const char *effect)
{
    if (v->callback == NULL ||
        (v->outcome == WSUB_VERIFIED_RETRY && v->why[0] == '\0'))
        return;
    wsub_log_info("verification", WSUB_KV("topic", v->topic),
                  WSUB_KV("callback", v->callback),
                  WSUB_KV("mode", wsub_request_mode_name(v->ref.mode)),
                  WSUB_KU("generation", v->generation),
                  WSUB_KV("outcome", wsub_verified_name(v->outcome)),
                  WSUB_KV("why", v->why), WSUB_KV("effect", effect));
}

/* The entry is acknowledged. */
static void end(struct verification *v)
{
    const struct deliver_verifications_options *o = &v->all->o;

    wsub_progress_note(o->progress);
    verification_free(v);
    o->on_idle(o->arg);
}

static void on_applied(const char *effect, void *arg)
{
    struct verification *v = arg;

    log_applied(v, effect);
    if (has_replicas(v) && v->outcome == WSUB_VERIFIED_CONFIRMED) {
        enter(v, VERIFICATION_REPLICATING);
        replicate(v, on_replicated);
        return;
    }
    end(v);
}

static void apply(struct verification *v, enum wsub_verified outcome)
{
    v->outcome = outcome;
    wsub_requests_verified(v->all->o.store, v->shard,
                           &(struct wsub_verification){
                               .td = v->ref.td,
                               .cd = v->ref.cd,
                               .mode = v->ref.mode,
                               .generation = v->generation,
                               .outcome = outcome,
                               .age_ms = wsub_now_ms() - v->sent_ms,
                               .delay_ms = v->delay_ms,
                               .failures = v->failures,
                               .entry = v->entry_id,
                               .has_replicas = has_replicas(v),
                               .why = v->why[0] != '\0' ? v->why : NULL,
                           },
                           on_applied, v);
}

static void finish(struct verification *v, enum wsub_verified outcome)
{
    enter(v, VERIFICATION_APPLYING);
    apply(v, outcome);
}

/* Puts the work back without counting a failure. */
static void put_back(struct verification *v, uint64_t delay_ms)
{
    v->delay_ms = wsub_loop_draining(v->all->o.loop) ? 0 : delay_ms;
    finish(v, WSUB_VERIFIED_RETRY);
}

static void count(enum deliver_stat stat)
{
    wsub_metric_add(&deliver_stats[stat], 1);
}

/* Whether its topic's group was deleted. */
static bool has_ended(const struct verification *v)
{
    struct wsub_buf normal = {0};
    struct wsub_url url;
    bool ended = v->ref.mode == WSUB_MODE_SUBSCRIBE &&
                 wsub_topic_parse(v->topic, WSUB_TOPIC_SUBSCRIBE, &normal,
                                  &url) == NULL &&
                 wsub_groups_find(v->all->o.groups, normal.data)->is_deleted;

    wsub_buf_done(&normal);
    return ended;
}

static void succeed(struct verification *v)
{
    if (has_ended(v)) {
        finish(v, WSUB_VERIFIED_ENDED);
        return;
    }

    count(is_denial(v) ? DELIVER_STAT_DENIAL_TOLD : DELIVER_STAT_CONFIRMED);
    finish(v, is_denial(v) ? WSUB_VERIFIED_TOLD : WSUB_VERIFIED_CONFIRMED);
}

static void give_up(struct verification *v)
{
    count(is_denial(v) ? DELIVER_STAT_DENIAL_UNTOLD : DELIVER_STAT_REFUSED);
    finish(v, is_denial(v) ? WSUB_VERIFIED_UNTOLD : WSUB_VERIFIED_REFUSED);
}

/* It comes again after `least_ms`, or later. */
static void fail_for_now(struct verification *v, uint64_t least_ms)
{
    if (v->failures >= RETRIES_MAX) {
        give_up(v);
        return;
    }
    count(is_denial(v) ? DELIVER_STAT_DENIAL_RETRIED
                       : DELIVER_STAT_VERIFY_RETRIED);
    v->delay_ms = retry_after_ms[v->failures++];
    if (v->delay_ms < least_ms)
        v->delay_ms = least_ms;
    finish(v, WSUB_VERIFIED_RETRY);
}

static void enter_host(struct verification *v);

static void on_response(const struct wsub_http_response *response, void *arg)
{
    struct verification *v = arg;
    struct wsub_host_report report;

    wsub_log_debug("verification-response", WSUB_KV("callback", v->callback),
                   WSUB_KU("status", response->status),
                   WSUB_KU("ms", response->duration_ms),
                   WSUB_KV("error", response->error));
    report = wsub_host_report_of(response, ASKED_MAX_MS);
    wsub_host_leave(v->all->o.hosts, &v->ticket, &report, wsub_now_us());
    if (response->outcome == WSUB_HTTP_STARVED) {
        put_back(v, WSUB_HTTP_STARVED_MS);
        return;
    }
    if (response->outcome == WSUB_HTTP_CROWDED) {
        enter_host(v);
        return;
    }
    switch (deliver_intent_judge(&v->intent, response, v->why)) {
    case DELIVER_VERDICT_FINE:
        succeed(v);
        break;
    case DELIVER_VERDICT_RETRY:
        fail_for_now(v, wsub_retry_after_of(response, ASKED_MAX_MS));
        break;
    case DELIVER_VERDICT_FINAL:
        give_up(v);
        break;
    }
}

static bool may_go(const char *addresses, void *arg)
{
    struct verification *v = arg;

    return wsub_host_resolved(v->all->o.hosts, &v->ticket, addresses,
                              wsub_now_us());
}

static void send_request(struct verification *v)
{
    const struct deliver_poster *poster = v->all->o.poster;

    enter(v, VERIFICATION_REQUESTING);
    wsub_random_hex(DELIVER_CHALLENGE_BYTES, v->intent.challenge);
    wsub_buf_clear(&v->url);
    deliver_intent_url(&v->intent, &v->url);
    v->user_agent.data = poster->user_agent;
    v->sent_ms = wsub_now_ms();
    wsub_http_client_send(poster->client,
                          &(struct wsub_http_send){
                              .url = v->url.data,
                              .headers = &v->user_agent,
                              .timeout_ms = poster->timeout_ms,
                              .response_max_bytes = DELIVER_INTENT_RESPONSE_MAX,
                              .keep_response = true,
                              .may_go = may_go,
                              .done = on_response,
                              .arg = v,
                          });
}

static void on_start(struct wsub_host_ticket *ticket)
{
    send_request(wsub_container_of(ticket, struct verification, ticket));
}

/* Some time within two seconds, or `factor` times as late. */
static void come_again(struct verification *v, unsigned factor)
{
    uint32_t number;

    count(DELIVER_STAT_VERIFY_POSTPONED);
    wsub_random(&number, sizeof(number));
    put_back(v, (LATE_MS + number % LATE_SPREAD_MS) * factor);
}

static void on_late(struct wsub_host_ticket *ticket)
{
    come_again(wsub_container_of(ticket, struct verification, ticket), 1);
}

/* The server named a time, for whatever it was sent. */
static void wait_as_asked(struct verification *v, uint64_t delay_ms)
{
    put_back(v, delay_ms < ASKED_MAX_MS ? delay_ms : ASKED_MAX_MS);
}

/* A breaker is open: counts as a failure for now, since a request would have
 * been one.  It comes again when the breaker may close, so that a subscriber
 * that is back is asked before its request is given up. */
static void shut_out(struct verification *v, uint64_t delay_ms)
{
    if (wsub_loop_draining(v->all->o.loop)) {
        put_back(v, 0);
        return;
    }
    snprintf(v->why, sizeof(v->why), "the host is down");
    fail_for_now(v, delay_ms);
}

static void on_closed(struct wsub_host_ticket *ticket,
                      enum wsub_host_closing closing, uint64_t delay_ms)
{
    struct verification *v =
        wsub_container_of(ticket, struct verification, ticket);

    if (closing == WSUB_HOST_ASKED)
        wait_as_asked(v, delay_ms);
    else
        shut_out(v, delay_ms);
}

static void enter_host(struct verification *v)
{
    uint64_t delay_ms = 0;

    if (wsub_loop_draining(v->all->o.loop)) {
        put_back(v, 0);
        return;
    }
    v->ticket.endpoint_id = v->ref.cd;
    switch (wsub_host_enter(v->all->o.hosts, v->callback, &v->ticket,
                            wsub_now_us(), &delay_ms)) {
    case WSUB_HOST_ENTRY_NOW:
        send_request(v);
        break;
    case WSUB_HOST_ENTRY_WAIT:
        enter(v, VERIFICATION_WAITING);
        break;
    case WSUB_HOST_ENTRY_FULL:
        come_again(v, v->ticket.address_is_full ? FULL_FACTOR : 1);
        break;
    case WSUB_HOST_ENTRY_OPEN:
        shut_out(v, delay_ms);
        break;
    case WSUB_HOST_ENTRY_ASKED:
        wait_as_asked(v, delay_ms);
        break;
    case WSUB_HOST_ENTRY_BAD:
        snprintf(v->why, sizeof(v->why), "the callback is no URL");
        give_up(v);
        break;
    }
}

/* Nothing is sent any more by the replicas of what is denied: now it is told. */
static void on_replicas_removed(void *arg)
{
    enter_host(arg);
}

static void keep_request(struct verification *v,
                         const struct wsub_request *request)
{
    v->topic = wsub_strdup(request->topic);
    v->callback = wsub_strdup(request->callback);
    v->reason = wsub_strdup(request->reason);
    v->verify_token = wsub_strdup(request->verify_token);
    v->intent = (struct deliver_intent){
        .mode = v->ref.mode,
        .topic = v->topic,
        .callback = v->callback,
        .reason = v->reason,
        .lease_s = request->lease_s,
        .verify_token = v->verify_token,
    };
}

static void on_held(enum wsub_err err, enum wsub_held held,
                    const char *position, void *arg)
{
    (void)err; /* only what an owner holds may be refused */
    (void)position;
    deliver_hold_count(held);
    end(arg);
}

/* The entry, or its request, can't be interpreted. */
static void hold(struct verification *v, const char *why)
{
    enter(v, VERIFICATION_HOLDING);
    deliver_hold_entry(
        v->all->o.store, WSUB_KEY_VERIFY,
        &(struct wsub_stream_entry){.shard = v->shard, .id = v->entry_id}, why,
        on_held, v);
}

static void on_request(const struct wsub_request *request, void *arg)
{
    struct verification *v = arg;

    if (request != NULL && request->is_newer) {
        hold(v, "the request");
        return;
    }
    if (request == NULL || request->generation != v->generation) {
        /* None waits, or a newer one: only the entry is acknowledged. */
        finish(v, WSUB_VERIFIED_REFUSED);
        return;
    }
    keep_request(v, request);
    if (request->confirmed) {
        /* Its replicas are due, by a process that died. */
        enter(v, VERIFICATION_REPLICATING);
        v->outcome = WSUB_VERIFIED_CONFIRMED;
        replicate(v, on_replicated);
    } else if (has_ended(v)) {
        finish(v, WSUB_VERIFIED_ENDED);
    } else if (has_replicas(v) && is_denial(v)) {
        enter(v, VERIFICATION_REPLICATING);
        replicate(v, on_replicas_removed);
    } else {
        enter_host(v);
    }
}

static struct verification *
verification_new(struct deliver_verifications *all,
                 const struct wsub_stream_entry *entry, const char *hold_key)
{
    struct verification *v = wsub_calloc(1, sizeof(*v));
    const char *generation = wsub_stream_field(entry->fields, "g", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);

    v->all = all;
    v->shard = entry->shard;
    v->ticket.on_start = on_start;
    v->ticket.on_late = on_late;
    v->ticket.on_closed = on_closed;
    v->ticket.urgent = true; /* WebSub section 5.1.2: as soon as possible */
    snprintf(v->entry_id, sizeof(v->entry_id), "%s", entry->id);
    snprintf(v->hold_key, sizeof(v->hold_key), "%s", hold_key);
    HASH_ADD_STR(all->table, hold_key, v);
    if (generation != NULL)
        v->generation = strtoull(generation, NULL, 10);
    if (failures != NULL)
        v->failures = (uint32_t)strtoul(failures, NULL, 10);
    v->sent_ms = wsub_now_ms();
    return v;
}

void deliver_verifications_start(struct deliver_verifications *all,
                                 const struct wsub_stream_entry *entry)
{
    struct verification *v;
    char hold_key[HOLD_KEY_MAX];
    size_t len = 0;
    const char *key = wsub_stream_field(entry->fields, "q", &len);

    snprintf(hold_key, sizeof(hold_key), "%u-%s", entry->shard, entry->id);
    HASH_FIND_STR(all->table, hold_key, v);
    if (v != NULL) /* our own, taken over from ourselves */
        return;
    v = verification_new(all, entry, hold_key);
    if (wsub_request_ref_parse(key, len, &v->ref)) {
        wsub_requests_get(all->o.store, v->shard, &v->ref, on_request, v);
    } else {
        v->ref.mode = WSUB_MODE_SUBSCRIBE;
        hold(v, "the entry");
    }
}

size_t deliver_verifications_count(const struct deliver_verifications *all)
{
    return HASH_COUNT(all->table);
}

struct deliver_verifications *
deliver_verifications_new(const struct deliver_verifications_options *options)
{
    struct deliver_verifications *all = wsub_calloc(1, sizeof(*all));

    all->o = *options;
    return all;
}

void deliver_verifications_free(struct deliver_verifications *all)
{
    struct verification *v, *next;

    if (all == NULL)
        return;
    HASH_ITER(hh, all->table, v, next)
    {
        verification_free(v);
    }
    free(all);
}
