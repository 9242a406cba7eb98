#include "common/store/event_status.h"

#include "common/store/store.h"

/* The reply, in its order. */
enum {
    TOPIC,
    TYPE,
    CODING,
    BODY_BYTES,
    BODY,
    FANNED_OUT,
    POSTED,
    DELIVERED,
    WAITING,
    DEAD,
    ENDED,
};

static void parse_status(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_event_status_cb *on_status = (wsub_event_status_cb *)cb;
    struct redisReply **rows;

    if (err == WSUB_OK && reply->type != REDIS_REPLY_ARRAY)
        err = WSUB_ERR_NOT_FOUND;
    if (err != WSUB_OK) {
        on_status(err, NULL, arg);
        return;
    }
    rows = reply->element;
    on_status(WSUB_OK,
              &(struct wsub_event_status){
                  .topic = rows[TOPIC]->str,
                  .type = rows[TYPE]->str,
                  .coding = rows[CODING]->str,
                  .body_bytes = (uint64_t)rows[BODY_BYTES]->integer,
                  .body = rows[BODY]->str,
                  .fanned_out = rows[FANNED_OUT]->integer != 0,
                  .posted = (uint64_t)rows[POSTED]->integer,
                  .delivered = (uint64_t)rows[DELIVERED]->integer,
                  .waiting = (uint64_t)rows[WAITING]->integer,
                  .dead = (uint64_t)rows[DEAD]->integer,
                  .ended = (uint64_t)rows[ENDED]->integer,
              },
              arg);
}

void wsub_event_status(struct wsub_store *store, const struct wsub_place *event,
                       bool with_body, wsub_event_status_cb *cb, void *arg)
{
    struct wsub_cmd cmd;
    char id[WSUB_PLACE_BYTES];

    wsub_place_id(event, id);
    wsub_store_script(&cmd, store, event->shard, WSUB_SCRIPT_EVENT_STATUS);
    wsub_cmd_str(&cmd, id);
    wsub_cmd_str(&cmd, with_body ? "body" : "-");
    wsub_store_once(store, event->shard, &cmd, parse_status,
                    (wsub_store_cb *)cb, arg);
}
