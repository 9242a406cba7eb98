#include "hub/pull/stream.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/stream.h"
#include "common/store/store.h"
#include "hub/access.h"
#include "hub/cors.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/limits.h"
#include "hub/params.h"
#include "hub/policy.h"
#include "hub/pull/admission.h"
#include "hub/pull/follower.h"
#include "hub/pull/frame.h"
#include "hub/pull/interests.h"
#include "hub/pull/places.h"
#include "hub/pull/shared.h"
#include "hub/pull/slots.h"
#include "hub/pull/start.h"
#include "hub/pull/stats.h"
#include "hub/pull/survey.h"
#include "hub/pull/topic_check.h"

#define PING_MS 15000
#define STUCK_PINGS 4 /* after so many without a byte taken it is ended */
#define WANTED_S 600  /* its topics, from each ping on */
/* More than that does not wait for a slow client; one event may be longer. */
#define UNSENT_MAX_BYTES 1048576
/* What is read from the log at once, to be sent before more is read. */
#define GATHERED_MAX 256
#define GATHERED_MAX_BYTES 65536

struct hub_pull_stream {
    struct hub_pull *pull;         /* borrowed */
    struct wsub_http_request *req; /* borrowed; until the response begins */
    struct wsub_http_stream *http; /* borrowed; from then on */
    LIST_ENTRY(hub_pull_stream) others;
    struct hub_pull_surveyor surveyor;
    struct hub_pull_topics topics;
    struct hub_pull_start start;
    struct hub_pull_follower *follower; /* owned */
    struct wsub_place last;             /* event that was sent; MS 0: none */
    struct wsub_timer ping;
    unsigned stuck; /* pings since its client took all there was */
};

static void count_streams(struct hub_pull *pull, int change)
{
    pull->stream_count += (size_t)change;
    wsub_metric_set(&hub_pull_stats[HUB_PULL_STAT_STREAMS], pull->stream_count);
}

/* For its client, who comes back. */
static void note_place(const struct hub_pull_stream *stream)
{
    struct wsub_pull_cursors cursors, before;

    hub_pull_follower_cursors(stream->follower, &cursors, &before);
    if (before.count > 1)
        hub_pull_places_note(stream->pull->places, &stream->last,
                             stream->topics.text, &before);
    wsub_pull_cursors_done(&cursors);
    wsub_pull_cursors_done(&before);
}

static void stream_free(struct hub_pull_stream *stream)
{
    if (stream->follower != NULL && stream->last.ms > 0)
        note_place(stream);
    LIST_REMOVE(stream, others);
    count_streams(stream->pull, -1);
    hub_pull_follower_free(stream->follower);
    hub_pull_topics_done(&stream->topics);
    wsub_timer_done(&stream->ping);
    free(stream);
}

static void cut(struct hub_pull_stream *stream, const char *why)
{
    wsub_metric_add(&hub_pull_stats[HUB_PULL_STAT_CUT], 1);
    wsub_log_info("stream-cut", WSUB_KE("why", why),
                  WSUB_KU("unsent", wsub_http_stream_unsent(stream->http)));
    wsub_http_stream_cut(stream->http);
    stream_free(stream);
}

static void send_gap(struct hub_pull_stream *stream, uint64_t missed)
{
    struct wsub_buf frame = {0};

    if (missed == 0)
        return;
    hub_pull_frame_gap(&frame, missed);
    wsub_http_stream_send(stream->http, frame.data, frame.len);
    wsub_buf_done(&frame);
    wsub_metric_add(&hub_pull_stats[HUB_PULL_STAT_MISSED], missed);
}

/* False when its client is too slow for it. */
static bool send_event(struct hub_pull_stream *stream,
                       struct hub_pull_event *event)
{
    const struct wsub_buf *frame = hub_pull_frame(event);

    if (wsub_http_stream_unsent(stream->http) > UNSENT_MAX_BYTES)
        return false;
    wsub_http_stream_send(stream->http, frame->data, frame->len);
    stream->last = event->place;
    wsub_metric_add(&hub_pull_stats[HUB_PULL_STAT_STREAMED], 1);
    return true;
}

/* Sends what was gathered; false when the stream is over. */
static bool send_gathered(struct hub_pull_stream *stream)
{
    struct hub_pull_event *const *events;
    size_t count;

    send_gap(stream, hub_pull_follower_missed(stream->follower));
    events = hub_pull_follower_events(stream->follower, &count);
    for (size_t i = 0; i < count; i++)
        if (!send_event(stream, events[i])) {
            cut(stream, "its client is too slow");
            return false;
        }
    hub_pull_follower_drop(stream->follower);
    return true;
}

static void on_settled(enum wsub_err err, void *arg)
{
    struct hub_pull_stream *stream = arg;

    if (err != WSUB_OK)
        cut(stream, "Redis is away");
    else if (send_gathered(stream) &&
             wsub_http_stream_unsent(stream->http) == 0)
        hub_pull_follower_go_on(stream->follower);
}

