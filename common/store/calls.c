#include "common/store/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"

#define REPEAT_MS 500       /* before what was refused is sent again */
#define REFUSED_LOG_MS 1000 /* between lines about refusals */

struct wsub_call {
    struct wsub_calls *calls; /* borrowed */
    struct wsub_redis_request request;
    struct wsub_call_options o;
    bool repeats;                /* until it has a reply */
    TAILQ_ENTRY(wsub_call) next; /* in `waiting` */
};

static void call_free(struct wsub_call *call)
{
    wsub_cmd_done(&call->request.cmd);
    free(call);
}

/* The one place that tells of refusals.  When Redis refuses, it refuses much,
 * so a line stands for all of a second. */
static void log_refused(const struct wsub_call *call, const char *error)
{
    struct wsub_calls *calls = call->calls;
    uint64_t now_ms = wsub_now_ms();
    char shard[16] = "c";

    calls->refused_unlogged++;
    if (calls->refused_ms != 0 && now_ms - calls->refused_ms < REFUSED_LOG_MS)
        return;
    if (call->o.shard != WSUB_SHARD_CLUSTER)
        snprintf(shard, sizeof(shard), "%u", call->o.shard);
    wsub_log_error("redis-refused", WSUB_KV("command", call->request.cmd.name),
                   WSUB_KV("shard", shard), WSUB_KV("error", error),
                   WSUB_KU("count", calls->refused_unlogged));
    calls->refused_ms = now_ms;
    calls->refused_unlogged = 0;
}

/* Sends the call again: when the link is up again, or after a pause. */
static void call_wait(struct wsub_call *call, enum wsub_err err)
{
    TAILQ_INSERT_TAIL(&call->calls->waiting, call, next);
    if (err == WSUB_ERR_REFUSED)
        wsub_timer_plan_ms(&call->calls->repeat, REPEAT_MS);
}

/* Whether the call may have another result later. */
static bool is_passing(enum wsub_err err)
{
    return err == WSUB_ERR_UNAVAILABLE || err == WSUB_ERR_REFUSED;
}

static void on_reply(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct wsub_call *call = arg;
    const struct wsub_call_options *o = &call->o;

    if (err == WSUB_ERR_REFUSED && o->parse != NULL)
        log_refused(call, reply->str);
    if (is_passing(err) && call->repeats && call->calls->link != NULL) {
        call_wait(call, err);
        return;
    }
    if (!is_passing(err) || !call->repeats) {
        if (o->parse != NULL)
            o->parse(err, reply, o->cb, o->arg);
        else
            ((wsub_redis_cb *)o->cb)(err, reply, o->arg);
    }
    call_free(call);
}

static struct wsub_call *call_new(struct wsub_calls *calls,
                                  struct wsub_cmd *cmd,
                                  const struct wsub_call_options *options)
{
    struct wsub_call *call = wsub_calloc(1, sizeof(*call));

    call->calls = calls;
    call->o = *options;
    call->request.cmd = *cmd;
    call->request.cb = on_reply;
    call->request.arg = call;
    *cmd = (struct wsub_cmd){0};
    return call;
}

/* In the order they were sent. */
static void send_waiting(struct wsub_calls *calls)
{
    struct wsub_call_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
    struct wsub_call *call;

    TAILQ_CONCAT(&waiting, &calls->waiting, next);
    while ((call = TAILQ_FIRST(&waiting)) != NULL) {
        TAILQ_REMOVE(&waiting, call, next);
        if (!calls->open ||
            wsub_redis_link_send(calls->link, &call->request) != WSUB_OK)
            TAILQ_INSERT_TAIL(&calls->waiting, call, next);
    }
}

static void on_repeat(void *arg)
{
    send_waiting(arg);
}

void wsub_calls_init(struct wsub_calls *calls, struct event_base *base)
{
    TAILQ_INIT(&calls->waiting);
    wsub_timer_init(&calls->repeat, base, on_repeat, calls);
}

void wsub_calls_open(struct wsub_calls *calls)
{
    calls->open = true;
    send_waiting(calls);
}

void wsub_calls_shut(struct wsub_calls *calls)
{
    calls->open = false;
}

struct wsub_redis_link *wsub_calls_close(struct wsub_calls *calls)
{
    struct wsub_redis_link *link = calls->link;
    struct wsub_call *call;

    calls->open = false;
    calls->link = NULL;
    while ((call = TAILQ_FIRST(&calls->waiting)) != NULL) {
        TAILQ_REMOVE(&calls->waiting, call, next);
        call_free(call);
    }
    return link;
}

void wsub_calls_done(struct wsub_calls *calls)
{
    wsub_timer_done(&calls->repeat);
}

void wsub_calls_repeat(struct wsub_calls *calls, struct wsub_cmd *cmd,
                       const struct wsub_call_options *options)
{
    struct wsub_call *call = call_new(calls, cmd, options);

    call->repeats = true;
    if (calls->link == NULL)
        call_free(call);
    else if (!calls->open ||
             wsub_redis_link_send(calls->link, &call->request) != WSUB_OK)
        call_wait(call, WSUB_ERR_UNAVAILABLE);
}

enum wsub_err wsub_calls_send(struct wsub_calls *calls, struct wsub_cmd *cmd,
                              const struct wsub_call_options *options)
{
    struct wsub_call *call = call_new(calls, cmd, options);
    enum wsub_err err = calls->link == NULL
                            ? WSUB_ERR_UNAVAILABLE
                            : wsub_redis_link_send(calls->link, &call->request);

    if (err != WSUB_OK)
        call_free(call);
    return err;
}
