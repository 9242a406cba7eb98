#include "spreader/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/member.h"
#include "common/cluster/ownership.h"
#include "common/groups/groups.h"
#include "common/host/host.h"
#include "common/host/timer.h"
#include "common/http/client.h"
#include "common/http/client_stats.h"
#include "common/net/egress.h"
#include "common/program/program.h"
#include "common/program/startup.h"
#include "common/store/cluster_events.h"
#include "common/store/fetches.h"
#include "common/store/progress.h"
#include "common/store/store.h"
#include "common/store/writable.h"
#include "spreader/capacity.h"
#include "spreader/duties.h"
#include "spreader/ended_topics.h"
#include "spreader/expiry.h"
#include "spreader/fanout.h"
#include "spreader/fetch.h"
#include "spreader/fetch_queue.h"
#include "spreader/intake.h"
#include "spreader/pace.h"
#include "spreader/promoter.h"
#include "spreader/replay.h"
#include "spreader/shard.h"
#include "spreader/stats.h"
#include "spreader/sweep.h"
#include "spreader/validate.h"

#define TOPIC_MAX 4    /* requests for one URL: topics may redirect to it */
#define QUEUE_MAX 16   /* fetches that wait for one host */
#define WAITING_MAX 64 /* in all, before queues are kept short */
#define WAIT_MAX_MS 1000
#define LOOK_MS 250 /* between two looks for those that have waited so long */
#define PROGRESS_MARGIN_MS 5000 /* beyond the longest fetch */

/* The first two are borrowed and outlive the worker, the rest is owned. */
struct spread_worker {
    const struct wsub_config *config;
    struct wsub_loop *loop;
    struct wsub_store *store;
    struct wsub_groups *groups;
    struct wsub_member *member;
    struct wsub_ownership *ownership;
    struct spread_duties *duties;
    struct wsub_http_client *client;
    struct wsub_hosts *hosts;
    struct wsub_host_timer host_timer;
    struct wsub_egress *egress; /* owned */
    struct wsub_timer look;
    struct wsub_progress *progress;
    struct wsub_writable *writable;
    struct spread_shards *shards;
    struct spread_fanout *fanout;
    struct spread_intake *intake;
    struct spread_fetch_queue *fetch_queue;
    struct spread_fetcher *fetcher;
    struct spread_validator *validator;
    struct spread_promoter *promoter;
    struct spread_pace *pace;
    struct spread_sweeper *sweeper;
    struct spread_expiry *expiry;
    struct spread_replays *replays;
    struct spread_ended_topics *ended_topics;
    bool is_registered;
};

/* Of the store. */

static void on_redis_up(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_groups_redis_up(worker->groups);
    wsub_member_redis_up(worker->member);
    spread_fanout_redis_up(worker->fanout);
}

/* Redis must not be used, or the process must not go on. */
static void on_refused(const char *sentence, void *arg)
{
    struct spread_worker *worker = arg;

    wsub_startup_failed(WSUB_PROGRAM_SPREADER, sentence);
    wsub_loop_finish(worker->loop, WSUB_EXIT_START);
}

static void on_restart(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_loop_restart(worker->loop);
}

/* Of the member. */

/* Shards are owned by who knows what holds for their topics. */
static void start_owning(struct spread_worker *worker)
{
    struct wsub_instance_ref me = wsub_member_ref(worker->member);

    if (wsub_loop_draining(worker->loop) || !worker->is_registered ||
        !wsub_groups_ready(worker->groups))
        return;
    wsub_ownership_start(worker->ownership, &me);
    spread_duties_start(worker->duties, &me);
}

static void on_registered(void *arg)
{
    struct spread_worker *worker = arg;

    worker->is_registered = true;
    start_owning(worker);
}

static void on_group_changed(const struct wsub_policy *policy,
                             const char *prefix, void *arg)
{
    struct spread_worker *worker = arg;

    (void)prefix;
    spread_sweeper_allow_delay(worker->sweeper, policy->retry_cap_ms);
    if (policy->is_deleted)
        spread_ended_topics_add(worker->ended_topics, policy->group);
}

