#include "common/groups/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/group.h"
#include "common/groups/prefix.h"
#include "common/store/topic.h"

struct entry {
    struct wsub_group group; /* owned */
    bool is_doubtful;        /* the next record counts, whatever its version */
    char digest[WSUB_DIGEST_LEN + 1]; /* of the record */
    UT_hash_handle hh;                /* in by_id */
    UT_hash_handle in_prefix;
};

/* A dotted prefix that has guarded groups below it. */
struct level {
    char *text;     /* owned */
    size_t guarded; /* how many */
    UT_hash_handle hh;
};

struct wsub_group_table {
    const struct wsub_config *config; /* borrowed */
    struct wsub_policy fallback;      /* of the settings */
    struct entry *by_id;              /* owned */
    struct entry *by_prefix;          /* the same, but those of other sites */
    uint32_t of_length[WSUB_GROUP_PREFIX_MAX_BYTES + 1]; /* prefixes */
    struct level *levels;                                /* owned */
    size_t publish_guarded, subscribe_guarded; /* with tokens of their own */
};

struct wsub_group_table *wsub_group_table_new(const struct wsub_config *config)
{
    struct wsub_group_table *table = wsub_calloc(1, sizeof(*table));

    table->config = config;
    wsub_policy_of_config(config, &table->fallback);
    return table;
}

static void count_level(struct wsub_group_table *table, const char *prefix,
                        size_t len, int one)
{
    struct level *level;

    HASH_FIND(hh, table->levels, prefix, len, level);
    if (level == NULL) {
        level = wsub_calloc(1, sizeof(*level));
        level->text = wsub_memdup(prefix, len);
        HASH_ADD_KEYPTR(hh, table->levels, level->text, len, level);
    }
    level->guarded += (size_t)one;
    if (level->guarded > 0)
        return;
    HASH_DELETE(hh, table->levels, level);
    free(level->text);
    free(level);
}

static void count_guarded(struct wsub_group_table *table, const char *prefix,
                          int one)
{
    size_t len = strlen(prefix);

    table->subscribe_guarded += (size_t)one;
    if (!wsub_topic_is_dotted(prefix))
        return;
    while (wsub_group_prefix_up(prefix, &len))
        count_level(table, prefix, len, one);
}

/* Counts the entry, or no longer: it holds, or does not. */
static void count(struct wsub_group_table *table, const struct entry *entry,
                  int one)
{
    const struct wsub_policy *policy = &entry->group.policy;

    table->of_length[strlen(entry->group.prefix)] += (uint32_t)one;
    if (policy->publish.said)
        table->publish_guarded += (size_t)one;
    if (policy->subscribe.said)
        count_guarded(table, entry->group.prefix, one);
}

/* It holds from now on, unless it is for other sites. */
static void put_in_force(struct wsub_group_table *table, struct entry *entry)
{
    struct wsub_group *group = &entry->group;

    if (!group->is_here)
        return;
    HASH_ADD_KEYPTR(in_prefix, table->by_prefix, group->prefix,
                    strlen(group->prefix), entry);
    count(table, entry, 1);
}

static void take_out_of_force(struct wsub_group_table *table,
                              struct entry *entry)
{
    if (!entry->group.is_here)
        return;
    HASH_DELETE(in_prefix, table->by_prefix, entry);
    count(table, entry, -1);
}

static struct entry *find_id(const struct wsub_group_table *table,
                             const char *id)
{
    struct entry *entry;

    HASH_FIND(hh, table->by_id, id, strlen(id), entry);
    return entry;
}

static void drop(struct wsub_group_table *table, struct entry *entry)
{
    assert(table->by_id != NULL); /* the entry is in it */
    take_out_of_force(table, entry);
    HASH_DELETE(hh, table->by_id, entry);
    wsub_group_done(&entry->group);
    free(entry);
}

void wsub_group_table_free(struct wsub_group_table *table)
{
    struct entry *entry, *next;

    if (table == NULL)
        return;
    HASH_ITER(hh, table->by_id, entry, next)
    {
        drop(table, entry);
    }
    free(table);
}

/* The key of by_id is the entry's own id, which it keeps. */
static void replace(struct wsub_group_table *table, struct entry *entry,
                    struct wsub_group *group)
{
    struct wsub_group old = entry->group;

    take_out_of_force(table, entry);
    HASH_DELETE(hh, table->by_id, entry);
    entry->group = *group;
    wsub_group_done(&old);
}

static void set(struct wsub_group_table *table, struct entry *entry,
                struct wsub_group *group, const char *digest)
{
    if (entry != NULL) {
        replace(table, entry, group);
    } else {
        entry = wsub_calloc(1, sizeof(*entry));
        entry->group = *group;
    }
    entry->is_doubtful = false;
    memcpy(entry->digest, digest, sizeof(entry->digest));
    HASH_ADD_KEYPTR(hh, table->by_id, entry->group.id, strlen(entry->group.id),
                    entry);
    put_in_force(table, entry);
}

/* What becomes of a version of the entry's group (NULL: of a new one).  One that is
 * doubtful is known by its record, not by its version. */
static enum wsub_group_effect effect_on(const struct entry *entry,
                                        uint64_t version, const char *digest)
{
    if (entry == NULL)
        return WSUB_GROUP_APPLIED;
    if (entry->is_doubtful)
        return strcmp(entry->digest, digest) == 0 ? WSUB_GROUP_KNOWN
                                                  : WSUB_GROUP_APPLIED;
    if (version == entry->group.version)
        return WSUB_GROUP_KNOWN;
    return version > entry->group.version ? WSUB_GROUP_APPLIED : WSUB_GROUP_OLD;
}

