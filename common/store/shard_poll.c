#include "common/store/shard_poll.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/keys.h"
#include "common/store/store.h"

#define EVERY_MS 1000

struct shard {
    struct wsub_shard_poll *poll; /* borrowed; owns this */
    unsigned number;
};

struct wsub_shard_poll {
    struct wsub_shard_poll_options o;
    struct wsub_timer timer;
    struct shard *shards; /* owned */
};

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

static void add_memory(struct wsub_cmd *cmd, const struct shard *shard)
{
    (void)shard;
    wsub_cmd_init(cmd, "INFO");
    wsub_cmd_str(cmd, "memory");
}

static void read_nothing(const struct redisReply *reply,
                         struct wsub_poll_result *result)
{
    (void)reply;
    (void)result;
}

static void add_write(struct wsub_cmd *cmd, const struct shard *shard)
{
    wsub_cmd_init(cmd, "SETRANGE");
    wsub_store_key(cmd, shard->poll->o.store, shard->number, WSUB_KEY_PROBE,
                   NULL);
    wsub_cmd_u64(cmd, 0);
    wsub_cmd_str(cmd, "");
}

static const struct {
    void (*add)(struct wsub_cmd *cmd, const struct shard *shard);
    void (*read)(const struct redisReply *reply,
                 struct wsub_poll_result *result);
} kinds[] = {
    [WSUB_POLL_MEMORY] = {add_memory, read_memory},
    [WSUB_POLL_WRITES] = {add_write, read_nothing},
};

static void on_reply(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    const struct shard *shard = arg;
    const struct wsub_shard_poll_options *o = &shard->poll->o;
    struct wsub_poll_result result = {.shard = shard->number, .err = err};

    if (err == WSUB_ERR_REFUSED)
        result.error = reply->str;
    if (err == WSUB_OK)
        kinds[o->kind].read(reply, &result);
    o->on_result(&result, o->arg);
}

void wsub_shard_poll_now(struct wsub_shard_poll *poll)
{
    for (unsigned i = 0; i < wsub_store_shards(poll->o.store); i++) {
        struct wsub_cmd cmd;

        kinds[poll->o.kind].add(&cmd, &poll->shards[i]);
        if (wsub_store_send(poll->o.store, i, &cmd, on_reply,
                            &poll->shards[i]) != WSUB_OK)
            return; /* the next look is when Redis can be reached */
    }
}

static void on_due(void *arg)
{
    wsub_shard_poll_now(arg);
}

struct wsub_shard_poll *
wsub_shard_poll_new(const struct wsub_shard_poll_options *options)
{
    struct wsub_shard_poll *poll = wsub_calloc(1, sizeof(*poll));
    unsigned count = wsub_store_shards(options->store);

    poll->o = *options;
    poll->shards = wsub_calloc(count, sizeof(*poll->shards));
    for (unsigned i = 0; i < count; i++)
        poll->shards[i] = (struct shard){.poll = poll, .number = i};
    wsub_timer_every_ms(&poll->timer, options->base, EVERY_MS, on_due, poll);
    return poll;
}

void wsub_shard_poll_free(struct wsub_shard_poll *poll)
{
    if (poll == NULL)
        return;
    wsub_timer_done(&poll->timer);
    free(poll->shards);
    free(poll);
}
