#include "spreader/aside.h"

#include "common/base/log.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "spreader/intake.h"
#include "spreader/spreader.h"
#include "spreader/stats.h"

static void on_moved(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    (void)arg;
    if (err == WSUB_OK)
        spread_stat_add(SPREAD_STAT_ASIDE, (uint64_t)reply->integer);
    else if (err == WSUB_ERR_REFUSED)
        wsub_log_error("aside-refused", WSUB_KV("error", reply->str));
}

void spread_aside(struct spreader *s, const char *stream,
                  const struct wsub_stream_entry *entry, const char *why)
{
    struct wsub_cmd cmd;

    wsub_log_warn("put-aside", WSUB_KU("shard", entry->shard),
                  WSUB_KV("stream", stream), WSUB_KV("entry", entry->id),
                  WSUB_KV("why", why));
    wsub_store_script(&cmd, s->store, entry->shard, WSUB_SCRIPT_REJECT);
    wsub_cmd_str(&cmd, stream);
    wsub_cmd_str(&cmd, entry->id);
    wsub_cmd_str(&cmd, why);
    if (wsub_store_send(s->store, entry->shard, &cmd, on_moved, s) != WSUB_OK)
        wsub_log_debug("aside-unsent", WSUB_KV("entry", entry->id));
    spread_intake_release(s->intake, 1);
}
