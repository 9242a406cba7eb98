#include "common/store/secrets.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

/* The reply: where to go on, whether there is more, how many have the newest key,
 * how many records can't be read, then names and secrets. */
enum { NEXT, MORE, NEWEST, UNREADABLE, LIST };

/* A page on its way: the reply does not tell where it is from. */
struct reading {
    struct wsub_secrets_at at;
    wsub_secrets_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static struct wsub_secrets_at next_of(const struct wsub_secrets_at *at,
                                      const struct redisReply *reply)
{
    struct wsub_secrets_at next = *at;

    if (reply->element[MORE]->integer != 0) {
        snprintf(next.bound, sizeof(next.bound), "%s",
                 reply->element[NEXT]->str);
    } else if (!next.of_requests) {
        next.of_requests = true;
        snprintf(next.bound, sizeof(next.bound), "0");
    }
    return next;
}

static void parse_page(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct reading *reading = arg;
    struct wsub_secrets_page page = {
        .next = next_of(&reading->at, reply),
        .more = reply->element[MORE]->integer != 0 || !reading->at.of_requests,
        .newest = (uint64_t)reply->element[NEWEST]->integer,
        .unreadable = (uint64_t)reply->element[UNREADABLE]->integer,
        .r = reply,
        .count = (reply->elements - LIST) / 2,
    };

    (void)err;
    (void)cb;
    reading->cb(&page, reading->arg);
    free(reading);
}

void wsub_secrets_read(struct wsub_store *store,
                       const struct wsub_secrets_at *at, const char *newest,
                       wsub_secrets_cb *cb, void *arg)
{
    struct reading *reading = wsub_calloc(1, sizeof(*reading));
    struct wsub_cmd cmd;

    *reading = (struct reading){.at = *at, .cb = cb, .arg = arg};
    wsub_store_script(&cmd, store, at->shard, WSUB_SCRIPT_SECRETS);
    wsub_cmd_str(&cmd, newest);
    wsub_cmd_str(&cmd, at->of_requests ? "requests" : "leaf");
    wsub_cmd_str(&cmd, at->bound);
    wsub_store_call(store, at->shard, &cmd, parse_page, NULL, reading);
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