static enum wsub_group_effect
apply(struct wsub_group_table *table, struct wsub_group *group,
      const char *digest, wsub_group_changed_in_cb *on_changed, void *arg)
{
    struct entry *entry = find_id(table, group->id);
    enum wsub_group_effect effect = effect_on(entry, group->version, digest);

    if (effect != WSUB_GROUP_APPLIED) {
        if (entry != NULL)
            entry->is_doubtful = false;
        wsub_group_done(group);
        return effect;
    }
    set(table, entry, group, digest);
    on_changed(wsub_group_table_find(table, group->prefix), group->id,
               group->version, group->prefix, arg);
    return effect;
}

enum wsub_group_effect
wsub_group_table_apply(struct wsub_group_table *table, const char *record,
                       wsub_group_changed_in_cb *on_changed, void *arg)
{
    char digest[WSUB_DIGEST_LEN + 1];
    struct wsub_group group;

    if (wsub_group_parse(record, table->config, &group) != WSUB_OK)
        return WSUB_GROUP_UNREADABLE;
    if (strlen(group.prefix) > WSUB_GROUP_PREFIX_MAX_BYTES) {
        wsub_group_done(&group);
        return WSUB_GROUP_UNREADABLE;
    }
    wsub_digest(record, strlen(record), digest);
    return apply(table, &group, digest, on_changed, arg);
}

void wsub_group_table_begin_again(struct wsub_group_table *table)
{
    for (struct entry *entry = table->by_id; entry != NULL;
         entry = entry->hh.next)
        entry->is_doubtful = true;
}

void wsub_group_table_end_again(struct wsub_group_table *table,
                                wsub_group_changed_in_cb *on_changed, void *arg)
{
    struct entry *entry, *next;

    HASH_ITER(hh, table->by_id, entry, next)
    {
        if (entry->is_doubtful) {
            take_out_of_force(table, entry);
            entry->group.is_here = false;
            on_changed(wsub_group_table_find(table, entry->group.prefix),
                       entry->group.id, 0, entry->group.prefix, arg);
            drop(table, entry);
        }
    }
}

static const struct wsub_policy *
find_prefix(const struct wsub_group_table *table, const char *prefix,
            size_t len)
{
    do {
        struct entry *entry = NULL;

        if (len <= WSUB_GROUP_PREFIX_MAX_BYTES && table->of_length[len] > 0)
            HASH_FIND(in_prefix, table->by_prefix, prefix, len, entry);
        if (entry != NULL)
            return &entry->group.policy;
    } while (wsub_group_prefix_up(prefix, &len));
    return &table->fallback;
}

const struct wsub_policy *
wsub_group_table_find(const struct wsub_group_table *table, const char *topic)
{
    const struct wsub_policy *policy;
    struct wsub_buf prefix = {0};

    if (table->by_prefix == NULL)
        return &table->fallback;
    if (wsub_topic_is_dotted(topic))
        return find_prefix(table, topic, strlen(topic));
    wsub_group_prefix_of(topic, &prefix);
    policy = find_prefix(table, prefix.data, prefix.len);
    wsub_buf_done(&prefix);
    return policy;
}

uint64_t wsub_group_table_version(const struct wsub_group_table *table,
                                  const char *id)
{
    const struct entry *entry = find_id(table, id);

    return entry != NULL ? entry->group.version : 0;
}

size_t wsub_group_table_count(const struct wsub_group_table *table)
{
    return HASH_COUNT(table->by_id);
}

bool wsub_group_table_knows(const struct wsub_group_table *table,
                            const char *token)
{
    bool knows = false;

    if (table->publish_guarded + table->subscribe_guarded == 0)
        return false;
    for (const struct entry *entry = table->by_prefix; entry != NULL && !knows;
         entry = entry->in_prefix.next)
        knows = wsub_policy_tokens_have(&entry->group.policy.publish, token) ||
                wsub_policy_tokens_have(&entry->group.policy.subscribe, token);
    return knows;
}

static bool is_below(const char *prefix, const char *topic)
{
    size_t len = strlen(topic);

    if (len == 0)
        return true;
    if (!wsub_topic_is_dotted(prefix))
        return false;
    return strcmp(topic, WSUB_TOPIC_ALL) == 0 ||
           (strncmp(prefix, topic, len) == 0 && prefix[len] == '.');
}

static bool has_guarded(const struct wsub_group_table *table, const char *topic)
{
    struct level *level;

    if (topic[0] == '\0' || strcmp(topic, WSUB_TOPIC_ALL) == 0)
        return table->subscribe_guarded > 0;
    HASH_FIND(hh, table->levels, topic, strlen(topic), level);
    return level != NULL;
}

bool wsub_group_table_guarded(
    const struct wsub_group_table *table, const char *topic,
    bool (*on_policy)(const struct wsub_policy *policy, void *arg), void *arg)
{
    if (!has_guarded(table, topic))
        return true;
    for (const struct entry *entry = table->by_id; entry != NULL;
         entry = entry->hh.next)
        if (entry->group.is_here && entry->group.policy.subscribe.said &&
            is_below(entry->group.prefix, topic) &&
            !on_policy(&entry->group.policy, arg))
            return false;
    return true;
}
