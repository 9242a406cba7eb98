#include "deliver/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/store/deliveries.h"
#include "common/store/promoter.h"
#include "common/store/record.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"
#include "deliver/attempt.h"
#include "deliver/attempt_buffer.h"
#include "deliver/attempt_flush.h"
#include "deliver/content.h"
#include "deliver/crashes.h"
#include "deliver/host/host.h"
#include "deliver/host/parking.h"
#include "deliver/next_event.h"
#include "deliver/outcome.h"
#include "deliver/post.h"
#include "deliver/records.h"
#include "deliver/replicas.h"
#include "deliver/settle.h"
#include "deliver/slots.h"
#include "deliver/stall.h"
#include "deliver/stats.h"

#define LATE_MS 1000          /* a job that waited in vain comes again */
#define NEWER_FORMAT_MS 60000 /* a record this program can't read yet */
#define ENDED_MS 5000         /* until sweep has seen the end of the lease */
#define ON_THEIR_WAY_MS 200   /* jobs that are claimed, or about to be */

enum delivery_state {
    DELIVERY_QUEUED,
    DELIVERY_COUNTING,
    DELIVERY_FINDING,
    DELIVERY_LOADING,
    DELIVERY_WAITING,
    DELIVERY_SENDING,
    DELIVERY_SETTLING,
};

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

struct delivery {
    struct deliver_deliveries *all; /* borrowed; what this is part of */
    enum delivery_state state;
    struct deliver_job job;
    const struct deliver_content *content; /* a use of the cache's */
    struct wsub_buf line;                  /* owned; the record */
    struct wsub_record record;             /* borrows from line */
    bool suspended; /* so is the cursor job's subscription: it is a probe */

    /* Of the steps, in their order. */
    struct deliver_slot_wait slot;
    struct deliver_crash_check crash;
    struct deliver_next_event next_event;
    struct deliver_content_wait content_wait;
    struct deliver_record_wait record_wait;
    struct deliver_ticket ticket;
    struct deliver_post post;
    TAILQ_ENTRY(delivery) next; /* in `live` or `spare` */
};

TAILQ_HEAD(delivery_list, delivery);

struct deliver_deliveries {
    struct deliver_deliveries_options o;
    size_t loading;
    struct delivery_list live;  /* owned */
    struct delivery_list spare; /* owned; to be used again: they are too large
                                 * for what malloc keeps at hand */
};

static void enter(struct delivery *v, enum delivery_state state)
{
    v->all->loading += state == DELIVERY_LOADING;
    v->all->loading -= v->state == DELIVERY_LOADING;
    v->state = (enum delivery_state)wsub_state_enter(
        states, "delivery", v->job.bundle->entry_id, v->state, state);
}

/* Ends the delivery, whose job is settled. */
static void delivery_end(struct delivery *v)
{
    struct deliver_deliveries *all = v->all;

    all->loading -= v->state == DELIVERY_LOADING;
    deliver_bundle_drop(&v->job);
    deliver_crashes_over(all->o.crashes, &v->crash);
    deliver_content_put(all->o.contents, v->content);
    TAILQ_REMOVE(&all->live, v, next);
    TAILQ_INSERT_HEAD(&all->spare, v, next);
    deliver_slots_release(all->o.slots, 1);
}

static void settle(struct delivery *v, enum wsub_outcome outcome)
{
    const struct deliver_deliveries_options *o = &v->all->o;

    enter(v, DELIVERY_SETTLING);
    v->job.outcome = outcome;
    v->job.crashes = deliver_crashes_certain(&v->crash);
    if (v->ticket.host != NULL) /* nothing is to be told of it */
        deliver_host_leave(o->hosts, &v->ticket, DELIVER_SIGN_NONE, 0,
                           wsub_now_us());
    deliver_settle(o->settler, &v->job);
}

/* Puts the job back untried: due in `delay_ms`, no attempt spent. */
static void put_back(struct delivery *v, uint64_t delay_ms)
{
    deliver_stat_add(DELIVER_STAT_PUT_BACK);
    v->job.delay_ms = delay_ms;
    settle(v, WSUB_OUTCOME_RETRY);
}

