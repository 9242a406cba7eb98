#include "deliver/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "deliver/bundle.h"
#include "deliver/claim.h"
#include "deliver/history.h"
#include "deliver/job_entry.h"
#include "deliver/send.h"
#include "deliver/settle.h"
#include "deliver/stats.h"
#include "deliver/suspect.h"
#include "deliver/turn.h"

#define LATE_MS 1000          /* a job that waited in vain looks again */
#define NEWER_FORMAT_MS 60000 /* a record this program can't read yet */

#define BIT(state) (1u << (state))
#define OF(member, type)                                                       \
    ((struct deliver_job *)(void *)((char *)(member)-offsetof(                 \
        struct deliver_job, type)))

static const struct {
    const char *name;
    unsigned next;
} states[JOB_STATE_MAX_] = {
    [JOB_SUSPECT] = {"suspect", BIT(JOB_SUSPECT) | BIT(JOB_FINDING) |
                                    BIT(JOB_LOADING) | BIT(JOB_SETTLING) |
                                    BIT(JOB_STALLED)},
    [JOB_FINDING] = {"finding", BIT(JOB_FINDING) | BIT(JOB_LOADING) |
                                    BIT(JOB_SETTLING) | BIT(JOB_STALLED)},
    [JOB_LOADING] = {"loading", BIT(JOB_LOADING) | BIT(JOB_WAITING) |
                                    BIT(JOB_SENDING) | BIT(JOB_SETTLING) |
                                    BIT(JOB_STALLED)},
    [JOB_WAITING] = {"waiting", BIT(JOB_LOADING) | BIT(JOB_SETTLING)},
    [JOB_SENDING] = {"sending", BIT(JOB_SETTLING)},
    [JOB_SETTLING] = {"settling", 0},
    [JOB_STALLED] = {"stalled",
                     BIT(JOB_SUSPECT) | BIT(JOB_FINDING) | BIT(JOB_LOADING)},
};

static void job_enter(struct deliver_job *job, enum deliver_job_state state)
{
    if ((states[job->state].next & BIT(state)) == 0)
        wsub_panic("job %s: %s -> %s", job->bundle->entry_id,
                   states[job->state].name, states[state].name);
    job->d->claim->loading += state == JOB_LOADING;
    job->d->claim->loading -= job->state == JOB_LOADING;
    job->state = state;
}

/* Leaves the host, if it is there, with nothing to tell of it. */
static void leave_host(struct deliver_job *job)
{
    if (job->ticket.host != NULL)
        deliver_host_leave(job->d->hosts, &job->ticket, DELIVER_SIGN_NONE, 0,
                           wsub_now_us());
}

void deliver_job_stall(struct deliver_job *job)
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

void deliver_job_put_back(struct deliver_job *job, uint64_t delay_ms)
{
    deliver_stat_add(DELIVER_STAT_PUT_BACK);
    job->delay_ms = delay_ms;
    deliver_job_settle(job, job->is_turn ? DELIVER_WAIT : DELIVER_LATER);
}

void deliver_job_give_up(struct deliver_job *job, const char *why)
{
    deliver_stat_add(DELIVER_STAT_DEAD);
    snprintf(job->why, sizeof(job->why), "%s", why);
    wsub_log_warn("dead-letter", WSUB_KU("shard", job->shard),
                  WSUB_KV("event", job->event_id),
                  WSUB_KV("callback", job->record.callback != NULL
                                          ? job->record.callback
                                          : job->cd),
                  WSUB_KU("attempts", job->failures), WSUB_KV("why", why));
    deliver_job_settle(job, job->is_turn ? DELIVER_BURY : DELIVER_DEAD);
}

void deliver_job_suspend(struct deliver_job *job, const char *why)
{
    deliver_stat_add(DELIVER_STAT_SUSPENDED);
    wsub_log_warn(
        "subscription-suspended", WSUB_KV("topic", job->content->topic),
        WSUB_KV("callback", job->record.callback), WSUB_KV("why", why));
    deliver_job_settle(job, DELIVER_SUSPEND);
}

static void job_drop(struct deliver_job *job, const char *why)
{
    deliver_stat_add(DELIVER_STAT_DROPPED);
    wsub_log_debug("job-dropped", WSUB_KV("event", job->event_id),
                   WSUB_KV("callback", job->cd), WSUB_KV("why", why));
    deliver_job_settle(job, job->is_turn ? DELIVER_STEP : DELIVER_DONE);
}

