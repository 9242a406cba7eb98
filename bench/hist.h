/* hist.h - a histogram of durations.
 *
 * Buckets grow with the value: each doubling is cut into 64, so a quantile is
 * at most 1.6% above the truth whatever the range.  Adding costs a few
 * instructions and no allocation. */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define BENCH_HIST_BUCKETS (59 * 64) /* covers every uint64_t */

struct bench_hist {
    uint64_t count;
    uint64_t max_ns;
    uint64_t buckets[BENCH_HIST_BUCKETS];
};

struct wsub_buf;

void bench_hist_add(struct bench_hist *hist, uint64_t ns);

/* The duration that `share` (0 to 1) of the values do not exceed; 0 when
 * there are none. */
uint64_t bench_hist_quantile(const struct bench_hist *hist, double share);

/* Appends {"p50":..,"p90":..,"p99":..,"p999":..,"max":..} in microseconds. */
void bench_hist_json(const struct bench_hist *hist, struct wsub_buf *out);

#endif
