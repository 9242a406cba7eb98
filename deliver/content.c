#include "deliver/content.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/contents.h"
#include "common/store/topic.h"

#define UNUSED_MAX_BYTES (8u << 20) /* for jobs that come in a moment */
#define KEY_MAX 64                  /* "SHARD-MS-SEQ" */
#define OVERHEAD_BYTES 1024 /* of an entry, so that empty events count too */

STAILQ_HEAD(wait_list, deliver_content_wait);

struct entry {
    struct deliver_content content; /* first: see entry_of() */
    struct deliver_content_cache *cache;
    char key[KEY_MAX];
    unsigned shard;
    const char *id; /* within key */
    bool ready;
    unsigned users;
    struct wait_list waits; /* while loading */
    TAILQ_ENTRY(entry) in_unused;
    UT_hash_handle hh;
};

struct deliver_content_cache {
    struct wsub_store *store;   /* borrowed; outlives the cache */
    struct entry *table;        /* owned */
    TAILQ_HEAD(, entry) unused; /* the longest unused first */
    size_t unused_bytes;
    size_t bytes; /* used or not */
};

static size_t entry_bytes(const struct entry *entry)
{
    return entry->content.body_len + OVERHEAD_BYTES;
}

static void entry_free(struct entry *entry)
{
    HASH_DEL(entry->cache->table, entry);
    entry->cache->bytes -= entry->content.body_len;
    free(entry->content.topic);
    free(entry->content.type_header);
    free(entry->content.coding_header);
    free(entry->content.state_header);
    free(entry->content.event_header);
    free(entry->content.link_header);
    free(entry->content.body);
    free(entry);
}

/* Gives everyone who waits the content.  An entry that did not load goes away
 * before that: who asks for it again meanwhile has it looked for again. */
static void entry_finish(struct entry *entry, enum wsub_event_found found)
{
    bool loaded = found == WSUB_EVENT_FOUND;
    const struct deliver_content *content = loaded ? &entry->content : NULL;
    struct deliver_content_wait *wait;
    struct wait_list waits = STAILQ_HEAD_INITIALIZER(waits);

    STAILQ_CONCAT(&waits, &entry->waits);
    entry->ready = loaded;
    STAILQ_FOREACH(wait, &waits, next)
    {
        entry->users += loaded;
    }
    if (!loaded)
        entry_free(entry);
    while ((wait = STAILQ_FIRST(&waits)) != NULL) {
        STAILQ_REMOVE_HEAD(&waits, next);
        wait->is_undecodable = found == WSUB_EVENT_MALFORMED;
        wait->on_content(wait, content);
    }
}

static char *link_header(const struct wsub_store *store, const char *self)
{
    struct wsub_buf header = {0};

    wsub_buf_printf(&header, "Link: <%s>; rel=\"hub\", <%s>; rel=\"self\"",
                    wsub_store_public_url(store), self);
    return wsub_buf_take(&header);
}

static char *header(const char *name, const char *value)
{
    struct wsub_buf line = {0};

    wsub_buf_printf(&line, "%s: %s", name, value);
    return wsub_buf_take(&line);
}

/* Who appends to the log may have written anything. */
static void fill_trace(struct deliver_content *content,
                       const struct wsub_event *event)
{
    const char *parent = event->traceparent, *state = event->tracestate;

    if (parent == NULL || !wsub_traceparent_is_valid(parent, strlen(parent)))
        return;
    memcpy(content->traceparent, parent, WSUB_TRACEPARENT_LEN);
    if (state != NULL && wsub_tracestate_is_valid(state, strlen(state)))
        content->state_header = header("tracestate", state);
}

static void entry_fill(struct entry *entry, const struct wsub_event *event)
{
    struct deliver_content *content = &entry->content;

    content->topic = wsub_strdup(event->topic);
    wsub_topic_level(event->topic, 0, content->td);
    content->type_header = header("Content-Type", event->type);
    if (event->coding != NULL)
        content->coding_header = header("Content-Encoding", event->coding);
    content->event_header = header("Websubd-Event", entry->key);
    content->event = strchr(content->event_header, ' ') + 1;
    fill_trace(content, event);
    content->link_header = link_header(entry->cache->store, event->self);
    content->body = wsub_memdup(event->body, event->body_len);
    content->body_len = event->body_len;
    entry->cache->bytes += event->body_len;
}

