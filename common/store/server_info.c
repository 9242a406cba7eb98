#include "common/store/server_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/store.h"

#define SERVER_SHARD 0 /* one server holds all shards (store.h) */

/* The value behind `\nNAME:`; "" when it is not there. */
static const char *find(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at != NULL ? at + strlen(name) : "";
}

static uint64_t number(const char *text, const char *name)
{
    return strtoull(find(text, name), NULL, 10);
}

static void copy(const char *value, char ret_text[32])
{
    snprintf(ret_text, 32, "%.*s", (int)strcspn(value, "\r\n"), value);
}

/* What is not told went well. */
static bool went_well(const char *text, const char *name)
{
    const char *value = find(text, name);

    return value[0] == '\0' || strncmp(value, "ok", 2) == 0;
}

void wsub_server_info_read(const char *text, struct wsub_server_info *ret_info)
{
    *ret_info = (struct wsub_server_info){
        .aof = number(text, "\naof_enabled:") != 0,
        .aof_ok = went_well(text, "\naof_last_write_status:") &&
                  went_well(text, "\naof_last_bgrewrite_status:"),
        .rdb_ok = went_well(text, "\nrdb_last_bgsave_status:"),
        .used_bytes = number(text, "\nused_memory:"),
        .maxmemory_bytes = number(text, "\nmaxmemory:"),
    };
    copy(find(text, "\nredis_version:"), ret_info->version);
    copy(find(text, "\nmaxmemory_policy:"), ret_info->policy);
}

static void parse_info(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_server_info_cb *on_info = (wsub_server_info_cb *)cb;
    struct wsub_server_info info;

    if (err == WSUB_OK)
        wsub_server_info_read(reply->str, &info);
    on_info(err, err == WSUB_OK ? &info : NULL, arg);
}

void wsub_server_info(struct wsub_store *store, wsub_server_info_cb *cb,
                      void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "INFO");
    wsub_store_once(store, SERVER_SHARD, &cmd, parse_info, (wsub_store_cb *)cb,
                    arg);
}