/* There is nobody to deliver to. */
static void drop(struct delivery *v, const char *why)
{
    deliver_stat_add(DELIVER_STAT_DROPPED);
    wsub_log_debug("job-dropped", WSUB_KV("event", v->job.event_id),
                   WSUB_KV("callback", v->job.cd), WSUB_KV("why", why));
    settle(v, WSUB_OUTCOME_DONE);
}

/* Gives the job's event up: a dead letter. */
static void give_up(struct delivery *v, const char *why)
{
    deliver_stat_add(DELIVER_STAT_DEAD);
    snprintf(v->job.why, sizeof(v->job.why), "%s", why);
    v->job.topic = v->content->topic;
    v->job.callback = v->record.callback;
    wsub_log_warn("dead-letter", WSUB_KU("shard", v->job.bundle->shard),
                  WSUB_KV("event", v->job.event_id),
                  WSUB_KV("callback", v->record.callback),
                  WSUB_KU("attempts", v->job.failures), WSUB_KV("why", why));
    settle(v, WSUB_OUTCOME_DEAD);
}

/* The job's subscription has failed too often: it is in cursor mode from now
 * on, and probed in job.delay_ms. */
static void suspend(struct delivery *v, const char *why)
{
    deliver_stat_add(DELIVER_STAT_SUSPENDED);
    wsub_log_warn("subscription-suspended", WSUB_KV("topic", v->content->topic),
                  WSUB_KV("callback", v->record.callback), WSUB_KV("why", why));
    settle(v, WSUB_OUTCOME_SUSPEND);
}

static uint64_t event_ms(const struct delivery *v)
{
    return strtoull(v->job.event_id, NULL, 10);
}

/* The subscriber, or the subscription, did not do well; `run` failures in a
 * row. */
static void fail(struct delivery *v, const char *why, const char *retry_after,
                 uint32_t run)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    struct deliver_failure failure = {
        .is_cursor = v->job.bundle->is_cursor,
        .suspended = v->suspended,
        .failures = ++v->job.failures,
        .run = run,
        .retry_after = retry_after,
        .event_ms = event_ms(v),
        .now_ms = wsub_store_time_ms(o->store),
    };
    enum wsub_outcome outcome;

    wsub_random(&failure.random, sizeof(failure.random));
    outcome = deliver_outcome_failed(o->config, &failure, &v->job.delay_ms);
    if (outcome == WSUB_OUTCOME_DEAD) {
        give_up(v, why);
    } else if (outcome == WSUB_OUTCOME_SUSPEND && !failure.is_cursor) {
        suspend(v, why);
    } else {
        if (outcome == WSUB_OUTCOME_RETRY)
            deliver_stat_add(DELIVER_STAT_RETRIED);
        settle(v, outcome);
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
    deliver_stat_add(DELIVER_STAT_GONE);
    wsub_log_info("subscription-gone", WSUB_KV("topic", v->content->topic),
                  WSUB_KV("callback", v->record.callback));
    if (v->job.level == WSUB_LEVEL_ALL)
        end_replicas(v);
    v->job.generation = v->record.generation;
    settle(v, WSUB_OUTCOME_GONE);
}

static void delivered(struct delivery *v)
{
    deliver_stat_add(DELIVER_STAT_DELIVERED);
    if (v->suspended)
        wsub_log_info("subscription-responds-again",
                      WSUB_KV("topic", v->content->topic),
                      WSUB_KV("callback", v->record.callback));
    settle(v, WSUB_OUTCOME_DONE);
}

/* The attempt timed out because this process stood still: the subscriber may
 * well have responded.  Nobody is charged for it. */
static bool is_our_fault(struct delivery *v,
                         const struct wsub_http_response *response)
{
    uint64_t now_ms = wsub_now_ms();

    return response->outcome == WSUB_HTTP_TIMEOUT && response->status == 0 &&
           deliver_stall_since(v->all->o.stall, now_ms - response->duration_ms,
                               now_ms);
}

/* Notes the attempt for the attempt log, and what it says of the host.  Returns
 * the number of failures in a row. */
