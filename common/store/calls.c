#include "common/store/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/refusal.h"
#include "common/store/call_times.h"
#include "common/store/scripts.h"
#include "common/store/store_stats.h"

#define REPEAT_MS 500           /* before what was refused is sent again; */
#define REPEAT_LONGEST_MS 30000 /* each time twice as long, if that will last */
#define GIVE_UP_AFTER 3         /* lasting refusals */

struct wsub_call {
    struct wsub_calls *calls; /* borrowed */
    struct wsub_redis_request request;
    struct wsub_call_options o;
    bool repeats;                /* until it has a reply */
    unsigned refusals;           /* lasting ones */
    uint64_t due_ms;             /* in `waiting`; our clock */
    uint64_t sent_us;            /* likewise */
    TAILQ_ENTRY(wsub_call) next; /* in `waiting` */
};

static enum wsub_err send_now(struct wsub_call *call)
{
    if (call->sent_us > 0)
        wsub_metric_add(&wsub_store_stats[WSUB_STORE_STAT_REPEATED], 1);
    call->sent_us = wsub_now_us();
    return wsub_redis_link_send(call->calls->link, &call->request);
}

static void call_free(struct wsub_call *call)
{
    wsub_cmd_done(&call->request.cmd);
    free(call);
}

/* The one place that tells of refusals.  When Redis refuses, it refuses much:
 * the log counts what is refused for the same reason. */
static void log_refused(const struct wsub_call *call, const char *text)
{
    char error[256];

    snprintf(error, sizeof(error), "%.*s", (int)wsub_refusal_len(text), text);
    if (call->o.shard == WSUB_SHARD_CLUSTER)
        wsub_log_error("redis-refused",
                       WSUB_KV("command", call->request.cmd.name),
                       WSUB_KE("error", error));
    else
        wsub_log_error(
            "redis-refused", WSUB_KV("command", call->request.cmd.name),
            WSUB_KU("shard", call->o.shard), WSUB_KE("error", error));
}

static void plan_repeat(struct wsub_calls *calls)
{
    uint64_t now_ms = wsub_now_ms(), first_ms = UINT64_MAX;
    const struct wsub_call *call;

    TAILQ_FOREACH(call, &calls->waiting, next)
    {
        if (call->due_ms < first_ms)
            first_ms = call->due_ms;
    }
    if (first_ms != UINT64_MAX)
        wsub_timer_start_ms(&calls->repeat,
                            first_ms > now_ms ? first_ms - now_ms : 0);
}

/* Sends the call again: when the link is up again, or after a pause. */
static void call_wait(struct wsub_call *call, uint64_t pause_ms)
{
    bool is_first = TAILQ_EMPTY(&call->calls->waiting);

    call->due_ms = pause_ms > 0 ? wsub_now_ms() + pause_ms : UINT64_MAX;
    TAILQ_INSERT_TAIL(&call->calls->waiting, call, next);
    if (pause_ms == 0)
        return;
    if (is_first || pause_ms <= REPEAT_MS)
        wsub_timer_plan_ms(&call->calls->repeat, pause_ms);
    else
        plan_repeat(call->calls);
}

static void call_end(struct wsub_call *call, enum wsub_err err,
                     const struct redisReply *reply)
{
    const struct wsub_call_options *o = &call->o;

    if (o->parse != NULL)
        o->parse(err, reply, o->cb, o->arg);
    else
        ((wsub_redis_cb *)o->cb)(err, reply, o->arg);
    call_free(call);
}

/* One that is repeated gets no other error than that it is fenced, or that it
 * gives up. */
static void call_failed(struct wsub_call *call, enum wsub_err err,
                        uint64_t pause_ms, const struct redisReply *reply)
{
    if (!call->repeats)
        call_end(call, err, reply);
    else if (call->calls->link == NULL)
        call_free(call);
    else
        call_wait(call, pause_ms);
}

