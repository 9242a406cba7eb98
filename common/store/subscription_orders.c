#include "common/store/subscription_orders.h"

#include "common/store/store.h"

static void parse_done(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_NOT_FOUND;
    ((wsub_ordered_cb *)cb)(err, arg);
}

static void begin(struct wsub_cmd *cmd, struct wsub_store *store,
                  enum wsub_script_id script,
                  const struct wsub_subscription_name *name)
{
    wsub_store_script(cmd, store, name->shard, script);
    wsub_cmd_str(cmd, name->td);
    wsub_cmd_str(cmd, name->cd);
    wsub_cmd_str(cmd, name->topic);
}

static void send_pause(struct wsub_store *store,
                       const struct wsub_subscription_name *name,
                       const char *order, wsub_ordered_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    begin(&cmd, store, WSUB_SCRIPT_PAUSE, name);
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
