/* link.c - one connection to Redis (see link.h).
 *
 * hiredis frees its context after a failed connect and after the disconnect
 * callback, and while doing so calls every pending callback with a NULL
 * reply.  So `ctx` is forgotten (detach) before anything that frees it, and
 * callbacks never look at it.
 *
 * A script that Redis does not know (NOSCRIPT) is loaded and called again. */
#include "common/redis/link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>

#include "common/base/backoff.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/digest.h"
#include "common/redis/addresses.h"
#include "common/redis/replies.h"

enum greeting { GREETING_AUTH, GREETING_SELECT, GREETING_PING, GREETINGS };

struct wsub_redis_link {
    struct wsub_redis_link_options o;
    redisAsyncContext *ctx; /* owned by hiredis once it is told to end */
    struct wsub_redis_addresses addresses;
    struct wsub_timer retry;
    struct wsub_timer silence; /* runs while requests are pending */
    TAILQ_HEAD(, wsub_redis_request) pending; /* in the order sent */
    struct wsub_redis_request greeting[GREETINGS];
    bool up;
    bool freeing;
    bool is_refusing;  /* a replica, or one that is loading: try another */
    uint32_t failures; /* since the link was last up */
    uint32_t refusals; /* connections in a row that were of no use */
    uint64_t refused_ms;
    bool is_cluster; /* says the last refusal */
};

static const struct wsub_backoff reconnect = {
    .base_ms = 50, .cap_ms = 2000, .max_tries = 0};

/* To a server of a cluster: that does not change within seconds. */
static const struct wsub_backoff to_cluster = {
    .base_ms = 1000, .cap_ms = 30000, .max_tries = 0};

#define CLUSTER                                                                \
    "Redis is a cluster, which is not supported yet: set redis_url to a "      \
    "server that is none"
#define REFUSAL_ENDS_MS 60000 /* so long without one: the next is a new one */

static void on_reply(redisAsyncContext *ctx, void *reply, void *arg);
static void on_loaded(redisAsyncContext *ctx, void *reply, void *arg);

/* `refusing`: the server was up, and of no use. */
static void plan_connect(struct wsub_redis_link *link, bool refusing)
{
    const struct wsub_backoff *backoff =
        link->is_cluster ? &to_cluster : &reconnect;
    uint32_t random, delay_ms = backoff->cap_ms;
    uint32_t failures = ++link->failures;

    if (refusing && failures < link->refusals)
        failures = link->refusals;
    wsub_random(&random, sizeof(random));
    (void)wsub_backoff_next(backoff, failures, random, &delay_ms);
    wsub_timer_start_ms(&link->retry, delay_ms);
}

/* Marks the link down and plans the next try.  The context is left to whoever
 * called: hiredis itself, or link_break(). */
static void link_lost(struct wsub_redis_link *link, const char *why)
{
    bool was_up = link->up, refusing = link->is_refusing;

    link->ctx = NULL;
    link->up = false;
    wsub_timer_stop(&link->silence);
    if (link->freeing)
        return;
    if (was_up && !refusing)
        wsub_redis_addresses_restart(&link->addresses);
    link->is_refusing = false;
    if (!was_up && wsub_redis_addresses_more(&link->addresses)) {
        wsub_timer_start_ms(&link->retry, 0);
        return;
    }
    if ((was_up || link->failures == 0) && link->o.on_down != NULL)
        link->o.on_down(why, link->o.arg);
    plan_connect(link, refusing);
}

void wsub_redis_link_break(struct wsub_redis_link *link, const char *why)
{
    redisAsyncContext *ctx = link->ctx;

    if (ctx == NULL)
        return;
    ctx->data = NULL; /* on_disconnect has nothing left to report */
    link_lost(link, why);
    redisAsyncFree(ctx);
}

static void on_connect(const redisAsyncContext *ctx, int status)
{
    struct wsub_redis_link *link = ctx->data;

    if (status != REDIS_OK && link != NULL)
        link_lost(link, ctx->errstr);
}

static void on_disconnect(const redisAsyncContext *ctx, int status)
{
    struct wsub_redis_link *link = ctx->data;

    (void)status;
    if (link != NULL)
        link_lost(link,
                  ctx->errstr[0] != '\0' ? ctx->errstr : "connection closed");
}

static void watch_oldest(struct wsub_redis_link *link)
{
    const struct wsub_redis_request *oldest = TAILQ_FIRST(&link->pending);
    uint64_t now = wsub_now_ms();

    if (oldest == NULL || link->ctx == NULL)
        return;
    wsub_timer_start_ms(&link->silence, oldest->deadline_ms > now
                                            ? oldest->deadline_ms - now
                                            : 1);
}

