#include "bench/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/callback.h"
#include "bench/stamp.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

void bench_tally_done(struct bench_tally *tally)
{
    free(tally->seen);
    tally->seen = NULL;
}

bool bench_tally_reset(struct bench_tally *tally, uint32_t callbacks,
                       uint32_t events)
{
    uint64_t pairs = (uint64_t)callbacks * events;

    if (pairs > BENCH_TALLY_MAX_PAIRS)
        return false;
    bench_tally_done(tally);
    memset(tally, 0, sizeof(*tally));
    tally->callbacks = callbacks;
    tally->events = events;
    tally->seen = wsub_calloc((size_t)(pairs / 64 + 1), sizeof(*tally->seen));
    return true;
}

/* The number of a callback in its path; false when it has none. */
static bool callback_number(const char *path, size_t len, uint32_t *ret)
{
    size_t prefix = strlen(BENCH_CALLBACK_PATH);
    uint64_t value = 0;

    if (len <= prefix || len > prefix + 9 ||
        memcmp(path, BENCH_CALLBACK_PATH, prefix) != 0)
        return false;
    for (size_t i = prefix; i < len; i++) {
        if (path[i] < '0' || path[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(path[i] - '0');
    }
    *ret = (uint32_t)value;
    return true;
}

static void count_pair(struct bench_tally *tally, uint32_t callback,
                       uint32_t event)
{
    uint64_t pair = (uint64_t)event * tally->callbacks + callback;
    uint64_t bit = 1ull << (pair % 64);

    if ((tally->seen[pair / 64] & bit) != 0) {
        tally->duplicates++;
        return;
    }
    tally->seen[pair / 64] |= bit;
    tally->distinct++;
}

void bench_tally_add(struct bench_tally *tally, const char *path,
                     size_t path_len, const char *body, size_t body_len)
{
    uint64_t now = bench_now_ns(), published_ns;
    uint32_t callback, event;

    tally->requests++;
    tally->body_bytes += body_len;
    if (!callback_number(path, path_len, &callback) ||
        callback >= tally->callbacks ||
        !bench_stamp_read(body, body_len, &published_ns, &event) ||
        event >= tally->events || published_ns > now) {
        tally->strange++;
        return;
    }
    count_pair(tally, callback, event);
    bench_hist_add(&tally->latency, now - published_ns);
    if (tally->first_arrival_ns == 0)
        tally->first_arrival_ns = now;
    if (tally->first_publish_ns == 0 || published_ns < tally->first_publish_ns)
        tally->first_publish_ns = published_ns;
    tally->last_arrival_ns = now;
}

void bench_tally_json(const struct bench_tally *tally, struct wsub_buf *out)
{
    uint64_t expected = (uint64_t)tally->callbacks * tally->events;

    wsub_buf_printf(out,
                    "\"requests\":%" PRIu64 ",\"body_bytes\":%" PRIu64
                    ",\"distinct\":%" PRIu64 ",\"missing\":%" PRIu64
                    ",\"duplicates\":%" PRIu64 ",\"strange\":%" PRIu64,
                    tally->requests, tally->body_bytes, tally->distinct,
                    expected - tally->distinct, tally->duplicates,
                    tally->strange);
    wsub_buf_printf(out,
                    ",\"first_publish_ns\":%" PRIu64
                    ",\"first_arrival_ns\":%" PRIu64
                    ",\"last_arrival_ns\":%" PRIu64 ",\"latency_us\":",
                    tally->first_publish_ns, tally->first_arrival_ns,
                    tally->last_arrival_ns);
    bench_hist_json(&tally->latency, out);
}
