#include "deliver/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/topic.h"
#include "deliver/claim.h"
#include "deliver/send.h"
#include "deliver/settle.h"
#include "deliver/stats.h"

#define LATE_MS 1000          /* a job that waited in vain looks again */
#define NEWER_FORMAT_MS 60000 /* a record this program can't read yet */

#define BIT(state) (1u << (state))

static const struct {
    const char *name;
    unsigned next;
} states[JOB_STATE_MAX_] = {
    [JOB_LOADING] = {"loading", BIT(JOB_WAITING) | BIT(JOB_SENDING) |
                                    BIT(JOB_SETTLING) | BIT(JOB_STALLED)},
    [JOB_WAITING] = {"waiting", BIT(JOB_LOADING) | BIT(JOB_SETTLING)},
    [JOB_SENDING] = {"sending", BIT(JOB_SETTLING)},
    [JOB_SETTLING] = {"settling", 0},
    [JOB_STALLED] = {"stalled", BIT(JOB_LOADING)},
};

static void job_enter(struct deliver_job *job, enum deliver_job_state state)
{
    if ((states[job->state].next & BIT(state)) == 0)
        wsub_panic("job %s: %s -> %s", job->entry_id, states[job->state].name,
                   states[state].name);
    job->state = state;
}

static void leave_host(struct deliver_job *job)
{
    uint64_t now_us = wsub_now_us();

    if (job->ticket.host != NULL)
        deliver_host_leave(job->d->hosts, &job->ticket, DELIVER_SIGN_NONE,
                           now_us - job->ticket.since_us, now_us);
}

static void job_stall(struct deliver_job *job)
{
    job_enter(job, JOB_STALLED);
    leave_host(job);
    TAILQ_INSERT_TAIL(&job->d->claim->stalled, job, next);
}

void deliver_job_settle(struct deliver_job *job, enum deliver_outcome outcome)
{
    job_enter(job, JOB_SETTLING);
    job->outcome = outcome;
    leave_host(job);
    deliver_settle(job->d->settler, job);
}

void deliver_job_park(struct deliver_job *job, uint64_t delay_ms)
{
    deliver_stat_add(DELIVER_STAT_PARKED);
    job->delay_ms = delay_ms;
    deliver_job_settle(job, DELIVER_LATER);
}

static void job_drop(struct deliver_job *job, const char *why)
{
    deliver_stat_add(DELIVER_STAT_DROPPED);
    wsub_log_debug("job-dropped", WSUB_KV("event", job->event_id),
                   WSUB_KV("callback", job->cd), WSUB_KV("why", why));
    deliver_job_settle(job, DELIVER_DONE);
}

void deliver_job_free(struct deliver_job *job)
{
    struct deliver *d = job->d;

    HASH_DEL(d->claim->held, job);
    deliver_content_put(d->contents, job->content);
    wsub_buf_done(&job->line);
    free(job);
    deliver_claim_release(d->claim, 1);
}

static void load_record(struct deliver_job *job)
{
    wsub_topic_level(job->content->topic, job->level, job->td);
    job->load.td = job->td;
    job->load.cd = job->cd;
    deliver_load_want(job->d->loader, job->shard, &job->load);
}

static void on_turn(struct deliver_ticket *ticket)
{
    struct deliver_job *job =
        (struct deliver_job *)(void *)((char *)ticket -
                                       offsetof(struct deliver_job, ticket));

    job_enter(job, JOB_LOADING);
    load_record(job);
}

static void on_late(struct deliver_ticket *ticket)
{
    struct deliver_job *job =
        (struct deliver_job *)(void *)((char *)ticket -
                                       offsetof(struct deliver_job, ticket));

    deliver_job_park(job, wsub_loop_draining(job->d->loop) ? 0 : LATE_MS);
}

static void on_closed(struct deliver_ticket *ticket, uint64_t delay_ms)
{
    struct deliver_job *job =
        (struct deliver_job *)(void *)((char *)ticket -
                                       offsetof(struct deliver_job, ticket));

    deliver_job_park(job, delay_ms);
}

static void job_send(struct deliver_job *job)
{
    job_enter(job, JOB_SENDING);
    deliver_send(job);
}

/* The record is fresh: sends now, or waits for the host. */
static void job_ready(struct deliver_job *job)
{
    uint64_t delay_ms = 0;

    if (wsub_loop_draining(job->d->loop)) {
        deliver_job_park(job, 0);
        return;
    }
    if (job->ticket.host != NULL) { /* it has had its turn */
        job_send(job);
        return;
    }
    switch (deliver_host_enter(job->d->hosts, job->record.callback,
                               &job->ticket, wsub_now_us(), &delay_ms)) {
    case DELIVER_ENTRY_NOW:
        job_send(job);
        break;
    case DELIVER_ENTRY_WAIT:
        job_enter(job, JOB_WAITING);
        break;
    case DELIVER_ENTRY_FULL:
    case DELIVER_ENTRY_OPEN:
        deliver_job_park(job, delay_ms);
        break;
    case DELIVER_ENTRY_BAD:
        job_drop(job, "the callback is no URL");
        break;
    }
}

/* This level's subscription has ended: the next one, or none. */
static void try_next_level(struct deliver_job *job, const char *why)
{
    if (wsub_topic_next_level(job->content->topic, &job->level))
        load_record(job);
    else
        job_drop(job, why);
}

