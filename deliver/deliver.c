/* deliver.c - puts the parts of websub-deliver together (see deliver.h).
 *
 * Every TICK_MS: what Redis' absence has stalled goes on, what waits too long
 * for its host is put back, readers look for room again. */
#include "deliver/deliver.h"

#include <stdlib.h>

#include <event2/event.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/startup.h"
#include "common/http/client.h"
#include "common/redis/redis.h"
#include "common/store/leave.h"
#include "common/store/promoter.h"
#include "deliver/claim.h"
#include "deliver/settle.h"
#include "deliver/stats.h"

#define TICK_MS 500
#define TAKEOVER_MARGIN_MS 3000 /* for settling, and for clocks */

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
    const char *url = wsub_redis_public_url(d->redis);
    struct wsub_buf header = {0};

    if (d->user_agent != NULL || url == NULL)
        return;
    wsub_buf_printf(&header, "User-Agent: websubd/%s (+%s)", WSUB_VERSION, url);
    d->user_agent = wsub_buf_take(&header);
    deliver_claim_kick(d->claim);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct deliver *d = arg;

    (void)fd;
    (void)what;
    deliver_hosts_expire(d->hosts, wsub_loop_draining(d->loop));
    if (!wsub_redis_up(d->redis))
        return;
    learn_public_url(d);
    deliver_settle_resume(d->settler);
    deliver_jobs_resume(d);
    deliver_verify_resume(d);
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

static void make_parts(struct deliver *d)
{
    struct event_base *base = wsub_loop_base(d->loop);
    struct timeval every = {TICK_MS / 1000, (TICK_MS % 1000) * 1000};

    deliver_stats_register();
    d->hmac = wsub_hmac_new(d->config->signature_hash);
    d->hosts = deliver_hosts_new(d->config->per_host, wait_max_ms(d->config));
    d->contents = deliver_content_cache_new(d->redis);
    d->loader = deliver_loader_new(base, d->redis);
    d->promoter = wsub_promoter_new(base, d->redis);
    d->settler = deliver_settler_new(d);
    d->claim = deliver_claim_new(d);
    d->client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base,
        .connect_timeout_ms = d->config->connect_timeout_ms,
        .max_calls = (uint32_t)d->claim->slots,
        .allow_private_networks = d->config->allow_private_networks,
        .per_host = d->config->per_host,
        .dns_servers = d->config->dns_servers,
        .http2 = d->config->http2,
    });
    d->tick = event_new(base, -1, EV_PERSIST, on_tick, d);
    event_add(d->tick, &every);
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
    err = wsub_redis_new(
        &(struct wsub_redis_options){
            .base = wsub_loop_base(loop),
            .config = config,
            .on_up = on_redis_up,
            .on_unusable = on_redis_unusable,
            .arg = d,
        },
        err_text, &d->redis);
    if (err == WSUB_OK)
        make_parts(d);
    return err;
}

void deliver_done(struct deliver *d)
{
    if (d->claim != NULL) {
        wsub_redis_close(d->redis);
        wsub_http_client_free(d->client);
        deliver_jobs_abandon(d);
        deliver_verify_abandon(d);
        deliver_claim_free(d->claim);
        event_free(d->tick);
    }
    deliver_settler_free(d->settler);
    wsub_promoter_free(d->promoter);
    deliver_loader_free(d->loader);
    deliver_content_cache_free(d->contents);
    deliver_hosts_free(d->hosts);
    wsub_hmac_free(d->hmac);
    wsub_redis_free(d->redis);
    wsub_keyring_free(d->ring);
    free(d->user_agent);
}

void deliver_drain(void *arg)
{
    struct deliver *d = arg;

    deliver_claim_stop(d->claim);
    deliver_hosts_expire(d->hosts, true);
    deliver_drain_check(d);
}

static void on_left(void *arg)
{
    struct deliver *d = arg;

    wsub_loop_finish(d->loop, WSUB_EXIT_OK);
}

void deliver_drain_check(struct deliver *d)
{
    static const char *const streams[2] = {"verify", "outbox"};

    if (!wsub_loop_draining(d->loop) || d->leaving ||
        !deliver_claim_idle(d->claim))
        return;
    d->leaving = true;
    wsub_leave(d->redis, "deliver", d->config->instance_name, streams, on_left,
               d);
}
