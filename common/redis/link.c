/* link.c - one connection to Redis (see link.h).
 *
 * hiredis frees its context after a failed connect and after the disconnect
 * callback, and while doing so calls every pending callback with a NULL
 * reply.  So `ctx` is forgotten (detach) before anything that frees it, and
 * callbacks never look at it.
 *
 * A script that Redis no longer knows (NOSCRIPT) is loaded and called again
 * here, where the command's bytes still are. */
#include "common/redis/link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>

#include "common/base/backoff.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/redis/replies.h"

struct pending {
    struct wsub_redis_link *link;
    wsub_redis_cb *cb;
    void *arg;
    uint64_t deadline_ms;
    bool reloaded;       /* its script was loaded again */
    struct wsub_cmd cmd; /* owned; the bytes are kept for scripts only */
    TAILQ_ENTRY(pending) next;
};

struct wsub_redis_link {
    struct wsub_redis_link_options o;
    redisAsyncContext *ctx;        /* owned by hiredis once it is told to end */
    struct event *retry;           /* owned */
    struct event *silence;         /* owned; runs while commands are pending */
    TAILQ_HEAD(, pending) pending; /* in the order sent */
    bool up;
    bool freeing;
    uint32_t failures; /* since the link was last up */
};

static const struct wsub_backoff reconnect = {
    .base_ms = 50, .cap_ms = 2000, .max_tries = 0};

static void link_connect(struct wsub_redis_link *link);
static void on_reply(redisAsyncContext *ctx, void *reply, void *arg);

static struct timeval ms_timeval(uint64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

static void plan_connect(struct wsub_redis_link *link)
{
    uint32_t draw, delay_ms = reconnect.cap_ms;
    struct timeval wait;

    wsub_random(&draw, sizeof(draw));
    link->failures++;
    (void)wsub_backoff_next(&reconnect, link->failures, draw, &delay_ms);
    wait = ms_timeval(delay_ms);
    event_add(link->retry, &wait);
}

/* Marks the link down and plans the next try.  The context is left to whoever
 * called: hiredis itself, or link_break(). */
static void link_lost(struct wsub_redis_link *link, const char *why)
{
    bool was_up = link->up;

    link->ctx = NULL;
    link->up = false;
    event_del(link->silence);
    if (link->freeing)
        return;
    if ((was_up || link->failures == 0) && link->o.on_down != NULL)
        link->o.on_down(why, link->o.arg);
    plan_connect(link);
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
    const struct pending *oldest = TAILQ_FIRST(&link->pending);
    uint64_t now = wsub_now_ms();
    struct timeval wait;

    if (oldest == NULL || link->ctx == NULL)
        return;
    wait =
        ms_timeval(oldest->deadline_ms > now ? oldest->deadline_ms - now : 1);
    event_add(link->silence, &wait);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
    struct wsub_redis_link *link = arg;
    const struct pending *oldest = TAILQ_FIRST(&link->pending);

    (void)fd;
    (void)what;
    if (oldest != NULL && oldest->deadline_ms <= wsub_now_ms())
        wsub_redis_link_break(link, "no answer in time");
    else
        watch_oldest(link);
}

static bool error_is(const struct redisReply *reply, const char *prefix)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR &&
           strncmp(reply->str, prefix, strlen(prefix)) == 0;
}

/* Loads the script again and repeats the call.  Returns false when the link
 * is gone. */
static bool send_with_script(struct pending *p)
{
    struct wsub_redis_link *link = p->link;
    const char *wire;
    size_t len;

    if (link->ctx == NULL ||
        redisAsyncCommand(link->ctx, NULL, NULL, "SCRIPT LOAD %s",
                          p->cmd.script->body) != REDIS_OK)
        return false;
    wire = wsub_cmd_wire(&p->cmd, &len);
    p->deadline_ms = wsub_now_ms() + link->o.timeout_ms;
    if (redisAsyncFormattedCommand(link->ctx, on_reply, p, wire, len) !=
        REDIS_OK)
        return false;
    TAILQ_INSERT_TAIL(&link->pending, p, next);
    watch_oldest(link);
    return true;
}

static void pending_finish(struct pending *p, enum wsub_err err,
                           const struct redisReply *reply)
{
    p->cb(err, reply, p->arg);
    wsub_cmd_done(&p->cmd);
    free(p);
}

/* True for the errors that mean: this server can't serve now, ask again. */
static bool is_unavailable(const struct redisReply *reply)
{
    return error_is(reply, "LOADING") || error_is(reply, "READONLY") ||
           error_is(reply, "MASTERDOWN") || error_is(reply, "CLUSTERDOWN");
}

