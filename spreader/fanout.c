#include "spreader/fanout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/groups/groups.h"
#include "common/store/entry_id.h"
#include "common/store/events.h"
#include "common/store/held.h"
#include "common/store/keys.h"
#include "common/store/rejected.h"
#include "common/store/store.h"
#include "spreader/entries.h"
#include "spreader/shard.h"
#include "spreader/stats.h"
#include "spreader/unusable.h"

/* Of one page: under 3 ms of Redis, in which it serves no one else. */
#define PAGE_SUBSCRIPTIONS 500
#define PAUSE_MS 10 /* deliver empties `bulk` by some hundred jobs */
/* Entries that were read and have not begun, with topics of up to 2 KiB. */
#define UNBEGUN_MAX 256
/* Events that are open: more begin once others are finished.  A field of
 * `fanout` in Redis each. */
#define OPEN_MAX 1024

struct shard {
    struct spread_fanout *fanout;
    struct spread_shard *shard;    /* borrowed */
    struct wsub_entry_id position; /* what Redis said last */
    struct spread_entries entries; /* owned */
    struct wsub_timer pause;
    bool resuming;          /* a call is under way: nothing else is sent */
    bool beginning, paging; /* calls that are under way */
    size_t begun_count;     /* events in the call of begin */
    size_t one_by_one;      /* events that are to begin each alone */
};

struct spread_fanout {
    struct spread_fanout_options o;
    struct shard *shards; /* owned */
};

static void go_on(struct shard *shard);

/* Forgets what is not in Redis, and what is. */
static void forget(struct shard *shard)
{
    spread_entries_clear(&shard->entries);
    shard->one_by_one = 0;
    wsub_timer_stop(&shard->pause);
}

static void finish(const struct shard *shard, struct spread_entry *event)
{
    wsub_metric_add(&spread_stats[SPREAD_STAT_EVENTS], 1);
    wsub_log_debug("fanned-out", WSUB_KU("shard", shard->shard->owned.shard),
                   WSUB_KV("event_id", event->id.text));
    spread_entry_free(event);
}

/* A call is over: false when there is nothing to go on with. */
static bool replied(struct shard *shard, enum wsub_err err)
{
    const struct spread_fanout_options *o = &shard->fanout->o;

    if (!spread_shard_replied(shard->shard, err))
        return false;
    o->on_progress(o->arg);
    return true;
}

static void set_position(struct shard *shard, const char *id)
{
    snprintf(shard->position.text, sizeof(shard->position.text), "%s", id);
}

static bool is_at(const struct shard *shard, const char *position)
{
    return strcmp(shard->position.text, position) == 0;
}

static void on_resumed(const struct wsub_resumed *resumed, void *arg)
{
    struct shard *shard = arg;
    const struct spread_fanout_options *o = &shard->fanout->o;

    shard->resuming = false;
    if (!replied(shard, resumed->err))
        return;
    set_position(shard, resumed->position);
    spread_unusable_gap(o->store, &shard->shard->owned, resumed);
    for (size_t i = 0; i < resumed->count; i++)
        spread_entries_add_open(
            &shard->entries,
            spread_entry_new(resumed->events[i], resumed->topics[i], "", NULL));
    o->on_resumed(shard->shard, resumed->position, o->arg);
    go_on(shard);
}

/* Not while another call is under way. */
static void resume(struct shard *shard)
{
    forget(shard);
    shard->resuming = true;
    spread_shard_sent(shard->shard);
    wsub_events_resume(shard->fanout->o.store, &shard->shard->owned, on_resumed,
                       shard);
}

/* What is known here is of no use: resumes, once calls are over. */
static void start_anew(struct shard *shard)
{
    forget(shard);
    shard->resuming = true;
    if (!shard->beginning && !shard->paging)
        resume(shard);
}

/* Redis is elsewhere. */
static void lost_position(struct shard *shard, const char *position)
{
    wsub_log_warn(
        "position-differs", WSUB_KU("shard", shard->shard->owned.shard),
        WSUB_KV("here", shard->position.text), WSUB_KV("redis", position));
    start_anew(shard);
}

