#include "deliver/suspect.h"

#include <stdlib.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/store.h"
#include "deliver/bundle.h"
#include "deliver/job.h"
#include "deliver/job_entry.h"

#define BATCH_MAX 256 /* jobs in one question */
#define WINDOW_MAX 64
#define TOKEN_BYTES 8 /* tells a question from its repetition */
#define IN_COMPANY 2  /* the first crashes, which others may have caused */

struct deliver_suspects {
    struct deliver *d;               /* borrowed; outlives this */
    struct event *flush;             /* owned; runs once the turn is over */
    struct deliver_job_list wanted;  /* to be asked for */
    struct deliver_job_list waiting; /* to be sent after the others */
    size_t going;                    /* of them, on their way */
    size_t window;                   /* as many may be */
};

/* Jobs of one shard in one question. */
struct batch {
    struct deliver_suspects *suspects;
    struct deliver_job_list jobs;
};

static void go_on(struct deliver_suspects *suspects);

static void stall_all(struct deliver_job_list *jobs)
{
    struct deliver_job *job;

    while ((job = TAILQ_FIRST(jobs)) != NULL) {
        TAILQ_REMOVE(jobs, job, next);
        deliver_job_stall(job);
    }
}

bool deliver_suspect_is_guilty(const struct deliver_job *job)
{
    return job->counted &&
           deliver_suspect_crashes(job) >= job->d->config->max_crashes;
}

uint32_t deliver_suspect_certain(const struct deliver_job *job)
{
    return job->crashes +
           (job->suspects > IN_COMPANY ? job->suspects - IN_COMPANY : 0);
}

uint32_t deliver_suspect_crashes(const struct deliver_job *job)
{
    return job->crashes + job->suspects;
}

/* `count` processes have ended while they held the job's entry. */
static void judge(struct deliver_job *job, long long count)
{
    struct deliver_suspects *suspects = job->d->suspects;

    if (count <= 0) { /* not pending any more */
        deliver_job_free(job);
        return;
    }
    job->counted = true;
    job->suspects = (uint32_t)count;
    if (deliver_suspect_crashes(job) > 1 && !deliver_suspect_is_guilty(job)) {
        TAILQ_INSERT_TAIL(&suspects->waiting, job, next);
        go_on(suspects);
    } else {
        deliver_job_advance(job);
    }
}

static void on_counts(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct batch *batch = arg;
    struct deliver_job *job;
    size_t i = 0;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("suspect-refused", WSUB_KV("error", reply->str));
    if (err != WSUB_OK)
        stall_all(&batch->jobs);
    while ((job = TAILQ_FIRST(&batch->jobs)) != NULL) {
        TAILQ_REMOVE(&batch->jobs, job, next);
        judge(job, i < reply->elements ? reply->element[i]->integer : 0);
        i++;
    }
    free(batch);
}

/* Begins the question "taken" or "alone" about jobs of one shard. */
static void question(struct wsub_cmd *cmd, const struct deliver_job *job,
                     const char *kind)
{
    char token[2 * TOKEN_BYTES + 1];

    wsub_random_hex(TOKEN_BYTES, token);
    wsub_store_script(cmd, job->d->store, job->shard, WSUB_SCRIPT_CRASHES);
    wsub_cmd_str(cmd, kind);
    wsub_cmd_str(cmd, token);
}

static void add_job(struct wsub_cmd *cmd, const struct deliver_job *job)
{
    wsub_cmd_str(cmd, deliver_lane_name(job->bundle->lane));
    wsub_cmd_str(cmd, job->bundle->entry_id);
}

/* Asks for the first wanted job and the others of its shard. */
static void ask_first(struct deliver_suspects *suspects)
{
    struct deliver_job *first = TAILQ_FIRST(&suspects->wanted);
    struct deliver_job *job, *next;
    struct batch *batch = wsub_calloc(1, sizeof(*batch));
    unsigned shard = first->shard;
    struct wsub_cmd cmd;
    int count = 0;

    TAILQ_INIT(&batch->jobs);
    question(&cmd, first, "taken");
    for (job = first; job != NULL && count < BATCH_MAX; job = next) {
        next = TAILQ_NEXT(job, next);
        if (job->shard != shard)
            continue;
        TAILQ_REMOVE(&suspects->wanted, job, next);
        TAILQ_INSERT_TAIL(&batch->jobs, job, next);
        add_job(&cmd, job);
        count++;
    }
    if (wsub_store_send(suspects->d->store, shard, &cmd, on_counts, batch) !=
        WSUB_OK) {
        stall_all(&batch->jobs);
        free(batch);
    }
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    struct deliver_suspects *suspects = arg;

    (void)fd;
    (void)what;
    while (!TAILQ_EMPTY(&suspects->wanted))
        ask_first(suspects);
}

static void on_begun(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct deliver_job *job = arg;

    if (err != WSUB_OK)
        deliver_job_stall(job);
    else if (reply->elements != 1 || reply->element[0]->integer <= 0)
        deliver_job_free(job); /* not pending any more */
    else
        deliver_job_advance(job);
}

/* Counts the crash of a job that goes alone before it can happen. */
static void begin(struct deliver_job *job)
{
    struct wsub_cmd cmd;

    question(&cmd, job, "alone");
    add_job(&cmd, job);
    if (wsub_store_send(job->d->store, job->shard, &cmd, on_begun, job) !=
        WSUB_OK)
        deliver_job_stall(job);
}

static void go_on(struct deliver_suspects *suspects)
{
    struct deliver_job *job;

    while (suspects->going < suspects->window &&
           (job = TAILQ_FIRST(&suspects->waiting)) != NULL) {
        TAILQ_REMOVE(&suspects->waiting, job, next);
        suspects->going++;
        job->is_watched = true;
        if (suspects->window == 1)
            begin(job);
        else
            deliver_job_advance(job);
    }
}

struct deliver_suspects *deliver_suspects_new(struct deliver *d)
{
    struct deliver_suspects *suspects = wsub_calloc(1, sizeof(*suspects));

    suspects->d = d;
    suspects->flush = evtimer_new(wsub_loop_base(d->loop), on_flush, suspects);
    TAILQ_INIT(&suspects->wanted);
    TAILQ_INIT(&suspects->waiting);
    suspects->window = 1;
    return suspects;
}

void deliver_suspects_free(struct deliver_suspects *suspects)
{
    if (suspects == NULL)
        return;
    event_free(suspects->flush);
    free(suspects);
}

void deliver_suspect_ask(struct deliver_suspects *suspects,
                         struct deliver_job *job)
{
    TAILQ_INSERT_TAIL(&suspects->wanted, job, next);
    event_active(suspects->flush, EV_TIMEOUT, 0);
}

void deliver_suspect_over(struct deliver_suspects *suspects,
                          const struct deliver_job *job)
{
    if (!job->is_watched)
        return;
    suspects->going--;
    if (suspects->window < WINDOW_MAX)
        suspects->window *= 2;
    go_on(suspects);
}