static void on_silence(void *arg)
{
    struct wsub_redis_link *link = arg;
    const struct wsub_redis_request *oldest = TAILQ_FIRST(&link->pending);

    if (oldest != NULL && oldest->deadline_ms <= wsub_now_ms())
        wsub_redis_link_break(link, "no reply in time");
    else
        watch_oldest(link);
}

static bool error_is(const struct redisReply *reply, const char *prefix)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR &&
           strncmp(reply->str, prefix, strlen(prefix)) == 0;
}

/* Queues a request on the open context, whether the link is up or greeting. */
static enum wsub_err link_queue(struct wsub_redis_link *link,
                                struct wsub_redis_request *request)
{
    size_t len;
    const char *wire = wsub_cmd_wire(&request->cmd, &len);

    if (redisAsyncFormattedCommand(link->ctx, on_reply, request, wire, len) !=
        REDIS_OK)
        return WSUB_ERR_UNAVAILABLE;
    request->link = link;
    request->deadline_ms = wsub_now_ms() + link->o.timeout_ms;
    TAILQ_INSERT_TAIL(&link->pending, request, next);
    if (TAILQ_FIRST(&link->pending) == request)
        watch_oldest(link);
    return WSUB_OK;
}

/* Loads the script again and repeats the call.  Returns false when the link
 * is gone. */
static bool send_with_script(struct wsub_redis_request *request)
{
    struct wsub_redis_link *link = request->link;

    return link->ctx != NULL &&
           redisAsyncCommand(link->ctx, on_loaded, link, "SCRIPT LOAD %s",
                             request->cmd.script->body) == REDIS_OK &&
           link_queue(link, request) == WSUB_OK;
}

/* Keys are elsewhere, or nowhere. */
static bool is_of_cluster(const struct redisReply *reply)
{
    return error_is(reply, "MOVED ") || error_is(reply, "ASK ") ||
           error_is(reply, "CLUSTERDOWN") || error_is(reply, "CROSSSLOT") ||
           error_is(reply, "TRYAGAIN");
}

/* True for the errors that mean: this server can't serve now, try again. */
static bool is_unavailable(const struct redisReply *reply)
{
    return error_is(reply, "LOADING") || error_is(reply, "READONLY") ||
           error_is(reply, "MASTERDOWN") || is_of_cluster(reply);
}

/* The connection works, and is of no use: the next one waits longer than the
 * one before. */
static void refused(struct wsub_redis_link *link,
                    const struct redisReply *reply)
{
    uint64_t now_ms = wsub_now_ms();

    if (link->refused_ms == 0 || now_ms - link->refused_ms > REFUSAL_ENDS_MS)
        link->refusals = 0;
    link->refusals++;
    link->refused_ms = now_ms;
    link->is_cluster = is_of_cluster(reply);
    link->is_refusing = true;
    wsub_redis_link_break(link, link->is_cluster ? CLUSTER : reply->str);
    link->is_cluster = false;
}

/* Other errors are those of the call that follows. */
static void on_loaded(redisAsyncContext *ctx, void *reply_ptr, void *arg)
{
    const struct redisReply *reply = reply_ptr;

    (void)ctx;
    if (reply != NULL && is_unavailable(reply))
        refused(arg, reply);
}

static void on_reply(redisAsyncContext *ctx, void *reply_ptr, void *arg)
{
    struct wsub_redis_request *request = arg;
    struct wsub_redis_link *link = request->link;
    const struct redisReply *reply = reply_ptr;

    (void)ctx;
    TAILQ_REMOVE(&link->pending, request, next);
    if (error_is(reply, "NOSCRIPT") && request->cmd.script != NULL &&
        !request->reloaded) { /* twice: SCRIPT LOAD is not allowed */
        request->reloaded = true;
        if (send_with_script(request))
            return;
        reply = NULL;
    }
    if (reply == NULL) {
        request->cb(WSUB_ERR_UNAVAILABLE, NULL, request->arg);
    } else if (is_unavailable(reply)) {
        request->cb(WSUB_ERR_UNAVAILABLE, NULL, request->arg);
        refused(link, reply);
    } else if (error_is(reply, "FENCED")) {
        request->cb(WSUB_ERR_FENCED, reply, request->arg);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        request->cb(WSUB_ERR_REFUSED, reply, request->arg);
    } else {
        request->cb(WSUB_OK, reply, request->arg);
    }
}

static void on_greeting(enum wsub_err err, const struct redisReply *reply,
                        void *arg)
{
    struct wsub_redis_link *link = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_redis_link_break(link, reply->str);
}

