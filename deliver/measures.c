#include "deliver/measures.h"

#include "common/base/metrics.h"

enum result {
    RESULT_2XX,
    RESULT_3XX,
    RESULT_4XX, /* but for the next two */
    RESULT_410,
    RESULT_429,
    RESULT_5XX,
    RESULT_TIMEOUT,
    RESULT_CONNECT,
    RESULT_TLS,
    RESULT_DNS,
    RESULT_ADDRESS,
    RESULT_BROKEN,
    RESULT_MAX_
};

#define ATTEMPTS(result_)                                                      \
    {                                                                          \
        "websubd_deliver_attempts_total", "Attempts to deliver by result",     \
            WSUB_COUNTER, "result=\"" result_ "\"", 0                          \
    }
#define TIMES(result_)                                                         \
    {                                                                          \
        .name = "websubd_deliver_attempt_seconds",                             \
        .help = "How long attempts to deliver take, by result",                \
        .labels = "result=\"" result_ "\"", .buckets = &wsub_buckets_call      \
    }
#define AGES(attempt_)                                                         \
    {                                                                          \
        .name = "websubd_deliver_delay_seconds",                               \
        .help =                                                                \
            "From an event that is stored to its delivery, by whether the "    \
            "first attempt brought it",                                        \
        .labels = "attempt=\"" attempt_ "\"", .buckets = &wsub_buckets_wait    \
    }

static struct wsub_metric attempts[RESULT_MAX_] = {
    [RESULT_2XX] = ATTEMPTS("2xx"),
    [RESULT_3XX] = ATTEMPTS("3xx"),
    [RESULT_4XX] = ATTEMPTS("4xx"),
    [RESULT_410] = ATTEMPTS("410"),
    [RESULT_429] = ATTEMPTS("429"),
    [RESULT_5XX] = ATTEMPTS("5xx"),
    [RESULT_TIMEOUT] = ATTEMPTS("timeout"),
    [RESULT_CONNECT] = ATTEMPTS("connect"),
    [RESULT_TLS] = ATTEMPTS("tls"),
    [RESULT_DNS] = ATTEMPTS("dns"),
    [RESULT_ADDRESS] = ATTEMPTS("refused_address"),
    [RESULT_BROKEN] = ATTEMPTS("broken"),
};

static struct wsub_histogram times[RESULT_MAX_] = {
    [RESULT_2XX] = TIMES("2xx"),
    [RESULT_3XX] = TIMES("3xx"),
    [RESULT_4XX] = TIMES("4xx"),
    [RESULT_410] = TIMES("410"),
    [RESULT_429] = TIMES("429"),
    [RESULT_5XX] = TIMES("5xx"),
    [RESULT_TIMEOUT] = TIMES("timeout"),
    [RESULT_CONNECT] = TIMES("connect"),
    [RESULT_TLS] = TIMES("tls"),
    [RESULT_DNS] = TIMES("dns"),
    [RESULT_ADDRESS] = TIMES("refused_address"),
    [RESULT_BROKEN] = TIMES("broken"),
};

static struct wsub_histogram ages[] = {AGES("later"), AGES("first")};

void deliver_measures_register(void)
{
    wsub_metrics_register(attempts, RESULT_MAX_);
    wsub_histograms_register(times, RESULT_MAX_, NULL);
    wsub_histograms_register(ages, sizeof(ages) / sizeof(*ages), NULL);
}

const struct wsub_histogram *deliver_measures_delays(size_t *ret_count)
{
    *ret_count = sizeof(ages) / sizeof(*ages);
    return ages;
}

static enum result result_of_status(unsigned status)
{
    if (status == 410)
        return RESULT_410;
    if (status == 429)
        return RESULT_429;
    if (status >= 500)
        return RESULT_5XX;
    if (status >= 400)
        return RESULT_4XX;
    return status >= 300 ? RESULT_3XX : RESULT_2XX;
}

static enum result result_of_error(enum wsub_attempt_error error)
{
    switch (error) {
    case WSUB_ATTEMPT_TIMEOUT:
        return RESULT_TIMEOUT;
    case WSUB_ATTEMPT_DNS:
        return RESULT_DNS;
    case WSUB_ATTEMPT_CONNECT:
        return RESULT_CONNECT;
    case WSUB_ATTEMPT_TLS:
        return RESULT_TLS;
    case WSUB_ATTEMPT_BLOCKED:
        return RESULT_ADDRESS;
    default:
        return RESULT_BROKEN;
    }
}

void deliver_measure_attempt(const struct wsub_attempt *attempt)
{
    enum result result = attempt->status >= 200
                             ? result_of_status(attempt->status)
                             : result_of_error(attempt->error);

    wsub_metric_add(&attempts[result], 1);
    wsub_histogram_add(&times[result], (uint64_t)attempt->duration_ms * 1000);
}

void deliver_measure_delivery(uint64_t age_ms, bool at_first)
{
    wsub_histogram_add(&ages[at_first], age_ms * 1000);
}
