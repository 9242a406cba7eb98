#include "deliver/settle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/settlement.h"
#include "deliver/settle_args.h"
#include "deliver/slots.h"

#define BATCH_MAX 256 /* jobs in a call; under half a millisecond of Redis */

/* What is delivered waits for so many others, or so long: a call of the script
 * costs Redis and this process as much as the settling of some entries. */
#define BATCH_SHARE 8 /* of the slots */
#define BATCH_WAIT_US 1000

/* Outcomes wait so long, or up to twice, for those of the rest of their bundle:
 * most callbacks have responded by then, and a slow one holds back no slots but
 * its own. */
#define PART_WAIT_US 10000

TAILQ_HEAD(bundle_list, deliver_bundle);

struct shard {
    struct deliver_settler *settler;
    unsigned number;
    struct bundle_list open; /* the longest waiting first */
    struct bundle_list ready;
    struct bundle_list sent; /* in the call on its way */
    bool urgent;             /* something that is ready is */
};

struct deliver_settler {
    struct deliver_settler_options o;
    struct wsub_timer flush; /* runs once this turn of the loop is over */
    struct wsub_timer soon;  /* while less than a batch is ready */
    struct wsub_timer parts; /* while bundles are open */
    struct shard *shards;    /* owned */
    size_t ready;            /* jobs, over all shards */
};

/* Sees to it that what is ready is sent: at the end of this turn of the loop,
 * or once there is more of it. */
static void plan_flush(struct deliver_settler *settler, bool now)
{
    size_t batch = deliver_slots_total(settler->o.slots) / BATCH_SHARE;

    if (settler->ready == 0)
        return;
    if (now || wsub_loop_draining(settler->o.loop) || settler->ready >= batch)
        wsub_timer_now(&settler->flush);
    else
        wsub_timer_plan_us(&settler->soon, BATCH_WAIT_US);
}

static void make_ready(struct shard *shard, struct deliver_bundle *bundle)
{
    if (bundle->place == BUNDLE_OPEN)
        TAILQ_REMOVE(&shard->open, bundle, next);
    TAILQ_INSERT_TAIL(&shard->ready, bundle, next);
    bundle->place = BUNDLE_READY;
    shard->settler->ready += bundle->ended_count;
}

/* Whether the bundle's outcomes are not to wait for its other jobs: those may
 * wait for the very slots that are held meanwhile. */
static bool waits_for_none(const struct deliver_settler *settler,
                           const struct deliver_bundle *bundle)
{
    return bundle->running == 0 || bundle->urgent ||
           wsub_loop_draining(settler->o.loop) ||
           deliver_slots_short(settler->o.slots);
}

/* The bundle has outcomes that are not sent. */
static void place(struct shard *shard, struct deliver_bundle *bundle)
{
    struct deliver_settler *settler = shard->settler;

    if (waits_for_none(settler, bundle)) {
        shard->urgent |= bundle->urgent;
        make_ready(shard, bundle);
        if (TAILQ_EMPTY(&shard->sent))
            plan_flush(settler, shard->urgent);
    } else if (bundle->place == BUNDLE_NOWHERE) {
        bundle->place = BUNDLE_OPEN;
        TAILQ_INSERT_TAIL(&shard->open, bundle, next);
        wsub_timer_plan_us(&settler->parts, PART_WAIT_US);
    }
}

/* The last job that is settled may free its bundle. */
static void end_jobs(struct deliver_settler *settler,
                     struct deliver_bundle *bundle)
{
    struct deliver_job *job;
    bool is_last;

    do {
        job = TAILQ_FIRST(&bundle->sent);
        is_last = TAILQ_NEXT(job, next) == NULL;
        TAILQ_REMOVE(&bundle->sent, job, next);
        settler->o.on_settled(job, settler->o.arg);
    } while (!is_last);
}

static bool is_of(const struct deliver_job *job, const char *subscription)
{
    const char *td = job->bundle->is_cursor ? job->bundle->cursor_td : job->td;
    size_t len = strlen(td);

    return strncmp(subscription, td, len) == 0 && subscription[len] == ':' &&
           strcmp(subscription + len + 1, job->cd) == 0;
}

/* Of several jobs of a subscription the first is told that it has suspended it,
 * and none when another process was first. */
static void note_suspended(const struct shard *shard, const char *subscription)
{
    struct deliver_bundle *bundle;
    struct deliver_job *job;

    TAILQ_FOREACH(bundle, &shard->sent, next)
    {
        TAILQ_FOREACH(job, &bundle->sent, next)
        {
            if (job->outcome == WSUB_OUTCOME_SUSPEND &&
                is_of(job, subscription)) {
                job->began = true;
                return;
            }
        }
    }
}

