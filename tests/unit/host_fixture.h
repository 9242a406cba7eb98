/* host_fixture.h - guests of a host, for the tests of deliver/host.h. */
#ifndef TESTS_UNIT_HOST_FIXTURE_H
#define TESTS_UNIT_HOST_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "deliver/host/host.h"
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
    struct deliver_ticket ticket; /* first: a ticket is its guest */
    int starts, lates, closed;
    uint64_t delay_ms; /* when it was closed */
    unsigned order;    /* of what happened to it, from 1 */
};

static struct deliver_hosts *hosts;
static unsigned calls;
static uint64_t now_us;
static uint64_t delay_ms; /* of the last one sent away */
static struct {
    int calls;
    uint32_t how_many;
    char name[WSUB_DIGEST_LEN + 1];
} capacities;

static inline void on_start(struct deliver_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_nonnull(ticket->host);
    guest->starts++;
    guest->order = ++calls;
}

static inline void on_late(struct deliver_ticket *ticket)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_null(ticket->host);
    guest->lates++;
    guest->order = ++calls;
}

static inline void on_closed(struct deliver_ticket *ticket, uint64_t ms)
{
    struct guest *guest = (struct guest *)(void *)ticket;

    ck_assert_ptr_null(ticket->host);
    guest->closed++;
    guest->delay_ms = ms;
    guest->order = ++calls;
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

static inline void begin(uint32_t per_host, uint32_t rate)
{
    deliver_hosts_free(hosts);
    hosts = deliver_hosts_new(&(struct deliver_hosts_options){
        .per_host = per_host,
        .rate = rate,
        .queue_max = QUEUE_MAX,
        .waiting_max = WAITING_MAX,
        .wait_max_ms = WAIT_MS,
        .random = longest,
        .on_capacity = on_capacity,
        .arg = &capacities,
    });
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
    deliver_hosts_free(hosts);
}

static inline enum deliver_entry enter_as(struct guest *guest, const char *url,
                                          bool urgent)
{
    *guest = (struct guest){.ticket = {.on_start = on_start,
                                       .on_late = on_late,
                                       .on_closed = on_closed,
                                       .urgent = urgent}};
    return deliver_host_enter(hosts, url, &guest->ticket, now_us, &delay_ms);
}

static inline enum deliver_entry enter(struct guest *guest, const char *url)
{
    return enter_as(guest, url, false);
}

static inline void leave_with(struct guest *guest, enum deliver_sign sign)
{
    deliver_host_leave(hosts, &guest->ticket, sign, 1000, now_us);
    ck_assert_ptr_null(guest->ticket.host);
}

static inline void leave(struct guest *guest)
{
    leave_with(guest, DELIVER_SIGN_WELL);
}

/* One after the other to URL, each with that sign. */
static inline void requests(int count, enum deliver_sign sign)
{
    struct guest guest;

    for (int i = 0; i < count; i++) {
        now_us++;
        ck_assert_int_eq(enter(&guest, URL), DELIVER_ENTRY_NOW);
        now_us++;
        leave_with(&guest, sign);
    }
}

/* Enters `count` guests, of which PER_HOST send and the rest waits. */
static inline void crowd(struct guest *guests, int count)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(enter(&guests[i], URL),
                         i < PER_HOST ? DELIVER_ENTRY_NOW : DELIVER_ENTRY_WAIT);
}

static inline struct deliver_hosts_counts counts(void)
{
    struct deliver_hosts_counts found;

    deliver_hosts_count(hosts, &found);
    return found;
}

#endif
