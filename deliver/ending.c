#include "deliver/ending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/states.h"
#include "common/crypto/digest.h"
#include "common/groups/groups.h"
#include "common/host/host.h"
#include "common/host/sign.h"
#include "common/http/retry_after.h"
#include "common/store/place.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "deliver/attempt.h"
#include "deliver/attempt_buffer.h"
#include "deliver/attempt_flush.h"
#include "deliver/measures.h"
#include "deliver/outcome.h"
#include "deliver/replicas.h"
#include "deliver/settle.h"
#include "deliver/stall.h"
#include "deliver/stats.h"

static const struct wsub_state states[] = {
    [DELIVERY_QUEUED] = {"queued", WSUB_BIT(DELIVERY_COUNTING) |
                                       WSUB_BIT(DELIVERY_FINDING) |
                                       WSUB_BIT(DELIVERY_LOADING) |
                                       WSUB_BIT(DELIVERY_SETTLING)},
    [DELIVERY_COUNTING] = {"counting", WSUB_BIT(DELIVERY_FINDING) |
                                           WSUB_BIT(DELIVERY_LOADING)},
    [DELIVERY_FINDING] = {"finding", WSUB_BIT(DELIVERY_LOADING) |
                                         WSUB_BIT(DELIVERY_SETTLING)},
    [DELIVERY_LOADING] = {"loading", WSUB_BIT(DELIVERY_WAITING) |
                                         WSUB_BIT(DELIVERY_SENDING) |
                                         WSUB_BIT(DELIVERY_SETTLING)},
    [DELIVERY_WAITING] = {"waiting", WSUB_BIT(DELIVERY_LOADING) |
                                         WSUB_BIT(DELIVERY_SETTLING)},
    [DELIVERY_SENDING] = {"sending", WSUB_BIT(DELIVERY_SETTLING)},
    [DELIVERY_SETTLING] = {"settling", 0},
};

void deliver_delivery_enter(struct delivery *v, enum delivery_state state)
{
    v->all->loading += state == DELIVERY_LOADING;
    v->all->loading -= v->state == DELIVERY_LOADING;
    v->state = (enum delivery_state)wsub_state_enter(
        states, "delivery", v->job.bundle->entry_id, v->state, state);
}

void deliver_end_settle(struct delivery *v, enum wsub_outcome outcome)
{
    const struct deliver_deliveries_options *o = &v->all->o;

    deliver_delivery_enter(v, DELIVERY_SETTLING);
    v->job.outcome = outcome;
    v->job.crashes = deliver_crashes_certain(&v->crash);
    if (v->ticket.host != NULL) /* nothing is to be told of it */
        wsub_host_leave(o->hosts, &v->ticket, &(struct wsub_host_report){0},
                        wsub_now_us());
    deliver_settle(o->settler, &v->job);
}

void deliver_end_put_back(struct delivery *v, uint64_t delay_ms)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_PUT_BACK], 1);
    v->job.delay_ms = delay_ms;
    deliver_end_settle(v, WSUB_OUTCOME_RETRY);
}

void deliver_end_drop(struct delivery *v, const char *why)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_DROPPED], 1);
    wsub_log_debug("job-dropped", WSUB_KV("event_id", v->job.event_id),
                   WSUB_KV("callback_id", v->job.cd), WSUB_KV("why", why));
    deliver_end_settle(v, v->job.bundle->is_cursor ? WSUB_OUTCOME_DONE
                                                   : WSUB_OUTCOME_NONE);
}

void deliver_end_dead(struct delivery *v, const char *why)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_DEAD], 1);
    snprintf(v->job.why, sizeof(v->job.why), "%s", why);
    v->job.topic = v->content != NULL ? v->content->topic : "-";
    v->job.callback = v->record.callback != NULL ? v->record.callback : "-";
    wsub_log_warn("dead-letter", WSUB_KU("shard", v->job.bundle->shard),
                  WSUB_KV("event_id", v->job.event_id),
                  WSUB_KV("callback", v->job.callback),
                  WSUB_KU("attempts", v->job.failures), WSUB_KV("why", why));
    deliver_end_settle(v, WSUB_OUTCOME_DEAD);
}

