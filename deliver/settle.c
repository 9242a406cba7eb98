#include "deliver/settle.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/progress.h"
#include "common/store/promoter.h"
#include "deliver/bundle.h"
#include "deliver/claim.h"
#include "deliver/parking.h"
#include "deliver/settle_words.h"

#define BATCH_MAX 256 /* jobs a call; under half a millisecond of Redis */

/* What is delivered waits for so many others, or so long: a call of the script
 * costs Redis and this process as much as the settling of some entries. */
#define BATCH_SHARE 8 /* of the slots */
#define BATCH_WAIT_US 1000

/* Outcomes wait so long, or up to twice, for those of the rest of their bundle:
 * most callbacks have answered by then, and a slow one holds back no slots but
 * its own. */
#define PART_WAIT_US 10000

struct shard {
    struct deliver_settler *settler;
    unsigned number;
    struct deliver_bundle_list open; /* the longest waiting first */
    struct deliver_bundle_list ripe;
    struct deliver_bundle_list sent; /* in the call on its way, or unanswered */
    bool busy;
    bool urgent; /* something that is ripe is */
};

struct deliver_settler {
    struct deliver *d;    /* borrowed; outlives the settler */
    struct event *flush;  /* owned; runs once the turn is over */
    struct event *soon;   /* owned; while less than a batch is ripe */
    struct event *parts;  /* owned; while bundles are open */
    struct shard *shards; /* owned */
    size_t ripe;          /* jobs, over all shards */
};

/* The outcome is in Redis: what follows from it in this process. */
static void after(const struct deliver_job *job)
{
    struct deliver *d = job->d;
    bool timed = job->outcome == DELIVER_LATER ||
                 job->outcome == DELIVER_SUSPEND ||
                 job->outcome == DELIVER_WAIT;

    if (wsub_loop_draining(d->loop))
        return;
    if (timed)
        wsub_promoter_hint(d->promoter, job->shard, job->delay_ms);
    else if (job->outcome == DELIVER_PARK)
        deliver_parking_note(d->parking, job->shard, job->ticket.host_name);
}

static void wait_us(struct event *timer, suseconds_t us)
{
    struct timeval wait = {0, us};

    if (!evtimer_pending(timer, NULL))
        event_add(timer, &wait);
}

/* Sees to it that what is ripe is sent: at the end of this turn of the loop, or
 * once there is more of it. */
static void plan_flush(struct deliver_settler *settler, bool now)
{
    if (settler->ripe == 0)
        return;
    if (now || wsub_loop_draining(settler->d->loop) ||
        settler->ripe >= settler->d->claim->slots / BATCH_SHARE)
        event_active(settler->flush, EV_TIMEOUT, 0);
    else
        wait_us(settler->soon, BATCH_WAIT_US);
}

static void ripen(struct shard *shard, struct deliver_bundle *bundle)
{
    if (bundle->place == BUNDLE_OPEN)
        TAILQ_REMOVE(&shard->open, bundle, next);
    TAILQ_INSERT_TAIL(&shard->ripe, bundle, next);
    bundle->place = BUNDLE_RIPE;
    shard->settler->ripe += bundle->ended_count;
}

/* Whether the bundle's outcomes are not to wait for its other jobs: those may
 * wait for the very slots that are held meanwhile. */
static bool is_ripe(const struct deliver_bundle *bundle)
{
    return bundle->running == 0 || bundle->urgent ||
           wsub_loop_draining(bundle->d->loop) ||
           deliver_claim_is_short(bundle->d->claim);
}

/* The bundle has outcomes that are not sent. */
static void place(struct shard *shard, struct deliver_bundle *bundle)
{
    struct deliver_settler *settler = shard->settler;

    if (is_ripe(bundle)) {
        shard->urgent |= bundle->urgent;
        ripen(shard, bundle);
        if (!shard->busy)
            plan_flush(settler, shard->urgent);
    } else if (bundle->place == BUNDLE_NOWHERE) {
        bundle->place = BUNDLE_OPEN;
        TAILQ_INSERT_TAIL(&shard->open, bundle, next);
        wait_us(settler->parts, PART_WAIT_US);
    }
}

static void settled(struct shard *shard)
{
    struct deliver_bundle *bundle;
    struct deliver_job *job;
    bool is_last;

    wsub_progress_note(shard->settler->d->progress);
    while ((bundle = TAILQ_FIRST(&shard->sent)) != NULL) {
        TAILQ_REMOVE(&shard->sent, bundle, next);
        bundle->place = BUNDLE_NOWHERE;
        if (bundle->ended_count > 0)
            place(shard, bundle);
        do {
            job = TAILQ_FIRST(&bundle->sent);
            is_last = TAILQ_NEXT(job, next) == NULL;
            TAILQ_REMOVE(&bundle->sent, job, next);
            after(job);
            deliver_job_free(job);
        } while (!is_last);
    }
}

