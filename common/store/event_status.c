#include "common/store/event_status.h"

#include "common/store/store.h"

/* The fields, in their order, and behind them the body. */
enum {
    TOPIC,
    TYPE,
    CODING,
    BODY_BYTES,
    FANNED_OUT,
    POSTED,
    DELIVERED,
    WAITING,
    DEAD,
    ENDED,
    BODY,
    IN_LOG,
};

_Static_assert(BODY == WSUB_EVENT_STATUS_FIELDS, "one less than all");

void wsub_event_status_read(struct redisReply *const *fields,
                            struct wsub_event_status *ret_status)
{
    *ret_status = (struct wsub_event_status){
        .topic = fields[TOPIC]->str,
        .type = fields[TYPE]->str,
        .coding = fields[CODING]->str,
        .body_bytes = (uint64_t)fields[BODY_BYTES]->integer,
        .fanned_out = fields[FANNED_OUT]->integer != 0,
        .posted = (uint64_t)fields[POSTED]->integer,
        .delivered = (uint64_t)fields[DELIVERED]->integer,
        .waiting = (uint64_t)fields[WAITING]->integer,
        .dead = (uint64_t)fields[DEAD]->integer,
        .ended = (uint64_t)fields[ENDED]->integer,
    };
}

static void parse_status(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_event_status_cb *on_status = (wsub_event_status_cb *)cb;
    struct wsub_event_status status;

    if (err == WSUB_OK && reply->type != REDIS_REPLY_ARRAY)
        err = WSUB_ERR_NOT_FOUND;
    if (err != WSUB_OK) {
        on_status(err, NULL, arg);
        return;
    }
    wsub_event_status_read(reply->element, &status);
    status.body = reply->element[BODY]->str;
    status.has_left = reply->element[IN_LOG]->integer == 0;
    on_status(WSUB_OK, &status, arg);
}

void wsub_event_status(struct wsub_store *store, const struct wsub_place *event,
                       bool with_content, wsub_event_status_cb *cb, void *arg)
{
    struct wsub_cmd cmd;
    char id[WSUB_PLACE_BYTES];

    wsub_place_id(event, id);
    wsub_store_script(&cmd, store, event->shard, WSUB_SCRIPT_EVENT_STATUS);
    wsub_cmd_str(&cmd, id);
    wsub_cmd_str(&cmd, with_content ? "content" : "-");
    wsub_store_once(store, event->shard, &cmd, parse_status,
                    (wsub_store_cb *)cb, arg);
}