void deliver_end_hold(struct delivery *v, const char *what)
{
    char why[sizeof(v->job.why)];

    if (++v->job.held >= v->all->o.config->undecodable_max_tries) {
        snprintf(why, sizeof(why), "undecodable: %.100s", what);
        deliver_end_dead(v, why);
        return;
    }
    wsub_metric_add(&deliver_stats[DELIVER_STAT_HELD], 1);
    snprintf(v->job.why, sizeof(v->job.why), "%s", what);
    wsub_log_warn("held", WSUB_KU("shard", v->job.bundle->shard),
                  WSUB_KV("event_id", v->job.event_id),
                  WSUB_KV("callback_id", v->job.cd),
                  WSUB_KU("tries", v->job.held), WSUB_KV("why", what));
    deliver_end_settle(v, WSUB_OUTCOME_HOLD);
}

void deliver_end_suspend(struct delivery *v, const char *why)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_SUSPENDED], 1);
    snprintf(v->job.why, sizeof(v->job.why), "%s", why);
    deliver_end_settle(v, WSUB_OUTCOME_SUSPEND);
}

const struct wsub_policy *deliver_delivery_policy(const struct delivery *v)
{
    return wsub_groups_find(v->all->o.groups, v->content->topic);
}

uint64_t deliver_delivery_event_ms(const struct delivery *v)
{
    return v->job.is_replay ? 0 : strtoull(v->job.event_id, NULL, 10);
}

/* The subscriber, or the subscription, did not do well; `run` failures in a
 * row.  A test suspends nobody: its event would be lost among those that are
 * missed. */
static void fail(struct delivery *v, const char *why, uint64_t asked_ms,
                 uint32_t run)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    struct deliver_failure failure = {
        .is_cursor = v->job.bundle->is_cursor,
        .suspended = v->suspended,
        .failures = ++v->job.failures,
        .run = v->job.is_test ? 0 : run,
        .asked_ms = asked_ms,
        .event_ms = deliver_delivery_event_ms(v),
        .now_ms = wsub_store_time_ms(o->store),
    };
    enum wsub_outcome outcome;

    wsub_random(&failure.random, sizeof(failure.random));
    outcome = deliver_outcome_failed(o->config, deliver_delivery_policy(v),
                                     &failure, &v->job.delay_ms);
    if (outcome == WSUB_OUTCOME_DEAD) {
        deliver_end_dead(v, why);
    } else if (outcome == WSUB_OUTCOME_SUSPEND && !v->suspended) {
        deliver_end_suspend(v, why);
    } else {
        if (outcome == WSUB_OUTCOME_RETRY)
            wsub_metric_add(&deliver_stats[DELIVER_STAT_RETRIED], 1);
        deliver_end_settle(v, outcome);
    }
}

/* 410 of a `*` subscription: settling ends it in this shard, this does in the
 * others.  A replica that is left ends by its own 410. */
static void end_replicas(const struct delivery *v)
{
    struct deliver_replicas_change change = {
        .home = v->job.bundle->shard,
        .generation = v->record.generation,
    };

    memcpy(change.td, v->job.td, sizeof(change.td));
    memcpy(change.cd, v->job.cd, sizeof(change.cd));
    deliver_replicas_update(v->all->o.replicas, &change, NULL, NULL);
}

static void gone(struct delivery *v)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_GONE], 1);
    wsub_log_info("subscription-gone", WSUB_KV("topic", v->content->topic),
                  WSUB_KV("callback", v->record.callback));
    if (v->job.level == WSUB_LEVEL_ALL)
        end_replicas(v);
    v->job.generation = v->record.generation;
    deliver_end_settle(v, WSUB_OUTCOME_GONE);
}

/* By Redis' clock, which the event has its time from. */
static void measure(const struct delivery *v)
{
    uint64_t event_ms = deliver_delivery_event_ms(v),
             now_ms = wsub_store_time_ms(v->all->o.store);

    if (v->job.is_replay)
        wsub_metric_add(&deliver_stats[DELIVER_STAT_REPLAYED], 1);
    else
        deliver_measure_delivery(now_ms > event_ms ? now_ms - event_ms : 0,
                                 v->job.failures == 0);
}

