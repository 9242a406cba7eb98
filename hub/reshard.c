/* reshard.c - see reshard.h.
 *
 *   token -> JSON -> no order stands -> hubs drain -> the order -> 202
 *              |          '-> 409                         |'-> 409
 *              '-> 400, 415                               '--> 503 */
#include "hub/reshard.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/reshard/mover.h"
#include "common/store/reshard/order.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/media.h"

struct hub_reshard {
    struct wsub_loop *loop;
    const struct hub *hub;
    struct wsub_store *store; /* owned; NULL while nothing is moved */
    struct wsub_mover *mover; /* owned; NULL: another hub may be it */
    struct wsub_timer ended;  /* frees the mover */
    bool is_layout_old;       /* of the hub; it restarts when the mover ends */
};

/* An order on its way. */
struct flow {
    const struct hub *hub;
    struct wsub_http_request *req;
    unsigned to;
};

/* THE MOVER */

void hub_reshard_close(struct hub_reshard *reshard)
{
    if (reshard != NULL && reshard->store != NULL)
        wsub_store_close(reshard->store);
}

static void free_mover(struct hub_reshard *reshard)
{
    wsub_mover_free(reshard->mover);
    reshard->mover = NULL;
}

static void end_moving(struct hub_reshard *reshard)
{
    hub_reshard_close(reshard);
    wsub_timer_stop(&reshard->ended);
    free_mover(reshard);
    wsub_store_free(reshard->store);
    reshard->store = NULL;
}

static void on_ended(void *arg)
{
    struct hub_reshard *reshard = arg;

    if (reshard->is_layout_old)
        wsub_loop_restart(reshard->loop);
    if (wsub_store_up(reshard->hub->store))
        end_moving(reshard);
    else
        free_mover(reshard);
}

static void on_end(enum wsub_mover_end end, const char *why, void *arg)
{
    struct hub_reshard *reshard = arg;

    if (end == WSUB_MOVER_DONE)
        wsub_log_info("resharded");
    else if (end == WSUB_MOVER_FAILED)
        wsub_log_error("reshard-failed", WSUB_KV("why", why));
    if (end == WSUB_MOVER_DONE)
        wsub_loop_restart(reshard->loop);
    wsub_timer_now(&reshard->ended);
}

static void on_progress(const struct wsub_reshard_note *note, void *arg)
{
    (void)arg;
    wsub_log_info("reshard",
                  WSUB_KV("state", wsub_reshard_state_name(note->state)),
                  WSUB_KU("percent", wsub_reshard_percent(note)));
}

static void begin(struct hub_reshard *reshard)
{
    reshard->mover = wsub_mover_new(&(struct wsub_mover_options){
        .base = wsub_loop_base(reshard->loop),
        .store = reshard->store,
        .waits = true,
        .on_progress = on_progress,
        .on_end = on_end,
        .arg = reshard,
    });
    wsub_mover_up(reshard->mover);
}

static void on_up(void *arg)
{
    struct hub_reshard *reshard = arg;

    if (reshard->mover != NULL)
        wsub_mover_up(reshard->mover);
    else
        begin(reshard);
}

static bool is_ready(void *arg)
{
    (void)arg;
    return false; /* the line `ready` is the hub's */
}

/* The hub's own store says so, too, and acts. */
static void on_unusable(const char *sentence, void *arg)
{
    (void)sentence;
    (void)arg;
}

/* It lost Redis behind the switch: the next life goes on from there. */
static void on_shards(unsigned shards, void *arg)
{
    const struct hub_reshard *reshard = arg;

    (void)shards;
    wsub_loop_restart(reshard->loop);
}

void hub_reshard_moving(struct hub_reshard *reshard)
{
    char err_text[256];

    if (reshard->store != NULL) {
        if (reshard->mover == NULL && wsub_store_up(reshard->store))
            begin(reshard);
        return;
    }
    if (wsub_store_new(
            &(struct wsub_store_options){
                .base = wsub_loop_base(reshard->loop),
                .config = reshard->hub->config,
                .on_up = on_up,
                .is_ready = is_ready,
                .on_unusable = on_unusable,
                .on_shards = on_shards,
                .is_mover = true,
                .arg = reshard,
            },
            err_text, &reshard->store) != WSUB_OK)
        wsub_log_error("reshard-failed", WSUB_KV("why", err_text));
}

void hub_reshard_over(struct hub_reshard *reshard)
{
    if (reshard->store != NULL && reshard->mover == NULL)
        end_moving(reshard);
}

void hub_reshard_layout_is_old(struct hub_reshard *reshard)
{
    reshard->is_layout_old = true;
    if (reshard->mover == NULL)
        wsub_loop_restart(reshard->loop);
}

bool hub_reshard_is_mover(const struct hub_reshard *reshard)
{
    return reshard->mover != NULL;
}

struct hub_reshard *hub_reshard_new(struct wsub_loop *loop,
                                    const struct hub *hub)
{
    struct hub_reshard *reshard = wsub_calloc(1, sizeof(*reshard));

    reshard->loop = loop;
    reshard->hub = hub;
    wsub_timer_init(&reshard->ended, wsub_loop_base(loop), on_ended, reshard);
    return reshard;
}

void hub_reshard_free(struct hub_reshard *reshard)
{
    if (reshard == NULL)
        return;
    end_moving(reshard);
    wsub_timer_done(&reshard->ended);
    free(reshard);
}

