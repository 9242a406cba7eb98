/* history.c - see history.h.
 *
 *   record (key, run) ----> news (totals and attempts since the last flush)
 *
 * A record with news is in its shard's list; one without has a run of failures
 * and is in the list `runs`, the least recently used first. */
#include "deliver/history.h"

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

struct news {
    uint64_t since_ms; /* the first attempt */
    uint64_t delivered, failed, bytes;
    unsigned noted; /* attempts; the last is at (noted - 1) % KEPT */
    struct wsub_attempt attempts[WSUB_ATTEMPT_LOG_KEPT];
    STAILQ_ENTRY(news) next; /* spare */
};

struct record {
    struct key key;
    uint32_t run;
    struct news *news; /* owned; NULL: all is flushed */
    TAILQ_ENTRY(record) next;
    UT_hash_handle hh;
};

TAILQ_HEAD(record_list, record);

struct deliver_history {
    struct record *table;          /* owned */
    struct record_list *unflushed; /* owned; by shard */
    unsigned shards;
    struct record_list runs, spare;
    STAILQ_HEAD(, news) spare_news;
    uint32_t unflushed_count, runs_count;
};

struct deliver_history *deliver_history_new(unsigned shards)
{
    struct deliver_history *history = wsub_calloc(1, sizeof(*history));

    history->shards = shards;
    history->unflushed = wsub_calloc(shards, sizeof(*history->unflushed));
    for (unsigned i = 0; i < shards; i++)
        TAILQ_INIT(&history->unflushed[i]);
    TAILQ_INIT(&history->runs);
    TAILQ_INIT(&history->spare);
    STAILQ_INIT(&history->spare_news);
    return history;
}

void deliver_history_free(struct deliver_history *history)
{
    struct record *record, *next;
    struct news *news;

    if (history == NULL)
        return;
    HASH_ITER(hh, history->table, record, next)
    {
        HASH_DEL(history->table, record);
        free(record->news);
        free(record);
    }
    while ((record = TAILQ_FIRST(&history->spare)) != NULL) {
        TAILQ_REMOVE(&history->spare, record, next);
        free(record);
    }
    while ((news = STAILQ_FIRST(&history->spare_news)) != NULL) {
        STAILQ_REMOVE_HEAD(&history->spare_news, next);
        free(news);
    }
    free(history->unflushed);
    free(history);
}

static struct record *find(const struct deliver_history *history,
                           unsigned shard, const char *td, const char *cd)
{
    struct record *record;
    struct key key = {.shard = shard};

    memcpy(key.td, td, sizeof(key.td));
    memcpy(key.cd, cd, sizeof(key.cd));
    HASH_FIND(hh, history->table, &key, sizeof(key), record);
    return record;
}

/* Takes the record out of the table; it is in no list any more. */
static void forget(struct deliver_history *history, struct record *record)
{
    HASH_DEL(history->table, record);
    TAILQ_INSERT_HEAD(&history->spare, record, next);
}

/* Puts the record, which has a run and no news, behind the others. */
static void keep_run(struct deliver_history *history, struct record *record)
{
    struct record *oldest;

    TAILQ_INSERT_TAIL(&history->runs, record, next);
    if (++history->runs_count <= DELIVER_HISTORY_RUNS_MAX)
        return;
    oldest = TAILQ_FIRST(&history->runs);
    TAILQ_REMOVE(&history->runs, oldest, next);
    history->runs_count--;
    forget(history, oldest);
}

static void drop_run(struct deliver_history *history, struct record *record)
{
    TAILQ_REMOVE(&history->runs, record, next);
    history->runs_count--;
}

/* A new record is in no list yet. */
static struct record *record_new(struct deliver_history *history,
                                 unsigned shard, const char *td, const char *cd)
{
    struct record *record = TAILQ_FIRST(&history->spare);

    if (record != NULL)
        TAILQ_REMOVE(&history->spare, record, next);
    else
        record = wsub_calloc(1, sizeof(*record));
    record->run = 0;
    record->key.shard = shard;
    memcpy(record->key.td, td, sizeof(record->key.td));
    memcpy(record->key.cd, cd, sizeof(record->key.cd));
    HASH_ADD(hh, history->table, key, sizeof(record->key), record);
    return record;
}

