/* listener.c - see listener.h.
 *
 *   link up -> position -> read (blocks in Redis) -> events -> read ...
 *                 ^                          '-> none came --.
 *                 '------------------------------------------'
 *
 * The look at the position also notices a stream that is another one by now,
 * whose ids may never come up to the position. */
#include "common/cluster/listener.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/cluster_events.h"
#include "common/store/event_position.h"
#include "common/store/store.h"
#include "common/store/streams.h"

#define BLOCK_MS 5000
#define READ_MAX 100 /* events in a read: bounds the reply */
#define SAVE_MS 1000
#define PAUSE_MS 200 /* before another look: Redis refuses, or is unchecked */

struct wsub_listener {
    struct wsub_listener_options o;
    struct wsub_redis_link *link;   /* owned */
    struct wsub_redis_request read; /* its command owned */
    struct wsub_timer pause, save;
    struct wsub_event_position at;
    bool has_position;
    bool looking; /* for the position */
    bool reading;
    bool freeing;
};

static void look(struct wsub_listener *l);

static void on_save(void *arg)
{
    struct wsub_listener *l = arg;

    wsub_event_position_save(l->o.store, l->o.name, &l->at);
}

static void take_event(struct wsub_listener *l, const struct redisReply *entry)
{
    const char *id = entry->element[0]->str;
    struct wsub_cluster_event event;

    snprintf(l->at.id.text, sizeof(l->at.id.text), "%s", id);
    l->at.n++;
    if (wsub_cluster_event_read(id, entry->element[1], &event))
        l->o.on_event(&event, l->o.arg);
}

/* The reply is {{stream, {{id, fields}, ...}}}. */
static void take_events(struct wsub_listener *l, const struct redisReply *reply)
{
    const struct redisReply *entries = reply->element[0]->element[1];

    for (size_t i = 0; i < entries->elements; i++)
        take_event(l, entries->element[i]);
    wsub_timer_plan_ms(&l->save, SAVE_MS);
}

static void read_next(struct wsub_listener *l);

static void mend_stream(const struct wsub_listener *l)
{
    const char *topic = wsub_store_config(l->o.store)->cluster_events_topic;

    wsub_streams_mend(l->o.store, WSUB_SHARD_CLUSTER, &topic, 1);
}

static void on_read(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_listener *l = arg;

    wsub_cmd_done(&l->read.cmd);
    l->reading = false;
    if (l->freeing || err == WSUB_ERR_UNAVAILABLE)
        return; /* the link's coming up goes on */
    if (err != WSUB_OK) {
        wsub_log_warn("cluster-events-refused", WSUB_KE("error", reply->str));
        mend_stream(l);
        wsub_timer_start_ms(&l->pause, PAUSE_MS);
        return;
    }
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
        take_events(l, reply);
        read_next(l);
    } else {
        look(l);
    }
}

static void read_next(struct wsub_listener *l)
{
    wsub_event_position_read(l->o.store, &l->at, READ_MAX, BLOCK_MS,
                             &l->read.cmd);
    l->read.cb = on_read;
    l->read.arg = l;
    l->reading = wsub_redis_link_send(l->link, &l->read) == WSUB_OK;
    if (!l->reading)
        wsub_cmd_done(&l->read.cmd);
}

static void on_position(enum wsub_err err,
                        const struct wsub_event_position *position,
                        uint64_t missed, void *arg)
{
    struct wsub_listener *l = arg;
    bool is_new;

    l->looking = false;
    if (err != WSUB_OK) {
        wsub_timer_start_ms(&l->pause, PAUSE_MS);
        return;
    }
    if (missed > 0)
        wsub_log_warn("cluster-events-missed", WSUB_KV("instance", l->o.name),
                      WSUB_KU("count", missed));
    is_new = !l->has_position || missed > 0;
    l->at = *position;
    l->has_position = true;
    if (is_new)
        wsub_timer_plan_ms(&l->save, SAVE_MS);
    if (is_new && l->o.on_missed != NULL)
        l->o.on_missed(l->o.arg);
    if (!l->reading)
        read_next(l);
}

static void look(struct wsub_listener *l)
{
    if (l->looking || l->reading || !wsub_redis_link_up(l->link))
        return;
    if (!wsub_store_up(l->o.store)) { /* not checked: may be the wrong one */
        wsub_timer_start_ms(&l->pause, PAUSE_MS);
        return;
    }
    l->looking = true;
    wsub_event_position_look(l->o.store, l->o.name,
                             l->has_position ? &l->at : NULL, on_position, l);
}

static void on_pause(void *arg)
{
    look(arg);
}

static void on_link_up(void *arg)
{
    look(arg);
}

struct wsub_listener *
wsub_listener_new(const struct wsub_listener_options *options)
{
    struct wsub_listener *l;

    if (!options->config->enable_cluster_event_subscriptions)
        return NULL;
    l = wsub_calloc(1, sizeof(*l));
    l->o = *options;
    wsub_timer_init(&l->pause, l->o.base, on_pause, l);
    wsub_timer_init(&l->save, l->o.base, on_save, l);
    l->link = wsub_store_reader(l->o.store, WSUB_SHARD_CLUSTER, BLOCK_MS,
                                on_link_up, l);
    return l;
}

void wsub_listener_free(struct wsub_listener *l)
{
    if (l == NULL)
        return;
    l->freeing = true;
    wsub_redis_link_free(l->link);
    wsub_timer_done(&l->pause);
    wsub_timer_done(&l->save);
    free(l);
}
