/* host_fixture.h - guests of a host, for the tests of common/host/host.h. */
#ifndef TESTS_UNIT_HOST_FIXTURE_H
#define TESTS_UNIT_HOST_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "common/host/host.h"
#include "tests/unit/suite.h"

#define PER_HOST 2
#define QUEUE_MAX 256
#define WAITING_MAX 512
#define CROWD (PER_HOST + QUEUE_MAX)
#define WAIT_MS 5000
#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define URL "http://s.example/cb"

struct guest {
    struct wsub_host_ticket ticket; /* first: a ticket is its guest */
    char endpoint[WSUB_DIGEST_LEN + 1];
    int starts, lates, closed, lingers;
    enum wsub_host_closing closing; /* when it was closed */
    uint64_t delay_ms;              /* when it was closed */
    unsigned order;                 /* of what happened to it, from 1 */
};

static struct wsub_hosts *hosts;
static unsigned calls;
static unsigned endpoints; /* that were named */
static uint64_t now_us;
static uint64_t delay_ms; /* of the last one sent away */
static struct {
    int calls;
    uint32_t how_many;
    char name[WSUB_DIGEST_LEN + 1];
} capacities;

static inline void on_start(struct wsub_host_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_nonnull(ticket->host);
    guest->starts++;
    guest->order = ++calls;
}

static inline void on_late(struct wsub_host_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_null(ticket->host);
    guest->lates++;
    guest->order = ++calls;
}

static inline void on_closed(struct wsub_host_ticket *ticket,
                             enum wsub_host_closing closing, uint64_t ms)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_null(ticket->host);
    guest->closed++;
    guest->closing = closing;
    guest->delay_ms = ms;
    guest->order = ++calls;
}

static inline void on_linger(struct wsub_host_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_int_eq(ticket->place, WSUB_HOST_LINGERING);
    guest->lingers++;
}

static inline void on_capacity(const char *name, uint32_t how_many, void *arg)
{
    ck_assert_ptr_eq(arg, &capacities);
    capacities.calls++;
    capacities.how_many = how_many;
    snprintf(capacities.name, sizeof(capacities.name), "%s", name);
}

static inline uint32_t longest(void)
{
    return UINT32_MAX;
}

/* What no test is about is without a limit. */
static inline struct wsub_hosts_options options(uint32_t per_host,
                                                uint32_t rate)
{
    return (struct wsub_hosts_options){
        .per_host = per_host,
        .per_endpoint = UINT32_MAX,
        .rate = rate,
        .queue_max = QUEUE_MAX,
        .waiting_max = WAITING_MAX,
        .urgent_waiting_max = UINT32_MAX,
        .unproven_max = UINT32_MAX,
        .urgent_max = UINT32_MAX,
        .wait_max_ms = WAIT_MS,
        .random = longest,
        .on_capacity = on_capacity,
        .arg = &capacities,
    };
}

static inline void begin_with(const struct wsub_hosts_options *chosen)
{
    wsub_hosts_free(hosts);
    hosts = wsub_hosts_new(chosen);
}

static inline void begin(uint32_t per_host, uint32_t rate)
{
    struct wsub_hosts_options chosen = options(per_host, rate);

    begin_with(&chosen);
}

static inline void set_up(void)
{
    hosts = NULL;
    calls = 0;
    now_us = 1; /* a machine that has just booted */
    memset(&capacities, 0, sizeof(capacities));
    begin(PER_HOST, 0);
}

static inline void tear_down(void)
{
    wsub_hosts_free(hosts);
}

/* For an endpoint; NULL: one of its own. */
static inline enum wsub_host_entry enter_for(struct guest *guest,
                                             const char *url, bool urgent,
                                             const char *endpoint)
{
    *guest = (struct guest){.ticket = {.on_start = on_start,
                                       .on_late = on_late,
                                       .on_closed = on_closed,
                                       .on_linger = on_linger,
                                       .urgent = urgent}};
    if (endpoint != NULL)
        snprintf(guest->endpoint, sizeof(guest->endpoint), "%22.22s", endpoint);
    else
        snprintf(guest->endpoint, sizeof(guest->endpoint), "%022u",
                 ++endpoints);
    guest->ticket.endpoint_id = guest->endpoint;
    return wsub_host_enter(hosts, url, &guest->ticket, now_us, &delay_ms);
}

static inline enum wsub_host_entry enter_as(struct guest *guest,
                                            const char *url, bool urgent)
{
    return enter_for(guest, url, urgent, NULL);
}

static inline enum wsub_host_entry enter(struct guest *guest, const char *url)
{
    return enter_as(guest, url, false);
}

static inline void leave_with(struct guest *guest, enum wsub_host_sign sign)
{
    wsub_host_leave(
        hosts, &guest->ticket,
        &(struct wsub_host_report){.sign = sign, .latency_us = 1000}, now_us);
    ck_assert_ptr_null(guest->ticket.host);
}

/* It responds 429, and names a time. */
static inline void leave_asking(struct guest *guest, uint64_t asked_ms)
{
    wsub_host_leave(hosts, &guest->ticket,
                    &(struct wsub_host_report){.sign = WSUB_HOST_SIGN_PUSHBACK,
                                               .latency_us = 1000,
                                               .asked_ms = asked_ms},
                    now_us);
}

static inline void leave(struct guest *guest)
{
    leave_with(guest, WSUB_HOST_SIGN_WELL);
}

/* One after the other to URL, each with that sign. */
static inline void requests(int count, enum wsub_host_sign sign)
{
    struct guest guest;

    for (int i = 0; i < count; i++) {
        now_us++;
        ck_assert_int_eq(enter(&guest, URL), WSUB_HOST_ENTRY_NOW);
        now_us++;
        leave_with(&guest, sign);
    }
}

/* The host has a good response. */
static inline void prove(const char *url)
{
    struct guest guest;

    ck_assert_int_eq(enter(&guest, url), WSUB_HOST_ENTRY_NOW);
    leave(&guest);
}

/* Enters `count` guests of a proven host, of which PER_HOST send and the rest
 * waits. */
static inline void crowd(struct guest *guests, int count)
{
    prove(URL);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(enter(&guests[i], URL), i < PER_HOST
                                                     ? WSUB_HOST_ENTRY_NOW
                                                     : WSUB_HOST_ENTRY_WAIT);
}

static inline struct wsub_hosts_counts counts(void)
{
    struct wsub_hosts_counts found;

    wsub_hosts_count(hosts, &found);
    return found;
}

#endif
