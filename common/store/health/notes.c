#include "common/store/health/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/store.h"

static size_t *numbers_of(const struct redisReply *list)
{
    size_t *numbers = wsub_calloc(list->elements + 1, sizeof(*numbers));

    for (size_t i = 0; i < list->elements; i++)
        numbers[i] = (size_t)list->element[i]->integer;
    return numbers;
}

static void parse_noted(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    wsub_health_noted_cb *on_noted = (wsub_health_noted_cb *)cb;
    size_t *due, *given_up;

    if (err != WSUB_OK) {
        on_noted(err, NULL, arg);
        return;
    }
    due = numbers_of(reply->element[0]);
    given_up = numbers_of(reply->element[1]);
    on_noted(WSUB_OK,
             &(struct wsub_health_noted){due, given_up,
                                         reply->element[0]->elements,
                                         reply->element[1]->elements,
                                         (size_t)reply->element[2]->integer},
             arg);
    free(given_up);
    free(due);
}

static void add_shard(struct wsub_cmd *cmd, unsigned shard)
{
    if (shard == WSUB_SHARD_CLUSTER)
        wsub_cmd_str(cmd, "c");
    else
        wsub_cmd_u64(cmd, shard);
}

static void add_issue(struct wsub_cmd *cmd,
                      const struct wsub_health_issue *issue)
{
    add_shard(cmd, issue->shard);
    wsub_cmd_arg(cmd, issue->key.data, issue->key.len);
    wsub_cmd_arg(cmd, issue->member.data, issue->member.len);
    wsub_cmd_str(cmd, issue->action);
    wsub_cmd_str(cmd, wsub_health_kind_name(issue->kind));
}

void wsub_health_note(struct wsub_store *store,
                      const struct wsub_health_note *note,
                      wsub_health_noted_cb *cb, void *arg)
{
    const struct wsub_config *config = wsub_store_config(store);
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_HEALTH_NOTE);
    wsub_cmd_u64(&cmd, note->epoch);
    wsub_cmd_str(&cmd, config->cluster_events_topic);
    wsub_cmd_u64(&cmd, config->cluster_events_kept);
    wsub_cmd_str(&cmd, note->report != NULL ? note->report : "");
    wsub_cmd_u64(&cmd, config->cleanup_enabled);
    wsub_cmd_u64(&cmd, note->forced);
    wsub_cmd_u64(&cmd, note->attempts);
    wsub_cmd_u64(&cmd, config->cleanup_pause_ms);
    for (size_t i = 0; i < note->count; i++)
        add_issue(&cmd, &note->issues[i]);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_noted,
                    (wsub_store_cb *)cb, arg);
}

/* Takes SHARD, KEY, MEMBER and ACTION, each but the last ended by a line feed;
 * only the member may hold one itself. */
static bool parse_item(char *text, size_t len,
                       struct wsub_health_issue *ret_issue)
{
    char *key = memchr(text, '\n', len), *member, *action;

    if (key == NULL)
        return false;
    *key++ = '\0';
    member = memchr(key, '\n', len - (size_t)(key - text));
    action = memrchr(text, '\n', len);
    if (member == NULL || action == NULL || member == action)
        return false;
    *member++ = '\0';
    *action++ = '\0';
    *ret_issue = (struct wsub_health_issue){
        .shard = text[0] == 'c' ? WSUB_SHARD_CLUSTER
                                : (unsigned)strtoul(text, NULL, 10),
        .action = action,
        .key = {key, strlen(key)},
        .member = {member, (size_t)(action - 1 - member)},
        .why = "asked for",
    };
    return true;
}

static void parse_orders(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_health_orders_cb *on_orders = (wsub_health_orders_cb *)cb;
    struct wsub_health_orders orders = {0};
    char *item;

    if (err != WSUB_OK) {
        on_orders(err, NULL, arg);
        return;
    }
    item = wsub_memdup(reply->element[4]->str, reply->element[4]->len);
    orders.asked = (uint64_t)reply->element[0]->integer;
    orders.fsck = (uint64_t)reply->element[1]->integer;
    orders.fsck_state = reply->element[2]->str;
    orders.fsck_repairs = reply->element[3]->integer != 0;
    orders.item = reply->element[4]->str;
    if (orders.item[0] != '\0' &&
        !parse_item(item, reply->element[4]->len, &orders.issue))
        orders.issue.action = "";
    on_orders(WSUB_OK, &orders, arg);
    free(item);
}

void wsub_health_orders(struct wsub_store *store,
                        const struct wsub_health_progress *progress,
                        wsub_health_orders_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER,
                      WSUB_SCRIPT_HEALTH_ORDERS);
    wsub_cmd_u64(&cmd, progress->epoch);
    wsub_cmd_str(&cmd, progress->item_done != NULL ? progress->item_done : "");
    wsub_cmd_str(&cmd, progress->state != NULL ? progress->state : "");
    wsub_cmd_str(&cmd, progress->state != NULL ? progress->progress : "");
    wsub_cmd_u64(&cmd, progress->number);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_orders,
                    (wsub_store_cb *)cb, arg);
}
