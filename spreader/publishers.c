#include "spreader/publishers.h"

#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/host/host.h"
#include "common/host/timer.h"
#include "common/http/client.h"
#include "common/net/egress.h"
#include "common/program/host_watch.h"
#include "common/store/fetches.h"
#include "common/store/store.h"
#include "spreader/capacity.h"
#include "spreader/fetch.h"
#include "spreader/fetch_queue.h"
#include "spreader/shard.h"
#include "spreader/validate.h"

#define TOPIC_MAX 4    /* requests for one URL: topics may redirect to it */
#define QUEUE_MAX 16   /* fetches that wait for one host */
#define WAITING_MAX 64 /* in all, before queues are kept short */
#define WAIT_MAX_MS 1000
#define LOOK_MS 250 /* between two looks for those that have waited so long */

/* Owned, but for the options' pointers. */
struct spread_publishers {
    struct spread_publishers_options o;
    struct wsub_egress *egress;
    struct wsub_http_client *client;
    struct wsub_hosts *hosts;
    struct wsub_host_timer host_timer;
    struct wsub_host_watch *host_watch;
    struct wsub_timer look;
    struct spread_fetch_queue *queue;
    struct spread_fetcher *fetcher;
    struct spread_validator *validator;
};

/* Of the queue. */

static void on_wanted(struct spread_shard *shard,
                      const struct wsub_wanted *wanted, void *arg)
{
    struct spread_publishers *publishers = arg;

    if (wanted->kind == WSUB_WANTED_VALIDATION)
        spread_validate_start(publishers->validator, shard, wanted);
    else
        spread_fetch_start(publishers->fetcher, shard, wanted);
}

/* Of the fetches and the validations. */

static void on_over(unsigned shard, enum wsub_wanted_kind kind, size_t count,
                    void *arg)
{
    struct spread_publishers *publishers = arg;

    publishers->o.on_progress(publishers->o.arg);
    spread_fetch_queue_over(publishers->queue, shard, kind, count);
}

static void on_linger(enum wsub_wanted_kind kind, size_t count, void *arg)
{
    struct spread_publishers *publishers = arg;

    spread_fetch_queue_linger(publishers->queue, kind, count);
}

/* Of the hosts. */

static void on_look(void *arg)
{
    struct spread_publishers *publishers = arg;

    wsub_hosts_expire(publishers->hosts, false, wsub_now_us());
    wsub_timer_start_ms(&publishers->look, LOOK_MS);
}

static void on_host_due(void *arg)
{
    struct spread_publishers *publishers = arg;

    wsub_host_timer_plan(&publishers->host_timer);
}

/* For wsub_hosts_options.locate. */
static void locate(const char *host, struct wsub_address_key *ret_key,
                   void *arg)
{
    const struct spread_publishers *publishers = arg;

    wsub_address_key(host, wsub_http_client_addresses(publishers->client, host),
                     ret_key);
}

static void make_client(struct spread_publishers *publishers)
{
    const struct wsub_config *config = publishers->o.config;

    publishers->egress = wsub_egress_new(config);
    publishers->client =
        wsub_http_client_new(&(struct wsub_http_client_options){
            .base = publishers->o.base,
            .connect_timeout_ms = config->connect_timeout_ms,
            .max_requests = spread_requests_max(config),
            .per_host = config->per_host,
            .kept_connections = 2 * SPREAD_FETCHES_MAX,
            .egress = publishers->egress,
            .tls = wsub_http_tls_of(config),
            .proxy = config->egress_proxy,
            .dns_servers = config->dns_servers,
            .max_sockets = config->max_sockets,
            .http2 = config->http2,
        });
}

