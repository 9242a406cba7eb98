#include "common/store/secrets.h"

#include <stdio.h>

/* The reply: where to go on, whether there is more, how many have the newest key,
 * how many records can't be read, then names and secrets. */
enum { NEXT, MORE, NEWEST, UNREADABLE, LIST };

static void parse_page(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct wsub_secrets_page page = {
        .next = reply->element[NEXT]->str,
        .more = reply->element[MORE]->integer != 0,
        .newest = (uint64_t)reply->element[NEWEST]->integer,
        .unreadable = (uint64_t)reply->element[UNREADABLE]->integer,
        .r = reply,
        .count = (reply->elements - LIST) / 2,
    };

    (void)err;
    ((wsub_secrets_cb *)cb)(&page, arg);
}

bool wsub_secrets_go_on(struct wsub_secrets_at *at,
                        const struct wsub_secrets_page *page)
{
    if (page->more) {
        snprintf(at->bound, sizeof(at->bound), "%s", page->next);
        return true;
    }
    if (at->of_requests)
        return false;
    at->of_requests = true;
    snprintf(at->bound, sizeof(at->bound), "0");
    return true;
}

void wsub_secrets_read(struct wsub_store *store,
                       const struct wsub_secrets_at *at, const char *newest,
                       wsub_secrets_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, at->shard, WSUB_SCRIPT_SECRETS);
    wsub_cmd_str(&cmd, newest);
    wsub_cmd_str(&cmd, at->of_requests ? "requests" : "leaf");
    wsub_cmd_str(&cmd, at->bound);
    wsub_store_call(store, at->shard, &cmd, parse_page, (wsub_store_cb *)cb,
                    arg);
}

struct wsub_secret wsub_secrets_find(const struct wsub_secrets_page *page,
                                     size_t n)
{
    const struct redisReply *name = page->r->element[LIST + 2 * n];
    const struct redisReply *sealed = page->r->element[LIST + 2 * n + 1];

    return (struct wsub_secret){name->str, sealed->str, sealed->len};
}

void wsub_secrets_begin(struct wsub_cmd *cmd, struct wsub_store *store,
                        unsigned shard)
{
    wsub_store_script(cmd, store, shard, WSUB_SCRIPT_SEAL);
}

void wsub_secrets_add(struct wsub_cmd *cmd, const struct wsub_secret *before,
                      const char *now, size_t len)
{
    wsub_cmd_str(cmd, before->name);
    wsub_cmd_arg(cmd, before->sealed, before->len);
    wsub_cmd_arg(cmd, now, len);
}

static void parse_put(enum wsub_err err, const struct redisReply *reply,
                      wsub_store_cb *cb, void *arg)
{
    (void)err;
    ((wsub_secrets_put_cb *)cb)((uint64_t)reply->integer, arg);
}

void wsub_secrets_send(struct wsub_store *store, unsigned shard,
                       struct wsub_cmd *cmd, wsub_secrets_put_cb *cb, void *arg)
{
    wsub_store_call(store, shard, cmd, parse_put, (wsub_store_cb *)cb, arg);
}
