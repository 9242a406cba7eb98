/* worker.c - see worker.h.
 *
 * Every TICK_MS: what waits too long for its host is put back, what is held for
 * long is kept from being taken over, the hub's public URL is looked for. */
#include "deliver/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/base/timer.h"
#include "common/cluster/member.h"
#include "common/cluster/neglect.h"
#include "common/groups/groups.h"
#include "common/http/client_stats.h"
#include "common/program/host_watch.h"
#include "common/program/tally.h"
#include "common/program/program.h"
#include "common/program/startup.h"
#include "common/store/keys.h"
#include "common/store/leave.h"
#include "common/store/progress.h"
#include "common/store/secret_keys.h"
#include "common/store/store.h"
#include "common/store/writable.h"
#include "deliver/attempt_buffer.h"
#include "deliver/attempt_flush.h"
#include "deliver/bundle.h"
#include "deliver/content.h"
#include "deliver/crashes.h"
#include "deliver/delivery.h"
#include "deliver/measures.h"
#include "deliver/readers.h"
#include "deliver/records.h"
#include "deliver/replicas.h"
#include "deliver/settle.h"
#include "deliver/slots.h"
#include "deliver/stall.h"
#include "deliver/stats.h"
#include "deliver/subscribers.h"
#include "deliver/verification.h"

#define TICK_MS 500
#define STALL_PART 4            /* of an attempt's time, which then was short */
#define TAKEOVER_MARGIN_MS 3000 /* for settling, and for clocks */
#define NEW_SHARE 8             /* part of the slots that `bulk` may not have */
#define CONTENT_MAX_BYTES (128u << 20) /* then nothing more is claimed */

/* Owned, but for the first two. */
struct deliver_worker {
    const struct wsub_config *config; /* borrowed */
    struct wsub_loop *loop;           /* borrowed */
    struct wsub_store *store;
    struct wsub_member *member;
    struct wsub_groups *groups;
    struct wsub_secret_keys *keys;
    struct wsub_progress *progress;
    struct wsub_writable *writable;
    struct wsub_neglect *neglect;
    struct deliver_attempt_buffer *attempts;
    struct deliver_attempt_flush *attempt_flush;
    struct deliver_bundles *bundles;
    struct deliver_content_cache *contents;
    struct deliver_crashes *crashes;
    struct deliver_deliveries *deliveries;
    struct deliver_readers *readers;
    struct deliver_records *records;
    struct deliver_replicas *replicas;
    struct deliver_settler *settler;
    struct deliver_slots *slots;
    struct deliver_verifications *verifications;
    struct deliver_subscribers subscribers;
    struct wsub_host_watch *host_watch;
    struct wsub_tally *tally;
    struct deliver_stall stall;
    struct wsub_timer tick;
    bool was_alive; /* since the last tick */
    bool leaving;   /* drained; ends once Redis has replied */
};

/* Others take an entry over that a process has held for longer.  What takes longer
 * is renewed meanwhile. */
static uint32_t takeover_idle_ms(const struct wsub_config *config)
{
    return deliver_subscribers_held_ms(config) + TAKEOVER_MARGIN_MS;
}

/* Readers that found the process not alive are told when it is again. */
static void look_alive(struct deliver_worker *w)
{
    bool is_alive = wsub_member_alive(w->member);

    if (is_alive && !w->was_alive)
        deliver_readers_kick(w->readers);
    w->was_alive = is_alive;
}

static void on_tick(void *arg)
{
    struct deliver_worker *w = arg;

    deliver_stall_beat(&w->stall, wsub_now_ms());
    deliver_subscribers_expire(&w->subscribers, wsub_loop_draining(w->loop));
    deliver_subscribers_count(&w->subscribers);
    if (wsub_store_up(w->store) &&
        deliver_subscribers_learn_url(&w->subscribers))
        deliver_readers_kick(w->readers);
    look_alive(w);
    deliver_bundles_renew(w->bundles);
}

static void on_redis_up(void *arg)
{
    struct deliver_worker *w = arg;

    wsub_groups_redis_up(w->groups);
    wsub_secret_keys_redis_up(w->keys);
    on_tick(w);
    wsub_member_redis_up(w->member);
}

static void on_event(const struct wsub_cluster_event *event, void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_groups_event(w->groups, event);
    wsub_host_watch_event(w->host_watch, event);
}

static void on_missed(void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_groups_look(w->groups);
    wsub_host_watch_look(w->host_watch);
}

/* How to deliver is known from now on. */
static void on_groups_ready(void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_store_tell_ready(w->store);
    deliver_readers_kick(w->readers);
}

