/* attempt_buffer.h - what attempts came to, by subscription, until it is in
 * Redis.
 *
 * Each attempt is noted here and added to the attempt log in bulk.  A failure,
 * and the success after one, are what somebody may look for: they are due at
 * once.  Attempts that merely delivered only change totals, which may come
 * late.  The current run of failures, which suspends a subscription, is kept
 * here only.
 *
 * At most DELIVER_UNFLUSHED_MAX subscriptions hold attempts that were not
 * flushed; at most DELIVER_RUNS_MAX others a run of failures, the least
 * recently used goes first.  Of responses' bodies (keep_response_body) at most
 * DELIVER_BODIES_MAX are held, and no more are kept meanwhile.  Memory is reused,
 * not given back, but for the bodies. */
#ifndef DELIVER_ATTEMPT_BUFFER_H
#define DELIVER_ATTEMPT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto/digest.h"
#include "common/store/attempt_log.h"

#define DELIVER_UNFLUSHED_MAX 65536
#define DELIVER_RUNS_MAX 65536
#define DELIVER_BODIES_MAX 4096

struct deliver_attempt_buffer;

/* When what is unflushed of a subscription is due. */
enum deliver_unflushed {
    DELIVER_UNFLUSHED_FAILURES, /* or a success after one: soon */
    DELIVER_UNFLUSHED_TOTALS,   /* nothing but success: late */
    DELIVER_UNFLUSHED_KINDS
};

/* What was noted for one subscription since the last flush. */
struct deliver_attempts {
    unsigned shard;
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
    uint32_t run; /* failures in a row, up to now */
    struct wsub_attempt_log log;
};

struct deliver_attempt_buffer *deliver_attempt_buffer_new(unsigned shards);
void deliver_attempt_buffer_free(struct deliver_attempt_buffer *buffer);

/* Notes an attempt for the subscription (digests of WSUB_DIGEST_LEN bytes).
 * A copy is made of its body.
 * Returns its run of failures: 0 after a success.  While the buffer is full
 * and has nothing of the subscription that is to be flushed, only the run is
 * noted. */
uint32_t deliver_attempt_buffer_note(struct deliver_attempt_buffer *buffer,
                                     unsigned shard, const char *td,
                                     const char *cd,
                                     const struct wsub_attempt *attempt,
                                     bool delivered);

/* A failure without an attempt: the host was known to be down.  Returns the
 * run of failures. */
uint32_t
deliver_attempt_buffer_add_failure(struct deliver_attempt_buffer *buffer,
                                   unsigned shard, const char *td,
                                   const char *cd);

/* Subscriptions with attempts that were not flushed. */
uint32_t
deliver_attempt_buffer_unflushed(const struct deliver_attempt_buffer *buffer,
                                 enum deliver_unflushed kind);

/* `attempts` is valid during the call, which must not use the buffer. */
typedef void deliver_attempts_cb(const struct deliver_attempts *attempts,
                                 void *arg);

/* Hands out what is unflushed of the shard and of that kind, of up to `most`
 * subscriptions that have been so since before `until_ms` (Redis' time), the
 * oldest first.  Returns how many. */
size_t deliver_attempt_buffer_flush(struct deliver_attempt_buffer *buffer,
                                    unsigned shard, enum deliver_unflushed kind,
                                    uint64_t until_ms, size_t most,
                                    deliver_attempts_cb *on_attempts,
                                    void *arg);

#endif