void deliver_job_free(struct deliver_job *job)
{
    struct deliver *d = job->d;

    deliver_bundle_drop(job->bundle, job);
    deliver_suspect_over(d->suspects, job);
    deliver_content_put(d->contents, job->content);
    TAILQ_INSERT_HEAD(&d->claim->spare, job, next);
    deliver_claim_release(d->claim, 1);
}

static void name_record(struct deliver_job *job)
{
    deliver_content_td(job->content, job->level, job->td);
    job->load.td = job->td;
    job->load.cd = job->cd;
}

static void load_record(struct deliver_job *job)
{
    name_record(job);
    deliver_load_want(job->d->loader, job->shard, &job->load);
}

/* The host's breaker is open: the attempt would fail, and is not made. */
static void job_shut_out(struct deliver_job *job, uint64_t delay_ms)
{
    struct deliver *d = job->d;

    if (!job->is_turn &&
        deliver_history_add_failure(d->history, job->shard, job->td, job->cd) >=
            d->config->suspend_after) {
        job->delay_ms = delay_ms;
        deliver_job_suspend(job, "the host is down");
        return;
    }
    deliver_job_put_back(job, delay_ms);
}

static void on_late(struct deliver_ticket *ticket)
{
    struct deliver_job *job = OF(ticket, ticket);

    deliver_job_put_back(job, wsub_loop_draining(job->d->loop) ? 0 : LATE_MS);
}

static void on_closed(struct deliver_ticket *ticket, uint64_t delay_ms)
{
    job_shut_out(OF(ticket, ticket), delay_ms);
}

static bool is_overdue(const struct deliver_job *job)
{
    uint64_t deadline_ms = (uint64_t)job->d->config->delivery_deadline_s * 1000;

    return deadline_ms != 0 && strtoull(job->event_id, NULL, 10) + deadline_ms <
                                   wsub_store_time_ms(job->d->store);
}

static void job_send(struct deliver_job *job)
{
    char why[64];

    if (deliver_suspect_is_guilty(job)) {
        snprintf(why, sizeof(why), "%u processes ended while they held it",
                 deliver_suspect_crashes(job));
        deliver_job_give_up(job, why);
    } else if (is_overdue(job)) {
        deliver_job_give_up(job, "delivery_deadline_s has passed");
    } else {
        job_enter(job, JOB_SENDING);
        deliver_send(job);
    }
}

static void on_turn(struct deliver_ticket *ticket)
{
    struct deliver_job *job = OF(ticket, ticket);

    job_enter(job, JOB_LOADING);
    name_record(job);
    deliver_load_want_later(job->d->loader, job->shard, &job->load);
}

/* The record is fresh: sends now, or waits for the host. */
static void job_ready(struct deliver_job *job)
{
    uint64_t delay_ms = 0;

    if (wsub_loop_draining(job->d->loop)) {
        deliver_job_put_back(job, 0);
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
        deliver_plan_host_tick(job->d);
        break;
    case DELIVER_ENTRY_FULL:
        if (job->is_turn) {
            deliver_job_put_back(job, LATE_MS);
        } else {
            deliver_stat_add(DELIVER_STAT_PARKED);
            deliver_job_settle(job, DELIVER_PARK);
        }
        break;
    case DELIVER_ENTRY_OPEN:
        job_shut_out(job, delay_ms);
        break;
    case DELIVER_ENTRY_BAD:
        job_drop(job, "the callback is no URL");
        break;
    }
}

/* This level's subscription has ended: the next one, or none. */
static void try_next_level(struct deliver_job *job, const char *why)
{
    if (job->is_turn && strcmp(job->td, job->turn_td) == 0)
        deliver_turn_ended(job);
    else if (wsub_topic_next_level(job->content->topic, &job->level))
        load_record(job);
    else
        job_drop(job, why);
}

/* The subscription is there.  While it is followed its events come by turns,
 * and a turn's event may be the business of a more specific level. */
static void job_met(struct deliver_job *job)
{
    bool followed = job->record.ordered || job->record.followed;

    if (job->is_turn && strcmp(job->td, job->turn_td) != 0)
        job_drop(job, "a more specific subscription has it");
    else if (!job->is_turn && followed)
        deliver_job_settle(job, DELIVER_MISS);
    else if (!deliver_turn_yields(job))
        job_ready(job);
}