static bool is_ready(void *arg)
{
    const struct deliver_worker *w = arg;

    return wsub_groups_ready(w->groups);
}

static void on_restart(void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_loop_restart(w->loop);
}

/* The settings know other shards than Redis: the next life has Redis'. */
static void on_shards(unsigned shards, void *arg)
{
    const struct deliver_worker *w = arg;

    (void)shards;
    wsub_loop_restart(w->loop);
}

/* Redis must not be used, or the process must not go on. */
static void on_refused(const char *sentence, void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_startup_failed(WSUB_PROGRAM_DELIVER, sentence);
    wsub_loop_finish(w->loop, WSUB_EXIT_START);
}

static void on_left(void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_loop_finish(w->loop, WSUB_EXIT_OK);
}

static void on_consumers_left(void *arg)
{
    struct deliver_worker *w = arg;

    wsub_tally_now(w->tally);
    wsub_member_leave(w->member, wsub_loop_restarting(w->loop), on_left, w);
}

/* There is a consumer to claim for, maybe another one than before. */
static void on_registered(void *arg)
{
    const struct deliver_worker *w = arg;

    deliver_readers_kick(w->readers);
}

/* Before the hub's URL is known nothing is claimed; readiness says so itself. */
static bool holds_work(void *arg)
{
    const struct deliver_worker *w = arg;

    return deliver_bundles_count(w->bundles) > 0 ||
           deliver_verifications_count(w->verifications) > 0;
}

static void drain_check(struct deliver_worker *w)
{
    if (!wsub_loop_draining(w->loop) || w->leaving || holds_work(w) ||
        deliver_slots_used(w->slots) > 0 ||
        !deliver_readers_stopped(w->readers))
        return;
    w->leaving = true;
    deliver_attempt_flush_all(w->attempt_flush);
    wsub_leave(w->store, WSUB_GROUP_DELIVER, wsub_member_consumer(w->member),
               deliver_readers_streams, DELIVER_READERS_STREAMS,
               on_consumers_left, w);
}

static void on_stopped(void *arg)
{
    drain_check(arg);
}

static void on_idle(void *arg)
{
    struct deliver_worker *w = arg;

    wsub_metric_set(&deliver_stats[DELIVER_STAT_SLOTS_USED],
                    deliver_slots_used(w->slots));
    if (wsub_loop_draining(w->loop))
        drain_check(w);
    else
        deliver_readers_kick(w->readers);
}

static void on_verification_over(void *arg)
{
    drain_check(arg);
}

static void on_settled(struct deliver_job *job, void *arg)
{
    const struct deliver_worker *w = arg;

    wsub_progress_note(w->progress);
    deliver_deliveries_settled(w->deliveries, job);
}

static void on_verification(const struct wsub_stream_entry *entry, void *arg)
{
    const struct deliver_worker *w = arg;

    deliver_verifications_start(w->verifications, entry);
}

static void on_jobs(enum deliver_lane lane,
                    const struct wsub_stream_entry *entry, void *arg)
{
    const struct deliver_worker *w = arg;

    deliver_deliveries_start(w->deliveries, lane, entry);
}

static bool may_claim(void *arg)
{
    struct deliver_worker *w = arg;

    if (!wsub_member_alive(w->member)) {
        w->was_alive = false;
        return false;
    }
    return w->subscribers.poster.user_agent != NULL &&
           wsub_groups_ready(w->groups) &&
           deliver_content_bytes(w->contents) <= CONTENT_MAX_BYTES;
}

static size_t ahead(void *arg)
{
    const struct deliver_worker *w = arg;

    return deliver_deliveries_loading(w->deliveries) +
           deliver_subscribers_ahead(&w->subscribers);
}

static void make_slots(struct deliver_worker *w)
{
    size_t total = deliver_readers_least_slots(wsub_store_shards(w->store));

    if (w->config->concurrency > total)
        total = w->config->concurrency;
    w->slots = deliver_slots_new(&(struct deliver_slots_options){
        .total = total,
        .limits = {[DELIVER_LANE_OUTBOX] = total,
                   [DELIVER_LANE_BULK] = total - total / NEW_SHARE},
        .on_idle = on_idle,
        .arg = w,
    });
    wsub_metric_set(&deliver_stats[DELIVER_STAT_SLOTS], total);
}

