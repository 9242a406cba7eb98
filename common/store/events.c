#include "common/store/events.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/topic.h"

#define GAP_FIELDS 3 /* behind the pairs, when there is a gap */

static void read_gap(struct redisReply **fields, struct wsub_resumed *resumed)
{
    resumed->lost = strtoull(fields[0]->str, NULL, 10);
    resumed->lost_after = fields[1]->str;
    resumed->lost_before = fields[2]->str;
}

static void parse_resumed(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct wsub_resumed resumed = {.err = err};
    const char **texts = NULL;

    if (err == WSUB_OK) {
        size_t left = reply->elements - 1;

        if (left % 2 == 1) {
            left -= GAP_FIELDS;
            read_gap(reply->element + 1 + left, &resumed);
        }
        resumed.position = reply->element[0]->str;
        resumed.count = left / 2;
        texts = wsub_calloc(2 * resumed.count + 1, sizeof(*texts));
        resumed.events = texts;
        resumed.topics = texts + resumed.count;
        for (size_t i = 0; i < resumed.count; i++) {
            texts[i] = reply->element[1 + 2 * i]->str;
            texts[resumed.count + i] = reply->element[2 + 2 * i]->str;
        }
    }
    ((wsub_resumed_cb *)cb)(&resumed, arg);
    free(texts);
}

void wsub_events_resume(struct wsub_store *store,
                        const struct wsub_owned *owned, wsub_resumed_cb *cb,
                        void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_RESUME);
    wsub_store_call(store, owned->shard, &cmd, parse_resumed,
                    (wsub_store_cb *)cb, arg);
}

/* Adds the TD of each level, the most specific first. */
static void add_levels(struct wsub_cmd *cmd, const char *topic)
{
    char td[WSUB_DIGEST_LEN + 1];
    int level = 0;

    do {
        wsub_topic_level(topic, level, td);
        wsub_cmd_str(cmd, td);
    } while (wsub_topic_next_level(topic, &level));
}

void wsub_event_retain(struct wsub_store *store, const struct wsub_owned *owned,
                       const char *event, uint64_t until_ms)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "ZADD");
    wsub_store_key(&cmd, store, owned->shard, WSUB_KEY_RETAINED, NULL);
    wsub_cmd_u64(&cmd, until_ms);
    wsub_cmd_str(&cmd, event);
    wsub_store_call(store, owned->shard, &cmd, wsub_store_parse_done, NULL,
                    NULL);
}

static unsigned count_levels(const char *topic)
{
    unsigned count = 1;
    int level = 0;

    while (wsub_topic_next_level(topic, &level))
        count++;
    return count;
}

static void parse_begun(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_begun begun = {.err = err};

    if (err == WSUB_ERR_REFUSED)
        begun.why = reply->str;
    if (err == WSUB_OK) {
        begun.position = reply->element[0]->str;
        begun.count = (reply->elements - 1) / 2;
        for (size_t i = 0; i < begun.count; i++) {
            begun.jobs += (uint64_t)reply->element[1 + 2 * i]->integer;
            begun.finished[i] = reply->element[2 + 2 * i]->integer != 0;
        }
    }
    ((wsub_begun_cb *)cb)(&begun, arg);
}

void wsub_events_begin(struct wsub_store *store, const struct wsub_begin *begin,
                       wsub_begun_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, begin->owned, WSUB_SCRIPT_BEGIN);
    wsub_cmd_str(&cmd, begin->position);
    wsub_cmd_u64(&cmd, begin->retention_ms);
    for (size_t i = 0; i < begin->count; i++) {
        wsub_cmd_str(&cmd, begin->events[i]);
        wsub_cmd_str(&cmd, begin->topics[i]);
        wsub_cmd_str(&cmd, begin->digests[i]);
        wsub_cmd_u64(&cmd, count_levels(begin->topics[i]));
        add_levels(&cmd, begin->topics[i]);
    }
    wsub_store_attempt(store, begin->owned->shard, &cmd, parse_begun,
                       (wsub_store_cb *)cb, arg);
}

static void parse_page(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct wsub_paged paged = {.err = err};

    if (err == WSUB_ERR_REFUSED)
        paged.why = reply->str;
    if (err == WSUB_OK) {
        paged.jobs = (uint64_t)reply->element[0]->integer;
        paged.result = (enum wsub_page_result)reply->element[1]->integer;
    }
    ((wsub_event_page_cb *)cb)(&paged, arg);
}

void wsub_event_page(struct wsub_store *store, const struct wsub_page *page,
                     wsub_event_page_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, page->owned, WSUB_SCRIPT_PAGE);
    wsub_cmd_str(&cmd, page->event);
    wsub_cmd_u64(&cmd, page->subscriptions);
    wsub_cmd_u64(&cmd, page->fanout_jobs_max);
    add_levels(&cmd, page->topic);
    wsub_store_attempt(store, page->owned->shard, &cmd, parse_page,
                       (wsub_store_cb *)cb, arg);
}