static uint32_t note_attempt(struct delivery *v,
                             const struct wsub_http_response *response)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    const struct wsub_attempt attempt = {
        .at_ms = wsub_store_time_ms(o->store),
        .status = (uint16_t)response->status,
        .duration_ms = (uint32_t)response->duration_ms,
        .bytes = (uint32_t)v->content->body_len,
        .error = deliver_error_of(response->outcome, response->code),
    };
    uint32_t run = deliver_attempt_buffer_note(
        o->attempts, v->job.bundle->shard, v->job.td, v->job.cd, &attempt,
        deliver_outcome_of_status(response->status) == WSUB_OUTCOME_DONE);

    deliver_attempt_flush_plan(o->attempt_flush);
    wsub_log_debug("attempt", WSUB_KV("event", v->job.event_id),
                   WSUB_KV("callback", v->record.callback),
                   WSUB_KU("status", response->status),
                   WSUB_KU("ms", response->duration_ms),
                   WSUB_KV("error", response->error));
    deliver_host_leave(o->hosts, &v->ticket,
                       deliver_sign_of(response->outcome, response->status),
                       response->duration_ms * 1000, wsub_now_us());
    return run;
}

/* The value of Retry-After, NULL without one. */
static const char *retry_after(const struct wsub_http_response *response)
{
    struct curl_header *header;

    return response->status != 0 &&
                   curl_easy_header(response->easy, "Retry-After", 0,
                                    CURLH_HEADER, -1, &header) == CURLHE_OK
               ? header->value
               : NULL;
}

static void on_response(struct deliver_post *post,
                        const struct wsub_http_response *response)
{
    struct delivery *v = wsub_container_of(post, struct delivery, post);
    uint32_t run;
    char why[64];

    if (is_our_fault(v, response)) {
        put_back(v, 0);
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
             retry_after(response), run);
    }
}

static void post(struct delivery *v)
{
    enter(v, DELIVERY_SENDING);
    if (!deliver_post_send(
            v->all->o.poster, &v->post,
            &(struct deliver_post_target){
                .content = v->content,
                .callback = v->record.callback,
                .secret = v->record.secret,
                .td = v->job.td,
                .cd = v->job.cd,
                .background = v->job.bundle->lane == DELIVER_LANE_BULK,
            }))
        fail(v, "the secret can't be opened", NULL, 0);
}

/* The host takes it now. */
static void send_now(struct delivery *v)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    char why[64];

    if (deliver_crashes_over_limit(o->crashes, &v->crash)) {
        snprintf(why, sizeof(why), "%u processes ended while they held it",
                 deliver_crashes_count(&v->crash));
        give_up(v, why);
    } else if (deliver_outcome_is_overdue(o->config, event_ms(v),
                                          wsub_store_time_ms(o->store))) {
        give_up(v, "delivery_deadline_s has passed");
    } else {
        post(v);
    }
}

/* The host's breaker is open: the attempt would fail, and is not made. */
static void shut_out(struct delivery *v, uint64_t delay_ms)
{
    const struct deliver_deliveries_options *o = &v->all->o;

    if (!v->job.bundle->is_cursor &&
        deliver_attempt_buffer_add_failure(o->attempts, v->job.bundle->shard,
                                           v->job.td, v->job.cd) >=
            o->config->suspend_after) {
        v->job.delay_ms = delay_ms;
        suspend(v, "the host is down");
        return;
    }
    put_back(v, delay_ms);
}

static void on_late(struct deliver_ticket *ticket)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, ticket);

    put_back(v, wsub_loop_draining(v->all->o.loop) ? 0 : LATE_MS);
}

static void on_closed(struct deliver_ticket *ticket, uint64_t delay_ms)
{
    shut_out(wsub_container_of(ticket, struct delivery, ticket), delay_ms);
}

/* It comes back when the host has capacity. */
static void park(struct delivery *v)
{
    deliver_stat_add(DELIVER_STAT_PARKED);
    v->job.host = v->ticket.host_name;
    settle(v, WSUB_OUTCOME_PARK);
}