static const struct wsub_tally_count counts[] = {
    {WSUB_SUM_DELIVERED, &deliver_stats[DELIVER_STAT_DELIVERED]},
    {WSUB_SUM_RETRIED, &deliver_stats[DELIVER_STAT_RETRIED]},
    {WSUB_SUM_DEAD, &deliver_stats[DELIVER_STAT_DEAD]},
    {WSUB_SUM_ENDED, &deliver_stats[DELIVER_STAT_GONE]},
    {WSUB_SUM_ENDED, &deliver_stats[DELIVER_STAT_DROPPED]},
};

static void make_tally(struct deliver_worker *w)
{
    struct wsub_tally_options options = {
        .base = wsub_loop_base(w->loop),
        .store = w->store,
        .counts = counts,
        .count = sizeof(counts) / sizeof(*counts),
    };

    options.delays = deliver_measures_delays(&options.delay_count);
    w->tally = wsub_tally_new(&options);
}

/* What serves deliveries and verifications; from the bottom up. */
static void make_services(struct deliver_worker *w)
{
    struct event_base *base = wsub_loop_base(w->loop);

    w->groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = base,
        .store = w->store,
        .config = w->config,
        .on_ready = on_groups_ready,
        .arg = w,
    });
    w->member = wsub_member_new(&(struct wsub_member_options){
        .base = base,
        .store = w->store,
        .config = w->config,
        .program = WSUB_PROGRAM_DELIVER,
        .on_registered = on_registered,
        .on_refused = on_refused,
        .on_restart = on_restart,
        .on_event = on_event,
        .on_missed = on_missed,
        .arg = w,
    });
    make_slots(w);
    deliver_subscribers_init(
        &w->subscribers, &(struct deliver_subscribers_options){
                             .base = base,
                             .store = w->store,
                             .config = w->config,
                             .keys = w->keys,
                             .slots = (uint32_t)deliver_slots_total(w->slots),
                         });
    w->host_watch = wsub_host_watch_new(base, w->store, w->subscribers.hosts);
    make_tally(w);
    w->bundles = deliver_bundles_new(&(struct deliver_bundles_options){
        .store = w->store,
        .consumer = wsub_member_consumer(w->member),
        .takeover_idle_ms = takeover_idle_ms(w->config),
    });
    w->contents = deliver_content_cache_new(w->store);
    w->records = deliver_records_new(base, w->store);
    w->replicas = deliver_replicas_new(w->store);
    w->crashes = deliver_crashes_new(base, w->store, w->config->max_crashes);
    w->attempts = deliver_attempt_buffer_new(wsub_store_shards(w->store));
    w->attempt_flush = deliver_attempt_flush_new(base, w->store, w->attempts);
    w->settler = deliver_settler_new(&(struct deliver_settler_options){
        .loop = w->loop,
        .store = w->store,
        .slots = w->slots,
        .on_settled = on_settled,
        .arg = w,
    });
    w->writable = wsub_writable_new(base, w->store);
    w->neglect = wsub_neglect_new(base, w->store, w->member);
    w->progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = w->store,
        .streams = deliver_readers_streams,
        .stream_count = DELIVER_READERS_STREAMS,
        .limit_ms = takeover_idle_ms(w->config),
        .holds_work = holds_work,
        .arg = w,
    });
}

static void make_deliveries(struct deliver_worker *w)
{
    w->deliveries = deliver_deliveries_new(&(struct deliver_deliveries_options){
        .config = w->config,
        .loop = w->loop,
        .store = w->store,
        .attempts = w->attempts,
        .attempt_flush = w->attempt_flush,
        .bundles = w->bundles,
        .contents = w->contents,
        .crashes = w->crashes,
        .groups = w->groups,
        .hosts = w->subscribers.hosts,
        .parking = w->subscribers.parking,
        .poster = &w->subscribers.poster,
        .records = w->records,
        .replicas = w->replicas,
        .settler = w->settler,
        .slots = w->slots,
        .stall = &w->stall,
    });
    w->verifications =
        deliver_verifications_new(&(struct deliver_verifications_options){
            .loop = w->loop,
            .store = w->store,
            .progress = w->progress,
            .groups = w->groups,
            .hosts = w->subscribers.hosts,
            .poster = &w->subscribers.poster,
            .replicas = w->replicas,
            .on_idle = on_verification_over,
            .arg = w,
        });
}

static void make_readers(struct deliver_worker *w)
{
    w->readers = deliver_readers_new(&(struct deliver_readers_options){
        .base = wsub_loop_base(w->loop),
        .store = w->store,
        .slots = w->slots,
        .consumer = wsub_member_consumer(w->member),
        .takeover_idle_ms = takeover_idle_ms(w->config),
        .may_claim = may_claim,
        .ahead = ahead,
        .on_verification = on_verification,
        .on_jobs = on_jobs,
        .on_stopped = on_stopped,
        .arg = w,
    });
}

