#include "deliver/tries.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "deliver/deliver.h"
#include "deliver/history.h"

#define FLUSH_MS 1000
#define BATCH_MAX 200 /* subscriptions in one call; about a ms of Redis */

struct deliver_tries {
    struct deliver *d;     /* borrowed; outlives this */
    uint64_t flushed_ms;   /* on our own clock */
    struct wsub_cmd cmd;   /* the batch that is being gathered */
    unsigned shard, count; /* of the batch; 0 subscriptions: there is none */
};

struct deliver_tries *deliver_tries_new(struct deliver *d)
{
    struct deliver_tries *tries = wsub_calloc(1, sizeof(*tries));

    tries->d = d;
    return tries;
}

void deliver_tries_free(struct deliver_tries *tries)
{
    free(tries);
}

static void on_added(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    (void)arg;
    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("tries-refused", WSUB_KV("error", reply->str));
}

static void send_batch(struct deliver_tries *tries)
{
    if (tries->count == 0)
        return;
    tries->count = 0;
    if (wsub_redis_send(tries->d->redis, tries->shard, &tries->cmd, on_added,
                        tries) != WSUB_OK)
        wsub_log_debug("tries-unsent", WSUB_KU("shard", tries->shard));
}

/* "AT:STATUS:MS:BYTES:ERROR", divided by spaces, newest first. */
static void add_attempts(struct wsub_cmd *cmd,
                         const struct deliver_history_entry *entry)
{
    struct wsub_buf text = {0};

    for (unsigned i = 0; i < entry->count; i++) {
        const struct deliver_attempt *attempt = &entry->attempts[i];

        if (i > 0)
            wsub_buf_char(&text, ' ');
        wsub_buf_u64(&text, attempt->at_ms);
        wsub_buf_char(&text, ':');
        wsub_buf_u64(&text, attempt->status);
        wsub_buf_char(&text, ':');
        wsub_buf_u64(&text, attempt->duration_ms);
        wsub_buf_char(&text, ':');
        wsub_buf_u64(&text, attempt->bytes);
        wsub_buf_char(&text, ':');
        wsub_buf_str(&text, deliver_error_word(attempt->error));
    }
    wsub_cmd_arg(cmd, wsub_buf_cstr(&text), text.len);
    wsub_buf_done(&text);
}

static void on_entry(const struct deliver_history_entry *entry, void *arg)
{
    struct deliver_tries *tries = arg;

    if (tries->count == 0)
        wsub_cmd_init_script(&tries->cmd, tries->d->redis, entry->shard,
                             WSUB_SCRIPT_TRIES);
    tries->shard = entry->shard;
    wsub_cmd_str(&tries->cmd, entry->td);
    wsub_cmd_str(&tries->cmd, entry->cd);
    wsub_cmd_u64(&tries->cmd, entry->delivered);
    wsub_cmd_u64(&tries->cmd, entry->failed);
    wsub_cmd_u64(&tries->cmd, entry->bytes);
    add_attempts(&tries->cmd, entry);
    if (++tries->count == BATCH_MAX)
        send_batch(tries);
}

void deliver_tries_flush(struct deliver_tries *tries, bool now)
{
    struct deliver *d = tries->d;
    uint64_t now_ms = wsub_now_ms();

    if (!now && now_ms - tries->flushed_ms < FLUSH_MS &&
        !deliver_history_is_full(d->history))
        return;
    tries->flushed_ms = now_ms;
    for (unsigned i = 0; i < wsub_redis_shards(d->redis); i++) {
        deliver_history_flush(d->history, i, on_entry, tries);
        send_batch(tries);
    }
}