/* The record is fresh: sends now, or waits for the host. */
static void enter_host(struct delivery *v)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    uint64_t delay_ms = 0;

    if (wsub_loop_draining(o->loop)) {
        put_back(v, 0);
        return;
    }
    if (v->ticket.host != NULL) { /* it has waited */
        send_now(v);
        return;
    }
    switch (deliver_host_enter(o->hosts, v->record.callback, &v->ticket,
                               wsub_now_us(), &delay_ms)) {
    case DELIVER_ENTRY_NOW:
        send_now(v);
        break;
    case DELIVER_ENTRY_WAIT:
        enter(v, DELIVERY_WAITING);
        break;
    case DELIVER_ENTRY_FULL:
        park(v);
        break;
    case DELIVER_ENTRY_OPEN:
        shut_out(v, delay_ms);
        break;
    case DELIVER_ENTRY_BAD:
        drop(v, "the callback is no URL");
        break;
    }
}

static void name_record(struct delivery *v)
{
    deliver_content_td(v->content, v->job.level, v->job.td);
    v->record_wait.td = v->job.td;
    v->record_wait.cd = v->job.cd;
}

static void load_record(struct delivery *v)
{
    name_record(v);
    deliver_records_get(v->all->o.records, v->job.bundle->shard,
                        &v->record_wait);
}

/* The host takes it, after it has waited: is the record still what it was? */
static void on_start(struct deliver_ticket *ticket)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, ticket);

    enter(v, DELIVERY_LOADING);
    name_record(v);
    deliver_records_get_later(v->all->o.records, v->job.bundle->shard,
                              &v->record_wait);
}

/* Whether the cursor job's own subscription is at this level. */
static bool is_own_level(const struct delivery *v)
{
    return strcmp(v->job.td, v->job.bundle->cursor_td) == 0;
}

/* This level's subscription has ended: the next one, or none. */
static void try_next_level(struct delivery *v, const char *why)
{
    if (v->job.bundle->is_cursor && is_own_level(v))
        put_back(v, ENDED_MS);
    else if (wsub_topic_next_level(v->content->topic, &v->job.level))
        load_record(v);
    else
        drop(v, why);
}

/* A probe waits for a job of its subscription that is the older one. */
static bool yields(const struct delivery *v)
{
    return v->job.bundle->is_cursor && v->suspended &&
           deliver_next_event_is_behind(v->all->o.bundles, &v->job);
}

/* The subscription is there.  In cursor mode its events come to its cursor
 * job, whose event may be the business of a more specific level. */
static void subscription_found(struct delivery *v)
{
    bool in_cursor_mode = v->record.ordered || v->record.followed;

    if (v->job.bundle->is_cursor && !is_own_level(v))
        drop(v, "a more specific subscription has it");
    else if (!v->job.bundle->is_cursor && in_cursor_mode)
        settle(v, WSUB_OUTCOME_MISS);
    else if (yields(v))
        put_back(v, ON_THEIR_WAY_MS);
    else
        enter_host(v);
}

static void on_record(struct deliver_record_wait *wait, const char *record,
                      size_t len)
{
    struct delivery *v = wsub_container_of(wait, struct delivery, record_wait);

    if (record == NULL) {
        try_next_level(v, "no such subscription");
        return;
    }
    wsub_buf_clear(&v->line);
    wsub_buf_add(&v->line, record, len);
    if (wsub_record_parse(v->line.data, &v->record) != WSUB_OK)
        put_back(v, NEWER_FORMAT_MS);
    else if (v->record.expires_s * 1000 <= wsub_store_time_ms(v->all->o.store))
        try_next_level(v, "the lease has ended");
    else
        subscription_found(v);
}

/* Content leaves before its jobs only when Redis lost it; that of a cursor
 * job's event may leave by retention. */
static void event_is_lost(struct delivery *v)
{
    if (v->job.bundle->is_cursor) {
        v->job.lost = true;
        deliver_next_event_missed(&v->job, 1, v->job.event_id, v->job.event_id);
    } else {
        wsub_log_error("event-lost", WSUB_KU("shard", v->job.bundle->shard),
                       WSUB_KV("event", v->job.event_id),
                       WSUB_KV("callback", v->job.cd));
    }
    drop(v, "no such event");
}

