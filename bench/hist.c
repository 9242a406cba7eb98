#include "bench/hist.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common/base/buf.h"

#define PARTS_BITS 6 /* 64 buckets for each doubling */
#define PARTS (1u << PARTS_BITS)

static size_t bucket_of(uint64_t ns)
{
    unsigned shift;

    if (ns < PARTS)
        return (size_t)ns;
    shift = 63u - (unsigned)__builtin_clzll(ns) - PARTS_BITS;
    return (size_t)shift * PARTS + (size_t)(ns >> shift);
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_top(size_t bucket)
{
    unsigned shift;

    if (bucket < 2 * PARTS)
        return bucket;
    shift = (unsigned)(bucket / PARTS) - 1;
    return ((uint64_t)(bucket % PARTS + PARTS + 1) << shift) - 1;
}

void bench_hist_add(struct bench_hist *hist, uint64_t ns)
{
    hist->buckets[bucket_of(ns)]++;
    hist->count++;
    if (ns > hist->max_ns)
        hist->max_ns = ns;
}

uint64_t bench_hist_quantile(const struct bench_hist *hist, double share)
{
    uint64_t rank = (uint64_t)ceil(share * (double)hist->count);
    uint64_t seen = 0;

    if (hist->count == 0)
        return 0;
    for (size_t i = 0; i < BENCH_HIST_BUCKETS; i++) {
        seen += hist->buckets[i];
        if (seen >= rank && seen > 0)
            return bucket_top(i) < hist->max_ns ? bucket_top(i) : hist->max_ns;
    }
    return hist->max_ns;
}

void bench_hist_json(const struct bench_hist *hist, struct wsub_buf *out)
{
    wsub_buf_printf(
        out,
        "{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}",
        (double)bench_hist_quantile(hist, 0.5) / 1e3,
        (double)bench_hist_quantile(hist, 0.9) / 1e3,
        (double)bench_hist_quantile(hist, 0.99) / 1e3,
        (double)bench_hist_quantile(hist, 0.999) / 1e3,
        (double)hist->max_ns / 1e3);
}
