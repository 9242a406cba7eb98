#include "deliver/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/store/store.h"
#include "deliver/bundle.h"
#include "deliver/claim.h"
#include "deliver/job.h"
#include "deliver/job_entry.h"
#include "deliver/stats.h"

#define ENDED_MS 5000       /* until sweep has seen the end of the lease */
#define ON_THEIR_WAY_MS 200 /* jobs that are claimed, or about to be */

void deliver_turn_missed(const struct deliver_job *job, uint64_t count,
                         const char *from, const char *to)
{
    deliver_stat_add_many(DELIVER_STAT_MISSED, count);
    wsub_log_warn("events-missed", WSUB_KU("shard", job->shard),
                  WSUB_KV("topic", job->turn_td), WSUB_KV("callback", job->cd),
                  WSUB_KU("count", count), WSUB_KV("from", from),
                  WSUB_KV("to", to));
}

/* Whether a bundle has a job of the turn's subscription. */
static bool is_before(const struct deliver_bundle *bundle,
                      const struct deliver_job *turn)
{
    for (unsigned i = 0; i < bundle->count; i++) {
        const struct deliver_job *job = bundle->jobs[i];

        if (job != NULL && !job->is_turn && job->shard == turn->shard &&
            strcmp(job->cd, turn->cd) == 0 &&
            strcmp(job->td, turn->turn_td) == 0)
            return true;
    }
    return false;
}

bool deliver_turn_yields(struct deliver_job *job)
{
    const struct deliver_bundle *bundle, *next;

    if (!job->is_turn || !job->suspended)
        return false;
    for (bundle = job->d->claim->held; bundle != NULL; bundle = next) {
        next = bundle->hh.next;
        if (is_before(bundle, job)) {
            deliver_job_put_back(job, ON_THEIR_WAY_MS);
            return true;
        }
    }
    return false;
}

void deliver_turn_ended(struct deliver_job *job)
{
    deliver_job_put_back(job, ENDED_MS);
}

static const char *text_at(const struct redisReply *reply, size_t at)
{
    return at < reply->elements && reply->element[at]->str != NULL
               ? reply->element[at]->str
               : "";
}

/* {}, {"wait"}, {"idle"[, LOST, FROM, TO]} or
 * {EVENT, LOST, FROM, TO, SUSPENDED}. */
static void found(struct deliver_job *job, const struct redisReply *reply)
{
    const char *event = text_at(reply, 0);
    uint64_t lost = strtoull(text_at(reply, 1), NULL, 10);

    if (lost > 0)
        deliver_turn_missed(job, lost, text_at(reply, 2), text_at(reply, 3));
    if (strcmp(event, "wait") == 0) {
        deliver_job_put_back(job, ON_THEIR_WAY_MS);
        return;
    }
    if (event[0] == '\0' || strcmp(event, "idle") == 0) {
        deliver_job_free(job);
        return;
    }
    snprintf(job->event_id, sizeof(job->event_id), "%s", event);
    job->suspended = strcmp(text_at(reply, 4), "1") == 0;
    deliver_job_advance(job);
}

static void on_next(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct deliver_job *job = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("next-refused", WSUB_KU("shard", job->shard),
                       WSUB_KV("error", reply->str));
    if (err != WSUB_OK)
        deliver_job_stall(job);
    else
        found(job, reply);
}

void deliver_turn_find(struct deliver_job *job)
{
    struct wsub_store *store = job->d->store;
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, job->shard, WSUB_SCRIPT_NEXT_EVENT);
    wsub_cmd_str(&cmd, job->turn_td);
    wsub_cmd_str(&cmd, job->cd);
    wsub_cmd_u64(&cmd, job->turn);
    wsub_cmd_str(&cmd, deliver_lane_name(job->bundle->lane));
    wsub_cmd_str(&cmd, job->bundle->entry_id);
    if (wsub_store_send(store, job->shard, &cmd, on_next, job) != WSUB_OK)
        deliver_job_stall(job);
}
