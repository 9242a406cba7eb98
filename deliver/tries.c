#include "deliver/tries.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "deliver/deliver.h"
#include "deliver/history.h"

#define GATHER_MS 1000
#define MANY (DELIVER_HISTORY_UNFLUSHED_MAX / 2) /* wait for no second */

/* Subscriptions in one call: under a ms of Redis, in which it serves no one
 * else.  Less than what is claimed ahead takes to be sent (claim.c). */
#define BATCH_MAX 128

#define SLICE_US 10000 /* between calls */
#define BUSY_US 2000   /* while there is more than one */

struct deliver_tries {
    struct deliver *d;     /* borrowed; outlives this */
    struct event *slice;   /* owned; while there is anything to send */
    unsigned first;        /* shard to look at first, in turn */
    struct wsub_cmd cmd;   /* the batch that is being gathered */
    unsigned shard, count; /* of the batch; 0 subscriptions: there is none */
};

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
    if (wsub_store_send(tries->d->store, tries->shard, &tries->cmd, on_added,
                        tries) != WSUB_OK)
        wsub_log_debug("tries-unsent", WSUB_KU("shard", tries->shard));
}

static void on_entry(const struct deliver_history_entry *entry, void *arg)
{
    struct deliver_tries *tries = arg;
    unsigned char log[WSUB_ATTEMPT_LOG_MAX];

    if (tries->count == 0)
        wsub_store_script(&tries->cmd, tries->d->store, entry->shard,
                          WSUB_SCRIPT_ATTEMPTS);
    tries->shard = entry->shard;
    wsub_cmd_str(&tries->cmd, entry->td);
    wsub_cmd_str(&tries->cmd, entry->cd);
    wsub_cmd_arg(&tries->cmd, log, wsub_attempt_log_write(&entry->log, log));
    if (++tries->count == BATCH_MAX)
        send_batch(tries);
}

/* Sends up to `most` of what was noted before `until_ms`; returns how many. */
static size_t flush(struct deliver_tries *tries, uint64_t until_ms, size_t most)
{
    struct deliver *d = tries->d;
    unsigned shards = wsub_store_shards(d->store);
    size_t sent = 0;

    for (unsigned i = 0; i < shards; i++) {
        sent += deliver_history_flush(d->history, (tries->first + i) % shards,
                                      until_ms, most - sent, on_entry, tries);
        send_batch(tries);
    }
    tries->first = (tries->first + 1) % shards;
    return sent;
}

void deliver_tries_flush(struct deliver_tries *tries)
{
    flush(tries, UINT64_MAX, SIZE_MAX);
}

static void plan(struct deliver_tries *tries, suseconds_t wait_us)
{
    struct timeval wait = {0, wait_us};

    if (!evtimer_pending(tries->slice, NULL))
        event_add(tries->slice, &wait);
}

static void on_slice(evutil_socket_t fd, short what, void *arg)
{
    struct deliver_tries *tries = arg;
    const struct deliver *d = tries->d;
    bool many = deliver_history_unflushed(d->history) > MANY;
    uint64_t until_ms =
        many ? UINT64_MAX : wsub_store_time_ms(d->store) - GATHER_MS;
    bool more = flush(tries, until_ms, BATCH_MAX) == BATCH_MAX;

    (void)fd;
    (void)what;
    if (deliver_history_unflushed(d->history) > 0)
        plan(tries, more ? BUSY_US : SLICE_US);
}

void deliver_tries_plan(struct deliver_tries *tries)
{
    plan(tries, SLICE_US);
}

struct deliver_tries *deliver_tries_new(struct deliver *d)
{
    struct deliver_tries *tries = wsub_calloc(1, sizeof(*tries));

    tries->d = d;
    tries->slice = evtimer_new(wsub_loop_base(d->loop), on_slice, tries);
    return tries;
}

void deliver_tries_free(struct deliver_tries *tries)
{
    if (tries == NULL)
        return;
    event_free(tries->slice);
    free(tries);
}