/* Another call that was under way when the position was lost is over. */
static bool resumes(struct shard *shard)
{
    if (shard->resuming && !shard->beginning && !shard->paging)
        resume(shard);
    return shard->resuming;
}

/* Of several events any may be what Redis can't begin: they begin one by one
 * until that is found, and rejected. */
static void on_begin_refused(struct shard *shard, const char *error)
{
    struct spread_entry *first = TAILQ_FIRST(&shard->entries.unbegun);

    if (shard->begun_count > 1) {
        shard->one_by_one = shard->begun_count;
    } else {
        spread_entry_refused(first, error);
        free(first->topic);
        first->topic = NULL;
    }
    go_on(shard);
}

static void on_begun(const struct wsub_begun *begun, void *arg)
{
    struct shard *shard = arg;
    const struct spread_fanout_options *o = &shard->fanout->o;

    shard->beginning = false;
    if (!replied(shard, begun->err) || resumes(shard))
        return;
    if (begun->err != WSUB_OK) {
        on_begin_refused(shard, begun->why);
        return;
    }
    wsub_metric_add(&spread_stats[SPREAD_STAT_JOBS], begun->jobs);
    if (begun->count == 0) {
        lost_position(shard, begun->position);
        return;
    }
    set_position(shard, begun->position);
    shard->one_by_one -= shard->one_by_one > 0;
    for (size_t i = 0; i < begun->count; i++) {
        struct spread_entry *event =
            spread_entries_take_unbegun(&shard->entries);

        if (begun->finished[i])
            finish(shard, event);
        else
            spread_entries_add_open(&shard->entries, event);
    }
    o->on_capacity(shard->shard, o->arg);
    go_on(shard);
}

static void on_rejected(enum wsub_err err, bool moved, const char *position,
                        void *arg)
{
    struct shard *shard = arg;
    const struct spread_fanout_options *o = &shard->fanout->o;

    shard->beginning = false;
    if (!replied(shard, err) || resumes(shard))
        return;
    if (!moved) {
        lost_position(shard, position);
        return;
    }
    wsub_metric_add(&spread_stats[SPREAD_STAT_REJECTED], 1);
    set_position(shard, position);
    spread_entry_free(spread_entries_take_unbegun(&shard->entries));
    o->on_capacity(shard->shard, o->arg);
    go_on(shard);
}

static void on_held(enum wsub_err err, enum wsub_held held,
                    const char *position, void *arg)
{
    struct shard *shard = arg;
    const struct spread_fanout_options *o = &shard->fanout->o;

    shard->beginning = false;
    if (!replied(shard, err) || resumes(shard))
        return;
    if (held == WSUB_HELD_NOT) {
        lost_position(shard, position);
        return;
    }
    spread_stats_held(held);
    set_position(shard, position);
    spread_entry_free(spread_entries_take_unbegun(&shard->entries));
    o->on_capacity(shard->shard, o->arg);
    go_on(shard);
}

static struct spread_unusable unusable(const struct shard *shard,
                                       const char *stream,
                                       const struct spread_entry *entry)
{
    return (struct spread_unusable){
        .store = shard->fanout->o.store,
        .owned = &shard->shard->owned,
        .stream = stream,
        .entry = entry->id.text,
        .why = entry->why,
        .position = shard->position.text,
    };
}

/* When the event was accepted; now, where its id is ahead of the clock. */
static uint64_t accepted_ms(const struct wsub_store *store, const char *event)
{
    uint64_t event_ms = strtoull(event, NULL, 10);
    uint64_t now_ms = wsub_store_time_ms(store);

    return now_ms != 0 && now_ms < event_ms ? now_ms : event_ms;
}

/* The longest retention of the events that begin, whose groups may say otherwise
 * than the setting. */
static uint64_t retention_ms(const struct shard *shard, const char *event,
                             const char *topic)
{
    const struct spread_fanout_options *o = &shard->fanout->o;
    uint64_t ms = (uint64_t)o->config->retention_s * 1000;
    const struct wsub_policy *policy =
        o->groups != NULL ? wsub_groups_find(o->groups, topic) : NULL;

    if (policy == NULL || !policy->retention_said)
        return ms;
    ms = (uint64_t)policy->retention_s * 1000;
    wsub_event_retain(o->store, &shard->shard->owned, event,
                      accepted_ms(o->store, event) + ms);
    return ms;
}

