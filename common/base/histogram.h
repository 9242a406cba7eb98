/* histogram.h - how long things take, for /metrics.
 *
 *   wsub_histogram_add(): one look for the bucket, three additions
 *
 * A histogram is a row of a table, as a metric is (metrics.h); rows of one name
 * stand together and have the same buckets.  A row with labels is printed once
 * something was observed: a table may have many that are never used. */
#ifndef WSUB_BASE_HISTOGRAM_H
#define WSUB_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define WSUB_BUCKETS_MAX 16

/* Upper bounds in us, rising, 0 behind the last one; what is above is in a bucket
 * of its own. */
struct wsub_buckets {
    uint64_t bounds_us[WSUB_BUCKETS_MAX];
};

/* 100 us to 10 s: what one request or call takes. */
extern const struct wsub_buckets wsub_buckets_call;

/* 5 ms to 6 h: what events wait. */
extern const struct wsub_buckets wsub_buckets_wait;

struct wsub_histogram {
    const char *name; /* with the prefix websubd_, and _seconds */
    const char *help;
    const char *labels; /* such as result="2xx", or NULL */
    const struct wsub_buckets *buckets;
    uint64_t counts[WSUB_BUCKETS_MAX + 1]; /* of each bucket alone */
    uint64_t sum_us;
};

/* Makes a table of `count` rows part of the output, until `arg` is forgotten
 * (metrics.h; NULL: it outlives the process' last print).  At most 16 tables. */
void wsub_histograms_register(const struct wsub_histogram *table, size_t count,
                              const void *arg);
void wsub_histograms_forget(const void *arg);

void wsub_histogram_add(struct wsub_histogram *row, uint64_t us);

/* Adds every registered histogram to `out`. */
void wsub_histograms_print(struct wsub_buf *out);

/* Below which so large a share of what was observed is, in us, as though it were
 * spread evenly over its bucket; of what is above the last bound that bound.  0
 * when nothing was observed. */
double wsub_buckets_quantile_us(const struct wsub_buckets *buckets,
                                const uint64_t counts[WSUB_BUCKETS_MAX + 1],
                                double share);

#endif
