#include "deliver/settle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/progress.h"
#include "common/store/promoter.h"
#include "deliver/claim.h"
#include "deliver/job.h"
#include "deliver/job_entry.h"
#include "deliver/parking.h"
#include "deliver/suspect.h"

#define BATCH_MAX 256 /* jobs a call; under half a millisecond of Redis */

/* What is delivered waits for so many others, or so long: a call of the script
 * costs Redis and this process as much as the settling of ten jobs. */
#define BATCH_SHARE 8 /* of the slots */
#define BATCH_WAIT_US 1000

struct shard {
    struct deliver_settler *settler;
    unsigned number;
    struct deliver_job_list waiting;
    struct deliver_job_list sent; /* in the call on its way, or unanswered */
    bool busy;
    bool urgent; /* something that waits has others waiting for it */
};

struct deliver_settler {
    struct deliver *d;    /* borrowed; outlives the settler */
    struct event *flush;  /* owned; runs once the turn is over */
    struct event *soon;   /* owned; while less than a batch waits */
    struct shard *shards; /* owned */
    size_t waiting;       /* jobs, over all shards */
};

/* The arguments of an operation, in the words of settle.lua. */
enum argument {
    END,
    EVENT,
    TARGET,
    CD,
    TD,
    TURN_TD,
    TURN,
    GENERATION,
    FAILURES,
    CRASHES,
    DELAY,
    HOST,
    LOST,
    SUSPEND,
    TOPIC,
    CALLBACK,
    WHY,
};

#define ARGUMENTS_MAX 10

/* What follows lane and entry.  DELIVER_DONE is add_done()'s. */
static const struct {
    const char *name;
    enum argument arguments[ARGUMENTS_MAX];
} operations[] = {
    [DELIVER_GONE] = {"gone", {EVENT, TARGET, TD, GENERATION}},
    [DELIVER_LATER] = {"later", {EVENT, TARGET, FAILURES, CRASHES, DELAY, TD}},
    [DELIVER_PARK] = {"park", {EVENT, TARGET, FAILURES, CRASHES, HOST}},
    [DELIVER_DEAD] = {"dead", {EVENT, TARGET, FAILURES, TOPIC, CALLBACK, WHY}},
    [DELIVER_MISS] = {"miss", {EVENT, TARGET, TD}},
    [DELIVER_SUSPEND] = {"suspend", {EVENT, TARGET, TD, DELAY}},
    [DELIVER_STEP] = {"step", {TURN_TD, CD, TURN, EVENT, LOST}},
    [DELIVER_WAIT] = {"wait",
                      {TURN_TD, CD, TURN, FAILURES, CRASHES, DELAY, SUSPEND}},
    [DELIVER_BURY] = {"bury",
                      {TURN_TD, CD, TURN, EVENT, FAILURES, TOPIC, CALLBACK, WHY,
                       TARGET}},
};

/* A turn holds no reference to its event that 410 could release. */
static const char *event_of(const struct deliver_job *job)
{
    return job->is_turn && job->outcome == DELIVER_GONE ? "-" : job->event_id;
}

static void add_text(struct wsub_cmd *cmd, const struct deliver_job *job,
                     enum argument argument)
{
    char target[DELIVER_TARGET_MAX];
    const char *text[] = {
        [EVENT] = event_of(job),
        [TARGET] = target,
        [CD] = job->cd,
        [TD] = job->td[0] != '\0' ? job->td : "-",
        [TURN_TD] = job->turn_td,
        [HOST] = job->ticket.host_name,
        [TOPIC] = job->content != NULL ? job->content->topic : "",
        [CALLBACK] = job->record.callback,
        [WHY] = job->why,
    };

    deliver_job_target(job, target);
    wsub_cmd_str(cmd, text[argument]);
}

static void add_argument(struct wsub_cmd *cmd, const struct deliver_job *job,
                         enum argument argument)
{
    switch (argument) {
    case TURN:
        wsub_cmd_u64(cmd, job->turn);
        break;
    case GENERATION:
        wsub_cmd_u64(cmd, job->record.generation);
        break;
    case FAILURES:
        wsub_cmd_u64(cmd, job->failures);
        break;
    case CRASHES:
        wsub_cmd_u64(cmd, deliver_suspect_certain(job));
        break;
    case DELAY:
        wsub_cmd_u64(cmd, job->delay_ms);
        break;
    case LOST:
        wsub_cmd_u64(cmd, job->lost);
        break;
    case SUSPEND:
        wsub_cmd_u64(cmd, job->suspended);
        break;
    default:
        add_text(cmd, job, argument);
    }
}

static void add_job(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    const enum argument *argument = operations[job->outcome].arguments;

    wsub_cmd_str(cmd, operations[job->outcome].name);
    wsub_cmd_str(cmd, deliver_lane_name(job->lane));
    wsub_cmd_str(cmd, job->entry_id);
    for (; *argument != END; argument++)
        add_argument(cmd, job, *argument);
}

static bool goes_with(const struct deliver_job *job,
                      const struct deliver_job *first)
{
    return job != NULL && job->outcome == DELIVER_DONE &&
           job->lane == first->lane &&
           (job == first || (!job->retried && !first->retried)) &&
           strcmp(job->event_id, first->event_id) == 0;
}

/* Adds `first` and the delivered jobs of its event that follow it: the script
 * acknowledges them at once.  Returns the last one. */
