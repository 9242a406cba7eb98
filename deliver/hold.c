#include "deliver/hold.h"

#include "common/base/log.h"
#include "common/store/stream_reader.h"
#include "deliver/stats.h"

void deliver_hold_count(enum wsub_held held)
{
    if (held == WSUB_HELD)
        wsub_metric_add(&deliver_stats[DELIVER_STAT_ENTRY_HELD], 1);
    else if (held == WSUB_HELD_DEAD)
        wsub_metric_add(&deliver_stats[DELIVER_STAT_ENTRY_DEAD], 1);
}

static void on_held(enum wsub_err err, enum wsub_held held,
                    const char *position, void *arg)
{
    (void)err; /* only what an owner holds may be refused */
    (void)position;
    (void)arg;
    deliver_hold_count(held);
}

void deliver_hold_entry(struct wsub_store *store, const char *stream,
                        const struct wsub_stream_entry *entry, const char *why,
                        wsub_hold_cb *cb, void *arg)
{
    wsub_log_warn("held", WSUB_KU("shard", entry->shard),
                  WSUB_KV("stream", stream), WSUB_KV("entry", entry->id),
                  WSUB_KV("why", why));
    wsub_hold(store,
              &(struct wsub_hold){
                  .shard = entry->shard,
                  .stream = stream,
                  .entry = entry->id,
                  .why = why,
              },
              cb != NULL ? cb : on_held, arg);
}
