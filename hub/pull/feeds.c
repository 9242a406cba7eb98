#include "hub/pull/feeds.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/pull/log_feed.h"
#include "common/store/pull/tail.h"
#include "common/store/store.h"

#define RETRY_MS 1000 /* until where a log ends is looked for again */
#define IDLE_MS 10000 /* a shard is read so long for nobody */
/* Listeners that are woken in one round of the loop, so that ten thousand of
 * them hold up nobody else: a timer that is due, unlike one that was made active,
 * lets the loop look for what others have sent. */
#define WOKEN_AT_ONCE 64

struct shard {
    struct hub_pull_feeds *feeds; /* borrowed */
    unsigned number;
    size_t listeners;
    bool looking;                    /* for where its log ends */
    struct wsub_pull_log_feed *feed; /* owned; NULL until that is known */
    struct wsub_place last;          /* the last event that was told */
    struct wsub_timer timer; /* looks again, or ends what nobody listens to */
};

struct hub_pull_feeds {
    struct event_base *base;          /* borrowed */
    struct wsub_store *store;         /* borrowed */
    const struct wsub_config *config; /* borrowed */
    struct hub_pull_index *index;     /* owned */
    struct shard *shards;             /* owned */
    LIST_HEAD(, hub_pull_listener) listeners;
    TAILQ_HEAD(, hub_pull_listener) woken;
    struct wsub_timer waking;
};

/* Tells one of the woken; false when there is none. */
static bool tell_woken(struct hub_pull_feeds *feeds)
{
    struct hub_pull_listener *first = TAILQ_FIRST(&feeds->woken);

    if (first == NULL)
        return false;
    TAILQ_REMOVE(&feeds->woken, first, woken);
    first->is_woken = false;
    first->on_woken(first);
    return true;
}

static void on_waking(void *arg)
{
    struct hub_pull_feeds *feeds = arg;
    int told = 0;

    while (told < WOKEN_AT_ONCE && tell_woken(feeds))
        told++;
    if (!TAILQ_EMPTY(&feeds->woken))
        wsub_timer_plan_us(&feeds->waking, 0);
}

static void tell_event(void *owner, void *arg)
{
    struct hub_pull_listener *listener = owner;

    listener->on_event(listener, arg);
}

static void on_event(const struct wsub_pull_event *entry, void *arg)
{
    struct shard *shard = arg;
    struct hub_pull_feeds *feeds = shard->feeds;
    struct hub_pull_event *event = hub_pull_event_new(feeds->config, entry);

    if (event != NULL) {
        hub_pull_index_find(feeds->index, event->topic, tell_event, event);
        hub_pull_event_drop(event);
    }
    shard->last = entry->place;
}

static void tell_ready(struct shard *shard)
{
    struct hub_pull_listener *listener, *after;

    for (listener = LIST_FIRST(&shard->feeds->listeners); listener != NULL;
         listener = after) {
        after = LIST_NEXT(listener, others);
        if (listener->topics->shards[shard->number])
            listener->on_ready(listener, shard->number);
    }
}

static bool has_capacity(void *arg)
{
    (void)arg;
    return true;
}

static void on_given(void *arg)
{
    (void)arg;
}

static void on_tail(enum wsub_err err, const struct wsub_pull_tail *tail,
                    void *arg)
{
    struct shard *shard = arg;
    struct hub_pull_feeds *feeds = shard->feeds;

    shard->looking = false;
    if (shard->listeners == 0) /* they left, a while ago maybe */
        return;
    if (err != WSUB_OK) {
        wsub_timer_start_ms(&shard->timer, RETRY_MS);
        return;
    }
    shard->last = tail->last;
    shard->feed = wsub_pull_log_feed_new(
        &(struct wsub_pull_log_feed_options){
            .base = feeds->base,
            .store = feeds->store,
            .shard = shard->number,
            .capacity = has_capacity,
            .on_event = on_event,
            .on_given = on_given,
            .arg = shard,
        },
        &tail->last);
    tell_ready(shard);
}

