#include "deliver/readers.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"
#include "deliver/credit.h"
#include "deliver/slots.h"

#define READ_MAX 64        /* entries of up to 500 bytes */
#define SLOTS_A_SHARD 4    /* a job of each stream, and the share of new */
#define BATCH_WAIT_US 1000 /* so long a reader waits for a batch of slots */

const char *const deliver_readers_streams[DELIVER_READERS_STREAMS] = {
    WSUB_KEY_VERIFY, WSUB_KEY_OUTBOX, WSUB_KEY_BULK};

/* What each reader of a source reads; its lane comes last. */
static const struct {
    const char *streams[2];
    unsigned stream_count;
} layouts[DELIVER_LANES] = {
    [DELIVER_LANE_OUTBOX] = {{WSUB_KEY_VERIFY, WSUB_KEY_OUTBOX}, 2},
    [DELIVER_LANE_BULK] = {{WSUB_KEY_BULK}, 1},
};

/* The readers of the same streams. */
struct source {
    struct deliver_readers *readers; /* borrowed; what this is part of */
    struct deliver_credit credit;
    struct wsub_stream_reader **shards; /* owned; one a shard */
    size_t granted;                     /* slots of reads on their way */
};

struct deliver_readers {
    struct deliver_readers_options o;
    struct source sources[DELIVER_LANES];
    struct wsub_timer batch; /* while a reader waits for a batch of slots */
    bool waited;             /* long enough: what there is is granted */
    unsigned stopped;        /* readers */
    unsigned first; /* shard to wake first: in rotation, lest one takes all */
};

static void on_batch(void *arg)
{
    struct deliver_readers *readers = arg;

    readers->waited = true;
    deliver_readers_kick(readers);
    readers->waited = false;
}

static size_t credit_read(const struct source *source, size_t left, size_t want)
{
    struct deliver_readers *readers = source->readers;
    struct deliver_credit_now now = {
        .left = left,
        .ahead = readers->o.ahead(readers->o.arg) + source->granted,
        .waited = readers->waited,
    };
    bool batch;
    size_t granted = deliver_credit_read(&source->credit, &now, want, &batch);

    if (batch)
        wsub_timer_plan_us(&readers->batch, BATCH_WAIT_US);
    return granted;
}

static size_t on_credit(size_t want, bool to_take_over, void *arg)
{
    struct source *source = arg;
    struct deliver_readers *readers = source->readers;
    struct deliver_slots *slots = readers->o.slots;
    enum deliver_lane lane = source->credit.lane;
    size_t left = deliver_slots_left(slots, lane), granted, taken;

    if (deliver_slots_queued(slots, lane) ||
        left < deliver_credit_least(&source->credit) ||
        !readers->o.may_claim(readers->o.arg))
        return 0; /* whatever changes that kicks the readers */
    if (to_take_over)
        granted = want < left ? want : left;
    else
        granted = credit_read(source, left, want);
    taken = deliver_credit_slots(&source->credit, granted, to_take_over);
    deliver_slots_take(slots, taken);
    source->granted += taken;
    return granted;
}

/* The slots are free again, but nobody is told before on_given(): the entries
 * that the read has brought take theirs first. */
static void on_give_back(size_t granted, bool to_take_over, void *arg)
{
    struct source *source = arg;
    size_t taken = deliver_credit_slots(&source->credit, granted, to_take_over);

    source->granted -= taken;
    deliver_slots_return(source->readers->o.slots, taken);
}

static void on_entry(const struct wsub_stream_entry *entry, void *arg)
{
    const struct source *source = arg;
    const struct deliver_readers_options *o = &source->readers->o;

    if (entry->stream == source->credit.stream_count - 1)
        o->on_jobs(source->credit.lane, entry, o->arg);
    else
        o->on_verification(entry, o->arg);
}

static void on_given(void *arg)
{
    const struct source *source = arg;

    deliver_slots_release(source->readers->o.slots, 0);
}

static void on_stopped(void *arg)
{
    const struct source *source = arg;
    struct deliver_readers *readers = source->readers;

    readers->stopped++;
    if (deliver_readers_stopped(readers))
        readers->o.on_stopped(readers->o.arg);
}

static struct wsub_stream_reader *reader_new(struct source *source,
                                             unsigned shard)
{
    const struct deliver_readers_options *o = &source->readers->o;
    struct wsub_stream_reader_options options = {
        .base = o->base,
        .store = o->store,
        .shard = shard,
        .group = WSUB_GROUP_DELIVER,
        .consumer = o->consumer,
        .stream_count = layouts[source->credit.lane].stream_count,
        .read_max = READ_MAX,
        .credit = on_credit,
        .give_back = on_give_back,
        .on_entry = on_entry,
        .on_given = on_given,
        .on_stopped = on_stopped,
        .arg = source,
    };

    for (unsigned i = 0; i < options.stream_count; i++) {
        options.streams[i] = layouts[source->credit.lane].streams[i];
        options.takeover_idle_ms[i] = o->takeover_idle_ms;
    }
    return wsub_stream_reader_new(&options);
}

static void source_init(struct deliver_readers *readers, enum deliver_lane lane)
{
    struct source *source = &readers->sources[lane];
    unsigned shards = wsub_store_shards(readers->o.store);

    source->readers = readers;
    source->credit = (struct deliver_credit){
        .lane = lane,
        .stream_count = layouts[lane].stream_count,
        .slots = deliver_slots_total(readers->o.slots),
    };
    source->shards = wsub_calloc(shards, sizeof(struct wsub_stream_reader *));
    for (unsigned i = 0; i < shards; i++)
        source->shards[i] = reader_new(source, i);
}

struct deliver_readers *
deliver_readers_new(const struct deliver_readers_options *options)
{
    struct deliver_readers *readers = wsub_calloc(1, sizeof(*readers));

    readers->o = *options;
    wsub_timer_init(&readers->batch, options->base, on_batch, readers);
    for (size_t i = 0; i < DELIVER_LANES; i++)
        source_init(readers, (enum deliver_lane)i);
    return readers;
}

void deliver_readers_free(struct deliver_readers *readers)
{
    if (readers == NULL)
        return;
    for (size_t at = 0; at < DELIVER_LANES; at++) {
        struct source *source = &readers->sources[at];

        for (unsigned i = 0; i < wsub_store_shards(readers->o.store); i++)
            wsub_stream_reader_free(source->shards[i]);
        free(source->shards);
    }
    wsub_timer_done(&readers->batch);
    free(readers);
}

void deliver_readers_kick(struct deliver_readers *readers)
{
    unsigned shards = wsub_store_shards(readers->o.store);

    readers->first = (readers->first + 1) % shards;
    for (size_t at = 0; at < DELIVER_LANES; at++)
        for (unsigned i = 0; i < shards; i++)
            wsub_stream_reader_kick(
                readers->sources[at].shards[(readers->first + i) % shards]);
}

void deliver_readers_stop(struct deliver_readers *readers)
{
    for (size_t at = 0; at < DELIVER_LANES; at++)
        for (unsigned i = 0; i < wsub_store_shards(readers->o.store); i++)
            wsub_stream_reader_stop(readers->sources[at].shards[i]);
}

bool deliver_readers_stopped(const struct deliver_readers *readers)
{
    return readers->stopped ==
           DELIVER_LANES * wsub_store_shards(readers->o.store);
}

size_t deliver_readers_least_slots(unsigned shards)
{
    return (size_t)SLOTS_A_SHARD * shards;
}
