#include "spreader/spreader.h"

#include "common/base/loop.h"
#include "common/http/client.h"
#include "common/program/startup.h"
#include "common/store/store.h"
#include "common/store/leave.h"
#include "common/store/progress.h"
#include "common/store/promoter.h"
#include "spreader/fanout.h"
#include "spreader/fetch.h"
#include "spreader/intake.h"
#include "spreader/stats.h"
#include "spreader/sweep.h"
#include "spreader/validate.h"

#define PROGRESS_MARGIN_MS 5000 /* beyond the longest fetch */

static const char *const streams[] = {"pings", "log"};
#define STREAM_COUNT (sizeof(streams) / sizeof(streams[0]))

static void on_redis_unusable(const char *sentence, void *arg)
{
    struct spreader *s = arg;

    wsub_startup_failed(WSUB_PROGRAM_SPREADER, sentence);
    wsub_loop_finish(s->loop, WSUB_EXIT_START);
}

static bool holds_work(void *arg)
{
    const struct spreader *s = arg;

    return !spread_fanout_idle(s->fanout) || !spread_fetcher_idle(s->fetcher) ||
           !spread_validator_idle(s->validator);
}

enum wsub_err spread_init(struct spreader *s, const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256])
{
    struct event_base *base = wsub_loop_base(loop);
    enum wsub_err err;

    s->config = config;
    s->loop = loop;
    err = wsub_store_new(
        &(struct wsub_store_options){
            .base = base,
            .config = config,
            .on_unusable = on_redis_unusable,
            .arg = s,
        },
        err_text, &s->store);
    if (err != WSUB_OK)
        return err;
    spread_stats_register();
    s->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = config->connect_timeout_ms,
        .max_requests = SPREAD_FETCHES_MAX,
        .allow_private_networks = config->allow_private_networks,
        .dns_servers = config->dns_servers,
        .http2 = config->http2,
    });
    s->promoter = wsub_promoter_new(base, s->store);
    s->fanout = spread_fanout_new(s);
    s->fetcher = spread_fetcher_new(s);
    s->validator = spread_validator_new(s);
    s->sweeper = spread_sweeper_new(s);
    s->intake = spread_intake_new(s);
    s->progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = s->store,
        .streams = streams,
        .stream_count = STREAM_COUNT,
        .limit_ms = config->timeout_ms + PROGRESS_MARGIN_MS,
        .holds_work = holds_work,
        .arg = s,
    });
    return WSUB_OK;
}

void spread_done(struct spreader *s)
{
    if (s->intake != NULL) {
        wsub_store_close(s->store);
        wsub_http_client_free(s->client);
        spread_intake_free(s->intake);
    }
    wsub_progress_free(s->progress);
    spread_sweeper_free(s->sweeper);
    spread_validator_free(s->validator);
    spread_fetcher_free(s->fetcher);
    spread_fanout_free(s->fanout);
    wsub_promoter_free(s->promoter);
    wsub_store_free(s->store);
}

void spread_drain(void *arg)
{
    struct spreader *s = arg;

    spread_intake_stop(s->intake);
    spread_drain_check(s);
}

static void on_left(void *arg)
{
    struct spreader *s = arg;

    wsub_loop_finish(s->loop, WSUB_EXIT_OK);
}

void spread_drain_check(struct spreader *s)
{
    if (!wsub_loop_draining(s->loop) || s->leaving ||
        !spread_intake_stopped(s->intake) ||
        !spread_fanout_may_end(s->fanout) || !spread_fetcher_idle(s->fetcher) ||
        !spread_validator_idle(s->validator))
        return;
    s->leaving = true;
    wsub_leave(s->store, "spread", s->config->instance_name, streams,
               STREAM_COUNT, on_left, s);
}
