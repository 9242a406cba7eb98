#include "deliver/records.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/digest.h"
#include "common/store/records.h"

#define BATCH_MAX 256 /* records; some 100 microseconds of Redis */

STAILQ_HEAD(wait_list, deliver_record_wait);

/* One question: what is wanted of a topic, or on its way. */
struct batch {
    struct wait_list waits;
    size_t count;
    unsigned shard;
    char td[WSUB_DIGEST_LEN + 1];
    TAILQ_ENTRY(batch) next;
    UT_hash_handle hh;
    struct deliver_records *records;
};

TAILQ_HEAD(batch_list, batch);

struct deliver_records {
    struct wsub_store *store; /* borrowed */
    struct wsub_timer flush;  /* runs once this turn of the loop is over */
    struct wsub_timer later;  /* and its requests are */
    struct batch **open;      /* owned; one a shard, by td: with room */
    struct batch *last;       /* borrowed; of them, most likely wanted again */
    struct batch_list wanted; /* owned; all that are to be sent */
    struct batch_list sent;   /* owned */
};

/* The last record frees the batch. */
static void on_record(const char *record, size_t len, void *arg)
{
    struct batch *batch = arg;
    struct deliver_record_wait *wait = STAILQ_FIRST(&batch->waits);

    STAILQ_REMOVE_HEAD(&batch->waits, next);
    if (STAILQ_EMPTY(&batch->waits)) {
        TAILQ_REMOVE(&batch->records->sent, batch, next);
        free(batch);
    }
    wait->on_record(wait, record, len);
}

static void batch_send(struct deliver_records *records, struct batch *batch)
{
    const struct deliver_record_wait *wait;
    struct wsub_records_get get;

    wsub_records_begin(&get, records->store, batch->shard, batch->td);
    STAILQ_FOREACH(wait, &batch->waits, next)
    {
        wsub_records_add(&get, wait->cd);
    }
    TAILQ_INSERT_TAIL(&records->sent, batch, next);
    wsub_records_send(&get, on_record, batch);
}

static void on_flush(void *arg)
{
    struct deliver_records *records = arg;
    struct batch_list wanted = TAILQ_HEAD_INITIALIZER(wanted);
    struct batch *batch;

    TAILQ_CONCAT(&wanted, &records->wanted, next);
    for (unsigned i = 0; i < wsub_store_shards(records->store); i++)
        HASH_CLEAR(hh, records->open[i]);
    records->last = NULL;
    while ((batch = TAILQ_FIRST(&wanted)) != NULL) {
        TAILQ_REMOVE(&wanted, batch, next);
        batch_send(records, batch);
    }
}

struct deliver_records *deliver_records_new(struct event_base *base,
                                            struct wsub_store *store)
{
    struct deliver_records *records = wsub_calloc(1, sizeof(*records));
    unsigned shards = wsub_store_shards(store);

    records->store = store;
    wsub_timer_init(&records->flush, base, on_flush, records);
    wsub_timer_init(&records->later, base, on_flush, records);
    wsub_timer_priority(&records->later, WSUB_LOOP_LATER);
    records->open = wsub_calloc(shards, sizeof(*records->open));
    TAILQ_INIT(&records->wanted);
    TAILQ_INIT(&records->sent);
    return records;
}

static void free_all(struct batch_list *list)
{
    struct batch *batch;

    while ((batch = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, batch, next);
        free(batch);
    }
}

void deliver_records_free(struct deliver_records *records)
{
    if (records == NULL)
        return;
    for (unsigned i = 0; i < wsub_store_shards(records->store); i++)
        HASH_CLEAR(hh, records->open[i]);
    free_all(&records->wanted);
    free_all(&records->sent);
    wsub_timer_done(&records->flush);
    wsub_timer_done(&records->later);
    free(records->open);
    free(records);
}

/* The batch of a topic that has room. */
static struct batch *batch_of(struct deliver_records *records, unsigned shard,
                              const char *td)
{
    struct batch *batch = records->last;

    if (batch != NULL && batch->shard == shard && strcmp(batch->td, td) == 0)
        return batch;
    HASH_FIND_STR(records->open[shard], td, batch);
    if (batch != NULL)
        return batch;
    batch = wsub_calloc(1, sizeof(*batch));
    STAILQ_INIT(&batch->waits);
    batch->records = records;
    batch->shard = shard;
    memcpy(batch->td, td, sizeof(batch->td));
    HASH_ADD_STR(records->open[shard], td, batch);
    TAILQ_INSERT_TAIL(&records->wanted, batch, next);
    return batch;
}

static void want(struct deliver_records *records, unsigned shard,
                 struct deliver_record_wait *wait)
{
    struct batch *batch = batch_of(records, shard, wait->td);

    STAILQ_INSERT_TAIL(&batch->waits, wait, next);
    records->last = batch;
    if (++batch->count == BATCH_MAX) {
        HASH_DEL(records->open[shard], batch);
        records->last = NULL;
    }
}

void deliver_records_get(struct deliver_records *records, unsigned shard,
                         struct deliver_record_wait *wait)
{
    want(records, shard, wait);
    wsub_timer_now(&records->flush);
}

void deliver_records_get_later(struct deliver_records *records, unsigned shard,
                               struct deliver_record_wait *wait)
{
    want(records, shard, wait);
    wsub_timer_now(&records->later);
}
