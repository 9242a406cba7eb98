#include "common/store/audit.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/newest.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"

#define FORMAT_VERSION "1"

static void add_text(struct wsub_cmd *cmd, const char *field, const char *value)
{
    wsub_cmd_str(cmd, field);
    wsub_cmd_str(cmd, value);
}

void wsub_audit_add(struct wsub_store *store,
                    const struct wsub_audit_entry *entry)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XADD");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_AUDIT, NULL);
    wsub_cmd_str(&cmd, "MAXLEN");
    wsub_cmd_str(&cmd, "~");
    wsub_cmd_u64(&cmd, WSUB_AUDIT_KEPT);
    wsub_cmd_str(&cmd, "*");
    add_text(&cmd, "v", FORMAT_VERSION);
    add_text(&cmd, "t", entry->token);
    add_text(&cmd, "n", entry->instance);
    add_text(&cmd, "m", entry->method);
    add_text(&cmd, "p", entry->path);
    add_text(&cmd, "d", entry->detail);
    wsub_cmd_str(&cmd, "s");
    wsub_cmd_u64(&cmd, (uint64_t)entry->status);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, wsub_store_parse_done,
                    NULL, NULL);
}

static const char *text_of(const struct redisReply *fields, const char *name)
{
    const char *text = wsub_stream_field(fields, name, NULL);

    return text != NULL ? text : "";
}

static struct wsub_audit_entry entry_of(const struct redisReply *row)
{
    const struct redisReply *fields = row->element[1];
    const char *id = row->element[0]->str;

    if (strcmp(text_of(fields, "v"), FORMAT_VERSION) != 0)
        return (struct wsub_audit_entry){.id = id,
                                         .token = "",
                                         .instance = "",
                                         .method = "",
                                         .path = "",
                                         .detail = ""};
    return (struct wsub_audit_entry){
        .id = id,
        .token = text_of(fields, "t"),
        .instance = text_of(fields, "n"),
        .method = text_of(fields, "m"),
        .path = text_of(fields, "p"),
        .detail = text_of(fields, "d"),
        .status = (int)strtol(text_of(fields, "s"), NULL, 10),
    };
}

static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_audit_cb *on_list = (wsub_audit_cb *)cb;
    struct wsub_audit_entry *list;

    if (err != WSUB_OK) {
        on_list(err, NULL, 0, arg);
        return;
    }
    list = wsub_calloc(reply->elements + 1, sizeof(*list));
    for (size_t i = 0; i < reply->elements; i++)
        list[i] = entry_of(reply->element[i]);
    on_list(WSUB_OK, list, reply->elements, arg);
    free(list);
}

void wsub_audit_list(struct wsub_store *store, const struct wsub_place *before,
                     size_t limit, wsub_audit_cb *cb, void *arg)
{
    wsub_newest_read(store, WSUB_SHARD_CLUSTER, WSUB_KEY_AUDIT, before, limit,
                     parse_list, (wsub_store_cb *)cb, arg);
}
