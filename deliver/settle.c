#include "deliver/settle.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/promoter.h"
#include "deliver/job.h"

#define BATCH_MAX 256 /* jobs a call; under half a millisecond of Redis */

struct shard {
    struct deliver_settler *settler;
    unsigned number;
    struct deliver_job_list waiting;
    struct deliver_job_list sent; /* in the call on its way, or unanswered */
    bool busy;
};

struct deliver_settler {
    struct deliver *d;    /* borrowed; outlives the settler */
    struct event *flush;  /* owned; runs once the turn is over */
    struct shard *shards; /* owned */
};

static void shard_flush(struct shard *shard);

static void add_job(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    char target[DELIVER_TARGET_MAX];

    deliver_job_target(job, target);
    wsub_cmd_str(cmd, job->entry_id);
    wsub_cmd_str(cmd, job->event_id);
    wsub_cmd_str(cmd, target);
    switch (job->outcome) {
    case DELIVER_DONE:
        wsub_cmd_str(cmd, "done");
        break;
    case DELIVER_GONE:
        wsub_cmd_str(cmd, "gone");
        wsub_cmd_str(cmd, job->td);
        wsub_cmd_u64(cmd, job->record.generation);
        break;
    case DELIVER_LATER:
        wsub_cmd_str(cmd, "later");
        wsub_cmd_u64(cmd, job->failures);
        wsub_cmd_u64(cmd, job->delay_ms);
        break;
    case DELIVER_DEAD:
        wsub_cmd_str(cmd, "dead");
        wsub_cmd_u64(cmd, job->failures);
        wsub_cmd_str(cmd, job->content->topic);
        wsub_cmd_str(cmd, job->record.callback);
        wsub_cmd_str(cmd, job->why);
        break;
    }
}

static void settled(struct shard *shard)
{
    struct wsub_promoter *promoter = shard->settler->d->promoter;
    struct deliver_job *job;

    while ((job = TAILQ_FIRST(&shard->sent)) != NULL) {
        TAILQ_REMOVE(&shard->sent, job, next);
        if (job->outcome == DELIVER_LATER && !wsub_loop_draining(job->d->loop))
            wsub_promoter_hint(promoter, shard->number, job->delay_ms);
        deliver_job_free(job);
    }
}

static void on_settled(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    struct shard *shard = arg;

    shard->busy = false;
    if (err == WSUB_OK) {
        settled(shard);
        shard_flush(shard);
    } else if (err == WSUB_ERR_REFUSED) {
        wsub_log_error("settle-refused", WSUB_KU("shard", shard->number),
                       WSUB_KV("error", reply->str));
    }
}

static void shard_flush(struct shard *shard)
{
    struct wsub_redis *redis = shard->settler->d->redis;
    const struct deliver_job *each;
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
        }
    }
    if (TAILQ_EMPTY(&shard->sent))
        return;
    wsub_cmd_init_script(&cmd, redis, shard->number, WSUB_SCRIPT_SETTLE);
    TAILQ_FOREACH(each, &shard->sent, next)
    add_job(&cmd, each);
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
    free(settler->shards);
    free(settler);
}

void deliver_settle(struct deliver_settler *settler, struct deliver_job *job)
{
    struct shard *shard = &settler->shards[job->shard];

    TAILQ_INSERT_TAIL(&shard->waiting, job, next);
    if (!shard->busy)
        event_active(settler->flush, EV_TIMEOUT, 0);
}
