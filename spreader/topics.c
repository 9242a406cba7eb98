#include "spreader/topics.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/fetches.h"
#include "common/store/store.h"

struct spread_topic *spread_topics_find(const struct spread_topics *topics,
                                        const char *name)
{
    struct spread_topic *topic;

    HASH_FIND_STR(topics->table, name, topic);
    return topic;
}

void spread_topics_add(struct spread_topics *topics, struct spread_topic *topic,
                       struct spread_shard *shard, const char *name)
{
    topic->name = wsub_strdup(name);
    topic->shard = shard;
    topic->in_table = true;
    HASH_ADD_KEYPTR(hh, topics->table, topic->name, strlen(topic->name), topic);
}

void spread_topics_remove(struct spread_topics *topics,
                          struct spread_topic *topic)
{
    if (!topic->in_table)
        return;
    HASH_DEL(topics->table, topic);
    topic->in_table = false;
}

void spread_topics_drop(struct spread_topics *topics,
                        struct spread_topic *topic)
{
    spread_topics_remove(topics, topic);
    spread_request_done(&topic->request);
    free(topic->name);
}

void spread_topics_request(const struct spread_topics *topics,
                           struct spread_topic *topic,
                           const struct wsub_fetch_state *state,
                           spread_request_cb *on_response, void *arg)
{
    struct spread_request_options options = {
        .client = topics->o.client,
        .config = topics->o.config,
        .public_url = wsub_store_public_url(topics->o.store),
        .url = topic->name,
        .on_response = on_response,
        .arg = arg,
    };

    if (state != NULL) {
        options.etag = wsub_buf_cstr(&state->etag);
        options.last_modified = wsub_buf_cstr(&state->last_modified);
        options.source = wsub_buf_cstr(&state->source);
        options.subscribers = state->subscribers;
    }
    spread_request_start(&topic->request, &options);
}
