#include "deliver/sending.h"

#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/container_of.h"
#include "common/base/loop.h"
#include "common/crypto/digest.h"
#include "common/groups/groups.h"
#include "common/host/host.h"
#include "common/store/attempts.h"
#include "common/store/store.h"
#include "deliver/attempt_buffer.h"
#include "deliver/delivery_parts.h"
#include "deliver/ending.h"
#include "deliver/outcome.h"
#include "deliver/stats.h"

#define LATE_MS 1000 /* a job that waited in vain comes again */

static bool may_go(struct deliver_post *post, const char *addresses)
{
    struct delivery *v = wsub_container_of(post, struct delivery, post);

    return wsub_host_resolved(v->all->o.hosts, &v->ticket, addresses,
                              wsub_now_us());
}

/* It comes back when its callback, or the host, has capacity. */
static void park(struct delivery *v)
{
    wsub_metric_add(&deliver_stats[DELIVER_STAT_PARKED], 1);
    v->job.host = v->ticket.full_name;
    deliver_end_settle(v, WSUB_OUTCOME_PARK);
}

static void on_response(struct deliver_post *post,
                        const struct wsub_http_response *response)
{
    struct delivery *v = wsub_container_of(post, struct delivery, post);

    if (response->outcome == WSUB_HTTP_CROWDED) {
        wsub_host_leave(v->all->o.hosts, &v->ticket,
                        &(struct wsub_host_report){0}, wsub_now_us());
        park(v);
        return;
    }
    deliver_end_responded(v, response);
}

static void post(struct delivery *v)
{
    deliver_delivery_enter(v, DELIVERY_SENDING);
    if (!deliver_post_send(
            v->all->o.poster, &v->post,
            &(struct deliver_post_target){
                .content = v->content,
                .callback = v->record.callback,
                .secret = v->record.secret,
                .secret_len = v->record.secret_len,
                .td = v->job.td,
                .cd = v->job.cd,
                .choices = v->record.choices,
                .attempt = v->job.failures + 1,
                .is_replay = v->job.is_replay,
                .is_test = v->job.is_test,
                .now_s = wsub_store_time_ms(v->all->o.store) / 1000,
                .background = v->job.bundle->lane == DELIVER_LANE_BULK,
            }))
        deliver_end_hold(v, v->post.why);
}

/* The host takes it now. */
static void send_now(struct delivery *v)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    char why[64];

    if (deliver_crashes_over_limit(o->crashes, &v->crash)) {
        snprintf(why, sizeof(why), "%u processes ended while they held it",
                 deliver_crashes_count(&v->crash));
        deliver_end_dead(v, why);
    } else if (deliver_outcome_is_overdue(deliver_delivery_policy(v),
                                          deliver_delivery_event_ms(v),
                                          wsub_store_time_ms(o->store))) {
        deliver_end_dead(v, "delivery_deadline_s has passed");
    } else {
        post(v);
    }
}

/* The host's breaker is open: the attempt would fail, and is not made. */
static void shut_out(struct delivery *v, uint64_t delay_ms)
{
    const struct deliver_deliveries_options *o = &v->all->o;

    if (!v->job.bundle->is_cursor && !v->job.is_test &&
        deliver_attempt_buffer_add_failure(o->attempts, v->job.bundle->shard,
                                           v->job.td, v->job.cd) >=
            o->config->suspend_after) {
        v->job.delay_ms = delay_ms;
        deliver_end_suspend(v, "the host is down");
        return;
    }
    deliver_end_put_back(v, delay_ms);
}

static void on_late(struct wsub_host_ticket *ticket)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, ticket);

    deliver_end_put_back(v, wsub_loop_draining(v->all->o.loop) ? 0 : LATE_MS);
}

static void on_closed(struct wsub_host_ticket *ticket,
                      enum wsub_host_closing closing, uint64_t delay_ms)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, ticket);

    if (closing == WSUB_HOST_ASKED)
        deliver_end_put_back(v, delay_ms);
    else
        shut_out(v, delay_ms);
}

/* Its slot is for others. */
static void on_linger(struct wsub_host_ticket *ticket)
{
    struct delivery *v = wsub_container_of(ticket, struct delivery, ticket);

    v->lingers = true;
    deliver_slots_release(v->all->o.slots, 1);
}

/* A group with a limit of its own for a host has places of its own there, and so
 * has each of its versions. */
static void name_scope(struct delivery *v, char ret_scope[WSUB_DIGEST_LEN + 1],
                       char ret_endpoint[WSUB_DIGEST_LEN + 1])
{
    const struct wsub_policy *policy = deliver_delivery_policy(v);
    struct wsub_buf text = {0};

    v->ticket.scope = NULL;
    v->ticket.endpoint_id = v->job.cd;
    if (!policy->per_host_said)
        return;
    wsub_buf_printf(&text, "%s %llu", policy->group,
                    (unsigned long long)policy->version);
    wsub_digest(text.data, text.len, ret_scope);
    wsub_buf_printf(&text, " %s", v->job.cd);
    wsub_digest(text.data, text.len, ret_endpoint);
    wsub_buf_done(&text);
    v->ticket.scope = ret_scope;
    v->ticket.scope_per_host = policy->per_host;
    v->ticket.endpoint_id = ret_endpoint;
}

static bool did_well(const struct wsub_attempt_log *log)
{
    return log->count > 0
               ? deliver_outcome_of_status(log->attempts[0].status) ==
                     WSUB_OUTCOME_DONE
               : log->delivered > 0;
}

static void on_log(const struct wsub_attempt_log *log, void *arg)
{
    struct delivery *v = arg;

    v->ticket.did_well = log != NULL && did_well(log);
    deliver_send(v);
}

/* This process knows nothing good of the host, maybe since it was started just
 * now.  Redis may. */
static void ask_log(struct delivery *v)
{
    v->asked_log = true;
    wsub_attempts_get(v->all->o.store, v->job.bundle->shard, v->job.td,
                      v->job.cd, on_log, v);
}

void deliver_send(struct delivery *v)
{
    const struct deliver_deliveries_options *o = &v->all->o;
    char scope[WSUB_DIGEST_LEN + 1], endpoint[WSUB_DIGEST_LEN + 1];
    uint64_t delay_ms = 0;

    if (wsub_loop_draining(o->loop)) {
        deliver_end_put_back(v, 0);
        return;
    }
    if (v->ticket.host != NULL) { /* it has waited */
        send_now(v);
        return;
    }
    name_scope(v, scope, endpoint);
    switch (wsub_host_enter(o->hosts, v->record.callback, &v->ticket,
                            wsub_now_us(), &delay_ms)) {
    case WSUB_HOST_ENTRY_NOW:
        send_now(v);
        break;
    case WSUB_HOST_ENTRY_WAIT:
        deliver_delivery_enter(v, DELIVERY_WAITING);
        break;
    case WSUB_HOST_ENTRY_FULL:
        if (v->ticket.lacks_share && !v->asked_log)
            ask_log(v);
        else
            park(v);
        break;
    case WSUB_HOST_ENTRY_OPEN:
        shut_out(v, delay_ms);
        break;
    case WSUB_HOST_ENTRY_ASKED:
        deliver_end_put_back(v, delay_ms);
        break;
    case WSUB_HOST_ENTRY_BAD:
        deliver_end_drop(v, "the callback is no URL");
        break;
    }
}

void deliver_send_init(struct delivery *v)
{
    v->ticket.on_late = on_late;
    v->ticket.on_closed = on_closed;
    v->ticket.on_linger = on_linger;
    v->post.may_go = may_go;
    v->post.on_response = on_response;
}
