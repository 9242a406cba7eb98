#include "spreader/fanout.h"

#include <stdio.h>
#include <stdlib.h>

#include <uthash.h>

#include "common/base/config.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/claims.h"
#include "common/store/entry_id.h"
#include "common/store/events.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "spreader/order.h"
#include "spreader/stats.h"

/* Of one page: under 3 ms of Redis, in which it serves no one else. */
#define PAGE_SUBSCRIPTIONS 500
#define RENEW_MS 2000  /* less than half of what a takeover waits */
#define RENEW_MAX 1000 /* events of a shard in one call; a few ms of Redis */

struct open_event {
    struct wsub_entry_id id;
    char *topic; /* owned */
    struct spread_place place;
    UT_hash_handle hh;
};

struct shard {
    struct spread_fanout *fanout;
    unsigned number;
    struct spread_order order;
    struct open_event *events; /* owned; those of the order, by id */
    struct open_event *paged;  /* borrowed; its page is on its way */
    struct wsub_timer pause;
};

struct spread_fanout {
    struct spread_fanout_options o;
    struct shard *shards; /* owned */
    struct wsub_timer renew;
};

static void event_drop(struct shard *shard, struct open_event *event)
{
    HASH_DEL(shard->events, event);
    free(event->topic);
    free(event);
}

static void finished(struct shard *shard, struct open_event *event)
{
    const struct spread_fanout_options *o = &shard->fanout->o;

    wsub_metric_add(&spread_stats[SPREAD_STAT_EVENTS], 1);
    wsub_log_debug("fanned-out", WSUB_KU("shard", shard->number),
                   WSUB_KV("event", event->id.text));
    event_drop(shard, event);
    o->on_done(1, o->arg);
}

static void tell_idle(const struct spread_fanout *fanout)
{
    if (spread_fanout_idle(fanout))
        fanout->o.on_idle(fanout->o.arg);
}

static void page_next(struct shard *shard);

static void on_page(enum wsub_page_result result, uint64_t jobs, void *arg)
{
    struct shard *shard = arg;
    const struct spread_fanout_options *o = &shard->fanout->o;
    struct open_event *event = shard->paged;

    shard->paged = NULL;
    wsub_metric_add(&spread_stats[SPREAD_STAT_JOBS], jobs);
    o->on_progress(o->arg);
    spread_order_paged(&shard->order, &event->place, result);
    if (result == WSUB_PAGE_FINISHED)
        finished(shard, event);
    page_next(shard);
    tell_idle(shard->fanout);
}

static void page_send(struct shard *shard)
{
    const struct spread_fanout_options *o = &shard->fanout->o;

    wsub_event_page(o->store,
                    &(struct wsub_page){
                        .shard = shard->number,
                        .event = shard->paged->id.text,
                        .topic = shard->paged->topic,
                        .subscriptions = PAGE_SUBSCRIPTIONS,
                        .retention_ms = (uint64_t)o->config->retention_s * 1000,
                        .fanout_jobs_max = o->config->fanout_backlog,
                    },
                    on_page, shard);
}

static void page_next(struct shard *shard)
{
    struct spread_place *place;

    if (shard->paged != NULL || shard->events == NULL)
        return;
    place = spread_order_next(&shard->order);
    if (place != NULL) {
        shard->paged = wsub_container_of(place, struct open_event, place);
        page_send(shard);
    } else if (!wsub_timer_runs(&shard->pause)) {
        wsub_timer_start_ms(&shard->pause, spread_order_pause(&shard->order));
    }
}

/* A process that drains leaves events that wait to the next one. */
static void on_pause_over(void *arg)
{
    struct shard *shard = arg;

    if (wsub_loop_draining(shard->fanout->o.loop))
        return;
    spread_order_resume(&shard->order);
    page_next(shard);
}

/* Keeps the open events, which may wait for long, from being taken over. */
static void renew(struct shard *shard)
{
    const struct spread_fanout_options *o = &shard->fanout->o;
    const struct open_event *event, *next;
    struct wsub_claim claims[RENEW_MAX];
    size_t count = 0;

    HASH_ITER(hh, shard->events, event, next)
    {
        if (count == RENEW_MAX)
            break;
        claims[count++] = (struct wsub_claim){.stream = WSUB_KEY_LOG,
                                              .entry = event->id.text};
    }
    if (count > 0)
        wsub_claims_renew(o->store, shard->number, WSUB_GROUP_SPREAD,
                          o->config->instance_name, claims, count);
}

static void on_renew(void *arg)
{
    struct spread_fanout *fanout = arg;

    for (unsigned i = 0; i < wsub_store_shards(fanout->o.store); i++)
        renew(&fanout->shards[i]);
}

struct spread_fanout *
spread_fanout_new(const struct spread_fanout_options *options)
{
    struct spread_fanout *fanout = wsub_calloc(1, sizeof(*fanout));
    struct event_base *base = wsub_loop_base(options->loop);
    unsigned shards = wsub_store_shards(options->store);

    fanout->o = *options;
    fanout->shards = wsub_calloc(shards, sizeof(*fanout->shards));
    for (unsigned i = 0; i < shards; i++) {
        struct shard *shard = &fanout->shards[i];

        shard->fanout = fanout;
        shard->number = i;
        spread_order_init(&shard->order);
        wsub_timer_init(&shard->pause, base, on_pause_over, shard);
    }
    wsub_timer_every_ms(&fanout->renew, base, RENEW_MS, on_renew, fanout);
    return fanout;
}

void spread_fanout_free(struct spread_fanout *fanout)
{
    struct open_event *event, *next;

    if (fanout == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(fanout->o.store); i++) {
        struct shard *shard = &fanout->shards[i];

        HASH_ITER(hh, shard->events, event, next)
        {
            event_drop(shard, event);
        }
        wsub_timer_done(&shard->pause);
    }
    wsub_timer_done(&fanout->renew);
    free(fanout->shards);
    free(fanout);
}

static bool is_open(const struct shard *shard, const char *id)
{
    const struct open_event *event;

    HASH_FIND_STR(shard->events, id, event);
    return event != NULL;
}

void spread_fanout_start(struct spread_fanout *fanout,
                         const struct wsub_stream_entry *entry)
{
    struct shard *shard = &fanout->shards[entry->shard];
    struct open_event *event;

    if (is_open(shard, entry->id)) {
        fanout->o.on_done(1, fanout->o.arg);
        return;
    }
    event = wsub_calloc(1, sizeof(*event));
    snprintf(event->id.text, sizeof(event->id.text), "%s", entry->id);
    event->topic = wsub_strdup(wsub_stream_field(entry->fields, "t", NULL));
    HASH_ADD_STR(shard->events, id.text, event);
    spread_order_add(&shard->order, &event->place);
    page_next(shard);
}

bool spread_fanout_idle(const struct spread_fanout *fanout)
{
    for (unsigned i = 0; i < wsub_store_shards(fanout->o.store); i++)
        if (fanout->shards[i].paged != NULL ||
            !spread_order_waits(&fanout->shards[i].order))
            return false;
    return true;
}