static void on_groups_ready(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_store_tell_ready(worker->store);
    start_owning(worker);
}

static bool is_ready(void *arg)
{
    const struct spread_worker *worker = arg;

    return wsub_groups_ready(worker->groups);
}

static bool is_mine(const struct spread_worker *worker,
                    const struct wsub_cluster_event *event)
{
    return event->instance != NULL &&
           strcmp(event->instance, wsub_member_ref(worker->member).name) == 0;
}

static void on_event(const struct wsub_cluster_event *event, void *arg)
{
    struct spread_worker *worker = arg;

    if (event == NULL) {
        wsub_ownership_spreaders(worker->ownership,
                                 wsub_member_spreaders(worker->member));
        spread_pace_set_processes(worker->pace,
                                  wsub_member_spreaders(worker->member));
        return;
    }
    wsub_groups_event(worker->groups, event);
    if (is_mine(worker, event))
        return;
    spread_duties_event(worker->duties, event);
    switch (event->kind) {
    case WSUB_EVENT_SHARD_CLAIMED:
    case WSUB_EVENT_SHARD_LOST:
        wsub_ownership_look(worker->ownership);
        break;
    case WSUB_EVENT_DELIVER_RESTARTED:
        spread_fanout_look(worker->fanout);
        break;
    default:
        break;
    }
}

static void on_missed(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_groups_look(worker->groups);
}

/* Of the duties. */

static void on_unowned(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_ownership_look(worker->ownership);
}

/* Of the ownership: each part opens the shard, in an order in which none tells
 * one that is not open. */

static void on_owned(const struct wsub_owned *owned, void *arg)
{
    struct spread_worker *worker = arg;
    struct spread_shard *shard = spread_shards_open(worker->shards, owned);

    spread_fanout_open(worker->fanout, shard);
    spread_sweeper_open(worker->sweeper, shard);
    spread_expiry_open(worker->expiry, shard);
    spread_replays_open(worker->replays, shard);
    spread_ended_topics_open(worker->ended_topics, shard);
}

static void on_ending(unsigned shard, void *arg)
{
    struct spread_worker *worker = arg;

    spread_intake_close(worker->intake, shard);
    spread_fetch_queue_close(worker->fetch_queue, shard);
    spread_fetcher_close(worker->fetcher, shard);
    spread_validator_close(worker->validator, shard);
    spread_promoter_close(worker->promoter, shard);
    spread_sweeper_close(worker->sweeper, shard);
    spread_expiry_close(worker->expiry, shard);
    spread_replays_close(worker->replays, shard);
    spread_ended_topics_close(worker->ended_topics, shard);
    spread_fanout_close(worker->fanout, shard);
    spread_shards_close(worker->shards, shard);
}

static void on_stopped(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_loop_finish(worker->loop, WSUB_EXIT_OK);
}

/* Of the shards. */

static void on_fenced(const struct wsub_owned *owned, void *arg)
{
    struct spread_worker *worker = arg;

    wsub_ownership_fenced(worker->ownership, owned);
}

static void on_ended(unsigned shard, void *arg)
{
    struct spread_worker *worker = arg;

    wsub_ownership_ended(worker->ownership, shard);
}

/* Of the fan-out. */

static void on_resumed(struct spread_shard *shard, const char *position,
                       void *arg)
{
    struct spread_worker *worker = arg;

    spread_intake_open(worker->intake, shard, position);
    spread_promoter_open(worker->promoter, shard);
    spread_fetch_queue_open(worker->fetch_queue, shard);
}

static void on_capacity(struct spread_shard *shard, void *arg)
{
    struct spread_worker *worker = arg;

    spread_intake_kick(worker->intake, shard->owned.shard);
}

static void on_progress(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_progress_note(worker->progress);
}

/* Of the rest. */

