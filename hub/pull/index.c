#include "hub/pull/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/topic.h"

#include <uthash.h>

struct hub_pull_wanted {
    char *topic; /* owned; "" for every one */
    LIST_HEAD(, hub_pull_want) wants;
    UT_hash_handle hh;
};

struct hub_pull_index {
    struct hub_pull_wanted *table; /* owned; by topic */
};

struct hub_pull_index *hub_pull_index_new(void)
{
    return wsub_calloc(1, sizeof(struct hub_pull_index));
}

static void drop(struct hub_pull_index *index, struct hub_pull_wanted *wanted)
{
    assert(index->table != NULL); /* the analyzer can't know */
    HASH_DEL(index->table, wanted);
    free(wanted->topic);
    free(wanted);
}

void hub_pull_index_free(struct hub_pull_index *index)
{
    struct hub_pull_wanted *wanted, *after;

    if (index == NULL)
        return;
    HASH_ITER(hh, index->table, wanted, after)
    drop(index, wanted);
    free(index);
}

static struct hub_pull_wanted *find(const struct hub_pull_index *index,
                                    const char *topic, size_t len)
{
    struct hub_pull_wanted *wanted;

    HASH_FIND(hh, index->table, topic, len, wanted);
    return wanted;
}

static struct hub_pull_wanted *find_or_add(struct hub_pull_index *index,
                                           const char *topic)
{
    struct hub_pull_wanted *wanted = find(index, topic, strlen(topic));

    if (wanted != NULL)
        return wanted;
    wanted = wsub_calloc(1, sizeof(*wanted));
    wanted->topic = wsub_strdup(topic);
    LIST_INIT(&wanted->wants);
    HASH_ADD_KEYPTR(hh, index->table, wanted->topic, strlen(topic), wanted);
    return wanted;
}

void hub_pull_index_add(struct hub_pull_index *index,
                        struct hub_pull_wants *wants,
                        const struct hub_pull_topics *topics, void *owner)
{
    struct hub_pull_want *want;
    size_t most = topics->count > 0 ? topics->count : 1;

    wants->list = wsub_calloc(most, sizeof(*wants->list));
    for (const char *t = hub_pull_topics_after(topics, NULL); t != NULL;
         t = hub_pull_topics_after(topics, t)) {
        want = &wants->list[wants->count++];
        want->owner = owner;
        want->wanted = find_or_add(index, t);
        LIST_INSERT_HEAD(&want->wanted->wants, want, with);
    }
}

void hub_pull_index_remove(struct hub_pull_index *index,
                           struct hub_pull_wants *wants)
{
    for (size_t i = 0; i < wants->count; i++) {
        struct hub_pull_wanted *wanted = wants->list[i].wanted;

        LIST_REMOVE(&wants->list[i], with);
        if (LIST_EMPTY(&wanted->wants))
            drop(index, wanted);
    }
    free(wants->list);
    *wants = (struct hub_pull_wants){0};
}

static void tell(const struct hub_pull_index *index, const char *topic,
                 size_t len, void (*found)(void *owner, void *arg), void *arg)
{
    const struct hub_pull_wanted *wanted = find(index, topic, len);
    struct hub_pull_want *want;

    if (wanted != NULL)
        LIST_FOREACH(want, &wanted->wants, with)
    found(want->owner, arg);
}

void hub_pull_index_find(const struct hub_pull_index *index, const char *topic,
                         void (*found)(void *owner, void *arg), void *arg)
{
    size_t len = strlen(topic);

    if (!wsub_topic_is_reserved(topic))
        tell(index, "", 0, found, arg);
    tell(index, topic, len, found, arg);
    if (!wsub_topic_is_dotted(topic) || wsub_topic_is_reserved(topic))
        return;
    tell(index, WSUB_TOPIC_ALL, 1, found, arg);
    for (; len > 0; len--)
        if (topic[len] == '.')
            tell(index, topic, len, found, arg);
}