static void on_content(struct deliver_content_wait *wait,
                       const struct deliver_content *content)
{
    struct delivery *v = wsub_container_of(wait, struct delivery, content_wait);

    v->content = content;
    if (content != NULL)
        load_record(v);
    else
        event_is_lost(v);
}

/* A job of the same bundle has the event already, as a rule. */
static void share_content(struct delivery *v)
{
    struct deliver_job *first = v->job.bundle->jobs[0];
    const struct delivery *other;

    if (v->job.bundle->is_cursor || first == NULL)
        return;
    other = wsub_container_of(first, struct delivery, job);
    if (other->content != NULL)
        v->content = deliver_content_share(other->content);
}

static void load(struct delivery *v)
{
    enter(v, DELIVERY_LOADING);
    share_content(v);
    if (v->content != NULL)
        load_record(v);
    else
        deliver_content_get(v->all->o.contents, v->job.bundle->shard,
                            v->job.event_id, &v->content_wait);
}

static void on_next(struct deliver_next_event *ticket,
                    const struct wsub_next *next)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, next_event);

    if (next->lost > 0)
        deliver_next_event_missed(&v->job, next->lost, next->from, next->to);
    switch (next->kind) {
    case WSUB_NEXT_WAIT:
        put_back(v, ON_THEIR_WAY_MS);
        break;
    case WSUB_NEXT_NONE:
        delivery_end(v);
        break;
    case WSUB_NEXT_EVENT:
        snprintf(v->job.event_id, sizeof(v->job.event_id), "%s", next->event);
        v->suspended = next->suspended;
        load(v);
        break;
    }
}

static void find_event(struct delivery *v)
{
    if (!v->job.bundle->is_cursor) {
        load(v);
        return;
    }
    enter(v, DELIVERY_FINDING);
    deliver_next_event_find(v->all->o.store, &v->job, &v->next_event);
}

static void on_go(struct deliver_crash_check *check)
{
    find_event(wsub_container_of(check, struct delivery, crash));
}

static void on_settled_elsewhere(struct deliver_crash_check *check)
{
    delivery_end(wsub_container_of(check, struct delivery, crash));
}

static void on_slot(struct deliver_slot_wait *wait)
{
    struct delivery *v = wsub_container_of(wait, struct delivery, slot);
    const struct deliver_deliveries_options *o = &v->all->o;

    deliver_stat_set(DELIVER_STAT_SLOTS_USED, deliver_slots_used(o->slots));
    if (!v->job.bundle->taken_over) {
        find_event(v);
        return;
    }
    enter(v, DELIVERY_COUNTING);
    v->crash.shard = v->job.bundle->shard;
    v->crash.claim = deliver_bundle_claim(v->job.bundle);
    deliver_crashes_check(o->crashes, &v->crash);
}

/* A zeroed delivery; the room for its line may be there already. */
static struct delivery *delivery_take(struct deliver_deliveries *all)
{
    struct delivery *v = TAILQ_FIRST(&all->spare);
    struct wsub_buf line;

    if (v == NULL) {
        v = wsub_calloc(1, sizeof(*v));
    } else {
        TAILQ_REMOVE(&all->spare, v, next);
        line = v->line;
        memset(v, 0, sizeof(*v));
        v->line = line;
    }
    TAILQ_INSERT_HEAD(&all->live, v, next);
    return v;
}

static struct delivery *delivery_new(struct deliver_deliveries *all,
                                     struct deliver_bundle *bundle)
{
    struct delivery *v = delivery_take(all);

    v->all = all;
    v->slot.on_slot = on_slot;
    v->crash.on_go = on_go;
    v->crash.on_settled_elsewhere = on_settled_elsewhere;
    v->next_event.on_next = on_next;
    v->content_wait.on_content = on_content;
    v->record_wait.on_record = on_record;
    v->ticket.on_start = on_start;
    v->ticket.on_late = on_late;
    v->ticket.on_closed = on_closed;
    v->post.on_response = on_response;
    deliver_bundle_add(bundle, &v->job);
    return v;
}

