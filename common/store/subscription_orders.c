#include "common/store/subscription_orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/store/requests.h"
#include "common/store/store.h"

/* Of the body of a test. */
#define TEST_TYPE "application/json"
#define TEST_BODY_BYTES 128

static void give(wsub_store_cb *cb, const struct wsub_ordered *done, void *arg)
{
    ((wsub_ordered_cb *)cb)(done, arg);
}

static void begin(struct wsub_cmd *cmd, struct wsub_store *store,
                  enum wsub_script_id script,
                  const struct wsub_subscription_name *name)
{
    wsub_store_script(cmd, store, name->shard, script);
    wsub_cmd_str(cmd, name->td);
    wsub_cmd_str(cmd, name->cd);
}

/* Pauses. */

static void parse_done(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_NOT_FOUND;
    give(cb, &(struct wsub_ordered){.err = err}, arg);
}

static void send_pause(struct wsub_store *store,
                       const struct wsub_subscription_name *name,
                       const char *order, wsub_ordered_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, WSUB_SCRIPT_PAUSE, name);
    wsub_cmd_str(&cmd, name->topic);
    wsub_cmd_str(&cmd, order);
    wsub_cmd_str(&cmd, name->is_replica ? "replica" : "-");
    wsub_store_once(store, name->shard, &cmd, parse_done, (wsub_store_cb *)cb,
                    arg);
}

void wsub_subscription_pause(struct wsub_store *store,
                             const struct wsub_subscription_name *name,
                             wsub_ordered_cb *cb, void *arg)
{
    send_pause(store, name, "pause", cb, arg);
}

void wsub_subscription_resume(struct wsub_store *store,
                              const struct wsub_subscription_name *name,
                              wsub_ordered_cb *cb, void *arg)
{
    send_pause(store, name, "resume", cb, arg);
}

/* What is due. */

static void parse_count(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_ordered done = {.err = err};

    if (err == WSUB_OK && reply->integer < 0)
        done.err = WSUB_ERR_NOT_FOUND;
    else if (err == WSUB_OK)
        done.count = (uint64_t)reply->integer;
    give(cb, &done, arg);
}

/* Of one that is on its way nothing waits. */
static void parse_count_of_replica(enum wsub_err err,
                                   const struct redisReply *reply,
                                   wsub_store_cb *cb, void *arg)
{
    struct wsub_ordered done = {.err = err};

    if (err == WSUB_OK && reply->integer > 0)
        done.count = (uint64_t)reply->integer;
    give(cb, &done, arg);
}

void wsub_subscription_due(struct wsub_store *store,
                           const struct wsub_subscription_name *name,
                           wsub_ordered_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, WSUB_SCRIPT_DUE, name);
    wsub_store_once(store, name->shard, &cmd,
                    name->is_replica ? parse_count_of_replica : parse_count,
                    (wsub_store_cb *)cb, arg);
}

/* Tests. */

static void parse_event(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_ordered done = {.err = err};

    if (err == WSUB_OK)
        done.event = reply->str;
    if (err == WSUB_OK && reply->len == 0)
        done.err = WSUB_ERR_NOT_FOUND;
    give(cb, &done, arg);
}

void wsub_subscription_test(struct wsub_store *store,
                            const struct wsub_subscription_name *name,
                            wsub_ordered_cb *cb, void *arg)
{
    struct wsub_cmd cmd;
    char body[TEST_BODY_BYTES];

    snprintf(body, sizeof(body), "{\"test\":true,\"at_ms\":%" PRIu64 "}",
             wsub_store_time_ms(store));
    begin(&cmd, store, WSUB_SCRIPT_TEST_EVENT, name);
    wsub_cmd_str(&cmd, name->topic);
    wsub_cmd_str(&cmd, TEST_TYPE);
    wsub_cmd_str(&cmd, body);
    wsub_store_once(store, name->shard, &cmd, parse_event, (wsub_store_cb *)cb,
                    arg);
}

/* Removals. */

static void parse_removed(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct wsub_ordered done = {.err = err};

    if (err == WSUB_OK) {
        done.generation = strtoull(reply->element[0]->str, NULL, 10);
        if (reply->element[1]->integer == 0)
            done.err = WSUB_ERR_NOT_FOUND;
    }
    give(cb, &done, arg);
}

static void parse_replica(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    (void)reply;
    give(cb, &(struct wsub_ordered){.err = err}, arg);
}

void wsub_subscription_remove(struct wsub_store *store,
                              const struct wsub_subscription_name *name,
                              wsub_ordered_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    if (name->is_replica)
        wsub_replica_cmd(&cmd, store, name->shard,
                         &(struct wsub_replica){.td = name->td,
                                                .cd = name->cd,
                                                .record = "",
                                                .generation = name->removed});
    else
        begin(&cmd, store, WSUB_SCRIPT_REMOVE, name);
    wsub_store_once(store, name->shard, &cmd,
                    name->is_replica ? parse_replica : parse_removed,
                    (wsub_store_cb *)cb, arg);
}
