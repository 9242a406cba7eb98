#include "common/store/subscribed_topics.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"

#define FIELDS 2 /* of a topic */

static void parse_topics(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_subscribed_topics_cb *on_topics = (wsub_subscribed_topics_cb *)cb;
    struct wsub_subscribed_topic *topics;
    size_t count;

    if (err != WSUB_OK) {
        on_topics(err, NULL, NULL, 0, arg);
        return;
    }
    count = (reply->elements - 1) / FIELDS;
    topics = wsub_calloc(count + 1, sizeof(*topics));
    for (size_t i = 0; i < count; i++) {
        struct redisReply **fields = reply->element + 1 + i * FIELDS;

        topics[i].topic = fields[0]->str;
        topics[i].subscriptions = (uint64_t)fields[1]->integer;
    }
    on_topics(WSUB_OK, reply->element[0]->str, topics, count, arg);
    free(topics);
}

void wsub_subscribed_topics(struct wsub_store *store,
                            const struct wsub_subscribed_query *query,
                            wsub_subscribed_topics_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, query->shard, WSUB_SCRIPT_SUBSCRIBED_TOPICS);
    wsub_cmd_str(&cmd, query->after);
    wsub_cmd_u64(&cmd, query->most);
    wsub_cmd_str(&cmd, query->prefix);
    wsub_cmd_str(&cmd, query->other_than);
    wsub_store_once(store, query->shard, &cmd, parse_topics,
                    (wsub_store_cb *)cb, arg);
}
