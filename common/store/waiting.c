#include "common/store/waiting.h"

#include "common/store/store.h"

static const char *const names[WSUB_QUEUE_MAX_] = {
    [WSUB_QUEUE_LOG] = "log",
    [WSUB_QUEUE_OPEN] = "open",
    [WSUB_QUEUE_PINGS] = "pings",
    [WSUB_QUEUE_FETCHES] = "fetches",
    [WSUB_QUEUE_VALIDATIONS] = "validations",
    [WSUB_QUEUE_OUTBOX] = "outbox",
    [WSUB_QUEUE_BULK] = "bulk",
    [WSUB_QUEUE_VERIFY] = "verify",
    [WSUB_QUEUE_RETRY_DUE] = "retry_due",
    [WSUB_QUEUE_RETRY_LATER] = "retry_later",
    [WSUB_QUEUE_PARKED] = "parked",
    [WSUB_QUEUE_HELD] = "held",
    [WSUB_QUEUE_DEAD] = "dead",
    [WSUB_QUEUE_SUSPENDED] = "suspended",
    [WSUB_QUEUE_PAUSED] = "paused",
    [WSUB_QUEUE_PULL] = "pull",
};

const char *wsub_queue_name(enum wsub_queue queue)
{
    return names[queue];
}

bool wsub_queue_has_age(enum wsub_queue queue)
{
    return queue != WSUB_QUEUE_RETRY_LATER && queue != WSUB_QUEUE_PARKED &&
           queue != WSUB_QUEUE_PULL;
}

static void parse_waiting(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_waiting_cb *on_waiting = (wsub_waiting_cb *)cb;
    struct wsub_waiting waiting = {0};

    if (err != WSUB_OK) {
        on_waiting(err, NULL, arg);
        return;
    }
    for (size_t i = 0; i < WSUB_QUEUE_MAX_; i++) {
        waiting.queues[i].entries = (uint64_t)reply->element[2 * i]->integer;
        waiting.queues[i].oldest_ms = reply->element[2 * i + 1]->integer;
    }
    waiting.subscriptions =
        (uint64_t)reply->element[2 * WSUB_QUEUE_MAX_]->integer;
    waiting.urls = (uint64_t)reply->element[2 * WSUB_QUEUE_MAX_ + 1]->integer;
    waiting.wildcards =
        (uint64_t)reply->element[2 * WSUB_QUEUE_MAX_ + 2]->integer;
    waiting.letter_ms = reply->element[2 * WSUB_QUEUE_MAX_ + 3]->integer;
    on_waiting(WSUB_OK, &waiting, arg);
}

void wsub_waiting(struct wsub_store *store, unsigned shard, wsub_waiting_cb *cb,
                  void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_WAITING);
    wsub_store_once(store, shard, &cmd, parse_waiting, (wsub_store_cb *)cb,
                    arg);
}