static void look(struct shard *shard)
{
    if (shard->looking || shard->feed != NULL)
        return;
    shard->looking = true;
    wsub_pull_tail(shard->feeds->store, shard->number, on_tail, shard);
}

static void on_timer(void *arg)
{
    struct shard *shard = arg;

    if (shard->listeners > 0) {
        look(shard);
        return;
    }
    wsub_pull_log_feed_free(shard->feed);
    shard->feed = NULL;
}

struct hub_pull_feeds *hub_pull_feeds_new(struct event_base *base,
                                          struct wsub_store *store,
                                          const struct wsub_config *config)
{
    struct hub_pull_feeds *feeds = wsub_calloc(1, sizeof(*feeds));
    unsigned shards = wsub_store_shards(store);

    feeds->base = base;
    feeds->store = store;
    feeds->config = config;
    feeds->index = hub_pull_index_new();
    LIST_INIT(&feeds->listeners);
    TAILQ_INIT(&feeds->woken);
    wsub_timer_init(&feeds->waking, base, on_waking, feeds);
    feeds->shards = wsub_calloc(shards, sizeof(*feeds->shards));
    for (unsigned i = 0; i < shards; i++) {
        feeds->shards[i].feeds = feeds;
        feeds->shards[i].number = i;
        wsub_timer_init(&feeds->shards[i].timer, base, on_timer,
                        &feeds->shards[i]);
    }
    return feeds;
}

void hub_pull_feeds_free(struct hub_pull_feeds *feeds)
{
    if (feeds == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(feeds->store); i++) {
        wsub_pull_log_feed_free(feeds->shards[i].feed);
        wsub_timer_done(&feeds->shards[i].timer);
    }
    free(feeds->shards);
    wsub_timer_done(&feeds->waking);
    hub_pull_index_free(feeds->index);
    free(feeds);
}

void hub_pull_feeds_listen(struct hub_pull_feeds *feeds,
                           struct hub_pull_listener *listener,
                           const struct hub_pull_topics *topics)
{
    listener->topics = topics;
    listener->listens = true;
    LIST_INSERT_HEAD(&feeds->listeners, listener, others);
    hub_pull_index_add(feeds->index, &listener->wants, topics, listener);
    for (unsigned i = 0; i < wsub_store_shards(feeds->store); i++) {
        if (!topics->shards[i])
            continue;
        feeds->shards[i].listeners++;
        if (feeds->shards[i].feed != NULL)
            wsub_timer_stop(&feeds->shards[i].timer);
        else
            look(&feeds->shards[i]);
    }
}

void hub_pull_feeds_leave(struct hub_pull_feeds *feeds,
                          struct hub_pull_listener *listener)
{
    if (listener->is_woken)
        TAILQ_REMOVE(&feeds->woken, listener, woken);
    listener->is_woken = false;
    if (!listener->listens)
        return;
    listener->listens = false;
    LIST_REMOVE(listener, others);
    hub_pull_index_remove(feeds->index, &listener->wants);
    for (unsigned i = 0; i < wsub_store_shards(feeds->store); i++)
        if (listener->topics->shards[i] && --feeds->shards[i].listeners == 0)
            wsub_timer_start_ms(&feeds->shards[i].timer, IDLE_MS);
}

void hub_pull_feeds_wake(struct hub_pull_feeds *feeds,
                         struct hub_pull_listener *listener)
{
    if (listener->is_woken)
        return;
    listener->is_woken = true;
    TAILQ_INSERT_TAIL(&feeds->woken, listener, woken);
    wsub_timer_plan_us(&feeds->waking, 0);
}

bool hub_pull_feeds_ready(const struct hub_pull_feeds *feeds, unsigned shard,
                          struct wsub_place *ret_last)
{
    *ret_last = feeds->shards[shard].last;
    return feeds->shards[shard].feed != NULL;
}
