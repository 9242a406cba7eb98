#include "common/store/events.h"

#include "common/store/store.h"
#include "common/store/topic.h"

static void parse_page(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    (void)err; /* a call is repeated until there is none */
    ((wsub_event_page_cb *)cb)(
        (enum wsub_page_result)reply->element[1]->integer,
        (uint64_t)reply->element[0]->integer, arg);
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

void wsub_event_page(struct wsub_store *store, const struct wsub_page *page,
                     wsub_event_page_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, page->shard, WSUB_SCRIPT_PAGE);
    wsub_cmd_str(&cmd, page->event);
    wsub_cmd_u64(&cmd, page->subscriptions);
    wsub_cmd_u64(&cmd, page->retention_ms);
    wsub_cmd_u64(&cmd, page->fanout_jobs_max);
    add_levels(&cmd, page->topic);
    wsub_store_call(store, page->shard, &cmd, parse_page, (wsub_store_cb *)cb,
                    arg);
}
