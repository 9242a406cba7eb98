#include "deliver/attempt_flush.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/attempts.h"
#include "deliver/attempt_buffer.h"

#define MANY (DELIVER_UNFLUSHED_MAX / 2) /* then totals wait no longer */

/* Subscriptions in one call: under a ms of Redis, in which it serves no one
 * else.  Less than what is claimed ahead takes to be sent (credit.c). */
#define BATCH_MAX 128

#define SLICE_US 10000   /* between calls */
#define BUSY_US 2000     /* while there is more than one */
#define QUIET_US 1000000 /* while nothing is due soon */

/* How long attempts are gathered. */
static const uint64_t gather_ms[DELIVER_UNFLUSHED_KINDS] = {
    [DELIVER_UNFLUSHED_FAILURES] = 1000,
    [DELIVER_UNFLUSHED_TOTALS] = 60000,
};

struct deliver_attempt_flush {
    struct wsub_store *store;              /* borrowed */
    struct deliver_attempt_buffer *buffer; /* borrowed */
    struct wsub_timer slice;               /* while there is anything to send */
    bool quiet;                            /* and nothing of it is due soon */
    unsigned first;               /* shard to look at first, in rotation */
    struct wsub_attempts_add add; /* the batch, during send_due() */
    unsigned count;               /* of it; 0 subscriptions: there is none */
};

static void send_batch(struct deliver_attempt_flush *flush)
{
    if (flush->count > 0)
        wsub_attempts_send(&flush->add);
    flush->count = 0;
}

static void on_attempts(const struct deliver_attempts *attempts, void *arg)
{
    struct deliver_attempt_flush *flush = arg;

    if (flush->count == 0)
        wsub_attempts_begin(&flush->add, flush->store, attempts->shard);
    wsub_attempts_log(&flush->add, attempts->td, attempts->cd, &attempts->log);
    if (++flush->count == BATCH_MAX)
        send_batch(flush);
}

/* Sends up to `most` of a kind that have been unflushed since before
 * `until_ms`; returns how many. */
static size_t send_due(struct deliver_attempt_flush *flush,
                       enum deliver_unflushed kind, uint64_t until_ms,
                       size_t most)
{
    unsigned shards = wsub_store_shards(flush->store);
    size_t sent = 0;

    for (unsigned i = 0; i < shards; i++) {
        sent += deliver_attempt_buffer_flush(
            flush->buffer, (flush->first + i) % shards, kind, until_ms,
            most - sent, on_attempts, flush);
        send_batch(flush);
    }
    if (++flush->first >= shards)
        flush->first = 0;
    return sent;
}

void deliver_attempt_flush_all(struct deliver_attempt_flush *flush)
{
    for (size_t kind = 0; kind < DELIVER_UNFLUSHED_KINDS; kind++)
        send_due(flush, (enum deliver_unflushed)kind, UINT64_MAX, SIZE_MAX);
}

static uint32_t unflushed(const struct deliver_attempt_flush *flush,
                          enum deliver_unflushed kind)
{
    return deliver_attempt_buffer_unflushed(flush->buffer, kind);
}

static bool is_quiet(const struct deliver_attempt_flush *flush)
{
    return unflushed(flush, DELIVER_UNFLUSHED_FAILURES) == 0 &&
           unflushed(flush, DELIVER_UNFLUSHED_TOTALS) <= MANY;
}

static void plan(struct deliver_attempt_flush *flush)
{
    flush->quiet = is_quiet(flush);
    wsub_timer_start_us(&flush->slice, flush->quiet ? QUIET_US : SLICE_US);
}

static size_t send_slice(struct deliver_attempt_flush *flush)
{
    uint64_t now_ms = wsub_store_time_ms(flush->store);
    size_t sent = 0;

    for (size_t i = 0; i < DELIVER_UNFLUSHED_KINDS; i++) {
        enum deliver_unflushed kind = (enum deliver_unflushed)i;
        uint64_t until_ms = unflushed(flush, kind) > MANY
                                ? UINT64_MAX
                                : now_ms - gather_ms[kind];

        sent += send_due(flush, kind, until_ms, BATCH_MAX - sent);
    }
    return sent;
}

static void on_slice(void *arg)
{
    struct deliver_attempt_flush *flush = arg;

    if (send_slice(flush) == BATCH_MAX) {
        flush->quiet = false;
        wsub_timer_start_us(&flush->slice, BUSY_US);
    } else if (unflushed(flush, DELIVER_UNFLUSHED_FAILURES) > 0 ||
               unflushed(flush, DELIVER_UNFLUSHED_TOTALS) > 0) {
        plan(flush);
    }
}

void deliver_attempt_flush_plan(struct deliver_attempt_flush *flush)
{
    if (!wsub_timer_runs(&flush->slice) || (flush->quiet && !is_quiet(flush)))
        plan(flush);
}

struct deliver_attempt_flush *
deliver_attempt_flush_new(struct event_base *base, struct wsub_store *store,
                          struct deliver_attempt_buffer *buffer)
{
    struct deliver_attempt_flush *flush = wsub_calloc(1, sizeof(*flush));

    flush->store = store;
    flush->buffer = buffer;
    wsub_timer_init(&flush->slice, base, on_slice, flush);
    return flush;
}

void deliver_attempt_flush_free(struct deliver_attempt_flush *flush)
{
    if (flush == NULL)
        return;
    wsub_timer_done(&flush->slice);
    free(flush);
}