static const struct deliver_job *add_done(struct wsub_cmd *cmd,
                                          const struct deliver_job *first)
{
    const struct deliver_job *job, *last = first;
    size_t count = 0;

    for (job = first; goes_with(job, first); job = TAILQ_NEXT(job, next)) {
        last = job;
        count++;
    }
    wsub_cmd_str(cmd, "done");
    wsub_cmd_str(cmd, deliver_lane_name(first->lane));
    wsub_cmd_str(cmd, first->event_id);
    wsub_cmd_u64(cmd, count);
    for (job = first;; job = TAILQ_NEXT(job, next)) {
        wsub_cmd_str(cmd, job->entry_id);
        if (job == last)
            return last;
    }
}

static void add_retried(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    wsub_cmd_str(cmd, "retried");
    wsub_cmd_str(cmd, job->td);
    wsub_cmd_str(cmd, job->cd);
    wsub_cmd_str(cmd, job->event_id);
}

static void add_healed(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    wsub_cmd_str(cmd, "healed");
    wsub_cmd_str(cmd, deliver_lane_name(job->lane));
    wsub_cmd_str(cmd, job->entry_id);
}

static void add_all(struct wsub_cmd *cmd, const struct deliver_job_list *jobs)
{
    const struct deliver_job *job;

    for (job = TAILQ_FIRST(jobs); job != NULL; job = TAILQ_NEXT(job, next)) {
        if (job->retried && !job->is_turn && job->td[0] != '\0')
            add_retried(cmd, job);
        if (job->outcome == DELIVER_DONE)
            job = add_done(cmd, job);
        else
            add_job(cmd, job);
    }
    TAILQ_FOREACH(job, jobs, next)
    {
        if (job->taken_over)
            add_healed(cmd, job);
    }
}

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

static void settled(struct shard *shard)
{
    struct deliver_job *job;

    wsub_progress_note(shard->settler->d->progress);
    while ((job = TAILQ_FIRST(&shard->sent)) != NULL) {
        TAILQ_REMOVE(&shard->sent, job, next);
        after(job);
        deliver_job_free(job);
    }
}

/* Sees to it that what waits is sent: at the end of this turn of the loop, or
 * once there is more of it. */
static void plan_flush(struct deliver_settler *settler, bool now)
{
    struct timeval wait = {0, BATCH_WAIT_US};

    if (settler->waiting == 0)
        return;
    if (now || wsub_loop_draining(settler->d->loop) ||
        settler->waiting >= settler->d->claim->slots / BATCH_SHARE)
        event_active(settler->flush, EV_TIMEOUT, 0);
    else if (!evtimer_pending(settler->soon, NULL))
        event_add(settler->soon, &wait);
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

static void shard_flush(struct shard *shard)
{
    struct wsub_redis *redis = shard->settler->d->redis;
    struct deliver_job *job;
    struct wsub_cmd cmd;

    if (shard->busy)
        return;
    if (TAILQ_EMPTY(&shard->sent)) {
        for (int i = 0; i < BATCH_MAX; i++) {
            job = TAILQ_FIRST(&shard->waiting);
            if (job == NULL)
                break;
            TAILQ_REMOVE(&shard->waiting, job, next);
            TAILQ_INSERT_TAIL(&shard->sent, job, next);
            shard->settler->waiting--;
        }
    }
    if (TAILQ_EMPTY(&shard->waiting))
        shard->urgent = false;
    if (TAILQ_EMPTY(&shard->sent))
        return;
    wsub_cmd_init_script(&cmd, redis, shard->number, WSUB_SCRIPT_SETTLE);
    add_all(&cmd, &shard->sent);
    shard->busy = true;
    if (wsub_redis_send(redis, shard->number, &cmd, on_settled, shard) !=
        WSUB_OK)
        shard->busy = false; /* deliver_settle_resume() tries again */
}

void deliver_settle_resume(struct deliver_settler *settler)
{
    for (unsigned i = 0; i < wsub_redis_shards(settler->d->redis); i++)
        shard_flush(&settler->shards[i]);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    deliver_settle_resume(arg);
}

struct deliver_settler *deliver_settler_new(struct deliver *d)
{
    struct deliver_settler *settler = wsub_calloc(1, sizeof(*settler));
    unsigned shards = wsub_redis_shards(d->redis);

    settler->d = d;
    settler->flush = evtimer_new(wsub_loop_base(d->loop), on_flush, settler);
    settler->soon = evtimer_new(wsub_loop_base(d->loop), on_flush, settler);
    event_priority_set(settler->flush, WSUB_LOOP_LATER);
    event_priority_set(settler->soon, WSUB_LOOP_LATER);
    settler->shards = wsub_calloc(shards, sizeof(*settler->shards));
    for (unsigned i = 0; i < shards; i++) {
        settler->shards[i].settler = settler;
        settler->shards[i].number = i;
        TAILQ_INIT(&settler->shards[i].waiting);
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
    free(settler->shards);
    free(settler);
}

void deliver_settle(struct deliver_settler *settler, struct deliver_job *job)
{
    struct shard *shard = &settler->shards[job->shard];

    TAILQ_INSERT_TAIL(&shard->waiting, job, next);
    settler->waiting++;
    shard->urgent |= job->outcome != DELIVER_DONE;
    if (!shard->busy)
        plan_flush(settler, shard->urgent);
}
