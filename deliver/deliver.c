/* deliver.c - puts the parts of websub-deliver together (see deliver.h).
 *
 * Every TICK_MS: what Redis' absence has stalled goes on, what waits too long
 * for its host is put back, what is held for long is kept from being taken
 * over.  Hosts have a timer of their own. */
#include "deliver/deliver.h"

#include <stdlib.h>

#include <event2/event.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/client.h"
#include "common/program/startup.h"
#include "common/store/store.h"
#include "common/store/leave.h"
#include "common/store/progress.h"
#include "common/store/promoter.h"
#include "deliver/bundle.h"
#include "deliver/claim.h"
#include "deliver/history.h"
#include "deliver/parking.h"
#include "deliver/settle.h"
#include "deliver/stats.h"
#include "deliver/suspect.h"
#include "deliver/tries.h"

#define TICK_MS 500
#define STALL_PART 4            /* of an attempt's time, which then was short */
#define HOST_LINE_MAX 256       /* for one host; more are better off in Redis */
#define HOST_TICK_MS 20         /* a token, or room for what is parked */
#define TAKEOVER_MARGIN_MS 3000 /* for settling, and for clocks */

static const char *const streams[] = {"verify", "outbox", "bulk"};
#define STREAM_COUNT (sizeof(streams) / sizeof(streams[0]))

/* The longest wait for a host slot. */
static uint32_t wait_max_ms(const struct wsub_config *config)
{
    return config->timeout_ms / 2;
}

uint32_t deliver_takeover_idle_ms(const struct wsub_config *config)
{
    return wait_max_ms(config) + config->timeout_ms + TAKEOVER_MARGIN_MS;
}

/* The User-Agent needs the hub's public URL, which the hub may write to Redis
 * after this program has started. */
static void learn_public_url(struct deliver *d)
{
    const char *url = wsub_store_public_url(d->store);
    struct wsub_buf header = {0};

    if (d->user_agent != NULL || url == NULL)
        return;
    wsub_buf_printf(&header, "User-Agent: websubd/%s (+%s)", WSUB_VERSION, url);
    d->user_agent = wsub_buf_take(&header);
    deliver_claim_kick(d->claim);
}

static void count_hosts(const struct deliver *d)
{
    struct deliver_hosts_counts counts;

    deliver_hosts_count(d->hosts, &counts);
    deliver_stat_set(DELIVER_STAT_HOSTS, counts.known);
    deliver_stat_set(DELIVER_STAT_BREAKERS_OPEN, counts.down);
    deliver_stat_set(DELIVER_STAT_HOSTS_WAITING, counts.waiting);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct deliver *d = arg;

    (void)fd;
    (void)what;
    deliver_stall_beat(&d->stall, wsub_now_ms());
    deliver_hosts_expire(d->hosts, wsub_loop_draining(d->loop), wsub_now_us());
    deliver_plan_host_tick(d);
    count_hosts(d);
    if (!wsub_store_up(d->store))
        return;
    learn_public_url(d);
    deliver_settle_resume(d->settler);
    deliver_jobs_resume(d);
    deliver_verify_resume(d);
    deliver_claim_renew(d->claim);
}

/* What the hosts are told later may make it due earlier, so it is planned
 * anew after HOST_TICK_MS at most, as long as there is anything to plan. */
void deliver_plan_host_tick(struct deliver *d)
{
    uint64_t now_us = wsub_now_us();
    uint64_t next_us = deliver_hosts_next_us(d->hosts);
    struct timeval wait = {0, HOST_TICK_MS * 1000};

    if (next_us == UINT64_MAX || evtimer_pending(d->host_tick, NULL))
        return;
    if (next_us < now_us + HOST_TICK_MS * 1000)
        wait.tv_usec = (suseconds_t)(next_us > now_us ? next_us - now_us : 0);
    event_add(d->host_tick, &wait);
}

static void on_host_tick(evutil_socket_t fd, short what, void *arg)
{
    struct deliver *d = arg;

    (void)fd;
    (void)what;
    deliver_hosts_tick(d->hosts, wsub_now_us());
    deliver_plan_host_tick(d);
}

static void on_room(const char *name, uint32_t how_many, void *arg)
{
    const struct deliver *d = arg;

    deliver_parking_fetch(d->parking, name, how_many);
}

static void on_redis_up(void *arg)
{
    on_tick(-1, 0, arg);
}

static void on_redis_unusable(const char *sentence, void *arg)
{
    struct deliver *d = arg;

    wsub_startup_failed(WSUB_PROGRAM_DELIVER, sentence);
    wsub_loop_finish(d->loop, WSUB_EXIT_START);
}

/* Before the hub's URL is known nothing is claimed; /readyz says so itself. */
static bool holds_work(void *arg)
{
    const struct deliver *d = arg;

    return HASH_COUNT(d->claim->held) > 0 || deliver_verify_held(d) > 0;
}

