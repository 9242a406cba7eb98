#include "deliver/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "deliver/claim.h"
#include "deliver/job_entry.h"

static struct deliver_bundle *bundle_new(struct deliver *d,
                                         enum deliver_lane lane,
                                         const struct wsub_stream_entry *entry,
                                         const char *hold_key)
{
    struct deliver_bundle *bundle = wsub_calloc(1, sizeof(*bundle));

    bundle->d = d;
    bundle->shard = entry->shard;
    bundle->lane = lane;
    bundle->taken_over = entry->taken_over;
    bundle->claimed_ms = wsub_now_ms();
    snprintf(bundle->entry_id, sizeof(bundle->entry_id), "%s", entry->id);
    snprintf(bundle->hold_key, sizeof(bundle->hold_key), "%s", hold_key);
    TAILQ_INIT(&bundle->ended);
    TAILQ_INIT(&bundle->sent);
    HASH_ADD_STR(d->claim->held, hold_key, bundle);
    return bundle;
}

static struct deliver_job *add_job(struct deliver_bundle *bundle)
{
    struct deliver_job *job = deliver_job_new(bundle, bundle->count);

    bundle->jobs[bundle->count++] = job;
    bundle->left++;
    bundle->running++;
    return job;
}

static void start_malformed(struct deliver_bundle *bundle)
{
    struct deliver_job *job = add_job(bundle);

    wsub_log_error("job-malformed", WSUB_KU("shard", bundle->shard),
                   WSUB_KV("entry", bundle->entry_id));
    deliver_claim_take(bundle->d->claim, 1);
    deliver_job_malformed(job);
}

static void start_jobs(struct deliver_bundle *bundle,
                       const struct deliver_lane_entry *fields)
{
    struct deliver_job *jobs[DELIVER_BUNDLE_MAX];
    unsigned count = fields->target_count;

    for (unsigned i = 0; i < count; i++) {
        jobs[i] = add_job(bundle);
        deliver_job_fill(jobs[i], fields, i);
    }
    for (unsigned i = 0; i < count; i++)
        deliver_claim_admit(bundle->d->claim, jobs[i]);
}

static void on_split(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    (void)arg; /* what was not split is taken over again */
    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("split-refused", WSUB_KV("error", reply->str));
}

static void take_apart(struct deliver *d, enum deliver_lane lane,
                       const struct wsub_stream_entry *entry)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, d->store, entry->shard, WSUB_SCRIPT_SPLIT);
    wsub_cmd_str(&cmd, deliver_lane_name(lane));
    wsub_cmd_str(&cmd, entry->id);
    if (wsub_store_send(d->store, entry->shard, &cmd, on_split, d) != WSUB_OK)
        wsub_log_debug("split-unsent", WSUB_KU("shard", entry->shard));
}

void deliver_bundle_start(struct deliver *d, enum deliver_lane lane,
                          const struct wsub_stream_entry *entry)
{
    char key[DELIVER_HOLD_KEY_MAX];
    struct deliver_bundle *held;
    struct deliver_lane_entry fields;
    bool fine = deliver_lane_entry_parse(entry->fields, &fields);

    deliver_hold_key(entry, lane, key);
    HASH_FIND_STR(d->claim->held, key, held);
    if (held != NULL) /* our own, taken over from ourselves */
        return;
    if (!fine)
        start_malformed(bundle_new(d, lane, entry, key));
    else if (entry->taken_over && fields.target_count > 1)
        take_apart(d, lane, entry);
    else
        start_jobs(bundle_new(d, lane, entry, key), &fields);
}

static void bundle_free(struct deliver_bundle *bundle)
{
    HASH_DEL(bundle->d->claim->held, bundle);
    free(bundle);
}

void deliver_bundle_drop(struct deliver_bundle *bundle,
                         const struct deliver_job *job)
{
    bundle->jobs[job->position] = NULL;
    if (--bundle->left == 0)
        bundle_free(bundle);
}

void deliver_bundles_abandon(struct deliver *d)
{
    struct deliver_bundle *bundle, *next;

    HASH_ITER(hh, d->claim->held, bundle, next)
    {
        for (unsigned i = 0; i < bundle->count; i++)
            deliver_job_destroy(bundle->jobs[i]);
        bundle_free(bundle);
    }
}
