/* engine_fixture.h - what deliveries and verifications stand on, wired as
 * deliver/worker.c does it, with an in-process Redis and subscriber. */
#ifndef TESTS_UNIT_ENGINE_FIXTURE_H
#define TESTS_UNIT_ENGINE_FIXTURE_H

#include "common/crypto/digest.h"
#include "common/host/host.h"
#include "deliver/post.h"
#include "deliver/replicas.h"
#include "deliver/slots.h"
#include "deliver/stats.h"
#include "tests/unit/entry_fixture.h"
#include "tests/unit/subscriber_fixture.h"

#define ENGINE_SLOTS 8
#define ENGINE_BROKEN_MS UINT64_C(60000)
#define ENGINE_QUEUE_MAX 2 /* of a host, which takes one request at a time */
#define ENGINE_GUEST "a-strangers-callback-1"

static struct wsub_keyring *ring;
static struct wsub_hosts *hosts;
static struct deliver_poster poster;
static struct wsub_hash_rules hash_rules; /* none: sha256 */
static struct deliver_replicas *replicas;
static struct deliver_slots *slots;
static char engine_hub[] = "http://hub.example/";
static char engine_agent[] = "User-Agent: websubd/1";
/* Strangers at the subscriber's host: engine_guest_enters(). */
static struct wsub_host_ticket engine_guests[1 + ENGINE_QUEUE_MAX];
static unsigned engine_guest_count;

static void engine_on_idle(void *arg)
{
    (void)arg;
}

static void engine_on_guest(struct wsub_host_ticket *ticket)
{
    (void)ticket;
}

static void engine_on_guest_closed(struct wsub_host_ticket *ticket,
                                   enum wsub_host_closing closing,
                                   uint64_t delay_ms)
{
    (void)ticket;
    (void)closing;
    (void)delay_ms;
}

/* `on_capacity` may be NULL: nothing that is parked is called back. */
REDIS_FIXTURE void engine_set_up(unsigned shards,
                                 void (*on_capacity)(const char *name,
                                                     uint32_t count, void *arg))
{
    char err_text[256];

    redis_set_up_shards(shards);
    config.public_url = engine_hub;
    config.suspend_after = 100;
    config.probe_cap_ms = 1000;
    config.max_crashes = 4;
    subscriber_set_up();
    engine_guest_count = 0;
    ck_assert_int_eq(wsub_keyring_load("", err_text, &ring), WSUB_OK);
    replicas = deliver_replicas_new(store);
    slots = deliver_slots_new(&(struct deliver_slots_options){
        .total = ENGINE_SLOTS,
        .limits = {ENGINE_SLOTS, ENGINE_SLOTS},
        .on_idle = engine_on_idle,
    });
    hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = 1,
        .per_endpoint = 100,
        .urgent_waiting_max = ENGINE_QUEUE_MAX,
        .unproven_max = 100,
        .urgent_max = 100,
        .queue_max = ENGINE_QUEUE_MAX,
        .waiting_max = 100,
        .wait_max_ms = DEADLINE_MS,
        .on_capacity = on_capacity,
    });
    poster = (struct deliver_poster){
        .client = client,
        .ring = ring,
        .hmacs = {[WSUB_HASH_SHA256] = wsub_hmac_new(WSUB_HASH_SHA256)},
        .hash_rules = &hash_rules,
        .user_agent = engine_agent,
        .timeout_ms = DEADLINE_MS,
    };
}

/* First: nobody is called any more. */
REDIS_FIXTURE void engine_stop(void)
{
    wsub_store_close(store);
    subscriber_tear_down();
}

/* Last. */
REDIS_FIXTURE void engine_tear_down(void)
{
    wsub_hosts_free(hosts);
    deliver_slots_free(slots);
    deliver_replicas_free(replicas);
    wsub_hmac_free(poster.hmacs[WSUB_HASH_SHA256]);
    wsub_keyring_free(ring);
    redis_tear_down();
}

/* A stranger enters the subscriber's host. */
REDIS_FIXTURE struct wsub_host_ticket *engine_guest_enters(void)
{
    struct wsub_host_ticket *guest = &engine_guests[engine_guest_count++];
    uint64_t delay_ms;

    *guest = (struct wsub_host_ticket){.on_start = engine_on_guest,
                                       .on_late = engine_on_guest,
                                       .on_closed = engine_on_guest_closed,
                                       .endpoint_id = ENGINE_GUEST};
    wsub_host_enter(hosts, subscriber_callback(), guest, wsub_now_us(),
                    &delay_ms);
    return guest;
}

REDIS_FIXTURE void engine_guest_leaves(struct wsub_host_ticket *guest,
                                       enum wsub_host_sign sign)
{
    wsub_host_leave(
        hosts, guest,
        &(struct wsub_host_report){.sign = sign, .latency_us = 1000},
        wsub_now_us());
}

/* The breaker of the subscriber's host opens, for longer than a test takes. */
REDIS_FIXTURE void engine_break_host(void)
{
    struct wsub_host_ticket guest;
    uint64_t at_us = wsub_now_us() + ENGINE_BROKEN_MS * 1000;
    uint64_t delay_ms;

    for (int i = 0; i < 5; i++) {
        guest = (struct wsub_host_ticket){.on_start = engine_on_guest,
                                          .endpoint_id = ENGINE_GUEST};
        wsub_host_enter(hosts, subscriber_callback(), &guest, at_us, &delay_ms);
        wsub_host_leave(
            hosts, &guest,
            &(struct wsub_host_report){.sign = WSUB_HOST_SIGN_UNREACHED},
            at_us);
    }
}

REDIS_FIXTURE uint64_t engine_stat(enum deliver_stat stat)
{
    return deliver_stats[stat].value;
}

#endif
