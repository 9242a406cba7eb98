#include "spreader/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/cluster/member.h"
#include "common/cluster/neglect.h"
#include "common/cluster/ownership.h"
#include "common/groups/groups.h"
#include "common/http/client_stats.h"
#include "common/program/program.h"
#include "common/program/tally.h"
#include "common/program/startup.h"
#include "common/store/cluster_events.h"
#include "common/store/progress.h"
#include "common/store/store.h"
#include "common/store/writable.h"
#include "spreader/duties.h"
#include "spreader/ended_topics.h"
#include "spreader/expiry.h"
#include "spreader/fanout.h"
#include "spreader/intake.h"
#include "spreader/pace.h"
#include "spreader/promoter.h"
#include "spreader/publishers.h"
#include "spreader/replay.h"
#include "spreader/shard.h"
#include "spreader/stats.h"
#include "spreader/sweep.h"
#include "spreader/waiting.h"

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
    struct wsub_progress *progress;
    struct wsub_writable *writable;
    struct wsub_neglect *neglect;
    struct spread_shards *shards;
    struct spread_fanout *fanout;
    struct spread_intake *intake;
    struct spread_publishers *publishers;
    struct spread_promoter *promoter;
    struct spread_pace *pace;
    struct spread_sweeper *sweeper;
    struct spread_expiry *expiry;
    struct spread_waiting *waiting;
    struct wsub_tally *tally;
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

/* The settings know other shards than Redis: the next life has Redis'. */
static void on_shards(unsigned shards, void *arg)
{
    const struct spread_worker *worker = arg;

    (void)shards;
    wsub_loop_restart(worker->loop);
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
    spread_publishers_event(worker->publishers, event);
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
    spread_publishers_missed(worker->publishers);
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
    spread_waiting_open(worker->waiting, shard);
    spread_replays_open(worker->replays, shard);
    spread_ended_topics_open(worker->ended_topics, shard);
}

static void on_ending(unsigned shard, void *arg)
{
    struct spread_worker *worker = arg;

    spread_intake_close(worker->intake, shard);
    spread_publishers_close(worker->publishers, shard);
    spread_promoter_close(worker->promoter, shard);
    spread_sweeper_close(worker->sweeper, shard);
    spread_expiry_close(worker->expiry, shard);
    spread_waiting_close(worker->waiting, shard);
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

/* Of the fan-out, and on_progress of the publishers. */

static void on_resumed(struct spread_shard *shard, const char *position,
                       void *arg)
{
    struct spread_worker *worker = arg;

    spread_intake_open(worker->intake, shard, position);
    spread_promoter_open(worker->promoter, shard);
    spread_publishers_open(worker->publishers, shard);
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
    spread_publishers_wake(worker->publishers, shard->owned.shard);
    spread_sweeper_wake(worker->sweeper, shard->owned.shard);
    spread_expiry_wake(worker->expiry, shard->owned.shard);
    spread_replays_wake(worker->replays, shard->owned.shard);
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
           spread_publishers_hold_work(worker->publishers) ||
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
            .on_shards = on_shards,
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
    worker->neglect = wsub_neglect_new(base, worker->store, worker->member);
    worker->progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = worker->store,
        .limit_ms = worker->config->timeout_ms + PROGRESS_MARGIN_MS,
        .holds_work = holds_work,
        .arg = worker,
    });
}

static const struct wsub_tally_count counts[] = {
    {WSUB_SUM_ACCEPTED, &spread_stats[SPREAD_STAT_FETCH_NEW]},
    {WSUB_SUM_BEGUN, &spread_stats[SPREAD_STAT_EVENTS]},
};

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
    worker->waiting = spread_waiting_new(worker->pace, worker->store, shards);
    worker->tally = wsub_tally_new(&(struct wsub_tally_options){
        .base = base,
        .store = worker->store,
        .counts = counts,
        .count = sizeof(counts) / sizeof(*counts),
        .waiting = spread_waiting_sum,
        .arg = worker->waiting,
    });
    worker->replays =
        spread_replays_new(worker->pace, worker->store, worker->config, shards);
    worker->ended_topics = spread_ended_topics_new(worker->pace, worker->store,
                                                   worker->groups, shards);
}

static void build_publishers(struct spread_worker *worker)
{
    worker->publishers =
        spread_publishers_new(&(struct spread_publishers_options){
            .base = wsub_loop_base(worker->loop),
            .store = worker->store,
            .config = worker->config,
            .on_progress = on_progress,
            .arg = worker,
        });
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
    wsub_histograms_register(&spread_fetch_times, 1, NULL);
    wsub_metrics_register(wsub_http_client_stats, WSUB_HTTP_CLIENT_STAT_MAX_);
    build_cluster(worker);
    build_fanout(worker);
    build_publishers(worker);
    *ret_worker = worker;
    return WSUB_OK;
}

/* What is under way at Redis and at publishers goes first, so that nobody calls
 * the parts any more. */
static void free_parts(struct spread_worker *worker)
{
    spread_publishers_free(worker->publishers);
    spread_expiry_free(worker->expiry);
    wsub_tally_free(worker->tally);
    spread_waiting_free(worker->waiting);
    spread_replays_free(worker->replays);
    spread_ended_topics_free(worker->ended_topics);
    spread_sweeper_free(worker->sweeper);
    spread_pace_free(worker->pace);
    spread_promoter_free(worker->promoter);
    spread_intake_free(worker->intake);
    spread_fanout_free(worker->fanout);
    wsub_progress_free(worker->progress);
    wsub_writable_free(worker->writable);
    wsub_neglect_free(worker->neglect);
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

    wsub_member_start(worker->member,
                      &(struct wsub_registry_addresses){.status = address});
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

    wsub_tally_now(worker->tally);
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

    if (!wsub_program_ready(worker->loop, worker->store, reason) ||
        !wsub_writable_is(worker->writable, reason) ||
        !wsub_member_ready(worker->member, reason) ||
        !wsub_groups_ready_why(worker->groups, reason) ||
        !wsub_progress_ready(worker->progress, reason))
        return false;
    wsub_neglect_tell(worker->neglect, reason);
    return true;
}
