#include "common/store/reader_link.h"

#include "common/base/log.h"
#include "common/store/store.h"

static void on_client_id(enum wsub_err err, const struct redisReply *reply,
                         void *arg)
{
    struct wsub_reader_link *link = arg;

    wsub_cmd_done(&link->client.cmd);
    link->client_id = err == WSUB_OK ? (uint64_t)reply->integer : 0;
}

static void on_link_up(void *arg)
{
    struct wsub_reader_link *link = arg;

    wsub_cmd_init(&link->client.cmd, "CLIENT");
    wsub_cmd_str(&link->client.cmd, "ID");
    if (wsub_reader_link_send(link, &link->client, on_client_id, link))
        link->on_up(link->arg);
}

void wsub_reader_link_open(struct wsub_reader_link *link,
                           struct wsub_store *store, unsigned shard,
                           uint32_t block_ms, void (*on_up)(void *arg),
                           void *arg)
{
    link->store = store;
    link->shard = shard;
    link->on_up = on_up;
    link->arg = arg;
    link->link = wsub_store_reader(store, shard, block_ms, on_link_up, link);
}

void wsub_reader_link_close(struct wsub_reader_link *link)
{
    wsub_redis_link_free(link->link);
    link->link = NULL;
}

bool wsub_reader_link_ready(const struct wsub_reader_link *link)
{
    return wsub_redis_link_up(link->link) && wsub_store_up(link->store);
}

bool wsub_reader_link_send(struct wsub_reader_link *link,
                           struct wsub_redis_request *request,
                           wsub_redis_cb *cb, void *arg)
{
    request->cb = cb;
    request->arg = arg;
    if (wsub_redis_link_send(link->link, request) == WSUB_OK)
        return true;
    wsub_cmd_done(&request->cmd);
    return false;
}

static void on_unblocked(enum wsub_err err, const struct redisReply *reply,
                         void *arg)
{
    (void)err;
    (void)reply;
    (void)arg;
}

void wsub_reader_link_unblock(struct wsub_reader_link *link)
{
    struct wsub_cmd cmd;

    if (link->client_id == 0)
        return;
    wsub_cmd_init(&cmd, "CLIENT");
    wsub_cmd_str(&cmd, "UNBLOCK");
    wsub_cmd_u64(&cmd, link->client_id);
    if (wsub_store_send(link->store, link->shard, &cmd, on_unblocked, NULL) !=
        WSUB_OK)
        wsub_log_debug("unblock-unsent", WSUB_KU("shard", link->shard));
}