static void entry_found(struct entry *entry, enum wsub_event_found found,
                        const struct wsub_event *event)
{
    if (found == WSUB_EVENT_FOUND)
        entry_fill(entry, event);
    else if (found == WSUB_EVENT_MALFORMED)
        wsub_log_error("event-malformed", WSUB_KV("event_id", entry->key));
    entry_finish(entry, found);
}

static void on_kept(enum wsub_event_found found, const struct wsub_event *event,
                    void *arg)
{
    entry_found(arg, found, event);
}

static void on_logged(enum wsub_event_found found,
                      const struct wsub_event *event, void *arg)
{
    struct entry *entry = arg;

    if (found == WSUB_EVENT_ABSENT)
        wsub_contents_kept(entry->cache->store, entry->shard, entry->id,
                           on_kept, entry);
    else
        entry_found(entry, found, event);
}

struct deliver_content_cache *
deliver_content_cache_new(struct wsub_store *store)
{
    struct deliver_content_cache *cache = wsub_calloc(1, sizeof(*cache));

    cache->store = store;
    TAILQ_INIT(&cache->unused);
    return cache;
}

void deliver_content_cache_free(struct deliver_content_cache *cache)
{
    struct entry *entry, *next;

    if (cache == NULL)
        return;
    HASH_ITER(hh, cache->table, entry, next)
    {
        entry_free(entry);
    }
    free(cache);
}

size_t deliver_content_bytes(const struct deliver_content_cache *cache)
{
    return cache->bytes;
}

void deliver_content_get(struct deliver_content_cache *cache, unsigned shard,
                         const char *id, struct deliver_content_wait *wait)
{
    char key[KEY_MAX];
    struct entry *entry;
    int at = snprintf(key, sizeof(key), "%u-", shard);

    snprintf(key + at, sizeof(key) - (size_t)at, "%s", id);
    HASH_FIND_STR(cache->table, key, entry);
    if (entry != NULL && entry->ready) {
        if (entry->users++ == 0) {
            TAILQ_REMOVE(&cache->unused, entry, in_unused);
            cache->unused_bytes -= entry_bytes(entry);
        }
        wait->on_content(wait, &entry->content);
        return;
    }
    if (entry != NULL) {
        STAILQ_INSERT_TAIL(&entry->waits, wait, next);
        return;
    }
    entry = wsub_calloc(1, sizeof(*entry));
    entry->cache = cache;
    entry->shard = shard;
    memcpy(entry->key, key, sizeof(key));
    entry->id = entry->key + at;
    STAILQ_INIT(&entry->waits);
    STAILQ_INSERT_TAIL(&entry->waits, wait, next);
    HASH_ADD_STR(cache->table, key, entry);
    wsub_contents_logged(cache->store, shard, entry->id, on_logged, entry);
}

/* The entry whose `content` this is. */
static struct entry *entry_of(const struct deliver_content *content)
{
    union {
        const struct deliver_content *content;
        struct entry *entry;
    } of = {.content = content};

    return of.entry;
}

const struct deliver_content *
deliver_content_share(const struct deliver_content *content)
{
    entry_of(content)->users++;
    return content;
}

void deliver_content_td(const struct deliver_content *content, int level,
                        char ret_td[WSUB_DIGEST_LEN + 1])
{
    if (level == 0)
        memcpy(ret_td, content->td, sizeof(content->td));
    else
        wsub_topic_level(content->topic, level, ret_td);
}

void deliver_content_put(struct deliver_content_cache *cache,
                         const struct deliver_content *content)
{
    struct entry *entry, *oldest;

    if (content == NULL)
        return;
    entry = entry_of(content);
    if (--entry->users > 0)
        return;
    TAILQ_INSERT_TAIL(&cache->unused, entry, in_unused);
    cache->unused_bytes += entry_bytes(entry);
    while (cache->unused_bytes > UNUSED_MAX_BYTES &&
           (oldest = TAILQ_FIRST(&cache->unused)) != NULL) {
        TAILQ_REMOVE(&cache->unused, oldest, in_unused);
        cache->unused_bytes -= entry_bytes(oldest);
        entry_free(oldest);
    }
}
