#include "deliver/next_event.h"

#include <string.h>

#include "common/base/log.h"
#include "deliver/stats.h"

void deliver_next_event_missed(const struct deliver_job *job, uint64_t count,
                               const char *from, const char *to)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_MISSED], count);
    wsub_log_warn("events-missed", WSUB_KU("shard", job->bundle->shard),
                  WSUB_KV("topic", job->bundle->cursor_td),
                  WSUB_KV("callback", job->cd), WSUB_KU("count", count),
                  WSUB_KV("from", from), WSUB_KV("to", to));
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