static struct deliver_hosts *make_hosts(struct deliver *d)
{
    uint32_t slots = (uint32_t)deliver_claim_slots(d), line = slots / 4;

    return deliver_hosts_new(&(struct deliver_hosts_options){
        .per_host = d->config->per_host,
        .rate = d->config->per_host_rate,
        .line_max = line < HOST_LINE_MAX ? line : HOST_LINE_MAX,
        .waiting_max = slots / 4,
        .wait_max_ms = wait_max_ms(d->config),
        .on_room = on_room,
        .arg = d,
    });
}

static void make_parts(struct deliver *d)
{
    struct event_base *base = wsub_loop_base(d->loop);
    struct timeval every = {TICK_MS / 1000, (TICK_MS % 1000) * 1000};

    deliver_stats_register();
    d->hmac = wsub_hmac_new(d->config->signature_hash);
    d->hosts = make_hosts(d);
    d->history = deliver_history_new(wsub_store_shards(d->store));
    d->parking = deliver_parking_new(d);
    d->progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = d->store,
        .streams = streams,
        .stream_count = STREAM_COUNT,
        .limit_ms = deliver_takeover_idle_ms(d->config),
        .holds_work = holds_work,
        .arg = d,
    });
    d->suspects = deliver_suspects_new(d);
    d->tries = deliver_tries_new(d);
    d->contents = deliver_content_cache_new(d->store);
    d->loader = deliver_loader_new(base, d->store);
    d->promoter = wsub_promoter_new(base, d->store);
    d->settler = deliver_settler_new(d);
    d->claim = deliver_claim_new(d);
    d->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = d->config->connect_timeout_ms,
        .max_requests = (uint32_t)d->claim->slots,
        .allow_private_networks = d->config->allow_private_networks,
        .per_host = d->config->per_host,
        .dns_servers = d->config->dns_servers,
        .http2 = d->config->http2,
    });
    d->stall.every_ms = TICK_MS;
    d->stall.least_ms = d->config->timeout_ms / STALL_PART;
    d->tick = event_new(base, -1, EV_PERSIST, on_tick, d);
    event_add(d->tick, &every);
    d->host_tick = evtimer_new(base, on_host_tick, d);
}

enum wsub_err deliver_init(struct deliver *d, const struct wsub_config *config,
                           struct wsub_loop *loop, char err_text[256])
{
    enum wsub_err err;

    d->config = config;
    d->loop = loop;
    err = wsub_keyring_load(config->secret_keys_file, err_text, &d->ring);
    if (err != WSUB_OK)
        return err;
    if (wsub_keyring_count(d->ring) == 0)
        wsub_log_warn("secrets-in-plain-form",
                      WSUB_KV("remedy", "set secret_keys_file"));
    err = wsub_store_new(
        &(struct wsub_store_options){
            .base = wsub_loop_base(loop),
            .config = config,
            .on_up = on_redis_up,
            .on_unusable = on_redis_unusable,
            .arg = d,
        },
        err_text, &d->store);
    if (err == WSUB_OK)
        make_parts(d);
    return err;
}

void deliver_done(struct deliver *d)
{
    if (d->claim != NULL) {
        wsub_store_close(d->store);
        wsub_http_client_free(d->client);
        deliver_bundles_abandon(d);
        deliver_verify_abandon(d);
        deliver_claim_free(d->claim);
        event_free(d->tick);
        event_free(d->host_tick);
    }
    deliver_tries_free(d->tries);
    deliver_suspects_free(d->suspects);
    wsub_progress_free(d->progress);
    deliver_parking_free(d->parking);
    deliver_settler_free(d->settler);
    wsub_promoter_free(d->promoter);
    deliver_loader_free(d->loader);
    deliver_content_cache_free(d->contents);
    deliver_hosts_free(d->hosts);
    deliver_history_free(d->history);
    wsub_hmac_free(d->hmac);
    wsub_store_free(d->store);
    wsub_keyring_free(d->ring);
    free(d->user_agent);
}

void deliver_drain(void *arg)
{
    struct deliver *d = arg;

    deliver_claim_stop(d->claim);
    deliver_hosts_expire(d->hosts, true, wsub_now_us());
    deliver_drain_check(d);
}

static void on_left(void *arg)
{
    struct deliver *d = arg;

    wsub_loop_finish(d->loop, WSUB_EXIT_OK);
}

void deliver_drain_check(struct deliver *d)
{
    if (!wsub_loop_draining(d->loop) || d->leaving ||
        !deliver_claim_idle(d->claim))
        return;
    d->leaving = true;
    deliver_tries_flush(d->tries);
    wsub_leave(d->store, "deliver", d->config->instance_name, streams,
               STREAM_COUNT, on_left, d);
}
