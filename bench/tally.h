/* tally.h - what has arrived at the sink.
 *
 * A run has `callbacks` callbacks, /s/0 and up, and `events` events, 0 and up;
 * each pair is expected once.  One bit a pair tells a first arrival from a
 * duplicate, so that a missing delivery and a duplicate one never cancel each
 * other out. */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/hist.h"

#define BENCH_TALLY_MAX_PAIRS (1ull << 33) /* 1 GiB of bits */

struct wsub_buf;

struct bench_tally {
    uint32_t callbacks, events;
    uint64_t *seen; /* owned; a bit a pair */
    uint64_t requests;
    uint64_t body_bytes;
    uint64_t distinct;   /* pairs that have arrived */
    uint64_t duplicates; /* arrivals of such a pair */
    uint64_t strange;    /* deliveries that belong to no pair */
    uint64_t first_publish_ns, first_arrival_ns, last_arrival_ns;
    struct bench_hist latency; /* from publishing to arrival */
};

void bench_tally_done(struct bench_tally *tally);

/* Forgets everything and expects a new run; false, with the tally as it was,
 * when there are too many pairs. */
bool bench_tally_reset(struct bench_tally *tally, uint32_t callbacks,
                       uint32_t events);

/* Counts the delivery of a body to a path. */
void bench_tally_add(struct bench_tally *tally, const char *path,
                     size_t path_len, const char *body, size_t body_len);

/* Appends the members of a JSON object, without its braces. */
void bench_tally_json(const struct bench_tally *tally, struct wsub_buf *out);

#endif
