#include "common/store/event_position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/store/keys.h"
#include "common/store/store.h"

#define TEXT_BYTES (WSUB_ENTRY_ID_BYTES + 24)

static void write_text(const struct wsub_event_position *position,
                       char text[TEXT_BYTES])
{
    snprintf(text, TEXT_BYTES, "%s %" PRIu64, position->id.text, position->n);
}

static void parse_look(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_event_position_cb *on_found = (wsub_event_position_cb *)cb;
    struct wsub_event_position position;

    if (err != WSUB_OK) {
        on_found(err, NULL, 0, arg);
        return;
    }
    snprintf(position.id.text, sizeof(position.id.text), "%s",
             reply->element[0]->str);
    position.n = strtoull(reply->element[1]->str, NULL, 10);
    on_found(WSUB_OK, &position, (uint64_t)reply->element[2]->integer, arg);
}

void wsub_event_position_look(struct wsub_store *store, const char *name,
                              const struct wsub_event_position *known,
                              wsub_event_position_cb *cb, void *arg)
{
    char text[TEXT_BYTES] = "";
    struct wsub_cmd cmd;

    if (known != NULL)
        write_text(known, text);
    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER,
                      WSUB_SCRIPT_EVENT_POSITION);
    wsub_cmd_str(&cmd, wsub_store_config(store)->cluster_events_topic);
    wsub_cmd_str(&cmd, name);
    wsub_cmd_str(&cmd, text);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_look,
                    (wsub_store_cb *)cb, arg);
}

void wsub_event_position_save(struct wsub_store *store, const char *name,
                              const struct wsub_event_position *position)
{
    char text[TEXT_BYTES];
    struct wsub_cmd cmd;

    write_text(position, text);
    wsub_cmd_init(&cmd, "HSET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_POSITIONS, NULL);
    wsub_cmd_str(&cmd, name);
    wsub_cmd_str(&cmd, text);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, wsub_store_parse_done,
                    NULL, NULL);
}

void wsub_event_position_read(const struct wsub_store *store,
                              const struct wsub_event_position *position,
                              size_t most, uint32_t block_ms,
                              struct wsub_cmd *ret_cmd)
{
    wsub_cmd_init(ret_cmd, "XREAD");
    wsub_cmd_str(ret_cmd, "COUNT");
    wsub_cmd_u64(ret_cmd, most);
    wsub_cmd_str(ret_cmd, "BLOCK");
    wsub_cmd_u64(ret_cmd, block_ms);
    wsub_cmd_str(ret_cmd, "STREAMS");
    wsub_store_key(ret_cmd, store, WSUB_SHARD_CLUSTER,
                   wsub_store_config(store)->cluster_events_topic, NULL);
    wsub_cmd_str(ret_cmd, position->id.text);
}
