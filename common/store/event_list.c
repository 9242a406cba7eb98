#include "common/store/event_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

static void read_entry(const struct redisReply *entry,
                       struct wsub_cluster_event *event)
{
    const char *id = entry->element[0]->str;

    if (!wsub_cluster_event_read(id, entry->element[1], event))
        *event = (struct wsub_cluster_event){
            .id = id, .kind = WSUB_EVENT_UNKNOWN, .shard = -1};
}

static void parse_events(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_event_list_cb *on_list = (wsub_event_list_cb *)cb;
    struct wsub_cluster_event *list;

    if (err != WSUB_OK) {
        on_list(err, NULL, 0, arg);
        return;
    }
    list = wsub_calloc(reply->elements + 1, sizeof(*list));
    for (size_t i = 0; i < reply->elements; i++)
        read_entry(reply->element[i], &list[i]);
    on_list(WSUB_OK, list, reply->elements, arg);
    free(list);
}

static void add_bound(struct wsub_cmd *cmd, const struct wsub_place *after)
{
    char bound[WSUB_PLACE_BYTES];

    if (after == NULL) {
        wsub_cmd_str(cmd, "-");
        return;
    }
    wsub_place_behind(after, bound);
    wsub_cmd_str(cmd, bound);
}

void wsub_event_list(struct wsub_store *store, unsigned shard,
                     const struct wsub_place *after, size_t limit,
                     wsub_event_list_cb *cb, void *arg)
{
    const char *stream = shard == WSUB_SHARD_CLUSTER
                             ? wsub_store_config(store)->cluster_events_topic
                             : WSUB_KEY_CHANGES;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XRANGE");
    wsub_store_key(&cmd, store, shard, stream, NULL);
    add_bound(&cmd, after);
    wsub_cmd_str(&cmd, "+");
    wsub_cmd_str(&cmd, "COUNT");
    wsub_cmd_u64(&cmd, limit);
    wsub_store_once(store, shard, &cmd, parse_events, (wsub_store_cb *)cb, arg);
}
