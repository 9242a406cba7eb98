#include "deliver/hold.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/entry_id.h"
#include "common/store/held.h"
#include "common/store/stream_reader.h"
#include "deliver/stats.h"

/* A call on its way. */
struct holding {
    unsigned shard;
    const char *stream; /* borrowed; const */
    char entry[WSUB_ENTRY_ID_BYTES];
    char why[64];
    void (*on_done)(void *arg);
    void *arg; /* borrowed; given to on_done */
};

static void on_held(enum wsub_err err, enum wsub_held held,
                    const char *position, void *arg)
{
    struct holding *holding = arg;

    (void)err; /* only the owner's may be refused */
    (void)position;
    if (held == WSUB_HELD)
        wsub_metric_add(&deliver_stats[DELIVER_STAT_ENTRY_HELD], 1);
    else if (held == WSUB_HELD_DEAD)
        wsub_metric_add(&deliver_stats[DELIVER_STAT_ENTRY_DEAD], 1);
    if (held != WSUB_HELD_NOT)
        wsub_log_warn(held == WSUB_HELD ? "held" : "undecodable",
                      WSUB_KU("shard", holding->shard),
                      WSUB_KV("stream", holding->stream),
                      WSUB_KV("entry", holding->entry),
                      WSUB_KV("why", holding->why));
    if (holding->on_done != NULL)
        holding->on_done(holding->arg);
    free(holding);
}

void deliver_hold_entry(struct wsub_store *store, const char *stream,
                        const struct wsub_stream_entry *entry, const char *why,
                        void (*on_done)(void *arg), void *arg)
{
    struct holding *holding = wsub_calloc(1, sizeof(*holding));

    holding->shard = entry->shard;
    holding->stream = stream;
    holding->on_done = on_done;
    holding->arg = arg;
    snprintf(holding->entry, sizeof(holding->entry), "%s", entry->id);
    snprintf(holding->why, sizeof(holding->why), "%s", why);
    wsub_hold(store,
              &(struct wsub_hold){
                  .shard = entry->shard,
                  .stream = stream,
                  .entry = holding->entry,
                  .why = holding->why,
              },
              on_held, holding);
}
