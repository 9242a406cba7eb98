#include "hub/worker.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/base/timer.h"
#include "common/cluster/member.h"
#include "common/cluster/neglect.h"
#include "common/groups/groups.h"
#include "common/groups/registry.h"
#include "common/net/egress.h"
#include "common/net/networks.h"
#include "common/program/startup.h"
#include "common/program/tally.h"
#include "common/store/secret_keys.h"
#include "common/store/store.h"
#include "hub/access.h"
#include "hub/api.h"
#include "hub/audit.h"
#include "hub/bodies.h"
#include "hub/clients.h"
#include "hub/errors.h"
#include "hub/group_rates.h"
#include "hub/hub.h"
#include "hub/limits.h"
#include "hub/listeners.h"
#include "hub/live.h"
#include "hub/pressure.h"
#include "hub/pull/pull.h"
#include "hub/pull/subscription.h"
#include "hub/request_log.h"
#include "hub/reshard.h"
#include "hub/stats.h"
#include "hub/tokens.h"
#include "hub/vitals.h"
#include "common/store/writable.h"

#define TOKENS_REFRESH_MS 1000

struct hub_worker {
    struct hub hub;         /* for the requests; borrows from the rest */
    struct wsub_loop *loop; /* borrowed */
    struct wsub_store *store;
    struct wsub_registry_link *registry; /* owned */
    struct wsub_groups *groups;          /* owned */
    struct wsub_member *member;
    struct hub_clients *clients;
    struct hub_pressure *pressure;
    struct hub_vitals *vitals;
    struct hub_reshard *reshard;
    struct hub_pull *pull;
    struct wsub_tally *tally;
    struct hub_live *live;
    struct wsub_writable *writable;
    struct wsub_neglect *neglect;
    struct wsub_secret_keys *keys;
    struct hub_tokens *tokens;
    struct wsub_egress *egress; /* owned */
    struct wsub_timer refresh;  /* of the tokens */
    struct wsub_networks *proxies;
    struct hub_listeners *listeners; /* owned */
    struct hub_bodies bodies;
    char *public_url;
    char *link_header;
};

static void on_refresh(void *arg)
{
    struct hub_worker *worker = arg;

    hub_tokens_refresh(worker->tokens);
    wsub_timer_start_ms(&worker->refresh, TOKENS_REFRESH_MS);
}

/* The mover asks all hubs to; it is to stay itself. */
static void on_restart(void *arg)
{
    struct hub_worker *worker = arg;

    if (hub_reshard_is_mover(worker->reshard))
        return;
    wsub_loop_restart(worker->loop);
}

/* The settings know other shards than Redis: the next life has Redis'. */
static void on_shards(unsigned shards, void *arg)
{
    struct hub_worker *worker = arg;

    (void)shards;
    hub_reshard_layout_is_old(worker->reshard);
}

/* Redis must not be used, or the process must not go on. */
static void on_refused(const char *sentence, void *arg)
{
    struct hub_worker *worker = arg;

    wsub_startup_failed(WSUB_PROGRAM_HUB, sentence);
    wsub_loop_finish(worker->loop, WSUB_EXIT_START);
}

static void on_moving(void *arg)
{
    const struct hub_worker *worker = arg;

    hub_reshard_moving(worker->reshard);
}

static void on_redis_up(void *arg)
{
    struct hub_worker *worker = arg;

    hub_reshard_over(worker->reshard);
    wsub_groups_redis_up(worker->groups);
    hub_pressure_look(worker->pressure);
    wsub_secret_keys_redis_up(
        worker->keys); /* what it finds is the last word */
    wsub_member_redis_up(worker->member);
}

static void on_event(const struct wsub_cluster_event *event, void *arg)
{
    struct hub_worker *worker = arg;

    wsub_groups_event(worker->groups, event);
    hub_live_event(worker->live, event);
}

static void on_missed(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_groups_look(worker->groups);
}

/* Without the groups nothing is decided (policy.h). */
static bool is_ready(void *arg)
{
    const struct hub_worker *worker = arg;

    return wsub_groups_ready(worker->groups);
}

static void on_groups_ready(void *arg)
{
    const struct hub_worker *worker = arg;

    wsub_store_tell_ready(worker->store);
}

static enum wsub_err load_keys(struct hub_worker *worker, char err_text[256])
{
    const struct wsub_config *config = worker->hub.config;

    return wsub_secret_keys_load(config->secret_keys_file, err_text,
                                 &worker->keys);
}

static const struct wsub_tally_count counts[] = {
    {WSUB_SUM_ACCEPTED, &hub_stats[HUB_STAT_PUSH]},
};

