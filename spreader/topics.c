#include "spreader/topics.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"

struct spread_topic *spread_topics_find(const struct spread_topics *topics,
                                        const char *name)
{
    struct spread_topic *topic;

    HASH_FIND_STR(topics->table, name, topic);
    return topic;
}

void spread_topic_init(struct spread_topic *topic, struct spread_shard *shard,
                       const char *name)
{
    topic->name = wsub_strdup(name);
    topic->shard = shard;
}

void spread_topics_add(struct spread_topics *topics, struct spread_topic *topic,
                       struct spread_shard *shard, const char *name)
{
    spread_topic_init(topic, shard, name);
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
    spread_request_abandon(&topic->request);
}

void spread_topics_drop(struct spread_topics *topics,
                        struct spread_topic *topic)
{
    spread_topics_remove(topics, topic);
    spread_request_done(&topic->request);
    free(topic->name);
}

enum wsub_host_entry spread_topics_enter(const struct spread_topics *topics,
                                         struct spread_topic *topic,
                                         const struct spread_topic_use *use,
                                         uint64_t *ret_again_ms)
{
    return spread_request_enter(
        &topic->request,
        &(struct spread_request_options){
            .client = topics->o.client,
            .hosts = topics->o.hosts,
            .config = topics->o.config,
            .public_url = wsub_store_public_url(topics->o.store),
            .url = topic->name,
            .did_well = use->did_well,
            .on_admitted = use->on_admitted,
            .on_linger = use->on_linger,
            .on_response = use->on_response,
            .arg = use->arg,
        },
        ret_again_ms);
}