static void on_drained(void *arg)
{
    struct hub_pull_stream *stream = arg;

    stream->stuck = 0;
    if (stream->follower != NULL)
        hub_pull_follower_go_on(stream->follower);
}

static void on_gone(void *arg)
{
    stream_free(arg);
}

static void on_ping(void *arg)
{
    struct hub_pull_stream *stream = arg;

    hub_pull_interests_note(stream->pull->interests, &stream->topics, WANTED_S);
    wsub_timer_start_ms(&stream->ping, PING_MS);
    if (wsub_http_stream_unsent(stream->http) == 0)
        wsub_http_stream_send(stream->http, HUB_PULL_FRAME_PING,
                              strlen(HUB_PULL_FRAME_PING));
    else if (++stream->stuck > STUCK_PINGS)
        cut(stream, "its client takes nothing");
}

static void follow(struct hub_pull_stream *stream, struct wsub_pull_tail *tails)
{
    struct hub_pull *pull = stream->pull;
    struct wsub_pull_cursors cursors;

    if (stream->start.from == HUB_PULL_EVENT)
        stream->start.known = hub_pull_places_find(
            pull->places, &stream->start.event, stream->topics.text);
    hub_pull_start_cursors(&stream->start, &stream->topics, pull->store, tails,
                           &cursors);
    stream->follower =
        hub_pull_follower_new(&(struct hub_pull_follower_options){
            .store = pull->store,
            .feeds = pull->feeds,
            .config = pull->config,
            .topics = &stream->topics,
            .cursors = &cursors,
            .live = true,
            .in_order = true,
            .max_events = GATHERED_MAX,
            .max_bytes = GATHERED_MAX_BYTES,
            .on_settled = on_settled,
            .arg = stream,
        });
    wsub_pull_cursors_done(&cursors);
}

static void respond(struct hub_pull_stream *stream,
                    struct wsub_pull_tail *tails)
{
    struct wsub_http_request *req = stream->req;

    stream->req = NULL;
    wsub_http_respond_header(req, "Cache-Control", "no-store");
    wsub_http_respond_header(req, "X-Accel-Buffering", "no");
    stream->http = wsub_http_stream_start(req, "text/event-stream",
                                          &(struct wsub_http_stream_events){
                                              .on_gone = on_gone,
                                              .on_drained = on_drained,
                                              .arg = stream,
                                          });
    if (stream->http == NULL) {
        stream_free(stream);
        return;
    }
    wsub_http_stream_send(stream->http, HUB_PULL_FRAME_RETRY,
                          strlen(HUB_PULL_FRAME_RETRY));
    hub_pull_interests_note(stream->pull->interests, &stream->topics, WANTED_S);
    wsub_timer_start_ms(&stream->ping, PING_MS);
    follow(stream, tails);
}

static void on_surveyed(struct hub_pull_surveyor *surveyor, enum wsub_err err,
                        struct wsub_pull_tail *tails)
{
    struct hub_pull_stream *stream =
        wsub_container_of(surveyor, struct hub_pull_stream, surveyor);

    if (err == WSUB_OK && !stream->pull->draining) {
        respond(stream, tails);
        return;
    }
    hub_refuse_unavailable(stream->req);
    stream_free(stream);
}

/* Adds one topic to the text. */
static void take_topic(const struct hub *hub, const char *value,
                       struct hub_errors *errors, struct wsub_buf *text)
{
    const char *fault = hub_pull_topic_check(hub, value, text);

    if (fault != NULL)
        hub_errors_add(errors, HUB_FAULT_TOPIC, "hub.topic", "hub.topic %s.",
                       fault);
}

static void take_topics(const struct hub *hub, const struct wsub_form *query,
                        struct hub_errors *errors, struct wsub_buf *text)
{
    size_t count = wsub_form_find(query, "hub.topic", NULL);

    if (count == 0)
        hub_errors_add(errors, HUB_FAULT_MISSING, "hub.topic",
                       "hub.topic is missing.");
    if (count > WSUB_PULL_TOPICS_MAX)
        hub_errors_add(errors, HUB_FAULT_TOPIC, "hub.topic",
                       "hub.topic is given more than %d times.",
                       WSUB_PULL_TOPICS_MAX);
    for (size_t i = 0; i < query->count && count <= WSUB_PULL_TOPICS_MAX; i++)
        if (strcmp(query->fields[i].name, "hub.topic") == 0)
            take_topic(hub, query->fields[i].value, errors, text);
}

/* Of the header, which a browser sends when it comes back; else of the query, where
 * a page can put it, by the names that are usual for it. */
static void take_last_event(const struct hub *hub,
                            const struct wsub_http_request *req,
                            const struct wsub_form *query,
                            struct hub_errors *errors,
                            struct hub_pull_start *start)
{
    static const char name[] = "Last-Event-ID";
    const char *id = wsub_http_header(req, name);

