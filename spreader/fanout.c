#include "spreader/fanout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <uthash.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/progress.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"
#include "spreader/intake.h"
#include "spreader/spreader.h"
#include "spreader/stats.h"

#define PAGE_JOBS 500 /* under 3 ms of Redis, in which it serves no one else */
#define RESUME_MS 500 /* between looks whether Redis is back */
#define RENEW_RESUMES 4 /* 2 s: less than half of what a takeover waits */
#define RENEW_MAX 1000  /* events of a shard in one call; a few ms of Redis */
#define WAIT_MS 10      /* deliver empties `bulk` by some hundred jobs in it */
#define WAIT_MAX_MS 160 /* while nothing but a takeover can help */
#define FRESH_MAX 8     /* first pages in a row, while others want pages too */
#define EVENT_ID_MAX 48

enum page_result {
    PAGE_MORE = 0,
    PAGE_FINISHED = 1,
    PAGE_FULL = 2,  /* `bulk` has no room */
    PAGE_EARLY = 3, /* another spreader's event has to begin first */
};

struct event_job {
    char id[EVENT_ID_MAX];
    char *topic;  /* owned */
    bool is_open; /* it is in that list */
    TAILQ_ENTRY(event_job) next;
    UT_hash_handle hh;
};

TAILQ_HEAD(event_list, event_job);

struct shard {
    struct spread_fanout *fanout;
    unsigned number;
    struct event_list fresh; /* without a page yet: most need no other */
    struct event_list open;  /* the next one to get a page first */
    struct event_job *ids;   /* owned; those of both, by id */
    struct event_job *asked; /* borrowed; whose page is on its way, or to be
                               * asked for again */
    unsigned fresh_in_a_row;
    unsigned waiting;         /* events told in a row to come back later */
    struct event *wait_timer; /* owned */
    suseconds_t wait_ms;      /* the next pause */
    bool busy;
};

struct spread_fanout {
    struct spreader *s;   /* borrowed; outlives the fan-out */
    struct shard *shards; /* owned */
    struct event *resume; /* owned */
    unsigned resumes;     /* how often it ran */
};

static void page_next(struct shard *shard);

static void take_out(struct shard *shard, struct event_job *event)
{
    struct event_list *list = event->is_open ? &shard->open : &shard->fresh;

    TAILQ_REMOVE(list, event, next);
}

static void event_drop(struct shard *shard, struct event_job *event)
{
    take_out(shard, event);
    HASH_DEL(shard->ids, event);
    free(event->topic);
    free(event);
}

/* The event that gets the next page; NULL when there is none. */
static struct event_job *choose(struct shard *shard)
{
    struct event_job *fresh = TAILQ_FIRST(&shard->fresh);
    struct event_job *open = TAILQ_FIRST(&shard->open);
    bool is_fair = shard->fresh_in_a_row < FRESH_MAX || shard->waiting > 0;

    if (fresh == NULL || (open != NULL && !is_fair)) {
        shard->fresh_in_a_row = 0;
        return open;
    }
    shard->fresh_in_a_row++;
    return fresh;
}

/* Adds the TD of each level, the most specific first. */
static void add_levels(struct wsub_cmd *cmd, const char *topic)
{
    char td[WSUB_DIGEST_LEN + 1];
    int level = 0;

    do {
        wsub_topic_level(topic, level, td);
        wsub_cmd_str(cmd, td);
    } while (wsub_topic_next_level(topic, &level));
}

static void page_done(struct shard *shard, const struct redisReply *reply)
{
    struct event_job *event = shard->asked;
    long long result = reply->element[1]->integer;

    wsub_progress_note(shard->fanout->s->progress); /* what waits for
                                                     * others is not stuck */
    spread_stat_add(SPREAD_STAT_JOBS, (uint64_t)reply->element[0]->integer);
    if (result != PAGE_FINISHED) {
        shard->waiting = result == PAGE_MORE ? 0 : shard->waiting + 1;
        if (result != PAGE_EARLY)
            shard->wait_ms = WAIT_MS;
        take_out(shard, event);
        TAILQ_INSERT_TAIL(&shard->open, event, next);
        event->is_open = true;
        return;
    }
    shard->waiting = 0; /* others may have waited for this one */
    shard->wait_ms = WAIT_MS;
    spread_stat_add(SPREAD_STAT_EVENTS, 1);
    wsub_log_debug("fanned-out", WSUB_KU("shard", shard->number),
                   WSUB_KV("event", event->id));
    event_drop(shard, event);
    spread_intake_release(shard->fanout->s->intake, 1);
}

static void on_page(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct shard *shard = arg;

    shard->busy = false;
    if (err == WSUB_OK) {
        page_done(shard, reply);
        shard->asked = NULL;
        page_next(shard);
    } else if (err == WSUB_ERR_REFUSED) {
        wsub_log_error("page-refused", WSUB_KU("shard", shard->number),
                       WSUB_KV("error", reply->str));
    }
    spread_drain_check(shard->fanout->s);
}

/* An event that has had no page yet needs no room in `bulk`, and may be the one
 * that others wait for, so all are asked before the shard waits. */
static bool all_wait(const struct shard *shard)
{
    return shard->waiting >= HASH_COUNT(shard->ids);
}

static bool wait_a_while(struct shard *shard)
{
    struct timeval wait = {0, shard->wait_ms * 1000};

    if (!all_wait(shard))
        return false;
    if (!event_pending(shard->wait_timer, EV_TIMEOUT, NULL)) {
        event_add(shard->wait_timer, &wait);
        if (shard->wait_ms < WAIT_MAX_MS)
            shard->wait_ms *= 2;
    }
    spread_drain_check(shard->fanout->s);
    return true;
}