static enum wsub_err build_store(struct hub_worker *worker, char err_text[256])
{
    struct event_base *base = wsub_loop_base(worker->loop);
    enum wsub_err err = wsub_store_new(
        &(struct wsub_store_options){
            .base = base,
            .config = worker->hub.config,
            .on_up = on_redis_up,
            .is_ready = is_ready,
            .on_unusable = on_refused,
            .on_shards = on_shards,
            .is_intake = true,
            .on_moving = on_moving,
            .arg = worker,
        },
        err_text, &worker->store);

    if (err == WSUB_OK)
        err = wsub_registry_link_new(base, worker->store, worker->hub.config,
                                     err_text, &worker->registry);
    if (err != WSUB_OK)
        return err;
    wsub_secret_keys_start(worker->keys, &(struct wsub_secret_keys_options){
                                             .base = base,
                                             .store = worker->store,
                                             .seals = true,
                                             .on_wrong = on_refused,
                                             .arg = worker,
                                         });
    worker->pressure =
        hub_pressure_new(base, worker->store, worker->hub.config);
    worker->pull = hub_pull_new(base, worker->store, worker->hub.config);
    worker->tally = wsub_tally_new(&(struct wsub_tally_options){
        .base = base,
        .store = worker->store,
        .counts = counts,
        .count = sizeof(counts) / sizeof(*counts),
    });
    worker->live = hub_live_new(base, &worker->hub);
    worker->vitals = hub_vitals_new(&worker->hub);
    worker->reshard = hub_reshard_new(worker->loop, &worker->hub);
    worker->writable = wsub_writable_new(base, worker->store);
    worker->groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = base,
        .store = worker->store,
        .config = worker->hub.config,
        .on_ready = on_groups_ready,
        .arg = worker,
    });
    worker->member = wsub_member_new(&(struct wsub_member_options){
        .base = base,
        .store = worker->store,
        .config = worker->hub.config,
        .program = WSUB_PROGRAM_HUB,
        .on_refused = on_refused,
        .on_restart = on_restart,
        .on_event = on_event,
        .on_missed = on_missed,
        .arg = worker,
    });
    worker->neglect = wsub_neglect_new(base, worker->store, worker->member);
    return WSUB_OK;
}

/* Fills in what the requests share, but for what the server's address tells. */
static void share(struct hub_worker *worker)
{
    struct hub *hub = &worker->hub;

    hub->loop = worker->loop;
    hub->store = worker->store;
    hub->member = worker->member;
    hub->groups = worker->groups;
    hub->registry = wsub_registry_link_store(worker->registry);
    hub->clients = worker->clients;
    hub->pressure = worker->pressure;
    hub->live = worker->live;
    hub->pull = worker->pull;
    hub->reshard = worker->reshard;
    hub->vitals = worker->vitals;
    hub->writable = worker->writable;
    hub->neglect = worker->neglect;
    hub->ring = wsub_secret_keys_ring(worker->keys);
    hub->tokens = worker->tokens;
    hub->egress = worker->egress;
}

/* Now that the port is known. */
static void make_public_url(struct hub_worker *worker)
{
    struct hub *hub = &worker->hub;
    const char *address = hub_listeners_address(worker->listeners);
    struct wsub_buf text = {0};

    if (hub->config->public_url[0] != '\0')
        wsub_buf_str(&text, hub->config->public_url);
    else
        wsub_buf_printf(&text, "http://%s/", address);
    hub->public_url = worker->public_url = wsub_buf_take(&text);
    wsub_buf_printf(&text, "<%s>; rel=\"hub\"", hub->public_url);
    hub->link_header = worker->link_header = wsub_buf_take(&text);
    hub->is_local = hub_access_is_local(address, hub->public_url);
    if (hub->config->public_url[0] == '\0' && !hub->is_local)
        wsub_log_warn("public-url-unset",
                      WSUB_KV("public_url", hub->public_url),
                      WSUB_KV("remedy", "set public_url to the URL that "
                                        "subscribers see"));
}

static void on_load(const struct wsub_http_load *load, void *arg)
{
    struct hub_worker *worker = wsub_container_of(arg, struct hub_worker, hub);

    hub_bodies_note(&worker->bodies, load);
}

static void on_response(const struct wsub_http_request *req, int status,
                        uint64_t took_us, void *arg)
{
    struct hub *hub = arg;

    hub_audit(hub, req, status);
    hub_request_log(hub, req, status, took_us);
}

static enum wsub_err listen_now(struct hub_worker *worker, char err_text[256])
{
    enum wsub_err err = hub_listeners_new(
        &(struct hub_listeners_options){
            .base = wsub_loop_base(worker->loop),
            .config = worker->hub.config,
            .hub = &worker->hub,
            .proxies = worker->proxies,
            .on_load = on_load,
            .on_response = on_response,
        },
        err_text, &worker->listeners);

