#include "deliver/subscribers.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/host/census.h"
#include "common/host/host.h"
#include "common/http/client.h"
#include "common/net/egress.h"
#include "common/program/program.h"
#include "common/store/attempt_log.h"
#include "common/store/secret_keys.h"
#include "common/store/store.h"
#include "deliver/client.h"
#include "deliver/in_flight.h"
#include "deliver/parking.h"
#include "deliver/stats.h"

#define HOST_QUEUE_MAX 256 /* for one host; more are better off in Redis */
#define VERIFICATIONS_WAITING_MAX 8192 /* some 8 MiB */

/* The longest wait for a host. */
static uint32_t wait_max_ms(const struct wsub_config *config)
{
    return config->timeout_ms / 2;
}

uint32_t deliver_subscribers_held_ms(const struct wsub_config *config)
{
    return wait_max_ms(config) + config->timeout_ms;
}

/* Of the hosts. */

static void on_capacity(const char *host, uint32_t how_many, void *arg)
{
    const struct deliver_subscribers *s = arg;

    deliver_parking_fetch(s->parking, host, how_many);
}

static void on_breaker(const char *host, uint64_t delay_ms, void *arg)
{
    (void)arg;
    if (delay_ms > 0)
        wsub_log_warn("host-down", WSUB_KV("host", host),
                      WSUB_KU("tried_again_ms", delay_ms));
    else
        wsub_log_info("host-responds-again", WSUB_KV("host", host));
}

static void on_host_due(void *arg)
{
    struct deliver_subscribers *s = arg;

    wsub_host_timer_plan(&s->host_timer);
}

/* For wsub_hosts_options.locate. */
static void locate(const char *host, struct wsub_address_key *ret_key,
                   void *arg)
{
    const struct deliver_subscribers *s = arg;

    wsub_address_key(host, wsub_http_client_addresses(s->client, host),
                     ret_key);
}

static void give_breakers(struct wsub_metric_samples *samples, void *arg)
{
    struct deliver_subscribers *s = arg;
    struct wsub_hosts_census all;

    wsub_hosts_census(s->hosts, wsub_now_us(), &all);
    wsub_metric_sample(samples, all.hosts.open, "of=\"host\",state=\"open\"");
    wsub_metric_sample(samples, all.hosts.half_open,
                       "of=\"host\",state=\"half_open\"");
    wsub_metric_sample(samples, all.endpoints.open,
                       "of=\"callback\",state=\"open\"");
    wsub_metric_sample(samples, all.endpoints.half_open,
                       "of=\"callback\",state=\"half_open\"");
}

static void give_limited(struct wsub_metric_samples *samples, void *arg)
{
    struct deliver_subscribers *s = arg;
    struct wsub_hosts_census all;

    wsub_hosts_census(s->hosts, wsub_now_us(), &all);
    wsub_metric_sample(samples, all.hosts.limited, "of=\"host\"");
    wsub_metric_sample(samples, all.endpoints.limited, "of=\"callback\"");
}

static void add_families(struct deliver_subscribers *s)
{
    const struct wsub_metric_family families[] = {
        {"websubd_deliver_breakers",
         "Hosts and callbacks whose breaker is not closed", WSUB_GAUGE,
         give_breakers, s},
        {"websubd_deliver_limited",
         "Hosts and callbacks that requests wait for, or that named a time",
         WSUB_GAUGE, give_limited, s},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
        wsub_metrics_add_family(&families[i]);
}

static void make_hosts(struct deliver_subscribers *s)
{
    const struct wsub_config *config = s->o.config;
    uint32_t share = s->o.slots / 4;
    struct deliver_in_flight in_flight =
        deliver_in_flight_of(s->o.slots, config->max_sockets);

    s->hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = config->per_host,
        .per_endpoint = config->per_callback,
        .rate = config->per_host_rate,
        .urgent_rate = config->verify_rate,
        .per_address =
            wsub_hosts_per_address(config->per_address, in_flight.unproven),
        .locate = locate,
        .queue_max = share < HOST_QUEUE_MAX ? share : HOST_QUEUE_MAX,
        .waiting_max = share,
        .urgent_waiting_max = VERIFICATIONS_WAITING_MAX,
        .unproven_max = in_flight.unproven,
        .urgent_max = in_flight.verifications,
        .lingering_max = in_flight.lingering,
        .wait_max_ms = wait_max_ms(config),
        .on_capacity = on_capacity,
        .on_due = on_host_due,
        .on_breaker = on_breaker,
        .arg = s,
    });
    s->host_timer.hosts = s->hosts;
    wsub_host_timer_init(&s->host_timer, s->o.base);
    s->parking = deliver_parking_new(s->o.store, s->hosts);
    add_families(s);
}

