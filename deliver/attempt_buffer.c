/* attempt_buffer.c - see attempt_buffer.h.
 *
 *   record (key, run) ----> unflushed (totals and attempts since the last
 *                           flush)
 *
 * A record with unflushed attempts is in its shard's list of their kind; one
 * without has a run of failures and is in the list `runs`, the least recently
 * used first. */
#include "deliver/attempt_buffer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"

struct key {
    uint32_t shard;
    char td[WSUB_DIGEST_LEN];
    char cd[WSUB_DIGEST_LEN];
};

/* Digests are evenly spread already. */
static unsigned hash_key(const struct key *key)
{
    uint64_t a, b;

    memcpy(&a, key->td, sizeof(a));
    memcpy(&b, key->cd, sizeof(b));
    a = (a ^ key->shard) * 0x9e3779b97f4a7c15u + b;
    return (unsigned)((a * 0x9e3779b97f4a7c15u) >> 32);
}

#define HASH_FUNCTION(bytes, len, ret_hash)                                    \
    ((ret_hash) = hash_key((const struct key *)(const void *)(bytes)))
#include <uthash.h>

struct unflushed {
    enum deliver_unflushed kind;
    uint64_t since_ms; /* it is of that kind */
    uint64_t delivered, failed, bytes;
    unsigned noted; /* attempts; the last is at (noted - 1) % KEPT */
    struct wsub_attempt attempts[WSUB_ATTEMPT_LOG_KEPT];
    char *bodies[WSUB_ATTEMPT_LOG_KEPT]; /* owned; NULL: none */
    STAILQ_ENTRY(unflushed) next;        /* spare */
};

struct record {
    struct key key;
    uint32_t run;
    struct unflushed *unflushed; /* owned; NULL: all is flushed */
    TAILQ_ENTRY(record) next;
    UT_hash_handle hh;
};

TAILQ_HEAD(record_list, record);

struct deliver_attempt_buffer {
    struct record *table; /* owned */
    struct record_list
        *unflushed[DELIVER_UNFLUSHED_KINDS]; /* owned; by shard */
    uint32_t counts[DELIVER_UNFLUSHED_KINDS];
    struct record_list runs, spare;
    STAILQ_HEAD(, unflushed) spare_unflushed;
    uint32_t runs_count;
    uint32_t bodies_count;
};

struct deliver_attempt_buffer *deliver_attempt_buffer_new(unsigned shards)
{
    struct deliver_attempt_buffer *buffer = wsub_calloc(1, sizeof(*buffer));

    for (size_t kind = 0; kind < DELIVER_UNFLUSHED_KINDS; kind++) {
        buffer->unflushed[kind] =
            wsub_calloc(shards, sizeof(struct record_list));
        for (unsigned i = 0; i < shards; i++)
            TAILQ_INIT(&buffer->unflushed[kind][i]);
    }
    TAILQ_INIT(&buffer->runs);
    TAILQ_INIT(&buffer->spare);
    STAILQ_INIT(&buffer->spare_unflushed);
    return buffer;
}

static void free_spare(struct deliver_attempt_buffer *buffer)
{
    struct record *record;
    struct unflushed *unflushed;

    while ((record = TAILQ_FIRST(&buffer->spare)) != NULL) {
        TAILQ_REMOVE(&buffer->spare, record, next);
        free(record);
    }
    while ((unflushed = STAILQ_FIRST(&buffer->spare_unflushed)) != NULL) {
        STAILQ_REMOVE_HEAD(&buffer->spare_unflushed, next);
        free(unflushed);
    }
}

/* Gives the bodies of attempts back. */
static void drop_body(struct deliver_attempt_buffer *buffer,
                      struct unflushed *unflushed, unsigned i)
{
    if (unflushed->bodies[i] == NULL)
        return;
    free(unflushed->bodies[i]);
    unflushed->bodies[i] = NULL;
    buffer->bodies_count--;
}

static void drop_bodies(struct deliver_attempt_buffer *buffer,
                        struct unflushed *unflushed)
{
    for (unsigned i = 0; i < WSUB_ATTEMPT_LOG_KEPT; i++)
        drop_body(buffer, unflushed, i);
}

void deliver_attempt_buffer_free(struct deliver_attempt_buffer *buffer)
{
    struct record *record, *next;

    if (buffer == NULL)
        return;
    HASH_ITER(hh, buffer->table, record, next)
    {
        HASH_DEL(buffer->table, record);
        if (record->unflushed != NULL)
            drop_bodies(buffer, record->unflushed);
        free(record->unflushed);
        free(record);
    }
    free_spare(buffer);
    for (size_t kind = 0; kind < DELIVER_UNFLUSHED_KINDS; kind++)
        free(buffer->unflushed[kind]);
    free(buffer);
}