static void on_record(struct deliver_load *load, enum wsub_err err,
                      const char *line, size_t len)
{
    struct deliver_job *job = OF(load, load);

    if (err != WSUB_OK) {
        deliver_job_stall(job);
        return;
    }
    if (line == NULL) {
        try_next_level(job, "no such subscription");
        return;
    }
    wsub_buf_clear(&job->line);
    wsub_buf_add(&job->line, line, len);
    if (wsub_record_parse(job->line.data, len, &job->record) != WSUB_OK)
        deliver_job_put_back(job, NEWER_FORMAT_MS);
    else if (job->record.expires_s * 1000 <= wsub_store_time_ms(job->d->store))
        try_next_level(job, "the lease has ended");
    else
        job_met(job);
}

/* Content leaves before its jobs only when Redis lost it; a turn's event may
 * leave by retention. */
static void job_without_event(struct deliver_job *job)
{
    if (job->is_turn) {
        job->lost = true;
        deliver_turn_missed(job, 1, job->event_id, job->event_id);
    } else {
        wsub_log_error("event-lost", WSUB_KU("shard", job->shard),
                       WSUB_KV("event", job->event_id),
                       WSUB_KV("callback", job->cd));
    }
    job_drop(job, "no such event");
}

static void on_content(struct deliver_content_wait *wait, enum wsub_err err,
                       const struct deliver_content *content)
{
    struct deliver_job *job = OF(wait, wait);

    job->content = content;
    if (err == WSUB_OK)
        load_record(job);
    else if (err == WSUB_ERR_NOT_FOUND)
        job_without_event(job);
    else
        deliver_job_stall(job);
}

/* A job of the same bundle has the event already, as a rule. */
static void share_content(struct deliver_job *job)
{
    const struct deliver_job *first = job->bundle->jobs[0];

    if (job->content == NULL && !job->is_turn && first != NULL &&
        first->content != NULL)
        job->content = deliver_content_share(first->content);
}

void deliver_job_advance(struct deliver_job *job)
{
    if (job->bundle->taken_over && !job->counted) {
        job_enter(job, JOB_SUSPECT);
        deliver_suspect_ask(job->d->suspects, job);
    } else if (job->event_id[0] == '\0') {
        job_enter(job, JOB_FINDING);
        deliver_turn_find(job);
    } else {
        job_enter(job, JOB_LOADING);
        share_content(job);
        if (job->content != NULL)
            load_record(job);
        else
            deliver_content_get(job->d->contents, job->shard, job->event_id,
                                &job->wait);
    }
}

void deliver_job_malformed(struct deliver_job *job)
{
    snprintf(job->event_id, sizeof(job->event_id), "0-0");
    job->is_turn = false;
    job_drop(job, "malformed");
}

/* A zeroed job; the room for its line may be there already. */
static struct deliver_job *job_take(struct deliver *d)
{
    struct deliver_job *job = TAILQ_FIRST(&d->claim->spare);
    struct wsub_buf line;

    if (job == NULL)
        return wsub_calloc(1, sizeof(*job));
    TAILQ_REMOVE(&d->claim->spare, job, next);
    line = job->line;
    memset(job, 0, sizeof(*job));
    job->line = line;
    return job;
}

struct deliver_job *deliver_job_new(struct deliver_bundle *bundle,
                                    unsigned position)
{
    struct deliver_job *job = job_take(bundle->d);

    job->d = bundle->d;
    job->bundle = bundle;
    job->position = position;
    job->shard = bundle->shard;
    job->wait.on_content = on_content;
    job->load.on_record = on_record;
    job->ticket.on_turn = on_turn;
    job->ticket.on_late = on_late;
    job->ticket.on_closed = on_closed;
    return job;
}

void deliver_jobs_resume(struct deliver *d)
{
    struct deliver_job_list stalled = TAILQ_HEAD_INITIALIZER(stalled);
    struct deliver_job *job;

    TAILQ_CONCAT(&stalled, &d->claim->stalled, next);
    while ((job = TAILQ_FIRST(&stalled)) != NULL) {
        TAILQ_REMOVE(&stalled, job, next);
        deliver_job_advance(job);
    }
}

void deliver_job_destroy(struct deliver_job *job)
{
    if (job == NULL)
        return;
    wsub_buf_done(&job->line);
    free(job);
}

void deliver_jobs_free_spare(struct deliver_claim *claim)
{
    struct deliver_job *job;

    while ((job = TAILQ_FIRST(&claim->spare)) != NULL) {
        TAILQ_REMOVE(&claim->spare, job, next);
        deliver_job_destroy(job);
    }
}