static void on_wake(struct spread_shard *shard, void *arg)
{
    struct spread_worker *worker = arg;

    spread_promoter_wake(worker->promoter, shard->owned.shard);
    spread_fetch_queue_wake(worker->fetch_queue, shard->owned.shard);
    spread_sweeper_wake(worker->sweeper, shard->owned.shard);
    spread_expiry_wake(worker->expiry, shard->owned.shard);
    spread_replays_wake(worker->replays, shard->owned.shard);
}

static void on_wanted(struct spread_shard *shard,
                      const struct wsub_wanted *wanted, void *arg)
{
    struct spread_worker *worker = arg;

    if (wanted->kind == WSUB_WANTED_VALIDATION)
        spread_validate_start(worker->validator, shard, wanted);
    else
        spread_fetch_start(worker->fetcher, shard, wanted);
}

static void on_over(unsigned shard, enum wsub_wanted_kind kind, size_t count,
                    void *arg)
{
    struct spread_worker *worker = arg;

    wsub_progress_note(worker->progress);
    spread_fetch_queue_over(worker->fetch_queue, shard, kind, count);
}

static void on_linger(enum wsub_wanted_kind kind, size_t count, void *arg)
{
    struct spread_worker *worker = arg;

    spread_fetch_queue_linger(worker->fetch_queue, kind, count);
}

static void on_position(unsigned shard, const char *position, void *arg)
{
    struct spread_worker *worker = arg;

    spread_fanout_position(worker->fanout, shard, position);
}

static bool holds_work(void *arg)
{
    const struct spread_worker *worker = arg;

    return spread_fanout_holds_work(worker->fanout) ||
           spread_fetch_queue_holds_work(worker->fetch_queue) ||
           spread_sweeper_found_work(worker->sweeper);
}

static enum wsub_err build_store(struct spread_worker *worker,
                                 char err_text[256])
{
    enum wsub_err err = wsub_store_new(
        &(struct wsub_store_options){
            .base = wsub_loop_base(worker->loop),
            .config = worker->config,
            .on_up = on_redis_up,
            .is_ready = is_ready,
            .on_unusable = on_refused,
            .arg = worker,
        },
        err_text, &worker->store);

    if (err != WSUB_OK)
        return err;
    worker->groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = wsub_loop_base(worker->loop),
        .store = worker->store,
        .config = worker->config,
        .on_changed = on_group_changed,
        .on_ready = on_groups_ready,
        .arg = worker,
    });
    return spread_duties_new(
        &(struct spread_duties_options){
            .base = wsub_loop_base(worker->loop),
            .store = worker->store,
            .config = worker->config,
            .groups = worker->groups,
            .on_unowned = on_unowned,
            .arg = worker,
        },
        err_text, &worker->duties);
}

static void build_cluster(struct spread_worker *worker)
{
    struct event_base *base = wsub_loop_base(worker->loop);

    worker->member = wsub_member_new(&(struct wsub_member_options){
        .base = base,
        .store = worker->store,
        .config = worker->config,
        .program = WSUB_PROGRAM_SPREADER,
        .on_registered = on_registered,
        .on_refused = on_refused,
        .on_restart = on_restart,
        .on_event = on_event,
        .on_missed = on_missed,
        .arg = worker,
    });
    worker->ownership = wsub_ownership_new(&(struct wsub_ownership_options){
        .base = base,
        .store = worker->store,
        .config = worker->config,
        .on_owned = on_owned,
        .on_ending = on_ending,
        .on_stopped = on_stopped,
        .arg = worker,
    });
    worker->shards = spread_shards_new(&(struct spread_shards_options){
        .count = wsub_store_shards(worker->store),
        .on_fenced = on_fenced,
        .on_ended = on_ended,
        .arg = worker,
    });
    worker->writable = wsub_writable_new(base, worker->store);
    worker->progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = worker->store,
        .limit_ms = worker->config->timeout_ms + PROGRESS_MARGIN_MS,
        .holds_work = holds_work,
        .arg = worker,
    });
}