static uint64_t lasting_pause_ms(const struct wsub_call *call)
{
    uint64_t pause_ms = REPEAT_MS;

    for (unsigned i = 2; i < call->refusals && pause_ms < REPEAT_LONGEST_MS;
         i++)
        pause_ms *= 2;
    return pause_ms < REPEAT_LONGEST_MS ? pause_ms : REPEAT_LONGEST_MS;
}

static bool is_mending(const struct wsub_call *call)
{
    const struct wsub_script *script = call->request.cmd.script;

    return script != NULL && script == wsub_script_mending(script);
}

/* The call would be refused for ever. */
static void on_lasting(struct wsub_call *call, const struct redisReply *reply)
{
    struct wsub_cmd *cmd = &call->request.cmd;

    call->refusals++;
    wsub_metric_add(&wsub_store_stats[WSUB_STORE_STAT_LASTING], 1);
    if (call->o.prefix != NULL && !is_mending(call)) {
        wsub_cmd_through(cmd, wsub_script_mending(cmd->script), call->o.prefix);
        if (send_now(call) != WSUB_OK)
            call_failed(call, WSUB_ERR_UNAVAILABLE, 0, NULL);
    } else if (call->o.gives_up && call->refusals >= GIVE_UP_AFTER) {
        call_end(call, WSUB_ERR_REFUSED, reply);
    } else {
        call_failed(call, WSUB_ERR_REFUSED, lasting_pause_ms(call), reply);
    }
}

static void on_reply(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct wsub_call *call = arg;

    if (err != WSUB_ERR_UNAVAILABLE)
        wsub_call_times_note(call->request.cmd.script,
                             wsub_now_us() - call->sent_us);
    if (err == WSUB_ERR_REFUSED && call->o.parse != NULL)
        log_refused(call, reply->str);
    if (err == WSUB_ERR_REFUSED && call->calls->link != NULL &&
        wsub_refusal_is_lasting(reply->str)) {
        on_lasting(call, reply);
    } else if (err == WSUB_ERR_REFUSED) {
        if (call->o.parse != NULL)
            wsub_metric_add(&wsub_store_stats[WSUB_STORE_STAT_PASSING], 1);
        call_failed(call, err, REPEAT_MS, reply);
    } else if (err == WSUB_ERR_UNAVAILABLE) {
        call_failed(call, err, 0, NULL);
    } else {
        call_end(call, err, reply);
    }
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

/* Those that are due, in the order they were sent. */
static void send_waiting(struct wsub_calls *calls, uint64_t due_ms)
{
    struct wsub_call_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
    struct wsub_call *call;

    TAILQ_CONCAT(&waiting, &calls->waiting, next);
    while ((call = TAILQ_FIRST(&waiting)) != NULL) {
        TAILQ_REMOVE(&waiting, call, next);
        if (!calls->open || call->due_ms > due_ms || send_now(call) != WSUB_OK)
            TAILQ_INSERT_TAIL(&calls->waiting, call, next);
    }
    plan_repeat(calls);
}

static void on_repeat(void *arg)
{
    send_waiting(arg, wsub_now_ms());
}

void wsub_calls_init(struct wsub_calls *calls, struct event_base *base)
{
    TAILQ_INIT(&calls->waiting);
    wsub_timer_init(&calls->repeat, base, on_repeat, calls);
}

void wsub_calls_open(struct wsub_calls *calls)
{
    calls->open = true;
    send_waiting(calls, UINT64_MAX);
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
    else if (!calls->open || send_now(call) != WSUB_OK)
        call_wait(call, 0);
}

enum wsub_err wsub_calls_send(struct wsub_calls *calls, struct wsub_cmd *cmd,
                              const struct wsub_call_options *options)
{
    struct wsub_call *call = call_new(calls, cmd, options);
    enum wsub_err err =
        calls->link == NULL ? WSUB_ERR_UNAVAILABLE : send_now(call);

    if (err != WSUB_OK)
        call_free(call);
    return err;
}