static void start_tick(struct deliver_worker *w)
{
    w->stall.every_ms = TICK_MS;
    w->stall.least_ms = w->config->timeout_ms / STALL_PART;
    wsub_timer_every_ms(&w->tick, wsub_loop_base(w->loop), TICK_MS, on_tick, w);
}

enum wsub_err deliver_worker_new(const struct wsub_config *config,
                                 struct wsub_loop *loop, char err_text[256],
                                 struct deliver_worker **ret_worker)
{
    struct deliver_worker *w = wsub_calloc(1, sizeof(*w));
    enum wsub_err err;

    w->config = config;
    w->loop = loop;
    wsub_metrics_register(deliver_stats, DELIVER_STAT_MAX_);
    deliver_measures_register();
    wsub_metrics_register(wsub_http_client_stats, WSUB_HTTP_CLIENT_STAT_MAX_);
    err = wsub_secret_keys_load(config->secret_keys_file, err_text, &w->keys);
    if (err == WSUB_OK)
        err = wsub_store_new(
            &(struct wsub_store_options){
                .base = wsub_loop_base(loop),
                .config = config,
                .on_up = on_redis_up,
                .is_ready = is_ready,
                .on_unusable = on_refused,
                .on_shards = on_shards,
                .arg = w,
            },
            err_text, &w->store);
    if (err != WSUB_OK) {
        deliver_worker_free(w);
        return err;
    }
    wsub_secret_keys_start(w->keys, &(struct wsub_secret_keys_options){
                                        .base = wsub_loop_base(loop),
                                        .store = w->store,
                                        .on_wrong = on_refused,
                                        .arg = w,
                                    });
    make_services(w);
    make_deliveries(w);
    make_readers(w);
    start_tick(w);
    *ret_worker = w;
    return WSUB_OK;
}

/* The store first, and the client: they call nobody any more. */
static void free_parts(struct deliver_worker *w)
{
    wsub_store_close(w->store);
    deliver_subscribers_close(&w->subscribers);
    wsub_host_watch_free(w->host_watch);
    wsub_tally_free(w->tally);
    wsub_timer_done(&w->tick);
    deliver_readers_free(w->readers);
    deliver_verifications_free(w->verifications);
    deliver_deliveries_free(w->deliveries);
    wsub_progress_free(w->progress);
    wsub_writable_free(w->writable);
    wsub_neglect_free(w->neglect);
    deliver_settler_free(w->settler);
    deliver_attempt_flush_free(w->attempt_flush);
    deliver_attempt_buffer_free(w->attempts);
    deliver_crashes_free(w->crashes);
    deliver_replicas_free(w->replicas);
    deliver_records_free(w->records);
    deliver_content_cache_free(w->contents);
    deliver_bundles_free(w->bundles);
    deliver_subscribers_done(&w->subscribers);
    deliver_slots_free(w->slots);
    wsub_member_free(w->member);
    wsub_groups_free(w->groups);
}

void deliver_worker_free(struct deliver_worker *w)
{
    if (w == NULL)
        return;
    if (w->store != NULL)
        free_parts(w);
    wsub_store_free(w->store);
    wsub_secret_keys_free(w->keys);
    free(w);
}

bool deliver_worker_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct deliver_worker *w = arg;

    if (!wsub_program_ready(w->loop, w->store, reason) ||
        !wsub_writable_is(w->writable, reason) ||
        !wsub_member_ready(w->member, reason) ||
        !wsub_groups_ready_why(w->groups, reason))
        return false;
    if (w->subscribers.poster.user_agent == NULL) {
        snprintf(reason, WSUB_STATUS_REASON_BYTES,
                 "the hub's public URL is not known: start a "
                 "hub or set public_url");
        return false;
    }
    if (!wsub_progress_ready(w->progress, reason))
        return false;
    wsub_neglect_tell(w->neglect, reason);
    return true;
}

void deliver_worker_drain(void *arg)
{
    struct deliver_worker *w = arg;

    deliver_slots_drain(w->slots);
    deliver_readers_stop(w->readers);
    deliver_subscribers_expire(&w->subscribers, true);
    drain_check(w);
}

void deliver_worker_start(void *worker, const char *address)
{
    struct deliver_worker *w = worker;

    wsub_member_start(w->member,
                      &(struct wsub_registry_addresses){.status = address});
}