static struct record *find(const struct deliver_attempt_buffer *buffer,
                           unsigned shard, const char *td, const char *cd)
{
    struct record *record;
    struct key key = {.shard = shard};

    memcpy(key.td, td, sizeof(key.td));
    memcpy(key.cd, cd, sizeof(key.cd));
    HASH_FIND(hh, buffer->table, &key, sizeof(key), record);
    return record;
}

/* Takes the record out of the table; it is in no list any more. */
static void forget(struct deliver_attempt_buffer *buffer, struct record *record)
{
    HASH_DEL(buffer->table, record);
    TAILQ_INSERT_HEAD(&buffer->spare, record, next);
}

/* Puts the record, which has nothing unflushed, where its run says. */
static void keep_run(struct deliver_attempt_buffer *buffer,
                     struct record *record)
{
    struct record *oldest;

    if (record->run == 0) {
        forget(buffer, record);
        return;
    }
    TAILQ_INSERT_TAIL(&buffer->runs, record, next);
    if (++buffer->runs_count <= DELIVER_RUNS_MAX)
        return;
    oldest = TAILQ_FIRST(&buffer->runs);
    TAILQ_REMOVE(&buffer->runs, oldest, next);
    buffer->runs_count--;
    forget(buffer, oldest);
}

/* A new record is in no list yet. */
static struct record *record_new(struct deliver_attempt_buffer *buffer,
                                 unsigned shard, const char *td, const char *cd)
{
    struct record *record = TAILQ_FIRST(&buffer->spare);

    if (record != NULL)
        TAILQ_REMOVE(&buffer->spare, record, next);
    else
        record = wsub_calloc(1, sizeof(*record));
    record->run = 0;
    record->key.shard = shard;
    memcpy(record->key.td, td, sizeof(record->key.td));
    memcpy(record->key.cd, cd, sizeof(record->key.cd));
    HASH_ADD(hh, buffer->table, key, sizeof(record->key), record);
    return record;
}

/* The subscription's record; when it has nothing unflushed it is in no list. */
static struct record *record_get(struct deliver_attempt_buffer *buffer,
                                 unsigned shard, const char *td, const char *cd)
{
    struct record *record = find(buffer, shard, td, cd);

    if (record == NULL)
        return record_new(buffer, shard, td, cd);
    if (record->unflushed == NULL) {
        TAILQ_REMOVE(&buffer->runs, record, next);
        buffer->runs_count--;
    }
    return record;
}

uint32_t
deliver_attempt_buffer_unflushed(const struct deliver_attempt_buffer *buffer,
                                 enum deliver_unflushed kind)
{
    return buffer->counts[kind];
}

static struct record_list *list_of(struct deliver_attempt_buffer *buffer,
                                   const struct record *record)
{
    return &buffer->unflushed[record->unflushed->kind][record->key.shard];
}

static void enlist(struct deliver_attempt_buffer *buffer, struct record *record,
                   enum deliver_unflushed kind, uint64_t now_ms)
{
    record->unflushed->kind = kind;
    record->unflushed->since_ms = now_ms;
    TAILQ_INSERT_TAIL(list_of(buffer, record), record, next);
    buffer->counts[kind]++;
}

static void delist(struct deliver_attempt_buffer *buffer, struct record *record)
{
    TAILQ_REMOVE(list_of(buffer, record), record, next);
    buffer->counts[record->unflushed->kind]--;
}

static bool is_full(const struct deliver_attempt_buffer *buffer)
{
    return buffer->counts[DELIVER_UNFLUSHED_FAILURES] +
               buffer->counts[DELIVER_UNFLUSHED_TOTALS] >=
           DELIVER_UNFLUSHED_MAX;
}

static struct unflushed *unflushed_new(struct deliver_attempt_buffer *buffer)
{
    struct unflushed *unflushed = STAILQ_FIRST(&buffer->spare_unflushed);

    if (unflushed == NULL)
        return wsub_calloc(1, sizeof(*unflushed));
    STAILQ_REMOVE_HEAD(&buffer->spare_unflushed, next);
    unflushed->delivered = unflushed->failed = unflushed->bytes = 0;
    unflushed->noted = 0;
    return unflushed;
}

/* Makes room for the record's unflushed attempts, in the list of their kind;
 * once they are of the kind that is due soon they stay so. */