static void on_reply(redisAsyncContext *ctx, void *reply_ptr, void *arg)
{
    struct pending *p = arg;
    struct wsub_redis_link *link = p->link;
    const struct redisReply *reply = reply_ptr;

    (void)ctx;
    TAILQ_REMOVE(&link->pending, p, next);
    if (error_is(reply, "NOSCRIPT") && p->cmd.script != NULL &&
        !p->reloaded) { /* twice: SCRIPT LOAD is not allowed */
        p->reloaded = true;
        if (send_with_script(p))
            return;
        reply = NULL;
    }
    if (reply == NULL) {
        pending_finish(p, WSUB_ERR_UNAVAILABLE, NULL);
    } else if (is_unavailable(reply)) {
        pending_finish(p, WSUB_ERR_UNAVAILABLE, NULL);
        wsub_redis_link_break(link, reply->str);
    } else {
        pending_finish(
            p, reply->type == REDIS_REPLY_ERROR ? WSUB_ERR_REFUSED : WSUB_OK,
            reply);
    }
}

/* Queues `cmd` on the open context, whether the link is up or greeting. */
static enum wsub_err link_queue(struct wsub_redis_link *link,
                                struct wsub_cmd *cmd, wsub_redis_cb *cb,
                                void *arg)
{
    struct pending *p = wsub_calloc(1, sizeof(*p));
    size_t len;
    const char *wire = wsub_cmd_wire(cmd, &len);

    p->link = link;
    p->cb = cb;
    p->arg = arg;
    p->deadline_ms = wsub_now_ms() + link->o.timeout_ms;
    p->cmd = *cmd;
    *cmd = (struct wsub_cmd){0};
    if (redisAsyncFormattedCommand(link->ctx, on_reply, p, wire, len) !=
        REDIS_OK) {
        wsub_cmd_done(&p->cmd);
        free(p);
        return WSUB_ERR_UNAVAILABLE;
    }
    if (p->cmd.script == NULL)
        wsub_cmd_done(&p->cmd);
    TAILQ_INSERT_TAIL(&link->pending, p, next);
    if (TAILQ_FIRST(&link->pending) == p)
        watch_oldest(link);
    return WSUB_OK;
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

static void greet(struct wsub_redis_link *link)
{
    const struct wsub_redis_url *url = link->o.url;
    enum wsub_err err = WSUB_OK;
    struct wsub_cmd cmd;

    if (url->password[0] != '\0') {
        wsub_cmd_init(&cmd, "AUTH");
        if (url->user[0] != '\0')
            wsub_cmd_str(&cmd, url->user);
        wsub_cmd_str(&cmd, url->password);
        err = link_queue(link, &cmd, on_greeting, link);
    }
    if (err == WSUB_OK && url->db != 0) {
        wsub_cmd_init(&cmd, "SELECT");
        wsub_cmd_u64(&cmd, url->db);
        err = link_queue(link, &cmd, on_greeting, link);
    }
    if (err == WSUB_OK) {
        wsub_cmd_init(&cmd, "PING");
        err = link_queue(link, &cmd, on_pong, link);
    }
    if (err != WSUB_OK)
        wsub_redis_link_break(link, "cannot send");
}

static void link_connect(struct wsub_redis_link *link)
{
    const struct wsub_redis_url *url = link->o.url;
    redisAsyncContext *ctx = url->kind == WSUB_REDIS_UNIX
                                 ? redisAsyncConnectUnix(url->path)
                                 : redisAsyncConnect(url->host, url->port);

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

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    link_connect(arg);
}

struct wsub_redis_link *
wsub_redis_link_new(const struct wsub_redis_link_options *options)
{
    struct wsub_redis_link *link = wsub_calloc(1, sizeof(*link));
    struct timeval now = {0, 0};

    link->o = *options;
    TAILQ_INIT(&link->pending);
    link->retry = evtimer_new(link->o.base, on_retry, link);
    link->silence = evtimer_new(link->o.base, on_silence, link);
    event_add(link->retry, &now);
    return link;
}

void wsub_redis_link_free(struct wsub_redis_link *link)
{
    if (link == NULL)
        return;
    link->freeing = true;
    wsub_redis_link_break(link, "closing");
    event_free(link->retry);
    event_free(link->silence);
    free(link);
}

bool wsub_redis_link_up(const struct wsub_redis_link *link)
{
    return link->up;
}

enum wsub_err wsub_redis_link_send(struct wsub_redis_link *link,
                                   struct wsub_cmd *cmd, wsub_redis_cb *cb,
                                   void *arg)
{
    enum wsub_err err = WSUB_ERR_UNAVAILABLE;

    if (link->up)
        err = link_queue(link, cmd, cb, arg);
    wsub_cmd_done(cmd);
    return err;
}