static void delivered(struct delivery *v)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_DELIVERED], 1);
    measure(v);
    if (v->suspended)
        wsub_log_info("subscription-responds-again",
                      WSUB_KV("topic", v->content->topic),
                      WSUB_KV("callback", v->record.callback));
    deliver_end_settle(v, WSUB_OUTCOME_DONE);
}

/* The attempt timed out because this process stood still, when the subscriber
 * may well have responded; or there was no descriptor for it.  Nobody is charged
 * for either. */
static bool is_our_fault(struct delivery *v,
                         const struct wsub_http_response *response)
{
    uint64_t now_ms = wsub_now_ms();

    return response->outcome == WSUB_HTTP_STARVED ||
           (response->outcome == WSUB_HTTP_TIMEOUT && response->status == 0 &&
            deliver_stall_since(v->all->o.stall, now_ms - response->duration_ms,
                                now_ms));
}

/* What the attempt log has of the attempt; of a success not the body, which nobody
 * asks for. */
static struct wsub_attempt attempt_of(const struct delivery *v,
                                      const struct wsub_http_response *response,
                                      bool is_delivered)
{
    struct wsub_place event = wsub_place_of(0, v->job.event_id);

    return (struct wsub_attempt){
        .at_ms = wsub_store_time_ms(v->all->o.store),
        .status = (uint16_t)response->status,
        .duration_ms = (uint32_t)response->duration_ms,
        .bytes = (uint32_t)v->content->body_len,
        .error = deliver_error_of(response->outcome, response->code),
        .event_ms = event.ms,
        .event_seq = event.seq < UINT32_MAX ? (uint32_t)event.seq : UINT32_MAX,
        .number = v->job.failures < UINT16_MAX ? (uint16_t)(v->job.failures + 1)
                                               : UINT16_MAX,
        .body = response->body,
        .body_len = is_delivered ? 0 : (uint16_t)response->body_len,
    };
}

/* Notes the attempt for the attempt log, and what it says of the host.  Returns
 * the number of failures in a row. */
static uint32_t note_attempt(struct delivery *v,
                             const struct wsub_http_response *response)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    bool is_delivered =
        deliver_outcome_of_status(response->status) == WSUB_OUTCOME_DONE;
    struct wsub_attempt attempt = attempt_of(v, response, is_delivered);
    struct wsub_host_report report;
    uint32_t run = deliver_attempt_buffer_note(
        o->attempts, v->job.bundle->shard, v->job.td, v->job.cd, &attempt,
        is_delivered);

    deliver_measure_attempt(&attempt);
    if (v->job.failures > 0)
        wsub_metric_add(&deliver_stats[DELIVER_STAT_RETRIES], 1);
    deliver_attempt_flush_plan(o->attempt_flush);
    wsub_log_debug("attempt", WSUB_KV("event_id", v->job.event_id),
                   WSUB_KV("callback", v->record.callback),
                   WSUB_KU("status", response->status),
                   WSUB_KU("ms", response->duration_ms),
                   WSUB_KV("error", response->error));
    report =
        wsub_host_report_of(response, deliver_delivery_policy(v)->retry_cap_ms);
    wsub_host_leave(o->hosts, &v->ticket, &report, wsub_now_us());
    return run;
}

void deliver_end_responded(struct delivery *v,
                           const struct wsub_http_response *response)
{
    uint32_t run;
    char why[64];

    if (is_our_fault(v, response)) {
        deliver_end_put_back(v, response->outcome == WSUB_HTTP_STARVED
                                    ? WSUB_HTTP_STARVED_MS
                                    : 0);
        return;
    }
    run = note_attempt(v, response);
    switch (deliver_outcome_of_status(response->status)) {
    case WSUB_OUTCOME_DONE:
        delivered(v);
        break;
    case WSUB_OUTCOME_GONE:
        gone(v);
        break;
    default:
        snprintf(why, sizeof(why), "HTTP status %ld", response->status);
        fail(v, response->status != 0 ? why : response->error,
             wsub_retry_after_of(response,
                                 deliver_delivery_policy(v)->retry_cap_ms),
             run);
    }
}