static struct news *news_new(struct deliver_history *history)
{
    struct news *news = STAILQ_FIRST(&history->spare_news);

    if (news == NULL)
        return wsub_calloc(1, sizeof(*news));
    STAILQ_REMOVE_HEAD(&history->spare_news, next);
    news->delivered = news->failed = news->bytes = 0;
    news->noted = 0;
    return news;
}

uint32_t deliver_history_unflushed(const struct deliver_history *history)
{
    return history->unflushed_count;
}

static void add_news(struct news *news, const struct wsub_attempt *attempt,
                     bool delivered)
{
    news->attempts[news->noted++ % WSUB_ATTEMPT_LOG_KEPT] = *attempt;
    news->bytes += attempt->bytes;
    if (delivered)
        news->delivered++;
    else
        news->failed++;
}

/* The record, which may be in the list of runs and has no news, gets some. */
static void begin_news(struct deliver_history *history, struct record *record,
                       uint64_t now_ms)
{
    record->news = news_new(history);
    record->news->since_ms = now_ms;
    TAILQ_INSERT_TAIL(&history->unflushed[record->key.shard], record, next);
    history->unflushed_count++;
}

uint32_t deliver_history_note(struct deliver_history *history, unsigned shard,
                              const char *td, const char *cd,
                              const struct wsub_attempt *attempt,
                              bool delivered)
{
    struct record *record = find(history, shard, td, cd);
    uint32_t run;

    if (record == NULL)
        record = record_new(history, shard, td, cd);
    else if (record->news == NULL)
        drop_run(history, record);
    run = record->run = delivered ? 0 : record->run + 1;
    if (record->news == NULL &&
        history->unflushed_count < DELIVER_HISTORY_UNFLUSHED_MAX)
        begin_news(history, record, attempt->at_ms);
    if (record->news != NULL)
        add_news(record->news, attempt, delivered);
    else if (run > 0)
        keep_run(history, record);
    else
        forget(history, record);
    return run;
}

uint32_t deliver_history_add_failure(struct deliver_history *history,
                                     unsigned shard, const char *td,
                                     const char *cd)
{
    struct record *record = find(history, shard, td, cd);

    if (record == NULL)
        record = record_new(history, shard, td, cd);
    else if (record->news == NULL)
        drop_run(history, record);
    record->run++;
    if (record->news == NULL)
        keep_run(history, record);
    return record->run;
}

static void fill(struct deliver_history_entry *entry,
                 const struct record *record)
{
    const struct news *news = record->news;
    struct wsub_attempt_log *log = &entry->log;

    memcpy(entry->td, record->key.td, sizeof(record->key.td));
    memcpy(entry->cd, record->key.cd, sizeof(record->key.cd));
    entry->td[WSUB_DIGEST_LEN] = entry->cd[WSUB_DIGEST_LEN] = '\0';
    entry->shard = record->key.shard;
    entry->run = record->run;
    log->delivered = news->delivered;
    log->failed = news->failed;
    log->bytes = news->bytes;
    log->count = news->noted < WSUB_ATTEMPT_LOG_KEPT ? news->noted
                                                     : WSUB_ATTEMPT_LOG_KEPT;
    for (unsigned i = 0; i < log->count; i++)
        log->attempts[i] =
            news->attempts[(news->noted - 1 - i) % WSUB_ATTEMPT_LOG_KEPT];
}

/* The record's news are flushed. */
static void end_news(struct deliver_history *history, struct record *record)
{
    TAILQ_REMOVE(&history->unflushed[record->key.shard], record, next);
    history->unflushed_count--;
    STAILQ_INSERT_HEAD(&history->spare_news, record->news, next);
    record->news = NULL;
    if (record->run > 0)
        keep_run(history, record);
    else
        forget(history, record);
}

size_t deliver_history_flush(struct deliver_history *history, unsigned shard,
                             uint64_t until_ms, size_t most,
                             deliver_history_cb *on_entry, void *arg)
{
    struct deliver_history_entry entry;
    struct record *record;
    size_t count = 0;

    while (count < most &&
           (record = TAILQ_FIRST(&history->unflushed[shard])) != NULL &&
           record->news->since_ms < until_ms) {
        fill(&entry, record);
        on_entry(&entry, arg);
        end_news(history, record);
        count++;
    }
    return count;
}
