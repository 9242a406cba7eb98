#include "deliver/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/groups.h"
#include "common/store/deliveries.h"
#include "common/store/stream_reader.h"
#include "common/store/test_event.h"
#include "common/store/topic.h"
#include "deliver/delivery_parts.h"
#include "deliver/ending.h"
#include "deliver/hold.h"
#include "deliver/parking.h"
#include "deliver/sending.h"
#include "deliver/stats.h"

#define ENDED_MS 5000       /* until sweep has seen the end of the lease */
#define ON_THEIR_WAY_MS 200 /* jobs that are claimed, or about to be */

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
    deliver_slots_release(all->o.slots, v->lingers ? 0 : 1);
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
static void on_start(struct wsub_host_ticket *ticket)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, ticket);

    deliver_delivery_enter(v, DELIVERY_LOADING);
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
    if ((v->job.is_replay && !v->job.bundle->is_cursor) || v->job.is_test)
        deliver_end_drop(v, why); /* it is for this level's subscriptions */
    else if (v->job.bundle->is_cursor && is_own_level(v))
        deliver_end_put_back(v, ENDED_MS);
    else if (wsub_topic_next_level(v->content->topic, &v->job.level))
        load_record(v);
    else
        deliver_end_drop(v, why);
}

/* A probe waits for a job of its subscription that is the older one. */
static bool yields(const struct delivery *v)
{
    return v->job.bundle->is_cursor && v->suspended &&
           deliver_next_event_is_behind(v->all->o.bundles, &v->job);
}

/* Test events come by jobs in any case: cursors don't know them. */
static bool is_for_cursor(const struct delivery *v)
{
    return !v->job.bundle->is_cursor && v->record.in_cursor_mode &&
           !v->job.is_test;
}

/* The subscription is there.  In cursor mode its events come to its cursor
 * job, whose event may be the business of a more specific level. */
static void subscription_found(struct delivery *v)
{
    if (v->job.bundle->is_cursor && !is_own_level(v))
        deliver_end_drop(v, "a more specific subscription has it");
    else if (is_for_cursor(v))
        deliver_end_settle(v, WSUB_OUTCOME_MISS);
    else if (yields(v))
        deliver_end_put_back(v, ON_THEIR_WAY_MS);
    else
        deliver_send(v);
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
    memset(&v->record, 0, sizeof(v->record));
    if (wsub_record_parse(v->line.data, len, &v->record) != WSUB_OK)
        deliver_end_hold(v, "the record of the subscription");
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
        deliver_next_event_missed(v->all->o.store, &v->job, 1, v->job.event_id,
                                  v->job.event_id);
    } else {
        wsub_log_error("event-lost", WSUB_KU("shard", v->job.bundle->shard),
                       WSUB_KV("event_id", v->job.event_id),
                       WSUB_KV("callback_id", v->job.cd));
    }
    deliver_end_drop(v, "no such event");
}

/* A replay by a cursor job is for that subscription, whatever others have. */
static void go_to_own_level(struct delivery *v)
{
    do
        name_record(v);
    while (!is_own_level(v) &&
           wsub_topic_next_level(v->content->topic, &v->job.level));
}

static void content_found(struct delivery *v)
{
    if (deliver_delivery_policy(v)->is_deleted) {
        deliver_end_drop(v, "the topic was ended");
        return;
    }
    if (v->job.is_replay && v->job.bundle->is_cursor)
        go_to_own_level(v);
    load_record(v);
}

static void on_content(struct deliver_content_wait *wait,
                       const struct deliver_content *content)
{
    struct delivery *v = wsub_container_of(wait, struct delivery, content_wait);

    v->content = content;
    if (content != NULL)
        content_found(v);
    else if (wait->is_undecodable)
        deliver_end_hold(v, "the event");
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
    deliver_delivery_enter(v, DELIVERY_LOADING);
    share_content(v);
    if (v->content != NULL)
        content_found(v);
    else
        deliver_content_get(v->all->o.contents, v->job.bundle->shard,
                            v->job.event_id, &v->content_wait);
}

static void on_next(struct deliver_next_event *ticket,
                    const struct wsub_next *next)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, next_event);

    if (next->lost > 0)
        deliver_next_event_missed(v->all->o.store, &v->job, next->lost,
                                  next->from, next->to);
    switch (next->kind) {
    case WSUB_NEXT_WAIT:
        deliver_end_put_back(v, ON_THEIR_WAY_MS);
        break;
    case WSUB_NEXT_NONE:
        delivery_end(v);
        break;
    case WSUB_NEXT_EVENT:
        snprintf(v->job.event_id, sizeof(v->job.event_id), "%s", next->event);
        v->suspended = next->suspended;
        v->job.is_replay = next->is_replay;
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
    deliver_delivery_enter(v, DELIVERY_FINDING);
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

    wsub_metric_set(&deliver_stats[DELIVER_STAT_SLOTS_USED],
                    deliver_slots_used(o->slots));
    if (!v->job.bundle->taken_over) {
        find_event(v);
        return;
    }
    deliver_delivery_enter(v, DELIVERY_COUNTING);
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
    deliver_send_init(v);
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
    job->held = entry->held;
    job->level = entry->targets[position].level;
    job->is_replay = entry->targets[position].is_replay;
    job->is_test = !entry->is_cursor && wsub_test_event_is(entry->event);
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
    if (!fine) {
        deliver_hold_entry(all->o.store, deliver_lane_name(lane), entry,
                           "the entry", NULL, NULL);
        return;
    }
    bundle = deliver_bundle_new(all->o.bundles, lane, entry->shard, entry->id,
                                entry->taken_over || fields.handed_over);
    start_jobs(all, bundle, &fields);
}

/* The outcome is in Redis: what follows from it in this process. */
static void follow_up(const struct delivery *v)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    const struct deliver_job *job = &v->job;

    if (job->began)
        wsub_log_warn(
            "subscription-suspended", WSUB_KV("topic", v->content->topic),
            WSUB_KV("callback", v->record.callback), WSUB_KV("why", job->why));
    if (wsub_loop_draining(o->loop))
        return;
    if (job->outcome == WSUB_OUTCOME_PARK)
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
