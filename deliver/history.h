/* history.h - what attempts came to, by subscription, until it is in Redis.
 *
 * Each attempt is noted here and added to the attempt log in bulk.  The
 * current run of failures, which suspends a subscription, is kept here only.
 *
 * At most DELIVER_HISTORY_UNFLUSHED_MAX subscriptions hold something that was
 * not flushed; at most DELIVER_HISTORY_RUNS_MAX others a run of failures, the
 * least recently used goes first.  Memory is reused, not given back. */
#ifndef DELIVER_HISTORY_H
#define DELIVER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto/digest.h"
#include "common/store/attempt_log.h"

#define DELIVER_HISTORY_UNFLUSHED_MAX 16384
#define DELIVER_HISTORY_RUNS_MAX 65536

struct deliver_history;

/* What was noted for one subscription since the last flush. */
struct deliver_history_entry {
    unsigned shard;
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
    uint32_t run; /* failures in a row, up to now */
    struct wsub_attempt_log log;
};

struct deliver_history *deliver_history_new(unsigned shards);
void deliver_history_free(struct deliver_history *history);

/* Notes an attempt for the subscription (digests of WSUB_DIGEST_LEN bytes).
 * Returns its run of failures: 0 after a success.  While the history is full
 * and knows nothing of the subscription to be flushed, only the run is. */
uint32_t deliver_history_note(struct deliver_history *history, unsigned shard,
                              const char *td, const char *cd,
                              const struct wsub_attempt *attempt,
                              bool delivered);

/* A failure without an attempt: the host was known to be down.  Returns the
 * run of failures. */
uint32_t deliver_history_add_failure(struct deliver_history *history,
                                     unsigned shard, const char *td,
                                     const char *cd);

/* Subscriptions with something that was not flushed. */
uint32_t deliver_history_unflushed(const struct deliver_history *history);

/* `entry` is valid during the call, which must not use the history. */
typedef void deliver_history_cb(const struct deliver_history_entry *entry,
                                void *arg);

/* Hands out what was noted for the shard since the last flush, of up to `most`
 * subscriptions whose first attempt since then ended before `until_ms` (Redis'
 * time), the oldest first.  Returns how many. */
size_t deliver_history_flush(struct deliver_history *history, unsigned shard,
                             uint64_t until_ms, size_t most,
                             deliver_history_cb *on_entry, void *arg);

#endif
