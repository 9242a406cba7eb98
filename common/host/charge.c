#include "common/host/charge.h"

#define SEVERAL 3 /* endpoints that speak for their host */

static const struct {
    enum wsub_host_health health; /* for breakers */
    bool overloads;               /* for the host's limit */
} meanings[WSUB_HOST_SIGN_MAX_] = {
    [WSUB_HOST_SIGN_NONE] = {WSUB_HOST_UNKNOWN, false},
    [WSUB_HOST_SIGN_WELL] = {WSUB_HOST_ALIVE, false},
    [WSUB_HOST_SIGN_REFUSED] = {WSUB_HOST_ALIVE, false},
    [WSUB_HOST_SIGN_PUSHBACK] = {WSUB_HOST_ALIVE, true},
    [WSUB_HOST_SIGN_OVERLOAD] = {WSUB_HOST_DOWN, true},
    [WSUB_HOST_SIGN_TIMEOUT] = {WSUB_HOST_DOWN, true},
    [WSUB_HOST_SIGN_BROKEN] = {WSUB_HOST_DOWN, false},
    [WSUB_HOST_SIGN_UNREACHED] = {WSUB_HOST_DOWN, false},
};

/* A server that names a time is not down. */
static enum wsub_host_health health_of(const struct wsub_host_report *report)
{
    return report->asked_ms > 0 ? WSUB_HOST_ALIVE
                                : meanings[report->sign].health;
}

static bool is_good(enum wsub_host_sign sign)
{
    return sign == WSUB_HOST_SIGN_WELL || sign == WSUB_HOST_SIGN_REFUSED;
}

/* Whether this says something of the host that the endpoint has not said. */
static bool is_first_report(const struct wsub_endpoint *endpoint,
                            enum wsub_host_sign sign)
{
    return !endpoint->charged || sign == WSUB_HOST_SIGN_UNREACHED;
}

static void note_limit(struct wsub_host *host,
                       const struct wsub_endpoint *endpoint,
                       const struct wsub_host_charge *charge, uint64_t now_us)
{
    const struct wsub_host_report *report = charge->report;

    if (is_good(report->sign))
        wsub_limit_responded(&host->limit, host->sending,
                             charge->lingered ? 0 : report->latency_us,
                             charge->started_us, now_us);
    else if (meanings[report->sign].overloads &&
             is_first_report(endpoint, report->sign))
        wsub_limit_overloaded(&host->limit, charge->started_us, now_us);
}

static void ask(struct wsub_gate *gate, uint64_t until_us)
{
    if (until_us > gate->asked_until_us)
        gate->asked_until_us = until_us;
}

/* The server named a time: closes the endpoint, and the host if several do. */
static void note_asked(struct wsub_host *host, struct wsub_endpoint *endpoint,
                       uint64_t asked_ms, uint64_t now_us)
{
    uint64_t until_us = now_us + asked_ms * 1000;

    if (asked_ms == 0)
        return;
    ask(&endpoint->gate, until_us);
    host->askers += endpoint->asked_us <= host->unasked_us;
    endpoint->asked_us = now_us;
    if (host->askers >= SEVERAL)
        ask(&host->gate, until_us);
}

static void note_breakers(struct wsub_host *host,
                          struct wsub_endpoint *endpoint,
                          const struct wsub_host_charge *charge,
                          uint64_t now_us)
{
    enum wsub_host_health health = health_of(charge->report);
    bool is_tried = host->gate.breaker.state == WSUB_BREAKER_HALF_OPEN;

    wsub_breaker_note(&endpoint->gate.breaker, health, charge->started_us,
                      charge->random, now_us);
    if (health == WSUB_HOST_DOWN && !is_tried &&
        !is_first_report(endpoint, charge->report->sign))
        health = WSUB_HOST_UNKNOWN;
    wsub_breaker_note(&host->gate.breaker, health, charge->started_us,
                      charge->random, now_us);
    if (health == WSUB_HOST_DOWN)
        host->good_us = 0;
}

/* One that had started before the endpoint named a time says nothing of that;
 * of the host it does: that is not short of capacity as a whole. */
static void note_success(struct wsub_host *host, struct wsub_endpoint *endpoint,
                         uint64_t started_us, uint64_t now_us)
{
    endpoint->failing = endpoint->charged = false;
    host->failures.since_us = 0;
    if (started_us >= endpoint->asked_us)
        endpoint->asked_us = endpoint->gate.asked_until_us = 0;
    host->askers = 0;
    host->unasked_us = now_us;
}

static void note_failure(struct wsub_host *host, struct wsub_endpoint *endpoint,
                         const struct wsub_host_report *report, uint64_t now_us)
{
    if (host->failures.since_us == 0)
        host->failures.since_us = now_us;
    host->failures.last = report->sign;
    host->failures.status = report->status;
    endpoint->failing = true;
    if (health_of(report) == WSUB_HOST_DOWN || meanings[report->sign].overloads)
        endpoint->charged = true;
}

static bool is_down(const struct wsub_host *host)
{
    return host->gate.breaker.state != WSUB_BREAKER_CLOSED;
}

void wsub_host_charge(struct wsub_host *host, struct wsub_endpoint *endpoint,
                      const struct wsub_host_charge *charge, uint64_t now_us,
                      struct wsub_host_change *ret_change)
{
    enum wsub_host_sign sign = charge->report->sign;
    bool endpoint_was_open = wsub_gate_admits(&endpoint->gate, now_us);
    bool host_was_open = wsub_gate_admits(&host->gate, now_us);
    bool host_was_down = is_down(host);

    note_limit(host, endpoint, charge, now_us);
    note_asked(host, endpoint, charge->report->asked_ms, now_us);
    note_breakers(host, endpoint, charge, now_us);
    if (is_good(sign) && !charge->lingered)
        host->good_us = now_us;
    if (sign == WSUB_HOST_SIGN_WELL)
        note_success(host, endpoint, charge->started_us, now_us);
    else if (sign != WSUB_HOST_SIGN_NONE)
        note_failure(host, endpoint, charge->report, now_us);
    *ret_change = (struct wsub_host_change){
        .endpoint_closed =
            endpoint_was_open && !wsub_gate_admits(&endpoint->gate, now_us),
        .host_closed = host_was_open && !wsub_gate_admits(&host->gate, now_us),
        .host_broke = !host_was_down && is_down(host),
        .host_recovered = host_was_down && !is_down(host),
    };
}
