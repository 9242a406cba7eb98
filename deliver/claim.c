#include "deliver/claim.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "common/store/store.h"
#include "deliver/bundle.h"
#include "deliver/job_entry.h"
#include "deliver/stats.h"

#define READ_MAX 64                    /* entries of up to 500 bytes */
#define CONTENT_MAX_BYTES (128u << 20) /* then nothing more is claimed */
#define SLOTS_A_SHARD 4 /* a job of each stream, and the share of new */
#define NEW_SHARE 8     /* part of the slots that `bulk` may not have */

/* While the process is busy its readers wait for so many free slots, or so
 * long: a read and the load of its records cost as much for one job as for
 * ten. */
#define BATCH_SHARE 8 /* of the slots */
#define BATCH_WAIT_US 1000

#define LEAST_SHARE 16 /* part of the slots without which nothing is read */
#define AHEAD_MAX 128  /* jobs of `bulk` that may be on their way to be sent */

#define RENEW_MAX 256 /* entries in one call */

static const struct {
    const char *streams[2];
    unsigned stream_count;
    enum deliver_lane lane;
    unsigned lane_at;
} sources[DELIVER_CLAIM_SOURCES] = {
    {{"verify", "outbox"}, 2, DELIVER_LANE_OUTBOX, 1},
    {{"bulk"}, 1, DELIVER_LANE_BULK, 0},
};

void deliver_hold_key(const struct wsub_stream_entry *entry,
                      enum deliver_lane lane,
                      char ret_key[DELIVER_HOLD_KEY_MAX])
{
    snprintf(ret_key, DELIVER_HOLD_KEY_MAX, "%d-%u-%s", (int)lane, entry->shard,
             entry->id);
}

static void wait_for_batch(struct deliver_claim *claim)
{
    struct timeval wait = {0, BATCH_WAIT_US};

    if (!evtimer_pending(claim->batch, NULL))
        event_add(claim->batch, &wait);
}

static void on_batch(evutil_socket_t fd, short what, void *arg)
{
    struct deliver_claim *claim = arg;

    (void)fd;
    (void)what;
    claim->waited = true;
    deliver_claim_kick(claim);
    claim->waited = false;
}

/* The slots that a grant takes.  Those of a single entry of each stream are
 * taken when it comes, but for the first; bundles that are taken over take
 * none. */
static size_t slots_of(const struct deliver_claim_source *source,
                       size_t granted, bool to_take_over)
{
    if (to_take_over)
        return granted;
    return granted > 1 ? granted * source->entry_slots
                       : granted * source->stream_count;
}

/* Free slots that are worth a read. */
static size_t batch_of(const struct deliver_claim *claim)
{
    size_t share = claim->slots / BATCH_SHARE;

    return share < AHEAD_MAX / 2 ? share : AHEAD_MAX / 2;
}

static size_t free_slots(const struct deliver_claim_source *source)
{
    size_t used = source->claim->used;

    return source->slots > used ? source->slots - used : 0;
}

/* What a source may claim for now: its free slots, and of `bulk` as many as it
 * takes to keep transfers starting. */
static size_t room_of(const struct deliver_claim_source *source)
{
    const struct deliver *d = source->claim->d;
    size_t ahead = source->claim->loading + source->granted +
                   wsub_http_client_background(d->client);
    size_t room = free_slots(source);

    if (source->lane != DELIVER_LANE_BULK)
        return room;
    if (ahead >= AHEAD_MAX)
        return 0;
    return room < AHEAD_MAX - ahead ? room : AHEAD_MAX - ahead;
}

/* Free slots without which nothing is read: else a bundle's jobs would wait
 * for slots here, where another process might have some. */
static size_t least_of(const struct deliver_claim_source *source)
{
    size_t share = source->claim->slots / LEAST_SHARE;

    if (share > source->entry_slots)
        return source->entry_slots;
    return share > source->stream_count ? share : source->stream_count;
}

static bool may_claim(const struct deliver_claim_source *source)
{
    const struct deliver *d = source->claim->d;

    return d->user_agent != NULL && /* the hub's public URL is known */
           deliver_content_bytes(d->contents) <= CONTENT_MAX_BYTES &&
           TAILQ_EMPTY(&source->waiting) &&
           free_slots(source) >= least_of(source);
}

static size_t grant_read(struct deliver_claim_source *source, size_t want)
{
    struct deliver_claim *claim = source->claim;
    size_t room = room_of(source), granted;

    if (room == 0 || (room < batch_of(claim) && !claim->waited)) {
        wait_for_batch(claim);
        return 0;
    }
    granted = room / source->entry_slots;
    if (granted > want)
        granted = want;
    return granted > 0 ? granted : 1;
}

