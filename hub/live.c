#include "hub/live.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/stream.h"
#include "common/store/store.h"
#include "common/store/sums.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/tokens.h"

#define EVERY_MS 2000
#define LISTENERS_MAX 32        /* people who look */
#define UNSENT_MAX_BYTES 262144 /* of one who does not read */
#define SUM_S 5

struct listener {
    struct hub_live *live;         /* borrowed */
    struct wsub_http_stream *http; /* borrowed */
    char *authorization;           /* owned; of its request */
    LIST_ENTRY(listener) others;
};

struct hub_live {
    const struct hub *hub; /* borrowed */
    struct wsub_timer every;
    LIST_HEAD(, listener) listeners;
    unsigned count;
    bool is_looking, is_draining;
};

static void listener_free(struct listener *listener)
{
    LIST_REMOVE(listener, others);
    listener->live->count--;
    free(listener->authorization);
    free(listener);
}

static void on_gone(void *arg)
{
    listener_free(arg);
}

static bool may_listen(const struct listener *listener)
{
    const struct hub_tokens *tokens = listener->live->hub->tokens;

    return hub_tokens_has(tokens, HUB_TOKEN_ADMIN, listener->authorization) ||
           hub_tokens_has(tokens, HUB_TOKEN_ADMIN_READ,
                          listener->authorization);
}

/* Takes the data. */
static void tell_all(struct hub_live *live, const char *event, json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT);
    struct listener *listener, *next;
    struct wsub_buf frame = {0};

    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    wsub_buf_printf(&frame, "event: %s\ndata: %s\n\n", event, text);
    for (listener = LIST_FIRST(&live->listeners); listener != NULL;
         listener = next) {
        next = LIST_NEXT(listener, others);
        if (may_listen(listener) &&
            wsub_http_stream_unsent(listener->http) < UNSENT_MAX_BYTES) {
            wsub_http_stream_send(listener->http, frame.data, frame.len);
            continue;
        }
        wsub_http_stream_cut(listener->http);
        listener_free(listener);
    }
    wsub_buf_done(&frame);
    free(text);
    json_decref(data);
}

static void on_sums(enum wsub_err err, uint64_t newest,
                    const struct wsub_sums_row *rows, size_t count, void *arg)
{
    struct hub_live *live = arg;
    const struct wsub_sums_row none = {0}, *row = count > 0 ? &rows[0] : &none;
    const uint64_t *counts = row->sums.counts;

    live->is_looking = false;
    tell_all(live, "now",
             json_pack("{s:b, s:I, s:I, s:I, s:I}", "redis", err == WSUB_OK,
                       "at_ms", (json_int_t)(newest * SUM_S * 1000), "accepted",
                       (json_int_t)counts[WSUB_SUM_ACCEPTED], "delivered",
                       (json_int_t)counts[WSUB_SUM_DELIVERED], "waiting",
                       (json_int_t)row->waiting.entries));
}

static void on_every(void *arg)
{
    struct hub_live *live = arg;

    if (LIST_EMPTY(&live->listeners))
        return;
    wsub_timer_start_ms(&live->every, EVERY_MS);
    if (live->is_looking)
        return;
    live->is_looking = true;
    wsub_sums_list(live->hub->store, SUM_S, 0, 1, on_sums, live);
}

void hub_live_event(struct hub_live *live,
                    const struct wsub_cluster_event *event)
{
    if (LIST_EMPTY(&live->listeners) || event == NULL ||
        event->kind >= WSUB_EVENT_KINDS)
        return;
    tell_all(live, "cluster",
             json_pack("{s:s, s:o}", "kind",
                       wsub_cluster_event_name(event->kind), "instance",
                       hub_json_text(event->instance)));
}

struct hub_live *hub_live_new(struct event_base *base, const struct hub *hub)
{
    struct hub_live *live = wsub_calloc(1, sizeof(*live));

    live->hub = hub;
    wsub_timer_init(&live->every, base, on_every, live);
    return live;
}

void hub_live_free(struct hub_live *live)
{
    if (live == NULL)
        return;
    wsub_timer_done(&live->every);
    free(live);
}

void hub_live_drain(struct hub_live *live)
{
    struct listener *listener;

    live->is_draining = true;
    while ((listener = LIST_FIRST(&live->listeners)) != NULL) {
        wsub_http_stream_end(listener->http);
        listener_free(listener);
    }
}

static void begin(struct hub_live *live, struct wsub_http_request *req)
{
    struct listener *listener = wsub_calloc(1, sizeof(*listener));

    listener->live = live;
    listener->authorization =
        wsub_strdup(wsub_http_header(req, "Authorization"));
    LIST_INSERT_HEAD(&live->listeners, listener, others);
    live->count++;
    wsub_http_respond_header(req, "Cache-Control", "no-store");
    wsub_http_respond_header(req, "X-Accel-Buffering", "no");
    listener->http = wsub_http_stream_start(
        req, "text/event-stream",
        &(struct wsub_http_stream_events){.on_gone = on_gone, .arg = listener});
    if (listener->http == NULL)
        listener_free(listener);
    else
        wsub_timer_plan_ms(&live->every, 0);
}

void hub_live_stream(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;
    struct hub_live *live = hub->live;

    if (live->is_draining || live->count >= LISTENERS_MAX)
        hub_refuse_unavailable(req);
    else
        begin(live, req);
}