/* The events up to the next entry that can't be used. */
static void begin(struct shard *shard)
{
    const struct spread_fanout_options *o = &shard->fanout->o;
    const char *events[WSUB_BEGIN_MAX], *topics[WSUB_BEGIN_MAX];
    const char *digests[WSUB_BEGIN_MAX];
    const struct spread_entry *entry;
    size_t most = shard->one_by_one > 0 ? 1 : WSUB_BEGIN_MAX;
    uint64_t longest_ms = 0, ms;
    size_t count = 0;

    TAILQ_FOREACH(entry, &shard->entries.unbegun, next)
    {
        if (entry->topic == NULL || count == most)
            break;
        ms = retention_ms(shard, entry->id.text, entry->topic);
        longest_ms = ms > longest_ms ? ms : longest_ms;
        events[count] = entry->id.text;
        digests[count] = entry->digest;
        topics[count++] = entry->topic;
    }
    shard->begun_count = count;
    wsub_events_begin(o->store,
                      &(struct wsub_begin){
                          .owned = &shard->shard->owned,
                          .position = shard->position.text,
                          .retention_ms = longest_ms,
                          .events = events,
                          .topics = topics,
                          .digests = digests,
                          .count = count,
                      },
                      on_begun, shard);
}

static void begin_next(struct shard *shard)
{
    const struct spread_entry *first = TAILQ_FIRST(&shard->entries.unbegun);
    struct spread_unusable wrong;

    if (shard->beginning || first == NULL ||
        shard->entries.open_count >= OPEN_MAX)
        return;
    shard->beginning = true;
    spread_shard_sent(shard->shard);
    wrong = unusable(shard, WSUB_KEY_LOG, first);
    if (first->is_newer)
        spread_unusable_hold(&wrong, on_held, shard);
    else if (first->topic == NULL)
        spread_unusable_reject(&wrong, on_rejected, shard);
    else
        begin(shard);
}

static void on_open_rejected(enum wsub_err err, bool moved,
                             const char *position, void *arg)
{
    struct shard *shard = arg;

    (void)position;
    shard->paging = false;
    if (!replied(shard, err) || resumes(shard))
        return;
    spread_entry_free(spread_entries_take_open(&shard->entries));
    wsub_metric_add(&spread_stats[SPREAD_STAT_REJECTED], moved);
    go_on(shard);
}

/* The pages of an event that come after what Redis refuses. */
static void reject_open(struct shard *shard, struct spread_entry *event,
                        const char *error)
{
    struct spread_unusable wrong;

    spread_entry_refused(event, error);
    wrong = unusable(shard, WSUB_KEY_FANOUT, event);
    shard->paging = true;
    spread_shard_sent(shard->shard);
    spread_unusable_reject(&wrong, on_open_rejected, shard);
}

static void on_page(const struct wsub_paged *paged, void *arg)
{
    struct shard *shard = arg;
    struct spread_entry *event;

    shard->paging = false;
    if (!replied(shard, paged->err) || resumes(shard))
        return;
    if (paged->err != WSUB_OK) {
        reject_open(shard, TAILQ_FIRST(&shard->entries.open), paged->why);
        return;
    }
    wsub_metric_add(&spread_stats[SPREAD_STAT_JOBS], paged->jobs);
    if (paged->result == WSUB_PAGE_FULL) {
        wsub_timer_start_ms(&shard->pause, PAUSE_MS);
        return;
    }
    event = spread_entries_take_open(&shard->entries);
    if (paged->result == WSUB_PAGE_FINISHED)
        finish(shard, event);
    else
        spread_entries_add_open(&shard->entries, event);
    go_on(shard);
}