    if (err != WSUB_OK)
        return err;
    make_public_url(worker);
    wsub_store_announce(worker->store, worker->public_url);
    hub_access_log(&worker->hub);
    return WSUB_OK;
}

static enum wsub_err build(struct hub_worker *worker, char err_text[256])
{
    enum wsub_err err = load_keys(worker, err_text);

    if (err == WSUB_OK)
        err = hub_tokens_new(worker->hub.config, err_text, &worker->tokens);
    if (err == WSUB_OK)
        err = build_store(worker, err_text);
    if (err != WSUB_OK)
        return err;
    share(worker);
    return listen_now(worker, err_text);
}

enum wsub_err hub_worker_new(const struct wsub_config *config,
                             struct wsub_loop *loop, char err_text[256],
                             struct hub_worker **ret_worker)
{
    struct hub_worker *worker = wsub_calloc(1, sizeof(*worker));
    enum wsub_err err;

    worker->loop = loop;
    worker->hub.config = config;
    worker->egress = wsub_egress_new(config);
    if (!wsub_networks_parse(config->trusted_proxies, &worker->proxies))
        wsub_panic("trusted_proxies was not checked");
    worker->clients = hub_clients_new(config, worker->proxies);
    worker->hub.group_rates = hub_group_rates_new();
    wsub_timer_init(&worker->refresh, wsub_loop_base(loop), on_refresh, worker);
    wsub_metrics_register(hub_stats, HUB_STAT_MAX_);
    wsub_histograms_register(&hub_push_times, 1, NULL);
    wsub_metrics_register(hub_limit_stats, HUB_LIMIT_MAX_ - 1);
    err = build(worker, err_text);
    if (err != WSUB_OK)
        hub_worker_free(worker);
    else
        *ret_worker = worker;
    return err;
}

void hub_worker_free(struct hub_worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->store != NULL)
        wsub_store_close(worker->store); /* ends the calls: 503 */
    hub_reshard_close(worker->reshard);  /* likewise */
    wsub_registry_link_close(worker->registry);
    hub_listeners_free(worker->listeners);
    hub_pull_free(worker->pull);
    wsub_tally_free(worker->tally);
    hub_live_free(worker->live);
    hub_vitals_free(worker->vitals);
    hub_reshard_free(worker->reshard);
    hub_clients_free(worker->clients);
    hub_group_rates_free(worker->hub.group_rates);
    wsub_networks_free(worker->proxies);
    hub_pressure_free(worker->pressure);
    wsub_writable_free(worker->writable);
    wsub_neglect_free(worker->neglect);
    wsub_member_free(worker->member);
    wsub_groups_free(worker->groups);
    wsub_registry_link_free(worker->registry);
    wsub_store_free(worker->store);
    wsub_secret_keys_free(worker->keys);
    wsub_timer_done(&worker->refresh);
    hub_tokens_free(worker->tokens);
    wsub_egress_free(worker->egress);
    free(worker->public_url);
    free(worker->link_header);
    free(worker);
}

static void on_left(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_loop_finish(worker->loop, WSUB_EXIT_OK);
}

static void on_empty(void *arg)
{
    struct hub_worker *worker = arg;

    wsub_tally_now(worker->tally);
    wsub_member_leave(worker->member, wsub_loop_restarting(worker->loop),
                      on_left, worker);
}

void hub_worker_drain(void *arg)
{
    struct hub_worker *worker = arg;

    hub_pull_drain(worker->pull);
    hub_live_drain(worker->live);
    hub_listeners_drain(worker->listeners, on_empty, worker);
}

void hub_worker_addresses(const void *arg,
                          struct wsub_startup_addresses *ret_addresses)
{
    const struct hub_worker *worker = arg;

    ret_addresses->own = hub_listeners_address(worker->listeners);
    ret_addresses->admin = hub_listeners_admin(worker->listeners);
}

bool hub_worker_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct hub_worker *worker = arg;

    return hub_api_ready(&worker->hub, reason);
}

void hub_worker_health(struct wsub_http_request *req, void *arg)
{
    struct hub_worker *worker = arg;

    hub_api_health(req, &worker->hub);
}

/* Without a server of its own, the status is where the API says it. */
static const char *status_elsewhere(const struct hub_worker *worker)
{
    const char *admin = hub_listeners_admin(worker->listeners);

    return admin != NULL ? admin : hub_listeners_address(worker->listeners);
}

void hub_worker_start(void *arg, const char *status)
{
    struct hub_worker *worker = arg;

    wsub_timer_start_ms(&worker->refresh, TOKENS_REFRESH_MS);
    wsub_member_start(
        worker->member,
        &(struct wsub_registry_addresses){
            .status = status[0] != '\0' ? status : status_elsewhere(worker),
            .listen = hub_listeners_address(worker->listeners),
        });
}