static size_t on_grant(size_t want, bool to_take_over, void *arg)
{
    struct deliver_claim_source *source = arg;
    size_t room = free_slots(source), granted;

    if (!may_claim(source))
        return 0; /* what ends kicks the readers */
    if (to_take_over)
        granted = want < room ? want : room;
    else
        granted = grant_read(source, want);
    source->claim->used += slots_of(source, granted, to_take_over);
    source->granted += slots_of(source, granted, to_take_over);
    return granted;
}

static void on_give_back(size_t granted, bool to_take_over, void *arg)
{
    struct deliver_claim_source *source = arg;

    source->claim->used -= slots_of(source, granted, to_take_over);
    source->granted -= slots_of(source, granted, to_take_over);
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    const struct deliver_claim_source *source = arg;
    struct deliver *d = source->claim->d;

    if (entry->stream == source->lane_at)
        deliver_bundle_start(d, source->lane, entry);
    else
        deliver_verify_start(d, entry);
}

static void on_given(void *arg)
{
    const struct deliver_claim_source *source = arg;

    deliver_claim_release(source->claim, 0);
}

static void on_reader_stopped(void *arg)
{
    const struct deliver_claim_source *source = arg;
    struct deliver_claim *claim = source->claim;

    claim->stopped++;
    deliver_drain_check(claim->d);
}

static struct wsub_stream_reader *
reader_new(struct deliver_claim_source *source, size_t at, unsigned shard)
{
    struct deliver *d = source->claim->d;
    uint32_t idle_ms = deliver_takeover_idle_ms(d->config);
    struct wsub_stream_reader_options options = {
        .base = wsub_loop_base(d->loop),
        .store = d->store,
        .shard = shard,
        .group = "deliver",
        .consumer = d->config->instance_name,
        .stream_count = source->stream_count,
        .read_max = READ_MAX,
        .grant = on_grant,
        .give_back = on_give_back,
        .on_entry = on_entry,
        .on_given = on_given,
        .on_stopped = on_reader_stopped,
        .arg = source,
    };

    for (unsigned i = 0; i < options.stream_count; i++) {
        options.streams[i] = sources[at].streams[i];
        options.takeover_idle_ms[i] = idle_ms;
    }
    return wsub_stream_reader_new(&options);
}

static void source_init(struct deliver_claim *claim, size_t at)
{
    struct deliver_claim_source *source = &claim->sources[at];
    unsigned shards = wsub_store_shards(claim->d->store);

    source->claim = claim;
    source->lane = sources[at].lane;
    source->lane_at = sources[at].lane_at;
    source->slots = claim->slots;
    if (source->lane == DELIVER_LANE_BULK)
        source->slots -= claim->slots / NEW_SHARE;
    source->stream_count = sources[at].stream_count;
    source->entry_slots = source->stream_count - 1 + DELIVER_BUNDLE_MAX;
    TAILQ_INIT(&source->waiting);
    source->readers = wsub_calloc(shards, sizeof(struct wsub_stream_reader *));
    for (unsigned i = 0; i < shards; i++)
        source->readers[i] = reader_new(source, at, i);
}

size_t deliver_claim_slots(const struct deliver *d)
{
    size_t least = SLOTS_A_SHARD * wsub_store_shards(d->store);

    return d->config->concurrency > least ? d->config->concurrency : least;
}

struct deliver_claim *deliver_claim_new(struct deliver *d)
{
    struct deliver_claim *claim = wsub_calloc(1, sizeof(*claim));

    claim->d = d;
    claim->slots = deliver_claim_slots(d);
    claim->batch = evtimer_new(wsub_loop_base(d->loop), on_batch, claim);
    TAILQ_INIT(&claim->stalled);
    TAILQ_INIT(&claim->spare);
    for (size_t i = 0; i < DELIVER_CLAIM_SOURCES; i++)
        source_init(claim, i);
    return claim;
}

void deliver_claim_free(struct deliver_claim *claim)
{
    if (claim == NULL)
        return;
    for (size_t at = 0; at < DELIVER_CLAIM_SOURCES; at++) {
        struct deliver_claim_source *source = &claim->sources[at];

        for (unsigned i = 0; i < wsub_store_shards(claim->d->store); i++)
            wsub_stream_reader_free(source->readers[i]);
        free(source->readers);
    }
    deliver_jobs_free_spare(claim);
    event_free(claim->batch);
    free(claim);
}

void deliver_claim_kick(struct deliver_claim *claim)
{
    unsigned shards = wsub_store_shards(claim->d->store);

    claim->first = (claim->first + 1) % shards;
    for (size_t at = 0; at < DELIVER_CLAIM_SOURCES; at++)
        for (unsigned i = 0; i < shards; i++)
            wsub_stream_reader_kick(
                claim->sources[at].readers[(claim->first + i) % shards]);
}