static void on_settled(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    struct shard *shard = arg;

    shard->busy = false;
    if (err == WSUB_OK) {
        settled(shard);
        plan_flush(shard->settler, shard->urgent);
    } else if (err == WSUB_ERR_REFUSED) {
        wsub_log_error("settle-refused", WSUB_KU("shard", shard->number),
                       WSUB_KV("error", reply->str));
    }
}

/* Moves what is ripe to the next call. */
static void fill_call(struct shard *shard)
{
    struct deliver_bundle *bundle;
    size_t count = 0;

    while (count < BATCH_MAX && (bundle = TAILQ_FIRST(&shard->ripe)) != NULL) {
        TAILQ_REMOVE(&shard->ripe, bundle, next);
        TAILQ_INSERT_TAIL(&shard->sent, bundle, next);
        TAILQ_CONCAT(&bundle->sent, &bundle->ended, next);
        bundle->place = BUNDLE_SENT;
        count += bundle->ended_count;
        shard->settler->ripe -= bundle->ended_count;
        bundle->ended_count = 0;
        bundle->urgent = false;
    }
    if (TAILQ_EMPTY(&shard->ripe))
        shard->urgent = false;
}

static void shard_flush(struct shard *shard)
{
    struct wsub_store *store = shard->settler->d->store;
    const struct deliver_bundle *bundle;
    struct wsub_cmd cmd;

    if (shard->busy)
        return;
    if (TAILQ_EMPTY(&shard->sent))
        fill_call(shard);
    if (TAILQ_EMPTY(&shard->sent))
        return;
    wsub_store_script(&cmd, store, shard->number, WSUB_SCRIPT_SETTLE);
    TAILQ_FOREACH(bundle, &shard->sent, next)
    {
        deliver_settle_words(&cmd, bundle);
    }
    shard->busy = true;
    if (wsub_store_send(store, shard->number, &cmd, on_settled, shard) !=
        WSUB_OK)
        shard->busy = false; /* deliver_settle_resume() tries again */
}

void deliver_settle_resume(struct deliver_settler *settler)
{
    for (unsigned i = 0; i < wsub_store_shards(settler->d->store); i++)
        shard_flush(&settler->shards[i]);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    deliver_settle_resume(arg);
}

/* What has been open for long is sent as a part. */
static void on_parts(evutil_socket_t fd, short what, void *arg)
{
    struct deliver_settler *settler = arg;
    uint64_t now_us = wsub_now_us();
    struct deliver_bundle *bundle;
    bool is_open = false;

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < wsub_store_shards(settler->d->store); i++) {
        struct shard *shard = &settler->shards[i];

        while ((bundle = TAILQ_FIRST(&shard->open)) != NULL &&
               now_us - bundle->since_us >= PART_WAIT_US)
            ripen(shard, bundle);
        is_open |= bundle != NULL;
    }
    plan_flush(settler, true);
    if (is_open)
        wait_us(settler->parts, PART_WAIT_US);
}

static struct event *timer_new(struct deliver_settler *settler,
                               event_callback_fn call)
{
    struct event *timer =
        evtimer_new(wsub_loop_base(settler->d->loop), call, settler);

    event_priority_set(timer, WSUB_LOOP_LATER);
    return timer;
}

struct deliver_settler *deliver_settler_new(struct deliver *d)
{
    struct deliver_settler *settler = wsub_calloc(1, sizeof(*settler));
    unsigned shards = wsub_store_shards(d->store);

    settler->d = d;
    settler->flush = timer_new(settler, on_flush);
    settler->soon = timer_new(settler, on_flush);
    settler->parts = timer_new(settler, on_parts);
    settler->shards = wsub_calloc(shards, sizeof(*settler->shards));
    for (unsigned i = 0; i < shards; i++) {
        settler->shards[i].settler = settler;
        settler->shards[i].number = i;
        TAILQ_INIT(&settler->shards[i].open);
        TAILQ_INIT(&settler->shards[i].ripe);
        TAILQ_INIT(&settler->shards[i].sent);
    }
    return settler;
}

void deliver_settler_free(struct deliver_settler *settler)
{
    if (settler == NULL)
        return;
    event_free(settler->flush);
    event_free(settler->soon);
    event_free(settler->parts);
    free(settler->shards);
    free(settler);
}

void deliver_settle(struct deliver_settler *settler, struct deliver_job *job)
{
    struct deliver_bundle *bundle = job->bundle;
    struct shard *shard = &settler->shards[job->shard];

    TAILQ_INSERT_TAIL(&bundle->ended, job, next);
    if (bundle->ended_count++ == 0)
        bundle->since_us = wsub_now_us();
    bundle->running--;
    bundle->urgent |= job->outcome != DELIVER_DONE;
    if (bundle->place == BUNDLE_RIPE)
        settler->ripe++;
    else if (bundle->place != BUNDLE_SENT)
        place(shard, bundle);
}
