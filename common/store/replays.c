#include "common/store/replays.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/store.h"

/* What a script says by a number. */
static enum wsub_err err_of(enum wsub_err err, const struct redisReply *reply)
{
    if (err != WSUB_OK)
        return err;
    switch (reply->integer) {
    case 0:
        return WSUB_ERR_FULL;
    case 1:
        return WSUB_OK;
    default:
        return WSUB_ERR_NOT_FOUND;
    }
}

static void parse_added(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    ((wsub_replay_cb *)cb)(err_of(err, reply), arg);
}

void wsub_replay_add(struct wsub_store *store,
                     const struct wsub_replay_order *order, wsub_replay_cb *cb,
                     void *arg)
{
    char td[WSUB_DIGEST_LEN + 1];
    struct wsub_cmd cmd;

    wsub_digest(order->topic, strlen(order->topic), td);
    wsub_store_script(&cmd, store, order->shard, WSUB_SCRIPT_REPLAY_ADD);
    wsub_cmd_str(&cmd, order->id);
    wsub_cmd_str(&cmd, order->topic);
    wsub_cmd_str(&cmd, td);
    wsub_cmd_str(&cmd, order->callback);
    wsub_cmd_str(&cmd, order->cd);
    wsub_cmd_str(&cmd, order->first);
    wsub_cmd_str(&cmd, order->last != NULL ? order->last : "-");
    wsub_cmd_str(&cmd, order->from);
    wsub_cmd_str(&cmd, order->to);
    wsub_cmd_u64(&cmd, WSUB_REPLAYS_MOST);
    wsub_store_once(store, order->shard, &cmd, parse_added, (wsub_store_cb *)cb,
                    arg);
}

static void parse_cancelled(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer != 1)
        err = reply->integer == 0 ? WSUB_ERR_NOT_FOUND : WSUB_ERR_FULL;
    ((wsub_replay_cb *)cb)(err, arg);
}

void wsub_replay_cancel(struct wsub_store *store, unsigned shard,
                        const char *id, wsub_replay_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_REPLAY_CANCEL);
    wsub_cmd_str(&cmd, id);
    wsub_store_once(store, shard, &cmd, parse_cancelled, (wsub_store_cb *)cb,
                    arg);
}

static const char *text_at(const struct redisReply *row, size_t at)
{
    return at < row->elements && row->element[at]->str != NULL
               ? row->element[at]->str
               : "";
}

static uint64_t number_at(const struct redisReply *row, size_t at)
{
    return strtoull(text_at(row, at), NULL, 10);
}

static struct wsub_replay read_row(const struct redisReply *row)
{
    return (struct wsub_replay){
        .id = text_at(row, 0),
        .topic = text_at(row, 1),
        .callback = text_at(row, 2),
        .from = text_at(row, 3),
        .to = text_at(row, 4),
        .first = text_at(row, 5),
        .last = text_at(row, 6),
        .at = text_at(row, 7),
        .state = text_at(row, 8),
        .events = number_at(row, 9),
        .deliveries = number_at(row, 10),
        .trimmed = number_at(row, 11) != 0,
        .began_ms = number_at(row, 12),
        .ended_ms = number_at(row, 13),
    };
}

static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_replay_list_cb *on_list = (wsub_replay_list_cb *)cb;
    struct wsub_replay *list;

    if (err != WSUB_OK) {
        on_list(err, NULL, 0, arg);
        return;
    }
    list = wsub_calloc(reply->elements + 1, sizeof(*list));
    for (size_t i = 0; i < reply->elements; i++)
        list[i] = read_row(reply->element[i]);
    on_list(WSUB_OK, list, reply->elements, arg);
    free(list);
}

void wsub_replay_list(struct wsub_store *store, unsigned shard, const char *id,
                      wsub_replay_list_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_REPLAY_LIST);
    wsub_cmd_str(&cmd, id != NULL ? id : "");
    wsub_cmd_u64(&cmd, WSUB_REPLAYS_LIST);
    wsub_store_once(store, shard, &cmd, parse_list, (wsub_store_cb *)cb, arg);
}

static void parse_paged(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_replay_paged paged = {.err = err};

    if (err == WSUB_OK) {
        paged.posted = (uint64_t)reply->element[0]->integer;
        paged.state = (enum wsub_replay_state)reply->element[1]->integer;
    }
    if (err == WSUB_OK && reply->elements > 2) {
        paged.id = text_at(reply, 2);
        paged.topic = text_at(reply, 3);
        paged.events = number_at(reply, 4);
        paged.deliveries = number_at(reply, 5);
    }
    ((wsub_replay_paged_cb *)cb)(&paged, arg);
}

void wsub_replay_page(struct wsub_store *store, const struct wsub_owned *owned,
                      uint32_t most, wsub_replay_paged_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, owned, WSUB_SCRIPT_REPLAY_PAGE);
    wsub_cmd_u64(&cmd, most);
    wsub_store_once(store, owned->shard, &cmd, parse_paged, (wsub_store_cb *)cb,
                    arg);
}