static void on_settled(const char *const *suspended, size_t count, void *arg)
{
    struct shard *shard = arg;
    struct bundle_list sent = TAILQ_HEAD_INITIALIZER(sent);
    struct deliver_bundle *bundle;

    for (size_t i = 0; i < count; i++)
        note_suspended(shard, suspended[i]);
    TAILQ_CONCAT(&sent, &shard->sent, next);
    while ((bundle = TAILQ_FIRST(&sent)) != NULL) {
        TAILQ_REMOVE(&sent, bundle, next);
        bundle->place = BUNDLE_NOWHERE;
        if (bundle->ended_count > 0)
            place(shard, bundle);
        end_jobs(shard->settler, bundle);
    }
    plan_flush(shard->settler, shard->urgent);
}

/* Moves what is ready to the next call. */
static void fill_call(struct shard *shard)
{
    struct deliver_bundle *bundle;
    size_t count = 0;

    while (count < BATCH_MAX && (bundle = TAILQ_FIRST(&shard->ready)) != NULL) {
        TAILQ_REMOVE(&shard->ready, bundle, next);
        TAILQ_INSERT_TAIL(&shard->sent, bundle, next);
        TAILQ_CONCAT(&bundle->sent, &bundle->ended, next);
        bundle->place = BUNDLE_SENT;
        count += bundle->ended_count;
        shard->settler->ready -= bundle->ended_count;
        bundle->ended_count = 0;
        bundle->urgent = false;
    }
    if (TAILQ_EMPTY(&shard->ready))
        shard->urgent = false;
}

static void shard_flush(struct shard *shard)
{
    const struct deliver_bundle *bundle;
    struct wsub_settlement settlement;

    if (!TAILQ_EMPTY(&shard->sent))
        return;
    fill_call(shard);
    if (TAILQ_EMPTY(&shard->sent))
        return;
    wsub_settlement_begin(&settlement, shard->settler->o.store, shard->number);
    TAILQ_FOREACH(bundle, &shard->sent, next)
    {
        deliver_settle_args(&settlement, bundle);
    }
    wsub_settlement_send(&settlement, on_settled, shard);
}

static void on_flush(void *arg)
{
    struct deliver_settler *settler = arg;

    for (unsigned i = 0; i < wsub_store_shards(settler->o.store); i++)
        shard_flush(&settler->shards[i]);
}

/* What has been open for long is sent as a part. */
static void on_parts(void *arg)
{
    struct deliver_settler *settler = arg;
    uint64_t now_us = wsub_now_us();
    struct deliver_bundle *bundle;
    bool is_open = false;

    for (unsigned i = 0; i < wsub_store_shards(settler->o.store); i++) {
        struct shard *shard = &settler->shards[i];

        while ((bundle = TAILQ_FIRST(&shard->open)) != NULL &&
               now_us - bundle->since_us >= PART_WAIT_US)
            make_ready(shard, bundle);
        is_open |= bundle != NULL;
    }
    plan_flush(settler, true);
    if (is_open)
        wsub_timer_plan_us(&settler->parts, PART_WAIT_US);
}

static void timer_init(struct deliver_settler *settler,
                       struct wsub_timer *timer, wsub_timer_cb *on_due)
{
    wsub_timer_init(timer, wsub_loop_base(settler->o.loop), on_due, settler);
    wsub_timer_priority(timer, WSUB_LOOP_LATER);
}

struct deliver_settler *
deliver_settler_new(const struct deliver_settler_options *options)
{
    struct deliver_settler *settler = wsub_calloc(1, sizeof(*settler));
    unsigned shards = wsub_store_shards(options->store);

    settler->o = *options;
    timer_init(settler, &settler->flush, on_flush);
    timer_init(settler, &settler->soon, on_flush);
    timer_init(settler, &settler->parts, on_parts);
    settler->shards = wsub_calloc(shards, sizeof(*settler->shards));
    for (unsigned i = 0; i < shards; i++) {
        settler->shards[i].settler = settler;
        settler->shards[i].number = i;
        TAILQ_INIT(&settler->shards[i].open);
        TAILQ_INIT(&settler->shards[i].ready);
        TAILQ_INIT(&settler->shards[i].sent);
    }
    return settler;
}

void deliver_settler_free(struct deliver_settler *settler)
{
    if (settler == NULL)
        return;
    wsub_timer_done(&settler->flush);
    wsub_timer_done(&settler->soon);
    wsub_timer_done(&settler->parts);
    free(settler->shards);
    free(settler);
}

void deliver_settle(struct deliver_settler *settler, struct deliver_job *job)
{
    struct deliver_bundle *bundle = job->bundle;
    struct shard *shard = &settler->shards[bundle->shard];

    TAILQ_INSERT_TAIL(&bundle->ended, job, next);
    if (bundle->ended_count++ == 0)
        bundle->since_us = wsub_now_us();
    bundle->running--;
    bundle->urgent |=
        job->outcome != WSUB_OUTCOME_DONE && job->outcome != WSUB_OUTCOME_NONE;
    if (bundle->place == BUNDLE_READY)
        settler->ready++;
    else if (bundle->place != BUNDLE_SENT)
        place(shard, bundle);
}
