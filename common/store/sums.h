/* sums.h - what all processes did in the last minutes (sums_add.lua,
 * sums_list.lua).
 *
 *   each process, every 5 s: what it has counted since -> sums of 5 s, of 60 s
 *   the hub: a page of them, the newest first
 *
 * Those of 5 s are kept for eleven minutes, those of a minute for 25 hours: some
 * 600 KiB at most.  A call whose reply is lost is not repeated, so a sum may lack
 * 5 s of a process; nothing is ever counted twice. */
#ifndef WSUB_STORE_SUMS_H
#define WSUB_STORE_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/histogram.h"

struct wsub_store;

/* What is added up. */
enum wsub_sum {
    WSUB_SUM_ACCEPTED, /* pushes that were stored, fetches that found content */
    WSUB_SUM_BEGUN,    /* events that were fanned out */
    WSUB_SUM_DELIVERED, /* jobs by their outcome */
    WSUB_SUM_RETRIED,
    WSUB_SUM_DEAD,
    WSUB_SUM_ENDED, /* without a delivery: 410, or the subscription had ended */
    WSUB_SUM_MAX_
};

/* What a process has counted since its last call. */
struct wsub_sums {
    uint64_t counts[WSUB_SUM_MAX_];
    /* From an event that is stored to its delivery (wsub_buckets_wait). */
    uint64_t delays[WSUB_BUCKETS_MAX + 1];
};

/* What waits, as the owners of the shards say it; of several processes together
 * the sum, and the longest. */
struct wsub_sums_waiting {
    uint64_t entries;
    uint64_t oldest_ms;
};

/* Adds what was counted, unless it is nothing, and sets what waits (NULL: this
 * process can't tell).  WSUB_ERR_UNAVAILABLE: nothing is sent. */
enum wsub_err
wsub_sums_add(struct wsub_store *store, const struct wsub_sums *sums,
              const struct wsub_sums_waiting *waiting) WSUB_MUST_CHECK;

struct wsub_sums_row {
    uint64_t number; /* times the length it is its beginning, in Unix s */
    struct wsub_sums sums;
    struct wsub_sums_waiting waiting;
};

/* `rows` are borrowed for the callback, the newest first; what nobody counted in
 * is left out.  `newest` is the number of the newest one that was looked for. */
typedef void wsub_sums_cb(enum wsub_err err, uint64_t newest,
                          const struct wsub_sums_row *rows, size_t count,
                          void *arg);

/* Redis reads so many in about a millisecond. */
#define WSUB_SUMS_PAGE 240

/* Reads at most WSUB_SUMS_PAGE sums of `length_s`, 5 or 60, from number `newest`
 * (0: that of now) backwards.  Tried once: `cb` is called once, maybe during this
 * call. */
void wsub_sums_list(struct wsub_store *store, unsigned length_s,
                    uint64_t newest, size_t count, wsub_sums_cb *cb, void *arg);

#endif