static void build_fanout(struct spread_worker *worker)
{
    struct event_base *base = wsub_loop_base(worker->loop);
    unsigned shards = wsub_store_shards(worker->store);

    worker->fanout = spread_fanout_new(&(struct spread_fanout_options){
        .base = base,
        .store = worker->store,
        .config = worker->config,
        .groups = worker->groups,
        .shards = shards,
        .on_resumed = on_resumed,
        .on_capacity = on_capacity,
        .on_progress = on_progress,
        .arg = worker,
    });
    worker->intake = spread_intake_new(&(struct spread_intake_options){
        .base = base,
        .store = worker->store,
        .fanout = worker->fanout,
        .groups = worker->groups,
        .shards = shards,
        .on_wake = on_wake,
        .arg = worker,
    });
    worker->promoter = spread_promoter_new(base, worker->store, shards);
    worker->pace = spread_pace_new(base);
    worker->sweeper = spread_sweeper_new(&(struct spread_sweeper_options){
        .pace = worker->pace,
        .store = worker->store,
        .config = worker->config,
        .shards = shards,
        .on_position = on_position,
        .arg = worker,
    });
    worker->expiry = spread_expiry_new(worker->pace, worker->store, shards);
    worker->replays =
        spread_replays_new(worker->pace, worker->store, worker->config, shards);
    worker->ended_topics = spread_ended_topics_new(worker->pace, worker->store,
                                                   worker->groups, shards);
}

static void on_look(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_hosts_expire(worker->hosts, false, wsub_now_us());
    wsub_timer_start_ms(&worker->look, LOOK_MS);
}

static void on_host_due(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_host_timer_plan(&worker->host_timer);
}

/* For wsub_hosts_options.locate. */
static void locate(const char *host, struct wsub_address_key *ret_key,
                   void *arg)
{
    const struct spread_worker *worker = arg;

    wsub_address_key(host, wsub_http_client_addresses(worker->client, host),
                     ret_key);
}

static void build_hosts(struct spread_worker *worker)
{
    struct event_base *base = wsub_loop_base(worker->loop);
    uint32_t fetches = spread_fetches_max(worker->config);

    worker->hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = worker->config->per_host,
        .per_endpoint = TOPIC_MAX,
        .queue_max = QUEUE_MAX,
        .waiting_max = WAITING_MAX,
        .unproven_max = fetches / SPREAD_UNPROVEN_SHARE,
        .lingering_max = spread_requests_max(worker->config) - fetches,
        .wait_max_ms = WAIT_MAX_MS,
        .per_address = wsub_hosts_per_address(worker->config->per_address,
                                              fetches / SPREAD_UNPROVEN_SHARE),
        .locate = locate,
        .on_due = on_host_due,
        .arg = worker,
    });
    worker->host_timer.hosts = worker->hosts;
    wsub_host_timer_init(&worker->host_timer, base);
    wsub_timer_init(&worker->look, base, on_look, worker);
    wsub_timer_start_ms(&worker->look, LOOK_MS);
}

static void build_fetching(struct spread_worker *worker)
{
    const struct wsub_config *config = worker->config;
    struct event_base *base = wsub_loop_base(worker->loop);
    uint32_t fetches = spread_fetches_max(config);
    uint32_t validations = fetches / SPREAD_VALIDATIONS_SHARE;
    struct spread_topics_options options = {
        .store = worker->store,
        .config = config,
        .on_over = on_over,
        .on_linger = on_linger,
        .arg = worker,
    };

    worker->egress = wsub_egress_new(config);
    worker->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = config->connect_timeout_ms,
        .max_requests = spread_requests_max(config),
        .per_host = config->per_host,
        .kept_connections = 2 * SPREAD_FETCHES_MAX,
        .egress = worker->egress,
        .tls = wsub_http_tls_of(config),
        .proxy = config->egress_proxy,
        .dns_servers = config->dns_servers,
        .max_sockets = config->max_sockets,
        .http2 = config->http2,
    });
    worker->fetch_queue =
        spread_fetch_queue_new(&(struct spread_fetch_queue_options){
            .base = base,
            .store = worker->store,
            .shards = wsub_store_shards(worker->store),
            .most = {[WSUB_WANTED_ANNOUNCED] = fetches - validations,
                     [WSUB_WANTED_VALIDATION] = validations},
            .on_wanted = on_wanted,
            .arg = worker,
        });
    build_hosts(worker);
    options.client = worker->client;
    options.hosts = worker->hosts;
    worker->fetcher = spread_fetcher_new(base, &options);
    worker->validator = spread_validator_new(&options);
}

