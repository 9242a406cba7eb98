#include "common/store/pull/page.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"

#define HEAD_VALUES 3  /* of the reply of pull_page.lua */
#define EVENT_VALUES 5 /* of each event */

static bool is_text(const struct redisReply *value)
{
    return value->type == REDIS_REPLY_STRING;
}

static bool is_number(const struct redisReply *value)
{
    return value->type == REDIS_REPLY_INTEGER;
}

static bool is_head(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements >= HEAD_VALUES &&
           (reply->elements - HEAD_VALUES) % EVENT_VALUES == 0 &&
           is_text(reply->element[0]) && is_number(reply->element[1]) &&
           is_number(reply->element[2]);
}

static bool is_event(struct redisReply *const *values)
{
    return is_text(values[0]) && is_text(values[1]) && is_text(values[2]) &&
           is_text(values[4]);
}

static size_t parse_events(const struct redisReply *reply, unsigned shard,
                           struct wsub_pull_event *events)
{
    size_t count = 0;

    for (size_t at = HEAD_VALUES; at < reply->elements; at += EVENT_VALUES) {
        struct redisReply *const *values = &reply->element[at];

        if (!is_event(values))
            continue;
        events[count++] = (struct wsub_pull_event){
            .place = wsub_place_of(shard, values[0]->str),
            .topic = values[1]->str,
            .content_type = values[2]->str,
            .content_coding = is_text(values[3]) ? values[3]->str : NULL,
            .body = values[4]->str,
            .body_bytes = values[4]->len,
        };
    }
    return count;
}

/* The reply of a shard does not tell the shard. */
struct page_read {
    unsigned shard;
    wsub_pull_page_cb *cb;
    void *arg;
};

static void give(const struct page_read *read, const struct redisReply *reply)
{
    size_t most = (reply->elements - HEAD_VALUES) / EVENT_VALUES;
    struct wsub_pull_event *events = wsub_calloc(most + 1, sizeof(*events));

    read->cb(WSUB_OK,
             &(struct wsub_pull_paged){
                 .events = events,
                 .count = parse_events(reply, read->shard, events),
                 .reached = wsub_place_of(read->shard, reply->element[0]->str),
                 .more = reply->element[1]->integer != 0,
                 .missed = (uint64_t)reply->element[2]->integer,
             },
             read->arg);
    free(events);
}

static void parse_page(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct page_read *read = arg;

    (void)cb;
    if (err != WSUB_OK)
        read->cb(err, NULL, read->arg);
    else if (is_head(reply))
        give(read, reply);
    else
        read->cb(WSUB_ERR_REFUSED, NULL, read->arg);
    free(read);
}

static void add_id(struct wsub_cmd *cmd, const struct wsub_place *place)
{
    char id[WSUB_PLACE_BYTES];

    wsub_place_id(place, id);
    wsub_cmd_str(cmd, id);
}

void wsub_pull_page(struct wsub_store *store, const struct wsub_pull_page *page,
                    wsub_pull_page_cb *cb, void *arg)
{
    struct page_read *read = wsub_calloc(1, sizeof(*read));
    struct wsub_cmd cmd;

    *read = (struct page_read){page->shard, cb, arg};
    wsub_store_script(&cmd, store, page->shard, WSUB_SCRIPT_PULL_PAGE);
    add_id(&cmd, &page->after);
    wsub_cmd_u64(&cmd, page->max_events);
    wsub_cmd_u64(&cmd, page->max_bytes);
    wsub_cmd_str(&cmd, page->topics);
    wsub_store_once(store, page->shard, &cmd, parse_page, NULL, read);
}
