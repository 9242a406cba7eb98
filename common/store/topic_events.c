#include "common/store/topic_events.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"

#define VALUES (1 + WSUB_EVENT_STATUS_FIELDS) /* of an event */

/* The places are those of shard 0 as yet: the caller knows the shard. */
static void parse_events(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_topic_events_cb *on_events = (wsub_topic_events_cb *)cb;
    struct wsub_topic_event *events;
    struct wsub_place before;
    size_t count;

    if (err != WSUB_OK) {
        on_events(err, NULL, NULL, 0, arg);
        return;
    }
    count = (reply->elements - 1) / VALUES;
    events = wsub_calloc(count + 1, sizeof(*events));
    for (size_t i = 0; i < count; i++) {
        struct redisReply **values = reply->element + 1 + i * VALUES;

        events[i].place = wsub_place_of(0, values[0]->str);
        wsub_event_status_read(values + 1, &events[i].status);
    }
    before = wsub_place_of(0, reply->element[0]->str);
    on_events(WSUB_OK, reply->element[0]->len > 0 ? &before : NULL, events,
              count, arg);
    free(events);
}

void wsub_topic_events(struct wsub_store *store, unsigned shard,
                       const char *topic, const struct wsub_place *before,
                       size_t most, wsub_topic_events_cb *cb, void *arg)
{
    struct wsub_cmd cmd;
    char id[WSUB_PLACE_BYTES] = "+";

    if (before != NULL)
        wsub_place_id(before, id);
    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_TOPIC_EVENTS);
    wsub_cmd_str(&cmd, topic);
    wsub_cmd_str(&cmd, id);
    wsub_cmd_u64(&cmd, most);
    wsub_store_once(store, shard, &cmd, parse_events, (wsub_store_cb *)cb, arg);
}
