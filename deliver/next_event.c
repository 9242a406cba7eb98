#include "deliver/next_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/subscriptions.h"
#include "deliver/stats.h"

/* A line about a gap, which waits for names: Redis tells digests only. */
struct missed {
    struct wsub_subscription_key key;
    uint64_t count;
    char from[WSUB_ENTRY_ID_BYTES], to[WSUB_ENTRY_ID_BYTES];
};

static const char *known(const char *name, const char *digest)
{
    return name != NULL ? name : digest;
}

static void on_names(enum wsub_err err, const struct wsub_subscription *found,
                     void *arg)
{
    struct missed *missed = arg;
    const char *topic = NULL, *callback = NULL;

    if (err == WSUB_OK) {
        topic = found->topic;
        callback = found->active ? found->record.callback : NULL;
    }
    wsub_log_warn("events-missed", WSUB_KU("shard", missed->key.shard),
                  WSUB_KV("topic", known(topic, missed->key.td)),
                  WSUB_KV("callback", known(callback, missed->key.cd)),
                  WSUB_KU("count", missed->count),
                  WSUB_KV("from", missed->from), WSUB_KV("to", missed->to));
    free(missed);
}

void deliver_next_event_missed(struct wsub_store *store,
                               const struct deliver_job *job, uint64_t count,
                               const char *from, const char *to)
{
    struct missed *missed = wsub_calloc(1, sizeof(*missed));

    wsub_metric_add(&deliver_stats[DELIVER_STAT_MISSED], count);
    missed->key.shard = job->bundle->shard;
    snprintf(missed->key.td, sizeof(missed->key.td), "%s",
             job->bundle->cursor_td);
    snprintf(missed->key.cd, sizeof(missed->key.cd), "%s", job->cd);
    missed->count = count;
    snprintf(missed->from, sizeof(missed->from), "%s", from);
    snprintf(missed->to, sizeof(missed->to), "%s", to);
    wsub_subscriptions_find(store, &missed->key, on_names, missed);
}

static bool is_job_of(const struct deliver_job *job, const void *arg)
{
    const struct deliver_job *cursor_job = arg;

    return !job->bundle->is_cursor &&
           job->bundle->shard == cursor_job->bundle->shard &&
           strcmp(job->cd, cursor_job->cd) == 0 &&
           strcmp(job->td, cursor_job->bundle->cursor_td) == 0;
}

bool deliver_next_event_is_behind(const struct deliver_bundles *bundles,
                                  const struct deliver_job *job)
{
    return deliver_bundles_any(bundles, is_job_of, job);
}

static void on_next(const struct wsub_next *next, void *arg)
{
    struct deliver_next_event *ticket = arg;

    ticket->on_next(ticket, next);
}

void deliver_next_event_find(struct wsub_store *store,
                             const struct deliver_job *job,
                             struct deliver_next_event *ticket)
{
    const struct deliver_bundle *bundle = job->bundle;
    struct wsub_claim claim = deliver_bundle_claim(bundle);

    wsub_deliveries_next(store, bundle->shard, bundle->cursor_td, job->cd,
                         bundle->cursor_number, &claim, on_next, ticket);
}
