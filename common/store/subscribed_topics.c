#include "common/store/subscribed_topics.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"

static void parse_topics(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_subscribed_topics_cb *on_topics = (wsub_subscribed_topics_cb *)cb;
    const char **topics;

    if (err != WSUB_OK) {
        on_topics(err, NULL, NULL, 0, arg);
        return;
    }
    topics = wsub_calloc(reply->elements, sizeof(*topics));
    for (size_t i = 1; i < reply->elements; i++)
        topics[i - 1] = reply->element[i]->str;
    on_topics(WSUB_OK, reply->element[0]->str, topics, reply->elements - 1,
              arg);
    free(topics);
}

void wsub_subscribed_topics(struct wsub_store *store, unsigned shard,
                            const char *after, unsigned most,
                            wsub_subscribed_topics_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_SUBSCRIBED_TOPICS);
    wsub_cmd_str(&cmd, after);
    wsub_cmd_u64(&cmd, most);
    wsub_store_once(store, shard, &cmd, parse_topics, (wsub_store_cb *)cb, arg);
}