/* The first of the open events is the one whose page is under way. */
static void page_next(struct shard *shard)
{
    const struct spread_fanout_options *o = &shard->fanout->o;
    const struct spread_entry *event = TAILQ_FIRST(&shard->entries.open);

    if (shard->paging || event == NULL || wsub_timer_runs(&shard->pause))
        return;
    shard->paging = true;
    spread_shard_sent(shard->shard);
    wsub_event_page(o->store,
                    &(struct wsub_page){
                        .owned = &shard->shard->owned,
                        .event = event->id.text,
                        .topic = event->topic,
                        .subscriptions = PAGE_SUBSCRIPTIONS,
                        .fanout_jobs_max = o->config->fanout_backlog,
                    },
                    on_page, shard);
}

static void go_on(struct shard *shard)
{
    if (shard->resuming)
        return;
    begin_next(shard);
    page_next(shard);
}

static void on_pause_over(void *arg)
{
    go_on(arg);
}

struct spread_fanout *
spread_fanout_new(const struct spread_fanout_options *options)
{
    struct spread_fanout *fanout = wsub_calloc(1, sizeof(*fanout));

    fanout->o = *options;
    fanout->shards = wsub_calloc(options->shards, sizeof(*fanout->shards));
    for (unsigned i = 0; i < options->shards; i++) {
        struct shard *shard = &fanout->shards[i];

        shard->fanout = fanout;
        spread_entries_init(&shard->entries);
        wsub_timer_init(&shard->pause, options->base, on_pause_over, shard);
    }
    return fanout;
}

void spread_fanout_free(struct spread_fanout *fanout)
{
    if (fanout == NULL)
        return;
    for (unsigned i = 0; i < fanout->o.shards; i++) {
        forget(&fanout->shards[i]);
        wsub_timer_done(&fanout->shards[i].pause);
    }
    free(fanout->shards);
    free(fanout);
}

void spread_fanout_open(struct spread_fanout *fanout,
                        struct spread_shard *open_shard)
{
    struct shard *shard = &fanout->shards[open_shard->owned.shard];

    shard->shard = open_shard;
    resume(shard);
}

void spread_fanout_close(struct spread_fanout *fanout, unsigned number)
{
    forget(&fanout->shards[number]);
}

void spread_fanout_add(struct spread_fanout *fanout, unsigned number,
                       const struct spread_fanout_entry *read)
{
    struct shard *shard = &fanout->shards[number];
    struct spread_entry *entry;

    if (shard->resuming) /* the log is about to be read anew */
        return;
    entry = spread_entry_new(read->id, read->topic, read->digest, read->why);
    entry->is_newer = read->is_newer;
    spread_entries_add_unbegun(&shard->entries, entry);
    go_on(shard);
}

size_t spread_fanout_capacity(const struct spread_fanout *fanout,
                              unsigned number)
{
    const struct shard *shard = &fanout->shards[number];

    return shard->resuming || shard->entries.unbegun_count > UNBEGUN_MAX
               ? 0
               : UNBEGUN_MAX - shard->entries.unbegun_count;
}

static bool is_resumed(const struct shard *shard)
{
    return shard->shard != NULL && shard->shard->open && !shard->resuming;
}

void spread_fanout_position(struct spread_fanout *fanout, unsigned number,
                            const char *position)
{
    struct shard *shard = &fanout->shards[number];

    if (is_resumed(shard) && !is_at(shard, position))
        lost_position(shard, position);
}

void spread_fanout_redis_up(struct spread_fanout *fanout)
{
    for (unsigned i = 0; i < fanout->o.shards; i++)
        if (is_resumed(&fanout->shards[i]))
            start_anew(&fanout->shards[i]);
}

void spread_fanout_look(struct spread_fanout *fanout)
{
    for (unsigned i = 0; i < fanout->o.shards; i++)
        if (wsub_timer_runs(&fanout->shards[i].pause))
            wsub_timer_start_ms(&fanout->shards[i].pause, 0);
}

bool spread_fanout_holds_work(const struct spread_fanout *fanout)
{
    for (unsigned i = 0; i < fanout->o.shards; i++) {
        const struct spread_entries *entries = &fanout->shards[i].entries;

        if (entries->unbegun_count + entries->open_count > 0)
            return true;
    }
    return false;
}