static void make_room(struct deliver_attempt_buffer *buffer,
                      struct record *record, enum deliver_unflushed kind,
                      uint64_t now_ms)
{
    if (record->unflushed == NULL) {
        if (is_full(buffer))
            return;
        record->unflushed = unflushed_new(buffer);
    } else if (kind < record->unflushed->kind) {
        delist(buffer, record);
    } else {
        return;
    }
    enlist(buffer, record, kind, now_ms);
}

/* Takes a copy of the body of the attempt at `i`, while there may be more. */
static void keep_body(struct deliver_attempt_buffer *buffer,
                      struct unflushed *unflushed, unsigned i)
{
    struct wsub_attempt *attempt = &unflushed->attempts[i];

    if (attempt->body_len > 0 && buffer->bodies_count < DELIVER_BODIES_MAX) {
        unflushed->bodies[i] = wsub_memdup(attempt->body, attempt->body_len);
        buffer->bodies_count++;
    } else {
        attempt->body_len = 0;
    }
    attempt->body = unflushed->bodies[i];
}

static void add(struct deliver_attempt_buffer *buffer,
                struct unflushed *unflushed, const struct wsub_attempt *attempt,
                bool delivered)
{
    unsigned i = unflushed->noted++ % WSUB_ATTEMPT_LOG_KEPT;

    drop_body(buffer, unflushed, i);
    unflushed->attempts[i] = *attempt;
    keep_body(buffer, unflushed, i);
    unflushed->bytes += attempt->bytes;
    if (delivered)
        unflushed->delivered++;
    else
        unflushed->failed++;
}

uint32_t deliver_attempt_buffer_note(struct deliver_attempt_buffer *buffer,
                                     unsigned shard, const char *td,
                                     const char *cd,
                                     const struct wsub_attempt *attempt,
                                     bool delivered)
{
    struct record *record = record_get(buffer, shard, td, cd);
    enum deliver_unflushed kind = delivered && record->run == 0
                                      ? DELIVER_UNFLUSHED_TOTALS
                                      : DELIVER_UNFLUSHED_FAILURES;
    uint32_t run = delivered ? 0 : record->run + 1;

    record->run = run;
    make_room(buffer, record, kind, attempt->at_ms);
    if (record->unflushed != NULL)
        add(buffer, record->unflushed, attempt, delivered);
    else
        keep_run(buffer, record);
    return run;
}

uint32_t
deliver_attempt_buffer_add_failure(struct deliver_attempt_buffer *buffer,
                                   unsigned shard, const char *td,
                                   const char *cd)
{
    struct record *record = record_get(buffer, shard, td, cd);

    record->run++;
    if (record->unflushed == NULL)
        keep_run(buffer, record);
    return record->run;
}

static void fill(struct deliver_attempts *attempts, const struct record *record)
{
    const struct unflushed *unflushed = record->unflushed;
    struct wsub_attempt_log *log = &attempts->log;

    memcpy(attempts->td, record->key.td, sizeof(record->key.td));
    memcpy(attempts->cd, record->key.cd, sizeof(record->key.cd));
    attempts->td[WSUB_DIGEST_LEN] = attempts->cd[WSUB_DIGEST_LEN] = '\0';
    attempts->shard = record->key.shard;
    attempts->run = record->run;
    log->delivered = unflushed->delivered;
    log->failed = unflushed->failed;
    log->bytes = unflushed->bytes;
    log->count = unflushed->noted < WSUB_ATTEMPT_LOG_KEPT
                     ? unflushed->noted
                     : WSUB_ATTEMPT_LOG_KEPT;
    for (unsigned i = 0; i < log->count; i++)
        log->attempts[i] =
            unflushed
                ->attempts[(unflushed->noted - 1 - i) % WSUB_ATTEMPT_LOG_KEPT];
}

static void flushed(struct deliver_attempt_buffer *buffer,
                    struct record *record)
{
    delist(buffer, record);
    drop_bodies(buffer, record->unflushed);
    STAILQ_INSERT_HEAD(&buffer->spare_unflushed, record->unflushed, next);
    record->unflushed = NULL;
    keep_run(buffer, record);
}

size_t deliver_attempt_buffer_flush(struct deliver_attempt_buffer *buffer,
                                    unsigned shard, enum deliver_unflushed kind,
                                    uint64_t until_ms, size_t most,
                                    deliver_attempts_cb *on_attempts, void *arg)
{
    struct deliver_attempts attempts;
    struct record *record;
    size_t count = 0;

    while (count < most &&
           (record = TAILQ_FIRST(&buffer->unflushed[kind][shard])) != NULL &&
           record->unflushed->since_ms < until_ms) {
        fill(&attempts, record);
        on_attempts(&attempts, arg);
        flushed(buffer, record);
        count++;
    }
    return count;
}