static void page_next(struct shard *shard)
{
    const struct spreader *s = shard->fanout->s;
    const struct event_job *event;
    struct wsub_cmd cmd;

    if (shard->busy || shard->ids == NULL || wait_a_while(shard))
        return;
    if (shard->asked == NULL)
        shard->asked = choose(shard);
    event = shard->asked;
    wsub_store_script(&cmd, s->store, shard->number, WSUB_SCRIPT_PAGE);
    wsub_cmd_str(&cmd, event->id);
    wsub_cmd_u64(&cmd, PAGE_JOBS);
    wsub_cmd_u64(&cmd, (uint64_t)s->config->retention_s * 1000);
    wsub_cmd_u64(&cmd, s->config->fanout_backlog);
    add_levels(&cmd, event->topic);
    shard->busy = wsub_store_send(s->store, shard->number, &cmd, on_page,
                                  shard) == WSUB_OK;
}

static void on_wait_timer(evutil_socket_t fd, short what, void *arg)
{
    struct shard *shard = arg;

    (void)fd;
    (void)what;
    if (wsub_loop_draining(shard->fanout->s->loop))
        return; /* the next process goes on */
    shard->waiting = 0;
    page_next(shard);
}

static void on_renewed(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    (void)arg;
    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("renew-refused", WSUB_KV("error", reply->str));
}

/* Keeps the open events, which may wait for long, from being taken over. */
static void renew(struct shard *shard)
{
    const struct spreader *s = shard->fanout->s;
    const struct event_job *event, *next;
    struct wsub_cmd cmd;
    int count = 0;

    if (shard->ids == NULL)
        return;
    wsub_store_script(&cmd, s->store, shard->number, WSUB_SCRIPT_RENEW);
    wsub_cmd_str(&cmd, "spread");
    wsub_cmd_str(&cmd, s->config->instance_name);
    HASH_ITER(hh, shard->ids, event, next)
    {
        if (++count > RENEW_MAX)
            break;
        wsub_cmd_str(&cmd, "log");
        wsub_cmd_str(&cmd, event->id);
    }
    if (wsub_store_send(s->store, shard->number, &cmd, on_renewed, shard) !=
        WSUB_OK)
        wsub_log_debug("renew-unsent", WSUB_KU("shard", shard->number));
}

/* What an error or an absence of Redis has left goes on. */
static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct spread_fanout *fanout = arg;
    bool renews = ++fanout->resumes % RENEW_RESUMES == 0;

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < wsub_store_shards(fanout->s->store); i++) {
        page_next(&fanout->shards[i]);
        if (renews)
            renew(&fanout->shards[i]);
    }
}

struct spread_fanout *spread_fanout_new(struct spreader *s)
{
    struct spread_fanout *fanout = wsub_calloc(1, sizeof(*fanout));
    unsigned shards = wsub_store_shards(s->store);
    struct timeval every = {RESUME_MS / 1000, (RESUME_MS % 1000) * 1000};

    fanout->s = s;
    fanout->shards = wsub_calloc(shards, sizeof(*fanout->shards));
    for (unsigned i = 0; i < shards; i++) {
        fanout->shards[i].fanout = fanout;
        fanout->shards[i].number = i;
        fanout->shards[i].wait_timer = evtimer_new(
            wsub_loop_base(s->loop), on_wait_timer, &fanout->shards[i]);
        TAILQ_INIT(&fanout->shards[i].fresh);
        TAILQ_INIT(&fanout->shards[i].open);
        fanout->shards[i].wait_ms = WAIT_MS;
    }
    fanout->resume =
        event_new(wsub_loop_base(s->loop), -1, EV_PERSIST, on_resume, fanout);
    event_add(fanout->resume, &every);
    return fanout;
}

void spread_fanout_free(struct spread_fanout *fanout)
{
    struct event_job *event, *next;

    if (fanout == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(fanout->s->store); i++) {
        HASH_ITER(hh, fanout->shards[i].ids, event, next)
        {
            event_drop(&fanout->shards[i], event);
        }
        event_free(fanout->shards[i].wait_timer);
    }
    event_free(fanout->resume);
    free(fanout->shards);
    free(fanout);
}

static bool is_open(const struct shard *shard, const char *id)
{
    const struct event_job *event;

    HASH_FIND_STR(shard->ids, id, event);
    return event != NULL;
}

void spread_fanout_start(struct spread_fanout *fanout,
                         const struct wsub_stream_entry *entry)
{
    struct shard *shard = &fanout->shards[entry->shard];
    struct event_job *event;

    if (is_open(shard, entry->id)) { /* our own, taken over from ourselves */
        spread_intake_release(fanout->s->intake, 1);
        return;
    }
    event = wsub_calloc(1, sizeof(*event));
    snprintf(event->id, sizeof(event->id), "%s", entry->id);
    event->topic = wsub_strdup(wsub_stream_field(entry->fields, "t", NULL));
    HASH_ADD_STR(shard->ids, id, event);
    TAILQ_INSERT_TAIL(&shard->fresh, event, next);
    page_next(shard);
}

bool spread_fanout_idle(const struct spread_fanout *fanout)
{
    for (unsigned i = 0; i < wsub_store_shards(fanout->s->store); i++)
        if (fanout->shards[i].busy || !all_wait(&fanout->shards[i]))
            return false;
    return true;
}

/* Events that wait are left to others, who go on at the cursor. */
bool spread_fanout_may_end(const struct spread_fanout *fanout)
{
    for (unsigned i = 0; i < wsub_store_shards(fanout->s->store); i++) {
        const struct shard *shard = &fanout->shards[i];

        if (shard->busy || shard->waiting < HASH_COUNT(shard->ids))
            return false;
    }
    return true;
}
