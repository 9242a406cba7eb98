#include "common/store/shard_poll.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/keys.h"
#include "common/store/store.h"

#define EVERY_MS 1000

struct wsub_shard_poll {
    struct wsub_shard_poll_options o;
    struct wsub_timer timer;
};

/* One server holds all shards (store.h): its first one stands for it. */
#define SERVER_SHARD 0

/* A number of INFO, 0 when it is not there; `name` begins with a line end and
 * ends with a colon. */
static uint64_t find_number(const char *info, const char *name)
{
    const char *at = strstr(info, name);

    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void read_memory(const struct redisReply *reply,
                        struct wsub_poll_result *result)
{
    result->used_bytes = find_number(reply->str, "\nused_memory:");
    result->maxmemory_bytes = find_number(reply->str, "\nmaxmemory:");
}

static void add_memory(struct wsub_cmd *cmd, const struct wsub_shard_poll *poll)
{
    (void)poll;
    wsub_cmd_init(cmd, "INFO");
    wsub_cmd_str(cmd, "memory");
}

static void read_nothing(const struct redisReply *reply,
                         struct wsub_poll_result *result)
{
    (void)reply;
    (void)result;
}

static void add_write(struct wsub_cmd *cmd, const struct wsub_shard_poll *poll)
{
    wsub_cmd_init(cmd, "SETRANGE");
    wsub_store_key(cmd, poll->o.store, SERVER_SHARD, WSUB_KEY_PROBE, NULL);
    wsub_cmd_u64(cmd, 0);
    wsub_cmd_str(cmd, "");
}

static const struct {
    void (*add)(struct wsub_cmd *cmd, const struct wsub_shard_poll *poll);
    void (*read)(const struct redisReply *reply,
                 struct wsub_poll_result *result);
} kinds[] = {
    [WSUB_POLL_MEMORY] = {add_memory, read_memory},
    [WSUB_POLL_WRITES] = {add_write, read_nothing},
};

static void on_reply(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    const struct wsub_shard_poll *poll = arg;
    const struct wsub_shard_poll_options *o = &poll->o;
    struct wsub_poll_result result = {.err = err};

    if (err == WSUB_ERR_REFUSED)
        result.error = reply->str;
    if (err == WSUB_OK)
        kinds[o->kind].read(reply, &result);
    for (; result.shard < wsub_store_shards(o->store); result.shard++)
        o->on_result(&result, o->arg);
}

void wsub_shard_poll_now(struct wsub_shard_poll *poll)
{
    struct wsub_cmd cmd;

    kinds[poll->o.kind].add(&cmd, poll);
    if (wsub_store_send(poll->o.store, SERVER_SHARD, &cmd, on_reply, poll) !=
        WSUB_OK)
        return; /* the next look is when Redis can be reached */
}

static void on_due(void *arg)
{
    wsub_shard_poll_now(arg);
}

struct wsub_shard_poll *
wsub_shard_poll_new(const struct wsub_shard_poll_options *options)
{
    struct wsub_shard_poll *poll = wsub_calloc(1, sizeof(*poll));

    poll->o = *options;
    wsub_timer_every_ms(&poll->timer, options->base, EVERY_MS, on_due, poll);
    return poll;
}

void wsub_shard_poll_free(struct wsub_shard_poll *poll)
{
    if (poll == NULL)
        return;
    wsub_timer_done(&poll->timer);
    free(poll);
}