void deliver_claim_take(struct deliver_claim *claim, size_t count)
{
    claim->used += count;
    deliver_stat_set(DELIVER_STAT_SLOTS_USED, claim->used);
}

/* Starts jobs that wait, as far as there are slots; all of them once the
 * process drains, when they are put back. */
static void start_waiting(struct deliver_claim_source *source)
{
    struct deliver_job *job;

    while ((job = TAILQ_FIRST(&source->waiting)) != NULL &&
           (free_slots(source) > 0 ||
            wsub_loop_draining(source->claim->d->loop))) {
        TAILQ_REMOVE(&source->waiting, job, next);
        deliver_claim_take(source->claim, 1);
        deliver_job_advance(job);
    }
}

void deliver_claim_admit(struct deliver_claim *claim, struct deliver_job *job)
{
    struct deliver_claim_source *source = &claim->sources[job->bundle->lane];

    TAILQ_INSERT_TAIL(&source->waiting, job, next);
    start_waiting(source);
}

bool deliver_claim_is_short(const struct deliver_claim *claim)
{
    for (size_t at = 0; at < DELIVER_CLAIM_SOURCES; at++)
        if (!TAILQ_EMPTY(&claim->sources[at].waiting))
            return true;
    return false;
}

void deliver_claim_release(struct deliver_claim *claim, size_t count)
{
    claim->used -= count;
    deliver_stat_set(DELIVER_STAT_SLOTS_USED, claim->used);
    for (size_t at = 0; at < DELIVER_CLAIM_SOURCES; at++)
        start_waiting(&claim->sources[at]);
    if (wsub_loop_draining(claim->d->loop))
        deliver_drain_check(claim->d);
    else
        deliver_claim_kick(claim);
}

static void on_renewed(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    (void)arg;
    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("renew-refused", WSUB_KV("error", reply->str));
}

/* Adds the bundles of `shard` that were claimed, or renewed, before `since_ms`;
 * returns their number. */
static size_t add_old(struct deliver_claim *claim, unsigned shard,
                      uint64_t since_ms, struct wsub_cmd *cmd)
{
    struct deliver_bundle *bundle, *next;
    size_t count = 0;

    HASH_ITER(hh, claim->held, bundle, next)
    {
        if (bundle->shard != shard || bundle->claimed_ms >= since_ms ||
            count == RENEW_MAX)
            continue;
        wsub_cmd_str(cmd, deliver_lane_name(bundle->lane));
        wsub_cmd_str(cmd, bundle->entry_id);
        bundle->claimed_ms = wsub_now_ms();
        count++;
    }
    return count;
}

static void renew_shard(struct deliver_claim *claim, unsigned shard,
                        uint64_t since_ms)
{
    struct deliver *d = claim->d;
    struct wsub_cmd cmd;
    size_t count;

    do {
        wsub_store_script(&cmd, d->store, shard, WSUB_SCRIPT_RENEW);
        wsub_cmd_str(&cmd, "deliver");
        wsub_cmd_str(&cmd, d->config->instance_name);
        count = add_old(claim, shard, since_ms, &cmd);
        if (count == 0)
            wsub_cmd_done(&cmd);
        else if (wsub_store_send(d->store, shard, &cmd, on_renewed, claim) !=
                 WSUB_OK)
            wsub_log_debug("renew-unsent", WSUB_KU("shard", shard));
    } while (count == RENEW_MAX);
}

void deliver_claim_renew(struct deliver_claim *claim)
{
    uint64_t age_ms = deliver_takeover_idle_ms(claim->d->config) / 2;
    uint64_t now_ms = wsub_now_ms();

    if (now_ms < age_ms)
        return;
    for (unsigned i = 0; i < wsub_store_shards(claim->d->store); i++)
        renew_shard(claim, i, now_ms - age_ms);
}

void deliver_claim_stop(struct deliver_claim *claim)
{
    for (size_t at = 0; at < DELIVER_CLAIM_SOURCES; at++)
        start_waiting(&claim->sources[at]);
    for (size_t at = 0; at < DELIVER_CLAIM_SOURCES; at++)
        for (unsigned i = 0; i < wsub_store_shards(claim->d->store); i++)
            wsub_stream_reader_stop(claim->sources[at].readers[i]);
}

bool deliver_claim_idle(const struct deliver_claim *claim)
{
    return claim->used == 0 &&
           claim->stopped ==
               DELIVER_CLAIM_SOURCES * wsub_store_shards(claim->d->store);
}
