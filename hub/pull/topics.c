#include "hub/pull/topics.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"

static bool has(const struct wsub_buf *text, const char *topic)
{
    size_t len = strlen(topic);
    const char *at = wsub_buf_cstr(text);

    while ((at = strstr(at, topic)) != NULL) {
        if ((at == text->data || at[-1] == ' ') &&
            (at[len] == ' ' || at[len] == '\0'))
            return true;
        at += len;
    }
    return false;
}

void hub_pull_topics_add(struct wsub_buf *text, const char *topic)
{
    if (has(text, topic))
        return;
    if (text->len > 0)
        wsub_buf_char(text, ' ');
    wsub_buf_str(text, topic);
}

static void find_shards(struct hub_pull_topics *topics,
                        const struct wsub_store *store)
{
    unsigned shards = wsub_store_shards(store), its;

    topics->shards = wsub_calloc(shards, sizeof(bool));
    for (const char *t = hub_pull_topics_after(topics, NULL); t != NULL;
         t = hub_pull_topics_after(topics, t))
        if (hub_pull_topic_shard(store, t, &its))
            topics->shards[its] = true;
        else
            memset(topics->shards, true, shards * sizeof(bool));
}

void hub_pull_topics_init(struct hub_pull_topics *topics,
                          const struct wsub_store *store, const char *text)
{
    *topics = (struct hub_pull_topics){
        .text = wsub_strdup(text),
        .cut = wsub_strdup(text),
        .count = text[0] != '\0',
    };
    for (char *at = topics->cut; *at != '\0'; at++)
        if (*at == ' ') {
            *at = '\0';
            topics->count++;
        }
    find_shards(topics, store);
}

void hub_pull_topics_done(struct hub_pull_topics *topics)
{
    free(topics->text);
    free(topics->cut);
    free(topics->shards);
    *topics = (struct hub_pull_topics){0};
}

const char *hub_pull_topics_after(const struct hub_pull_topics *topics,
                                  const char *topic)
{
    if (topic == NULL)
        return topics->cut;
    topic += strlen(topic) + 1;
    return topic <= topics->cut + strlen(topics->text) && topics->count > 0
               ? topic
               : NULL;
}

bool hub_pull_topic_shard(const struct wsub_store *store, const char *topic,
                          unsigned *ret_shard)
{
    if (topic[0] == '\0' || strcmp(topic, WSUB_TOPIC_ALL) == 0)
        return false;
    *ret_shard = wsub_topic_shard(store, topic);
    return true;
}
