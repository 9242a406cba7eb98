#include "deliver/claim.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "deliver/stats.h"

#define READ_MAX 256                   /* entries of some 100 bytes */
#define CONTENT_MAX_BYTES (128u << 20) /* then nothing more is claimed */

enum { STREAM_VERIFY, STREAM_OUTBOX };

void deliver_hold_key(const struct wsub_stream_entry *entry,
                      char ret_key[DELIVER_HOLD_KEY_MAX])
{
    snprintf(ret_key, DELIVER_HOLD_KEY_MAX, "%u-%s", entry->shard, entry->id);
}

static size_t on_grant(size_t want, void *arg)
{
    struct deliver_claim *claim = arg;
    size_t granted = claim->slots - claim->used;

    if (claim->d->user_agent == NULL)
        return 0; /* the hub's public URL is not known yet */
    if (deliver_content_bytes(claim->d->contents) > CONTENT_MAX_BYTES)
        return 0; /* a job that ends makes room, and kicks the readers */
    if (granted < WSUB_READER_STREAMS_MAX)
        return 0;
    if (granted > want)
        granted = want;
    claim->used += granted;
    return granted;
}

static void on_give_back(size_t unused, void *arg)
{
    if (unused > 0)
        deliver_claim_release(arg, unused);
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    struct deliver_claim *claim = arg;

    if (entry->stream == STREAM_VERIFY)
        deliver_verify_start(claim->d, entry);
    else
        deliver_job_start(claim->d, entry);
}

static void on_reader_stopped(void *arg)
{
    struct deliver_claim *claim = arg;

    claim->stopped++;
    deliver_drain_check(claim->d);
}

struct deliver_claim *deliver_claim_new(struct deliver *d)
{
    struct deliver_claim *claim = wsub_calloc(1, sizeof(*claim));
    unsigned shards = wsub_redis_shards(d->redis);
    uint32_t idle_ms = deliver_takeover_idle_ms(d->config);

    claim->d = d;
    claim->slots = d->config->concurrency;
    if (claim->slots < 2 * shards) /* one entry of each stream a shard */
        claim->slots = 2 * shards;
    TAILQ_INIT(&claim->stalled);
    claim->readers = wsub_calloc(shards, sizeof(struct wsub_stream_reader *));
    for (unsigned i = 0; i < shards; i++)
        claim->readers[i] = wsub_stream_reader_new(&(
            struct wsub_stream_reader_options){
            .base = wsub_loop_base(d->loop),
            .redis = d->redis,
            .shard = i,
            .group = "deliver",
            .consumer = d->config->instance_name,
            .streams = {[STREAM_VERIFY] = "verify", [STREAM_OUTBOX] = "outbox"},
            .stream_count = 2,
            .takeover_idle_ms = {idle_ms, idle_ms},
            .read_max = READ_MAX,
            .grant = on_grant,
            .give_back = on_give_back,
            .on_entry = on_entry,
            .on_stopped = on_reader_stopped,
            .arg = claim,
        });
    return claim;
}

void deliver_claim_free(struct deliver_claim *claim)
{
    if (claim == NULL)
        return;
    for (unsigned i = 0; i < wsub_redis_shards(claim->d->redis); i++)
        wsub_stream_reader_free(claim->readers[i]);
    free(claim->readers);
    free(claim);
}

void deliver_claim_kick(struct deliver_claim *claim)
{
    unsigned shards = wsub_redis_shards(claim->d->redis);

    claim->first = (claim->first + 1) % shards;
    for (unsigned i = 0, at = claim->first; i < shards; i++)
        wsub_stream_reader_kick(claim->readers[(at + i) % shards]);
}

void deliver_claim_release(struct deliver_claim *claim, size_t count)
{
    claim->used -= count;
    deliver_stat_set(DELIVER_STAT_SLOTS_USED, claim->used);
    if (wsub_loop_draining(claim->d->loop))
        deliver_drain_check(claim->d);
    else
        deliver_claim_kick(claim);
}

void deliver_claim_stop(struct deliver_claim *claim)
{
    for (unsigned i = 0; i < wsub_redis_shards(claim->d->redis); i++)
        wsub_stream_reader_stop(claim->readers[i]);
}

bool deliver_claim_idle(const struct deliver_claim *claim)
{
    return claim->stopped == wsub_redis_shards(claim->d->redis) &&
           claim->used == 0;
}