enum wsub_err spread_worker_new(const struct wsub_config *config,
                                struct wsub_loop *loop, char err_text[256],
                                struct spread_worker **ret_worker)
{
    struct spread_worker *worker = wsub_calloc(1, sizeof(*worker));
    enum wsub_err err;

    worker->config = config;
    worker->loop = loop;
    err = build_store(worker, err_text);
    if (err != WSUB_OK) {
        spread_worker_free(worker);
        return err;
    }
    wsub_metrics_register(spread_stats, SPREAD_STAT_MAX_);
    wsub_metrics_register(wsub_http_client_stats, WSUB_HTTP_CLIENT_STAT_MAX_);
    build_cluster(worker);
    build_fanout(worker);
    build_fetching(worker);
    *ret_worker = worker;
    return WSUB_OK;
}

/* What is under way at Redis and at publishers goes first, so that nobody calls
 * the parts any more. */
static void free_parts(struct spread_worker *worker)
{
    wsub_http_client_free(worker->client);
    wsub_egress_free(worker->egress);
    spread_validator_free(worker->validator);
    spread_fetcher_free(worker->fetcher);
    spread_fetch_queue_free(worker->fetch_queue);
    wsub_timer_done(&worker->look);
    wsub_host_timer_done(&worker->host_timer);
    wsub_hosts_free(worker->hosts);
    spread_expiry_free(worker->expiry);
    spread_replays_free(worker->replays);
    spread_ended_topics_free(worker->ended_topics);
    spread_sweeper_free(worker->sweeper);
    spread_pace_free(worker->pace);
    spread_promoter_free(worker->promoter);
    spread_intake_free(worker->intake);
    spread_fanout_free(worker->fanout);
    wsub_progress_free(worker->progress);
    wsub_writable_free(worker->writable);
    spread_shards_free(worker->shards);
    spread_duties_free(worker->duties);
    wsub_ownership_free(worker->ownership);
    wsub_member_free(worker->member);
}

void spread_worker_free(struct spread_worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->store != NULL)
        wsub_store_close(worker->store);
    if (worker->duties != NULL) /* the first of the parts */
        free_parts(worker);
    wsub_groups_free(worker->groups);
    wsub_store_free(worker->store);
    free(worker);
}

void spread_worker_start(void *arg, const char *address)
{
    struct spread_worker *worker = arg;

    wsub_member_start(worker->member, address);
}

/* Once it is registered no more the others count without this one, and take the
 * shards as soon as they are free. */
static void on_left(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_ownership_stop(worker->ownership);
}

static void on_stepped_down(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_member_leave(worker->member, wsub_loop_restarting(worker->loop),
                      on_left, worker);
}

void spread_worker_drain(void *arg)
{
    struct spread_worker *worker = arg;

    spread_duties_stop(worker->duties, on_stepped_down, worker);
}

bool spread_worker_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct spread_worker *worker = arg;

    return wsub_program_ready(worker->loop, worker->store, reason) &&
           wsub_writable_is(worker->writable, reason) &&
           wsub_member_ready(worker->member, reason) &&
           wsub_groups_ready_why(worker->groups, reason) &&
           wsub_progress_ready(worker->progress, reason);
}
