#include "spreader/unusable.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/cluster_events.h"
#include "common/store/events.h"
#include "common/store/owners.h"
#include "spreader/stats.h"

void spread_unusable_hold(const struct spread_unusable *unusable,
                          wsub_hold_cb *cb, void *arg)
{
    wsub_log_warn("held", WSUB_KU("shard", unusable->owned->shard),
                  WSUB_KV("stream", unusable->stream),
                  WSUB_KV("entry", unusable->entry),
                  WSUB_KV("why", unusable->why));
    wsub_hold(unusable->store,
              &(struct wsub_hold){
                  .shard = unusable->owned->shard,
                  .owned = unusable->owned,
                  .stream = unusable->stream,
                  .entry = unusable->entry,
                  .why = unusable->why,
                  .position = unusable->position,
              },
              cb, arg);
}

void spread_unusable_reject(const struct spread_unusable *unusable,
                            wsub_reject_cb *cb, void *arg)
{
    wsub_log_warn("rejected", WSUB_KU("shard", unusable->owned->shard),
                  WSUB_KV("stream", unusable->stream),
                  WSUB_KV("entry", unusable->entry),
                  WSUB_KV("why", unusable->why));
    wsub_reject(unusable->store,
                &(struct wsub_rejected){
                    .owned = unusable->owned,
                    .stream = unusable->stream,
                    .entry = unusable->entry,
                    .why = unusable->why,
                    .position = unusable->position,
                },
                cb, arg);
}

void spread_unusable_gap(struct wsub_store *store,
                         const struct wsub_owned *owned,
                         const struct wsub_resumed *resumed)
{
    char detail[96];

    if (resumed->lost == 0)
        return;
    wsub_metric_add(&spread_stats[SPREAD_STAT_LOST], resumed->lost);
    wsub_log_error("gap-detected", WSUB_KU("shard", owned->shard),
                   WSUB_KU("events", resumed->lost),
                   WSUB_KV("from", resumed->lost_after),
                   WSUB_KV("to", resumed->lost_before));
    snprintf(detail, sizeof(detail), "gap-detected events=%llu",
             (unsigned long long)resumed->lost);
    wsub_cluster_event_tell(store, &(struct wsub_cluster_event){
                                       .kind = WSUB_EVENT_ALERT,
                                       .shard = (int)owned->shard,
                                       .epoch = owned->epoch,
                                       .detail = detail,
                                   });
}
