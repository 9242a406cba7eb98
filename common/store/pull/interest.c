#include "common/store/pull/interest.h"

#include "common/base/log.h"
#include "common/store/store.h"
#include "common/store/store_stats.h"
#include "common/store/topic.h"

static void parse_wanted(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->type == REDIS_REPLY_INTEGER &&
        reply->integer > 0) {
        wsub_metric_add(&wsub_store_stats[WSUB_STORE_STAT_LEFT_OUT],
                        (uint64_t)reply->integer);
        wsub_log_warn("pull-topics-left-out",
                      WSUB_KU("topics", (uint64_t)reply->integer));
    }
    wsub_store_parse_done(err, reply, cb, arg);
}

void wsub_pull_want(struct wsub_store *store, unsigned shard,
                    const char *const *topics, size_t count, uint64_t lasts_ms,
                    void (*cb)(void *arg), void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_PULL_WANT);
    wsub_cmd_u64(&cmd, lasts_ms);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_str(&cmd, topics[i]);
        wsub_cmd_str(&cmd, wsub_topic_ref(store, topics[i]).digest);
    }
    wsub_store_once(store, shard, &cmd, parse_wanted, (wsub_store_cb *)cb, arg);
}