static void on_pong(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_redis_link *link = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_redis_link_break(link, reply->str);
    if (err != WSUB_OK || link->freeing)
        return;
    link->up = true;
    link->failures = 0;
    if (link->o.on_up != NULL)
        link->o.on_up(link->o.arg);
}

/* Those of the connection before have had their callbacks. */
static struct wsub_cmd *greeting_init(struct wsub_redis_link *link,
                                      enum greeting which, const char *name,
                                      wsub_redis_cb *cb)
{
    struct wsub_redis_request *request = &link->greeting[which];

    wsub_cmd_done(&request->cmd);
    wsub_cmd_init(&request->cmd, name);
    request->cb = cb;
    request->arg = link;
    return &request->cmd;
}

static void greet(struct wsub_redis_link *link)
{
    const struct wsub_redis_url *url = link->o.url;
    struct wsub_redis_request *greeting = link->greeting;
    enum wsub_err err = WSUB_OK;
    struct wsub_cmd *cmd;

    if (url->password[0] != '\0') {
        cmd = greeting_init(link, GREETING_AUTH, "AUTH", on_greeting);
        if (url->user[0] != '\0')
            wsub_cmd_str(cmd, url->user);
        wsub_cmd_str(cmd, url->password);
        err = link_queue(link, &greeting[GREETING_AUTH]);
    }
    if (err == WSUB_OK && url->db != 0) {
        cmd = greeting_init(link, GREETING_SELECT, "SELECT", on_greeting);
        wsub_cmd_u64(cmd, url->db);
        err = link_queue(link, &greeting[GREETING_SELECT]);
    }
    if (err == WSUB_OK) {
        greeting_init(link, GREETING_PING, "PING", on_pong);
        err = link_queue(link, &greeting[GREETING_PING]);
    }
    if (err != WSUB_OK)
        wsub_redis_link_break(link, "cannot send");
}

/* `address` is no name, for which hiredis would wait. */
static void link_connect(struct wsub_redis_link *link, const char *address)
{
    const struct wsub_redis_url *url = link->o.url;
    redisAsyncContext *ctx = url->kind == WSUB_REDIS_UNIX
                                 ? redisAsyncConnectUnix(url->path)
                                 : redisAsyncConnect(address, url->port);

    if (ctx == NULL)
        wsub_panic("out of memory (Redis connection)");
    if (ctx->err != 0) {
        link_lost(link, ctx->errstr);
        redisAsyncFree(ctx);
        return;
    }
    wsub_replies_use(ctx->c.reader);
    ctx->data = link;
    link->ctx = ctx;
    redisLibeventAttach(ctx, link->o.base);
    redisAsyncSetConnectCallback(ctx, on_connect);
    redisAsyncSetDisconnectCallback(ctx, on_disconnect);
    greet(link);
}

static void on_address(const char *address, const char *why, void *arg)
{
    struct wsub_redis_link *link = arg;

    if (address != NULL)
        link_connect(link, address);
    else
        link_lost(link, why);
}

static void on_retry(void *arg)
{
    struct wsub_redis_link *link = arg;

    if (link->o.url->kind == WSUB_REDIS_UNIX)
        link_connect(link, NULL);
    else
        wsub_redis_addresses_find(&link->addresses);
}

struct wsub_redis_link *
wsub_redis_link_new(const struct wsub_redis_link_options *options)
{
    struct wsub_redis_link *link = wsub_calloc(1, sizeof(*link));

    link->o = *options;
    TAILQ_INIT(&link->pending);
    wsub_redis_addresses_init(&link->addresses, options->resolver,
                              options->url);
    link->addresses.on_address = on_address;
    link->addresses.arg = link;
    wsub_timer_init(&link->retry, link->o.base, on_retry, link);
    wsub_timer_init(&link->silence, link->o.base, on_silence, link);
    wsub_timer_start_ms(&link->retry, 0);
    return link;
}

void wsub_redis_link_free(struct wsub_redis_link *link)
{
    if (link == NULL)
        return;
    link->freeing = true;
    wsub_redis_link_break(link, "closing");
    wsub_redis_addresses_done(&link->addresses);
    for (size_t i = 0; i < GREETINGS; i++)
        wsub_cmd_done(&link->greeting[i].cmd);
    wsub_timer_done(&link->retry);
    wsub_timer_done(&link->silence);
    free(link);
}

bool wsub_redis_link_up(const struct wsub_redis_link *link)
{
    return link->up;
}

enum wsub_err wsub_redis_link_send(struct wsub_redis_link *link,
                                   struct wsub_redis_request *request)
{
    request->reloaded = false;
    return link->up ? link_queue(link, request) : WSUB_ERR_UNAVAILABLE;
}