/* THE API */

static json_t *number_or_null(uint64_t number)
{
    return number > 0 ? json_integer((json_int_t)number) : json_null();
}

static void on_progress_read(enum wsub_err err,
                             const struct wsub_reshard_progress *progress,
                             void *arg)
{
    struct wsub_http_request *req = arg;
    struct wsub_reshard_note note;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(req);
        return;
    }
    note = (struct wsub_reshard_note){
        .state = progress->state, .keys = progress->keys, .of = progress->of};
    hub_json_respond(
        req,
        json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:s}", "state",
                  wsub_reshard_state_name(progress->state), "from",
                  number_or_null(progress->from), "to",
                  number_or_null(progress->to), "percent",
                  (json_int_t)wsub_reshard_percent(&note), "keys",
                  (json_int_t)progress->keys, "began_ms",
                  number_or_null(progress->began_ms), "ended_ms",
                  number_or_null(progress->ended_ms), "why", progress->why));
}

void hub_reshard_get(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;
    const struct hub_reshard *reshard = hub->reshard;
    struct wsub_store *store =
        !wsub_store_up(hub->store) && reshard->store != NULL ? reshard->store
                                                             : hub->store;

    wsub_reshard_progress(store, on_progress_read, req);
}

bool hub_reshard_may_order(struct wsub_http_request *req, void *hub)
{
    return hub_access_admin(req, hub) && hub_check_json(req);
}

/* 0: responded. */
static unsigned take_shards(const struct hub *hub,
                            struct wsub_http_request *req)
{
    size_t len = 0;
    const char *text = wsub_http_body(req, &len);
    json_t *body = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    const json_t *field = json_object_get(body, "shards");
    json_int_t shards = json_is_integer(field) ? json_integer_value(field) : 0;
    bool is_alone = json_object_size(body) == 1;

    json_decref(body);
    if (!is_alone || shards < 1 || shards > WSUB_SHARDS_MAX) {
        hub_refuse(req, HUB_FAULT_REQUEST, "shards",
                   "The body must have shards, a number from 1 to %d, and "
                   "nothing else.",
                   WSUB_SHARDS_MAX);
        return 0;
    }
    if ((unsigned)shards == hub->config->shards) {
        hub_refuse(req, HUB_FAULT_REQUEST, "shards",
                   "There are %u shards already.", hub->config->shards);
        return 0;
    }
    return (unsigned)shards;
}

static void finish(struct flow *flow, enum wsub_err err)
{
    const struct hub *hub = flow->hub;

    if (err == WSUB_OK)
        hub_json_respond_status(flow->req, 202,
                                json_pack("{s:I, s:I}", "from",
                                          (json_int_t)hub->config->shards, "to",
                                          (json_int_t)flow->to));
    else if (err == WSUB_ERR_FULL)
        hub_refuse(flow->req, HUB_FAULT_CONFLICT, NULL,
                   "The data are being moved to another number of shards "
                   "already.");
    else
        hub_refuse_unavailable(flow->req);
    free(flow);
}

/* Whatever became of it: hubs are to stay away, or one has to find that there is no
 * order. */
static void on_added(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;
    const struct hub *hub = flow->hub;

    if (err == WSUB_OK)
        wsub_log_info("reshard-ordered", WSUB_KU("from", hub->config->shards),
                      WSUB_KU("to", flow->to));
    finish(flow, err);
    wsub_store_look(hub->store);
}

static void on_drained(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        wsub_reshard_add(flow->hub->store, flow->to, on_added, flow);
    else
        finish(flow, err);
}

static bool stands(enum wsub_reshard_state state)
{
    return state != WSUB_RESHARD_NONE && state != WSUB_RESHARD_DONE &&
           state != WSUB_RESHARD_FAILED;
}

static void on_drained_again(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;
    struct wsub_store *store = flow->hub->store;

    finish(flow, err == WSUB_OK ? WSUB_ERR_FULL : err);
    wsub_store_look(store);
}

/* An order that nobody stays away for: a mover that had found none before it was given
 * has taken the word back.  Whoever asks again gives it again. */
static bool is_left(const struct flow *flow,
                    const struct wsub_reshard_progress *progress)
{
    return progress->state == WSUB_RESHARD_DRAINING &&
           wsub_store_up(flow->hub->store);
}

static void on_looked(enum wsub_err err,
                      const struct wsub_reshard_progress *progress, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK && is_left(flow, progress))
        wsub_reshard_drain(flow->hub->store, progress->to, on_drained_again,
                           flow);
    else if (err == WSUB_OK && stands(progress->state))
        finish(flow, WSUB_ERR_FULL);
    else if (err == WSUB_OK)
        wsub_reshard_drain(flow->hub->store, flow->to, on_drained, flow);
    else
        finish(flow, err);
}

void hub_reshard_order(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;
    unsigned to = take_shards(hub, req);
    struct wsub_store *store = hub->store;
    struct flow *flow;

    if (to == 0)
        return;
    if (!wsub_store_up(store) && hub->reshard->store != NULL)
        store = hub->reshard->store; /* to say that it is done already */
    flow = wsub_calloc(1, sizeof(*flow));
    *flow = (struct flow){hub, req, to};
    wsub_reshard_progress(store, on_looked, flow);
}
