#include "spreader/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/cluster/member.h"
#include "common/program/program.h"
#include "common/program/startup.h"
#include "common/http/client.h"
#include "common/store/keys.h"
#include "common/store/leave.h"
#include "common/store/progress.h"
#include "common/store/promoter.h"
#include "common/store/store.h"
#include "spreader/fanout.h"
#include "spreader/fetch.h"
#include "spreader/intake.h"
#include "spreader/rejected.h"
#include "spreader/stats.h"
#include "spreader/sweep.h"
#include "spreader/validate.h"

/* Fetches under way at once, each with up to max_body_bytes in memory. */
#define FETCHES_MAX 256
#define PROGRESS_MARGIN_MS 5000 /* beyond the longest fetch */

static const char *const streams[] = {WSUB_KEY_PINGS, WSUB_KEY_LOG};
#define STREAM_COUNT (sizeof(streams) / sizeof(streams[0]))

/* The first two are borrowed and outlive the worker, the rest is owned. */
struct spread_worker {
    const struct wsub_config *config;
    struct wsub_loop *loop;
    struct wsub_store *store;
    struct wsub_member *member;
    struct wsub_http_client *client;
    struct wsub_progress *progress;
    struct wsub_promoter *promoter;
    struct spread_fanout *fanout;
    struct spread_fetcher *fetcher;
    struct spread_validator *validator;
    struct spread_rejecter *rejecter;
    struct spread_intake *intake;
    struct spread_sweeper *sweeper;
    bool leaving; /* drained; ends once Redis has replied */
};

static void on_redis_up(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_member_redis_up(worker->member);
}

static void on_restart(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_loop_restart(worker->loop);
}

/* Redis must not be used, or the process must not go on. */
static void on_refused(const char *sentence, void *arg)
{
    struct spread_worker *worker = arg;

    wsub_startup_failed(WSUB_PROGRAM_SPREADER, sentence);
    wsub_loop_finish(worker->loop, WSUB_EXIT_START);
}

static bool is_idle(const struct spread_worker *worker)
{
    return spread_fanout_idle(worker->fanout) &&
           spread_fetcher_idle(worker->fetcher) &&
           spread_validator_idle(worker->validator) &&
           spread_rejecter_idle(worker->rejecter);
}

static bool holds_work(void *arg)
{
    return !is_idle(arg);
}

static void on_left(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_loop_finish(worker->loop, WSUB_EXIT_OK);
}

static void on_consumers_left(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_member_leave(worker->member, wsub_loop_restarting(worker->loop),
                      on_left, worker);
}

/* A process that drains ends once nothing is read and nothing is left. */
static void on_idle(void *arg)
{
    struct spread_worker *worker = arg;

    if (!wsub_loop_draining(worker->loop) || worker->leaving ||
        !spread_intake_stopped(worker->intake) || !is_idle(worker))
        return;
    worker->leaving = true;
    wsub_leave(worker->store, WSUB_GROUP_SPREAD, worker->config->instance_name,
               streams, STREAM_COUNT, on_consumers_left, worker);
}

static void on_progress(void *arg)
{
    struct spread_worker *worker = arg;

    wsub_progress_note(worker->progress);
}

static void on_done(size_t entries, void *arg)
{
    struct spread_worker *worker = arg;

    wsub_progress_note(worker->progress);
    spread_intake_release(worker->intake, entries);
}

static enum wsub_err build_store(struct spread_worker *worker,
                                 char err_text[256])
{
    return wsub_store_new(
        &(struct wsub_store_options){
            .base = wsub_loop_base(worker->loop),
            .config = worker->config,
            .on_up = on_redis_up,
            .on_unusable = on_refused,
            .arg = worker,
        },
        err_text, &worker->store);
}

/* What the parts use. */
static void build_services(struct spread_worker *worker)
{
    const struct wsub_config *config = worker->config;
    struct event_base *base = wsub_loop_base(worker->loop);

    worker->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = config->connect_timeout_ms,
        .max_requests = FETCHES_MAX,
        .allow_private_networks = config->allow_private_networks,
        .dns_servers = config->dns_servers,
        .http2 = config->http2,
    });
    worker->member = wsub_member_new(&(struct wsub_member_options){
        .base = base,
        .store = worker->store,
        .config = config,
        .program = WSUB_PROGRAM_SPREADER,
        .on_refused = on_refused,
        .on_restart = on_restart,
        .arg = worker,
    });
    worker->promoter = wsub_promoter_new(base, worker->store);
    worker->progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = worker->store,
        .streams = streams,
        .stream_count = STREAM_COUNT,
        .limit_ms = config->timeout_ms + PROGRESS_MARGIN_MS,
        .holds_work = holds_work,
        .arg = worker,
    });
}

static void build_fanout(struct spread_worker *worker)
{
    worker->fanout = spread_fanout_new(&(struct spread_fanout_options){
        .loop = worker->loop,
        .store = worker->store,
        .config = worker->config,
        .on_progress = on_progress,
        .on_done = on_done,
        .on_idle = on_idle,
        .arg = worker,
    });
}

static void build_fetching(struct spread_worker *worker)
{
    struct spread_topics_options options = {
        .loop = worker->loop,
        .store = worker->store,
        .config = worker->config,
        .client = worker->client,
        .promoter = worker->promoter,
        .on_done = on_done,
        .on_idle = on_idle,
        .arg = worker,
    };

    worker->fetcher = spread_fetcher_new(&options);
    worker->validator = spread_validator_new(&options);
}

static void build_rest(struct spread_worker *worker)
{
    worker->rejecter = spread_rejecter_new(&(struct spread_rejecter_options){
        .store = worker->store,
        .on_done = on_done,
        .on_idle = on_idle,
        .arg = worker,
    });
    worker->sweeper = spread_sweeper_new(&(struct spread_sweeper_options){
        .loop = worker->loop,
        .store = worker->store,
        .config = worker->config,
    });
    worker->intake = spread_intake_new(&(struct spread_intake_options){
        .loop = worker->loop,
        .store = worker->store,
        .config = worker->config,
        .fanout = worker->fanout,
        .fetcher = worker->fetcher,
        .validator = worker->validator,
        .rejecter = worker->rejecter,
        .on_stopped = on_idle,
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
    build_services(worker);
    build_fanout(worker);
    build_fetching(worker);
    build_rest(worker);
    *ret_worker = worker;
    return WSUB_OK;
}

/* What is under way at Redis and at publishers goes first, so that nobody calls
 * the parts any more. */
void spread_worker_free(struct spread_worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->intake != NULL) {
        wsub_store_close(worker->store);
        wsub_http_client_free(worker->client);
    }
    spread_intake_free(worker->intake);
    spread_sweeper_free(worker->sweeper);
    spread_rejecter_free(worker->rejecter);
    spread_validator_free(worker->validator);
    spread_fetcher_free(worker->fetcher);
    spread_fanout_free(worker->fanout);
    wsub_progress_free(worker->progress);
    wsub_promoter_free(worker->promoter);
    wsub_member_free(worker->member);
    wsub_store_free(worker->store);
    free(worker);
}

void spread_worker_drain(void *arg)
{
    struct spread_worker *worker = arg;

    spread_intake_stop(worker->intake);
    on_idle(worker);
}

bool spread_worker_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct spread_worker *worker = arg;

    return wsub_program_ready(worker->loop, worker->store, reason) &&
           wsub_member_ready(worker->member, reason) &&
           wsub_progress_ready(worker->progress, reason);
}

void spread_worker_start(void *arg, const char *address)
{
    struct spread_worker *worker = arg;

    wsub_member_start(worker->member, address);
}