/* Of the poster. */
static bool on_unopened(void *arg)
{
    return wsub_secret_keys_look(arg);
}

static void make_poster(struct deliver_subscribers *s)
{
    const struct wsub_config *config = s->o.config;

    if (!wsub_hash_rules_parse(config->signature_hash, &s->hash_rules))
        wsub_panic("signature_hash was not checked");
    s->egress = wsub_egress_new(config);
    s->client = deliver_client_new(s->o.base, config, s->egress, s->o.slots);
    s->poster = (struct deliver_poster){
        .client = s->client,
        .ring = wsub_secret_keys_ring(s->o.keys),
        .on_unopened = on_unopened,
        .arg = s->o.keys,
        .hash_rules = &s->hash_rules,
        .headers = config->delivery_headers,
        .timeout_ms = config->timeout_ms,
        .keep_bytes = config->keep_response_body ? WSUB_ATTEMPT_BODY_MAX : 0,
    };
    for (int i = 0; i < WSUB_HASH_MAX_; i++)
        s->poster.hmacs[i] = wsub_hmac_new((enum wsub_hash)i);
}

void deliver_subscribers_init(struct deliver_subscribers *s,
                              const struct deliver_subscribers_options *o)
{
    s->o = *o;
    make_hosts(s);
    make_poster(s);
}

void deliver_subscribers_close(struct deliver_subscribers *s)
{
    wsub_http_client_free(s->client);
    wsub_egress_free(s->egress);
}

void deliver_subscribers_done(struct deliver_subscribers *s)
{
    wsub_metrics_forget(s);
    deliver_parking_free(s->parking);
    wsub_host_timer_done(&s->host_timer);
    wsub_hosts_free(s->hosts);
    for (int i = 0; i < WSUB_HASH_MAX_; i++)
        wsub_hmac_free(s->poster.hmacs[i]);
    free(s->poster.user_agent);
}

bool deliver_subscribers_learn_url(struct deliver_subscribers *s)
{
    const char *url = wsub_store_public_url(s->o.store);
    struct wsub_buf header = {0};

    if (s->poster.user_agent != NULL || url == NULL)
        return false;
    wsub_buf_printf(&header, "User-Agent: websubd/%s (+%s)", WSUB_VERSION, url);
    s->poster.user_agent = wsub_buf_take(&header);
    return true;
}

void deliver_subscribers_expire(struct deliver_subscribers *s, bool everyone)
{
    wsub_hosts_expire(s->hosts, everyone, wsub_now_us());
}

void deliver_subscribers_count(const struct deliver_subscribers *s)
{
    struct wsub_hosts_counts counts;

    wsub_hosts_count(s->hosts, &counts);
    wsub_metric_set(&deliver_stats[DELIVER_STAT_HOSTS], counts.known);
    wsub_metric_set(&deliver_stats[DELIVER_STAT_HOSTS_WAITING], counts.waiting);
    wsub_metric_set(&deliver_stats[DELIVER_STAT_LINGERING], counts.lingering);
}

size_t deliver_subscribers_ahead(const struct deliver_subscribers *s)
{
    return wsub_http_client_background(s->client) + wsub_hosts_soon(s->hosts);
}