    for (size_t i = 0; i < query->count && id == NULL; i++)
        if (strcasecmp(query->fields[i].name, name) == 0 ||
            strcmp(query->fields[i].name, "lastEventId") == 0)
            id = query->fields[i].value;
    start->from = HUB_PULL_NOW;
    if (id == NULL || id[0] == '\0')
        return;
    start->from = HUB_PULL_EVENT;
    if (!wsub_place_parse(id, wsub_store_shards(hub->store), &start->event))
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be the id of an event.", name);
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const char *topics, const struct hub_pull_start *from)
{
    struct hub_pull *pull = hub->pull;
    struct hub_pull_stream *stream;

    if (pull->stream_count >= hub->config->max_streams ||
        !hub_pull_may_wait(pull)) {
        hub_limit_refuse(req, HUB_LIMIT_STREAMS, 0, NULL);
        return;
    }
    stream = wsub_calloc(1, sizeof(*stream));
    stream->pull = pull;
    stream->req = req;
    stream->start = *from;
    stream->surveyor.on_surveyed = on_surveyed;
    hub_pull_topics_init(&stream->topics, pull->store, topics);
    wsub_timer_init(&stream->ping, pull->base, on_ping, stream);
    LIST_INSERT_HEAD(&pull->streams, stream, others);
    count_streams(pull, 1);
    hub_pull_survey_look(pull->survey, &stream->surveyor);
}

bool hub_pull_check_stream(struct wsub_http_request *req, void *arg)
{
    const struct hub *hub = arg;
    struct wsub_buf made = {0};
    bool may_be;

    hub_cors_allow(hub, req);
    if (!hub_policy_ready(hub, req))
        return false;
    may_be = hub_policy_may_be(hub, HUB_TOKEN_SUBSCRIBE,
                               wsub_http_header(req, "Authorization")) ||
             hub_policy_may_be(hub, HUB_TOKEN_SUBSCRIBE,
                               hub_access_of_query(req, &made));
    wsub_buf_done(&made);
    if (!may_be)
        hub_access_refuse(req);
    return may_be;
}

/* Of the token in the header, or else in the query. */
static enum hub_pull_admission admit(const struct hub *hub,
                                     const struct wsub_http_request *req,
                                     const struct hub_pull_topics *topics)
{
    struct wsub_buf made = {0};
    enum hub_pull_admission admission =
        hub_pull_admit(hub, topics, wsub_http_header(req, "Authorization"));

    if (admission == HUB_PULL_NO_TOKEN)
        admission =
            hub_pull_admit(hub, topics, hub_access_of_query(req, &made));
    wsub_buf_done(&made);
    return admission;
}

/* As the groups of the topics say; responds when the client may not have them. */
static bool may_have(const struct hub *hub, struct wsub_http_request *req,
                     const char *text)
{
    struct hub_pull_topics topics;
    enum hub_pull_admission admission;

    hub_pull_topics_init(&topics, hub->store, text);
    admission = admit(hub, req, &topics);
    hub_pull_topics_done(&topics);
    if (admission == HUB_PULL_NO_TOKEN)
        hub_access_refuse(req);
    else if (admission == HUB_PULL_DELETED)
        hub_policy_refuse_gone(req);
    return admission == HUB_PULL_ADMITTED;
}

void hub_pull_handle_stream(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct hub_pull_start from = {0};
    struct wsub_buf topics = {0};
    struct wsub_form query;

    if (hub_params_query(req, &errors, &query)) {
        take_topics(hub, &query, &errors, &topics);
        take_last_event(hub, req, &query, &errors, &from);
        wsub_form_done(&query);
    }
    if (!hub_errors_respond(&errors, req) &&
        may_have(hub, req, wsub_buf_cstr(&topics)))
        start(hub, req, wsub_buf_cstr(&topics), &from);
    wsub_buf_done(&topics);
}

void hub_pull_stream_options(struct wsub_http_request *req, void *hub)
{
    hub_cors_preflight(hub, req, "GET, HEAD, OPTIONS");
}

void hub_pull_streams_drain(struct hub_pull *pull)
{
    struct hub_pull_stream *stream, *after;

    for (stream = LIST_FIRST(&pull->streams); stream != NULL; stream = after) {
        after = LIST_NEXT(stream, others);
        if (stream->http == NULL) /* on_surveyed() ends it */
            continue;
        wsub_http_stream_end(stream->http);
        stream_free(stream);
    }
}

void hub_pull_streams_free(struct hub_pull *pull)
{
    struct hub_pull_stream *stream;

    while ((stream = LIST_FIRST(&pull->streams)) != NULL) {
        if (stream->req != NULL)
            hub_refuse_unavailable(stream->req);
        stream_free(stream);
    }
}
