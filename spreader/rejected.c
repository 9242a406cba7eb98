#include "spreader/rejected.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/rejected.h"
#include "common/store/stream_reader.h"
#include "spreader/stats.h"

struct spread_rejecter {
    struct spread_rejecter_options o;
    size_t due; /* entries that Redis is moving */
};

struct spread_rejecter *
spread_rejecter_new(const struct spread_rejecter_options *options)
{
    struct spread_rejecter *rejecter = wsub_calloc(1, sizeof(*rejecter));

    rejecter->o = *options;
    return rejecter;
}

void spread_rejecter_free(struct spread_rejecter *rejecter)
{
    free(rejecter);
}

static void on_rejected(bool moved, void *arg)
{
    struct spread_rejecter *rejecter = arg;
    const struct spread_rejecter_options *o = &rejecter->o;

    rejecter->due--;
    if (moved)
        wsub_metric_add(&spread_stats[SPREAD_STAT_REJECTED], 1);
    o->on_done(1, o->arg);
    if (spread_rejecter_idle(rejecter))
        o->on_idle(o->arg);
}

void spread_reject(struct spread_rejecter *rejecter, const char *stream,
                   const struct wsub_stream_entry *entry, const char *why)
{
    wsub_log_warn("rejected", WSUB_KU("shard", entry->shard),
                  WSUB_KV("stream", stream), WSUB_KV("entry", entry->id),
                  WSUB_KV("why", why));
    rejecter->due++;
    wsub_reject(rejecter->o.store,
                &(struct wsub_rejected){
                    .shard = entry->shard,
                    .stream = stream,
                    .entry = entry->id,
                    .why = why,
                },
                on_rejected, rejecter);
}

bool spread_rejecter_idle(const struct spread_rejecter *rejecter)
{
    return rejecter->due == 0;
}