/* Takes over what the entry says of the job at that position. */
static void delivery_fill(struct delivery *v,
                          const struct deliver_lane_entry *entry,
                          unsigned position)
{
    struct deliver_job *job = &v->job;

    job->failures = entry->failures;
    job->retried = entry->retried;
    job->level = entry->targets[position].level;
    memcpy(job->cd, entry->targets[position].cd, WSUB_DIGEST_LEN);
    if (!entry->is_cursor)
        memcpy(job->event_id, entry->event, strlen(entry->event));
    v->crash.before = entry->crashes;
}

static void start_jobs(struct deliver_deliveries *all,
                       struct deliver_bundle *bundle,
                       const struct deliver_lane_entry *entry)
{
    struct delivery *started[DELIVER_BUNDLE_MAX];
    unsigned count = entry->target_count;

    bundle->is_cursor = entry->is_cursor;
    if (entry->is_cursor) {
        memcpy(bundle->cursor_td, entry->cursor_td, WSUB_DIGEST_LEN);
        bundle->cursor_number = entry->number;
    }
    for (unsigned i = 0; i < count; i++) {
        started[i] = delivery_new(all, bundle);
        delivery_fill(started[i], entry, i);
    }
    for (unsigned i = 0; i < count; i++)
        deliver_slots_admit(all->o.slots, bundle->lane, &started[i]->slot);
}

/* The entry can't be read: it is settled as a job of no event. */
static void end_malformed(struct deliver_deliveries *all,
                          struct deliver_bundle *bundle)
{
    struct delivery *v = delivery_new(all, bundle);

    wsub_log_error("job-malformed", WSUB_KU("shard", bundle->shard),
                   WSUB_KV("entry", bundle->entry_id));
    snprintf(v->job.event_id, sizeof(v->job.event_id), "0-0");
    deliver_slots_take(all->o.slots, 1);
    drop(v, "malformed");
}

void deliver_deliveries_start(struct deliver_deliveries *all,
                              enum deliver_lane lane,
                              const struct wsub_stream_entry *entry)
{
    struct deliver_lane_entry fields;
    bool fine = deliver_lane_entry_parse(entry->fields, &fields);
    struct wsub_claim claim = {deliver_lane_name(lane), entry->id};
    struct deliver_bundle *bundle;

    if (deliver_bundles_have(all->o.bundles, lane, entry->shard, entry->id))
        return; /* our own, taken over from ourselves */
    if (fine && entry->taken_over && fields.target_count > 1) {
        wsub_deliveries_split(all->o.store, entry->shard, &claim);
        return;
    }
    bundle = deliver_bundle_new(all->o.bundles, lane, entry->shard, entry->id,
                                entry->taken_over);
    if (fine)
        start_jobs(all, bundle, &fields);
    else
        end_malformed(all, bundle);
}

/* The outcome is in Redis: what follows from it in this process. */
static void follow_up(const struct delivery *v)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    const struct deliver_job *job = &v->job;

    if (wsub_loop_draining(o->loop))
        return;
    if (job->outcome == WSUB_OUTCOME_RETRY ||
        job->outcome == WSUB_OUTCOME_SUSPEND)
        wsub_promoter_hint(o->promoter, job->bundle->shard, job->delay_ms);
    else if (job->outcome == WSUB_OUTCOME_PARK)
        deliver_parking_note(o->parking, job->bundle->shard, job->host);
}

void deliver_deliveries_settled(struct deliver_deliveries *all,
                                struct deliver_job *job)
{
    struct delivery *v = wsub_container_of(job, struct delivery, job);

    (void)all;
    follow_up(v);
    delivery_end(v);
}

size_t deliver_deliveries_loading(const struct deliver_deliveries *all)
{
    return all->loading;
}

struct deliver_deliveries *
deliver_deliveries_new(const struct deliver_deliveries_options *options)
{
    struct deliver_deliveries *all = wsub_calloc(1, sizeof(*all));

    all->o = *options;
    TAILQ_INIT(&all->live);
    TAILQ_INIT(&all->spare);
    return all;
}

static void free_list(struct delivery_list *list)
{
    struct delivery *v;

    while ((v = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, v, next);
        wsub_buf_done(&v->line);
        free(v);
    }
}

void deliver_deliveries_free(struct deliver_deliveries *all)
{
    if (all == NULL)
        return;
    free_list(&all->live);
    free_list(&all->spare);
    free(all);
}