static void make_hosts(struct spread_publishers *publishers)
{
    const struct wsub_config *config = publishers->o.config;
    struct event_base *base = publishers->o.base;
    uint32_t fetches = spread_fetches_max(config);

    publishers->hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = config->per_host,
        .per_endpoint = TOPIC_MAX,
        .queue_max = QUEUE_MAX,
        .waiting_max = WAITING_MAX,
        .unproven_max = fetches / SPREAD_UNPROVEN_SHARE,
        .lingering_max = spread_requests_max(config) - fetches,
        .wait_max_ms = WAIT_MAX_MS,
        .per_address = wsub_hosts_per_address(config->per_address,
                                              fetches / SPREAD_UNPROVEN_SHARE),
        .locate = locate,
        .on_due = on_host_due,
        .arg = publishers,
    });
    publishers->host_timer.hosts = publishers->hosts;
    wsub_host_timer_init(&publishers->host_timer, base);
    publishers->host_watch =
        wsub_host_watch_new(base, publishers->o.store, publishers->hosts);
    wsub_timer_init(&publishers->look, base, on_look, publishers);
    wsub_timer_start_ms(&publishers->look, LOOK_MS);
}

static void make_queue(struct spread_publishers *publishers)
{
    const struct spread_publishers_options *o = &publishers->o;
    uint32_t fetches = spread_fetches_max(o->config);
    uint32_t validations = fetches / SPREAD_VALIDATIONS_SHARE;

    publishers->queue =
        spread_fetch_queue_new(&(struct spread_fetch_queue_options){
            .base = o->base,
            .store = o->store,
            .shards = wsub_store_shards(o->store),
            .most = {[WSUB_WANTED_ANNOUNCED] = fetches - validations,
                     [WSUB_WANTED_VALIDATION] = validations},
            .on_wanted = on_wanted,
            .arg = publishers,
        });
}

static void make_fetches(struct spread_publishers *publishers)
{
    struct spread_topics_options options = {
        .store = publishers->o.store,
        .config = publishers->o.config,
        .client = publishers->client,
        .hosts = publishers->hosts,
        .on_over = on_over,
        .on_linger = on_linger,
        .arg = publishers,
    };

    publishers->fetcher = spread_fetcher_new(publishers->o.base, &options);
    publishers->validator = spread_validator_new(&options);
}

struct spread_publishers *
spread_publishers_new(const struct spread_publishers_options *options)
{
    struct spread_publishers *publishers = wsub_calloc(1, sizeof(*publishers));

    publishers->o = *options;
    make_client(publishers);
    make_queue(publishers);
    make_hosts(publishers);
    make_fetches(publishers);
    return publishers;
}

/* The client goes first, so that nobody calls the others any more. */
void spread_publishers_free(struct spread_publishers *publishers)
{
    if (publishers == NULL)
        return;
    wsub_http_client_free(publishers->client);
    wsub_egress_free(publishers->egress);
    spread_validator_free(publishers->validator);
    spread_fetcher_free(publishers->fetcher);
    spread_fetch_queue_free(publishers->queue);
    wsub_timer_done(&publishers->look);
    wsub_host_timer_done(&publishers->host_timer);
    wsub_host_watch_free(publishers->host_watch);
    wsub_hosts_free(publishers->hosts);
    free(publishers);
}

void spread_publishers_open(struct spread_publishers *publishers,
                            struct spread_shard *shard)
{
    spread_fetch_queue_open(publishers->queue, shard);
}

void spread_publishers_close(struct spread_publishers *publishers,
                             unsigned shard)
{
    spread_fetch_queue_close(publishers->queue, shard);
    spread_fetcher_close(publishers->fetcher, shard);
    spread_validator_close(publishers->validator, shard);
}

void spread_publishers_wake(struct spread_publishers *publishers,
                            unsigned shard)
{
    spread_fetch_queue_wake(publishers->queue, shard);
}

void spread_publishers_event(struct spread_publishers *publishers,
                             const struct wsub_cluster_event *event)
{
    wsub_host_watch_event(publishers->host_watch, event);
}

void spread_publishers_missed(struct spread_publishers *publishers)
{
    wsub_host_watch_look(publishers->host_watch);
}

bool spread_publishers_hold_work(const struct spread_publishers *publishers)
{
    return spread_fetch_queue_holds_work(publishers->queue);
}
