#include "common/store/topic_status.h"

#include <stdlib.h>

#include "common/store/store.h"

/* The reply, in its order. */
enum { SUBSCRIPTIONS, NEWEST, KEPT, MINUTE, HOUR, NOT_FANNED_OUT, JOBS, SINCE };

/* The newest event is one of shard 0 as yet: the caller knows the shard. */
static void parse_status(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_topic_status_cb *on_status = (wsub_topic_status_cb *)cb;
    struct redisReply **fields;

    if (err != WSUB_OK) {
        on_status(err, NULL, arg);
        return;
    }
    fields = reply->element;
    on_status(WSUB_OK,
              &(struct wsub_topic_status){
                  .subscriptions = (uint64_t)fields[SUBSCRIPTIONS]->integer,
                  .has_newest = fields[NEWEST]->len > 0,
                  .newest = wsub_place_of(0, fields[NEWEST]->str),
                  .kept = (uint64_t)fields[KEPT]->integer,
                  .last_minute = (uint64_t)fields[MINUTE]->integer,
                  .last_hour = (uint64_t)fields[HOUR]->integer,
                  .not_fanned_out = (uint64_t)fields[NOT_FANNED_OUT]->integer,
                  .jobs = (uint64_t)fields[JOBS]->integer,
                  .since_ms = strtoull(fields[SINCE]->str, NULL, 10),
              },
              arg);
}

void wsub_topic_status(struct wsub_store *store,
                       const struct wsub_topic_ref *ref, const char *topic,
                       wsub_topic_status_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, ref->shard, WSUB_SCRIPT_TOPIC_STATUS);
    wsub_cmd_str(&cmd, topic);
    wsub_cmd_str(&cmd, ref->digest);
    wsub_store_once(store, ref->shard, &cmd, parse_status, (wsub_store_cb *)cb,
                    arg);
}