static void on_record(struct deliver_load *load, enum wsub_err err,
                      const char *line, size_t len)
{
    struct deliver_job *job =
        (struct deliver_job *)(void *)((char *)load -
                                       offsetof(struct deliver_job, load));

    if (err != WSUB_OK) {
        job_stall(job);
        return;
    }
    if (line == NULL) {
        try_next_level(job, "no such subscription");
        return;
    }
    wsub_buf_clear(&job->line);
    wsub_buf_add(&job->line, line, len);
    if (wsub_record_parse(job->line.data, &job->record) != WSUB_OK)
        deliver_job_park(job, NEWER_FORMAT_MS);
    else if (job->record.expires_s * 1000 <= wsub_redis_time_ms(job->d->redis))
        try_next_level(job, "the lease has ended");
    else
        job_ready(job);
}

static void on_content(struct deliver_content_wait *wait, enum wsub_err err,
                       const struct deliver_content *content)
{
    struct deliver_job *job =
        (struct deliver_job *)(void *)((char *)wait -
                                       offsetof(struct deliver_job, wait));

    job->content = content;
    if (err == WSUB_OK) {
        load_record(job);
    } else if (err == WSUB_ERR_NOT_FOUND) {
        wsub_log_error("event-lost", WSUB_KU("shard", job->shard),
                       WSUB_KV("event", job->event_id),
                       WSUB_KV("callback", job->cd));
        job_drop(job, "no such event");
    } else {
        job_stall(job);
    }
}

/* Copies a field that must be there and short; false when it is not. */
static bool take_field(const struct wsub_stream_entry *entry, const char *name,
                       char *ret, size_t size)
{
    size_t len;
    const char *value = wsub_stream_field(entry->fields, name, &len);

    if (value == NULL || len == 0 || len >= size)
        return false;
    memcpy(ret, value, len + 1);
    return true;
}

void deliver_job_target(const struct deliver_job *job,
                        char ret_text[DELIVER_TARGET_MAX])
{
    if (job->level == 0)
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s", job->cd);
    else if (job->level == WSUB_LEVEL_ALL)
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s:*", job->cd);
    else
        snprintf(ret_text, DELIVER_TARGET_MAX, "%s:%d", job->cd, job->level);
}

/* The reverse of deliver_job_target(); false when `c` is malformed. */
static bool take_target(struct deliver_job *job, const char *c)
{
    size_t len = c != NULL ? strcspn(c, ":") : 0;

    if (len != WSUB_DIGEST_LEN)
        return false;
    memcpy(job->cd, c, len);
    job->cd[len] = '\0';
    if (strcmp(c + len, ":*") == 0)
        job->level = WSUB_LEVEL_ALL;
    else if (c[len] == ':')
        job->level = (int)strtoul(c + len + 1, NULL, 10);
    return job->level < WSUB_URL_MAX_BYTES;
}

static bool job_fill(struct deliver_job *job,
                     const struct wsub_stream_entry *entry)
{
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);

    if (failures != NULL)
        job->failures = (uint32_t)strtoul(failures, NULL, 10);
    return take_field(entry, "e", job->event_id, sizeof(job->event_id)) &&
           take_target(job, wsub_stream_field(entry->fields, "c", NULL));
}

void deliver_job_start(struct deliver *d, const struct wsub_stream_entry *entry)
{
    struct deliver_job *job, *held;
    char key[sizeof(job->hold_key)];

    deliver_hold_key(entry, key);
    HASH_FIND_STR(d->claim->held, key, held);
    if (held != NULL) { /* our own, taken over from ourselves */
        deliver_claim_release(d->claim, 1);
        return;
    }
    job = wsub_calloc(1, sizeof(*job));
    job->d = d;
    job->shard = entry->shard;
    job->wait.on_content = on_content;
    job->load.on_record = on_record;
    job->ticket.on_turn = on_turn;
    job->ticket.on_late = on_late;
    job->ticket.on_closed = on_closed;
    snprintf(job->entry_id, sizeof(job->entry_id), "%s", entry->id);
    memcpy(job->hold_key, key, sizeof(key));
    HASH_ADD_STR(d->claim->held, hold_key, job);
    if (job_fill(job, entry)) {
        deliver_content_get(d->contents, job->shard, job->event_id, &job->wait);
    } else {
        wsub_log_error("job-malformed", WSUB_KU("shard", job->shard),
                       WSUB_KV("entry", job->entry_id));
        snprintf(job->event_id, sizeof(job->event_id), "0-0");
        snprintf(job->cd, sizeof(job->cd), "-");
        job_drop(job, "malformed");
    }
}

void deliver_jobs_resume(struct deliver *d)
{
    struct deliver_job_list stalled = TAILQ_HEAD_INITIALIZER(stalled);
    struct deliver_job *job;

    TAILQ_CONCAT(&stalled, &d->claim->stalled, next);
    while ((job = TAILQ_FIRST(&stalled)) != NULL) {
        TAILQ_REMOVE(&stalled, job, next);
        job_enter(job, JOB_LOADING);
        if (job->content != NULL)
            load_record(job);
        else
            deliver_content_get(d->contents, job->shard, job->event_id,
                                &job->wait);
    }
}

void deliver_jobs_abandon(struct deliver *d)
{
    struct deliver_job *job, *next;

    HASH_ITER(hh, d->claim->held, job, next)
    {
        HASH_DEL(d->claim->held, job);
        wsub_buf_done(&job->line);
        free(job);
    }
}
