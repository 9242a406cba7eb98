#include "common/store/subscription_list.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/cursor.h"
#include "common/store/store.h"

#define LOOKED_MAX 500 /* in one call: a millisecond of Redis */

/* The reply, in its order, after its first element. */
enum {
    TD,
    CD,
    TOPIC,
    STATE,
    SINCE,
    RECORD,
    CURSOR,
    MISSED,
    EVENTS,
    FIELDS,
};

static uint64_t missed_of(struct redisReply **fields)
{
    uint64_t missed = (uint64_t)fields[MISSED]->integer;
    struct wsub_cursor cursor;

    if (wsub_cursor_parse(fields[CURSOR]->str, &cursor))
        missed +=
            wsub_cursor_due(&cursor, strtoull(fields[EVENTS]->str, NULL, 10));
    return missed;
}

static bool read_row(struct redisReply **fields,
                     struct wsub_subscription_row *ret_row)
{
    if (wsub_record_parse(fields[RECORD]->str, fields[RECORD]->len,
                          &ret_row->record) != WSUB_OK)
        return false;
    ret_row->td = fields[TD]->str;
    ret_row->cd = fields[CD]->str;
    ret_row->topic = fields[TOPIC]->str;
    ret_row->state = fields[STATE]->str;
    ret_row->since_ms = strtoull(fields[SINCE]->str, NULL, 10);
    ret_row->missed = missed_of(fields);
    return true;
}

static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_subscription_list_cb *on_list = (wsub_subscription_list_cb *)cb;
    struct wsub_subscription_row *rows;
    size_t all, count = 0;

    if (err != WSUB_OK) {
        on_list(err, NULL, NULL, 0, arg);
        return;
    }
    all = (reply->elements - 1) / FIELDS;
    rows = wsub_calloc(all + 1, sizeof(*rows));
    for (size_t i = 0; i < all; i++)
        count += read_row(reply->element + 1 + i * FIELDS, &rows[count]);
    on_list(WSUB_OK, reply->element[0]->str, rows, count, arg);
    free(rows);
}

void wsub_subscription_list(struct wsub_store *store,
                            const struct wsub_subscription_query *query,
                            wsub_subscription_list_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, query->shard, WSUB_SCRIPT_SUBSCRIPTION_LIST);
    wsub_cmd_str(&cmd, query->after);
    wsub_cmd_str(&cmd, query->td);
    wsub_cmd_str(&cmd, query->prefix);
    wsub_cmd_str(&cmd, query->cd);
    wsub_cmd_str(&cmd, query->host);
    wsub_cmd_str(&cmd, query->state);
    wsub_cmd_str(&cmd, query->other_than);
    wsub_cmd_u64(&cmd, query->most);
    wsub_cmd_u64(&cmd, LOOKED_MAX);
    wsub_store_once(store, query->shard, &cmd, parse_list, (wsub_store_cb *)cb,
                    arg);
}

void wsub_subscription_find(struct wsub_store *store, unsigned shard,
                            const char *td, const char *cd,
                            wsub_subscription_list_cb *cb, void *arg)
{
    wsub_subscription_list(store,
                           &(struct wsub_subscription_query){
                               .shard = shard,
                               .after = "",
                               .td = td,
                               .prefix = "",
                               .cd = cd,
                               .host = "",
                               .state = "",
                               .other_than = "",
                               .most = 1,
                           },
                           cb, arg);
}
