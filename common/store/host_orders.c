#include "common/store/host_orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

static const char *const action_names[] = {
    [WSUB_HOST_ACTION_OPEN] = "open",
    [WSUB_HOST_ACTION_CLOSE] = "close",
};

const char *wsub_host_action_name(enum wsub_host_action action)
{
    return action_names[action];
}

static void parse_ordered(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    uint64_t until_ms = 0;

    if (err == WSUB_OK && reply->integer < 0)
        err = WSUB_ERR_FULL;
    else if (err == WSUB_OK)
        until_ms = (uint64_t)reply->integer;
    ((wsub_host_ordered_cb *)cb)(err, until_ms, arg);
}

void wsub_host_order(struct wsub_store *store, const char *host,
                     enum wsub_host_action action, uint64_t for_ms,
                     wsub_host_ordered_cb *cb, void *arg)
{
    const struct wsub_config *config = wsub_store_config(store);
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_HOST_ORDER);
    wsub_cmd_str(&cmd, config->cluster_events_topic);
    wsub_cmd_u64(&cmd, config->cluster_events_kept);
    wsub_cmd_str(&cmd, host);
    wsub_cmd_str(&cmd, action_names[action]);
    wsub_cmd_u64(&cmd, for_ms);
    wsub_cmd_u64(&cmd, WSUB_HOST_ORDERS_MAX);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_ordered,
                    (wsub_store_cb *)cb, arg);
}

/* ACTION AT UNTIL */
static bool read_order(const char *host, const char *text,
                       struct wsub_host_order_row *ret_row)
{
    char action[8];

    *ret_row = (struct wsub_host_order_row){.host = host};
    if (sscanf(text, "%7s %" SCNu64 " %" SCNu64, action, &ret_row->at_ms,
               &ret_row->until_ms) != 3)
        return false;
    for (size_t i = 0; i < sizeof(action_names) / sizeof(action_names[0]);
         i++) {
        ret_row->action = (enum wsub_host_action)i;
        if (strcmp(action, action_names[i]) == 0)
            return true;
    }
    return false;
}

static void parse_orders(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    size_t count = 0, all = err == WSUB_OK ? reply->elements / 2 : 0;
    struct wsub_host_order_row *rows = wsub_calloc(all + 1, sizeof(*rows));

    for (size_t i = 0; i < all; i++)
        count += read_order(reply->element[2 * i]->str,
                            reply->element[2 * i + 1]->str, &rows[count]);
    ((wsub_host_orders_cb *)cb)(err, rows, count, arg);
    free(rows);
}

void wsub_host_orders(struct wsub_store *store, wsub_host_orders_cb *cb,
                      void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGETALL");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_HOST_ORDERS, NULL);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_orders,
                    (wsub_store_cb *)cb, arg);
}

void wsub_host_report(struct wsub_store *store, const char *instance,
                      const char *report)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "SET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_HOST_REPORT,
                   instance);
    wsub_cmd_str(&cmd, report);
    wsub_cmd_str(&cmd, "PX");
    wsub_cmd_u64(&cmd, WSUB_HOST_REPORT_KEPT_MS);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, wsub_store_parse_done,
                    NULL, NULL);
}

static void parse_reports(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_host_reports_cb *on_reports = (wsub_host_reports_cb *)cb;
    const char **reports;

    if (err != WSUB_OK) {
        on_reports(err, NULL, 0, arg);
        return;
    }
    reports = wsub_calloc(reply->elements + 1, sizeof(char *));
    for (size_t i = 0; i < reply->elements; i++)
        reports[i] = reply->element[i]->str;
    on_reports(WSUB_OK, reports, reply->elements, arg);
    free(reports);
}

void wsub_host_reports(struct wsub_store *store, const char *const *instances,
                       size_t count, wsub_host_reports_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "MGET");
    for (size_t i = 0; i < count; i++)
        wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_HOST_REPORT,
                       instances[i]);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_reports,
                    (wsub_store_cb *)cb, arg);
}
