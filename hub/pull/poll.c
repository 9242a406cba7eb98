#include "hub/pull/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/container_of.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/base/timer.h"
#include "common/crypto/digest.h"
#include "common/http/respond.h"
#include "hub/json.h"
#include "hub/pull/feeds.h"
#include "hub/pull/follower.h"
#include "hub/pull/gate.h"
#include "hub/pull/interests.h"
#include "hub/pull/message.h"
#include "hub/pull/refusal.h"
#include "hub/pull/shared.h"
#include "hub/pull/stats.h"

#define TOKEN_BYTES 12
/* What another poll holds is free in a moment, unless its process died: looked at
 * after so long, then twice as long ... */
#define BUSY_MS 5
#define BUSY_MAX_MS 200
/* A poll that does not want to wait waits so long for it nevertheless. */
#define BUSY_LEAST_MS 250
/* The subscription is seen for so much longer than the poll lasts. */
#define SLACK_MS 5000

enum state { BEGINNING, PAUSING, GATHERING, TAKING, WRITING, ENDING };

static const struct wsub_state states[] = {
    [BEGINNING] = {"beginning",
                   WSUB_BIT(PAUSING) | WSUB_BIT(GATHERING) | WSUB_BIT(ENDING)},
    [PAUSING] = {"pausing", WSUB_BIT(BEGINNING) | WSUB_BIT(ENDING)},
    [GATHERING] = {"gathering", WSUB_BIT(TAKING) | WSUB_BIT(ENDING)},
    [TAKING] = {"taking",
                WSUB_BIT(BEGINNING) | WSUB_BIT(PAUSING) | WSUB_BIT(WRITING)},
    [WRITING] = {"writing", WSUB_BIT(ENDING)},
    [ENDING] = {"ending", 0},
};

struct hub_pull_poll {
    struct hub_pull *pull;         /* borrowed */
    struct wsub_http_request *req; /* borrowed; NULL once it has its response */
    LIST_ENTRY(hub_pull_poll) others;
    enum state state;
    struct hub_pull_poll_options o; /* but for the id */
    char *id;                       /* owned */
    char token[2 * TOKEN_BYTES + 1];
    bool counted; /* as one that waits: it keeps a connection */
    bool gone;    /* its client */
    bool begun;   /* once, so it begins again */
    bool failed;  /* Redis refused */
    uint64_t deadline_ms;
    uint32_t pause_ms;         /* the last one; 0 at first */
    struct hub_pull_pass pass; /* to begin, and to take or end */
    struct wsub_timer timer;
    /* What begin told: */
    bool explicit_ack;
    /* It gathers behind messages that others were handed, which are received once
     * they are acknowledged: it moves no cursor over them. */
    bool is_behind_others;
    uint64_t number; /* of the last hand-out, its own included */
    struct hub_pull_topics topics;
    struct hub_pull_follower *follower; /* owned; while GATHERING */
    /* What is handed out: */
    json_t *messages;            /* owned; until they are written as JSON */
    size_t count;                /* of them */
    char last[WSUB_PLACE_BYTES]; /* id of the last one */
    uint64_t missed;
    struct wsub_pull_cursors received; /* owned; when that was written */
};

static void enter(struct hub_pull_poll *poll, enum state state)
{
    poll->state = (enum state)wsub_state_enter(states, "poll", poll->id,
                                               poll->state, state);
}

static void drop_messages(struct hub_pull_poll *poll)
{
    json_decref(poll->messages);
    poll->messages = NULL;
    wsub_pull_cursors_done(&poll->received);
}

static void stop_gathering(struct hub_pull_poll *poll)
{
    hub_pull_follower_free(poll->follower);
    poll->follower = NULL;
    hub_pull_topics_done(&poll->topics);
}

static void count_waiting(struct hub_pull_poll *poll, bool counted)
{
    struct hub_pull *pull = poll->pull;

    pull->waiting += counted;
    pull->waiting -= poll->counted;
    poll->counted = counted;
    wsub_metric_set(&hub_pull_stats[HUB_PULL_STAT_WAITING], pull->waiting);
}

static void poll_free(struct hub_pull_poll *poll)
{
    LIST_REMOVE(poll, others);
    hub_pull_gate_leave(poll->pull->gate, &poll->pass);
    count_waiting(poll, false);
    stop_gathering(poll);
    drop_messages(poll);
    wsub_timer_done(&poll->timer);
    free(poll->id);
    free(poll);
}

static bool is_over(const struct hub_pull_poll *poll)
{
    return poll->gone || poll->pull->draining ||
           wsub_now_ms() >= poll->deadline_ms;
}

static char *response_text(const struct hub_pull_poll *poll, const char *status)
{
    json_t *root = json_object();
    char *text;

    json_object_set_new(root, "status", json_string(status));
    json_object_set_new(root, "messages",
                        poll->messages != NULL ? json_incref(poll->messages)
                                               : json_array());
    if (poll->missed > 0)
        json_object_set_new(root, "missed",
                            json_integer((json_int_t)poll->missed));
    if (poll->explicit_ack && poll->last[0] != '\0')
        json_object_set_new(root, "last", json_string(poll->last));
    text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        wsub_panic("out of memory (messages)");
    return text;
}

/* Nothing was handed out; the subscription knows that the poll is over. */
static void on_ended(enum wsub_err err, enum wsub_pull_result result, void *arg)
{
    struct hub_pull_poll *poll = arg;
    char *text;

    if (poll->req == NULL) {
        poll_free(poll);
        return;
    }
    if (err != WSUB_OK || poll->failed) {
        hub_pull_refuse_unavailable(poll->req);
    } else if (result == WSUB_PULL_UNKNOWN) {
        hub_pull_refuse_unknown(poll->req);
    } else {
        text = response_text(poll, "timeout");
        wsub_http_respond(poll->req, 200, "application/json", text,
                          strlen(text));
        free(text);
    }
    poll_free(poll);
}

static void end(struct hub_pull_poll *poll,
                const struct wsub_pull_cursors *received)
{
    struct wsub_pull_store *store = poll->pull->subscriptions;

    enter(poll, ENDING);
    wsub_timer_stop(&poll->timer);
    if (poll->is_behind_others)
        received = NULL;
    store->ops->end(store,
                    &(struct wsub_pull_end){
                        .id = poll->id,
                        .token = poll->token,
                        .number = poll->number,
                        .cursors = received,
                    },
                    on_ended, poll);
}

/* Ends without messages.  What was looked at and is not for the subscription need
 * not be looked at again, unless something has left that nobody was told of. */
static void end_empty(struct hub_pull_poll *poll)
{
    struct wsub_pull_cursors looked_at, before;

    if (poll->follower == NULL || poll->failed ||
        hub_pull_follower_missed(poll->follower) > 0) {
        stop_gathering(poll);
        end(poll, NULL);
        return;
    }
    hub_pull_follower_cursors(poll->follower, &looked_at, &before);
    stop_gathering(poll);
    end(poll, &before);
    wsub_pull_cursors_done(&looked_at);
    wsub_pull_cursors_done(&before);
}

static void pause(struct hub_pull_poll *poll)
{
    enter(poll, PAUSING);
    poll->pause_ms = poll->pause_ms == 0 ? BUSY_MS : poll->pause_ms * 2;
    if (poll->pause_ms > BUSY_MAX_MS)
        poll->pause_ms = BUSY_MAX_MS;
    wsub_timer_start_ms(&poll->timer, poll->pause_ms);
}

/* What could not be written is handed out again. */
static void on_written(bool written, void *arg)
{
    struct hub_pull_poll *poll = arg;

    poll->req = NULL;
    count_waiting(poll, false);
    if (written) {
        wsub_metric_add(&hub_pull_stats[HUB_PULL_STAT_MESSAGES], poll->count);
        wsub_metric_add(&hub_pull_stats[HUB_PULL_STAT_MISSED], poll->missed);
    }
    end(poll, written ? &poll->received : NULL);
}

static void hand_out(struct hub_pull_poll *poll)
{
    char *text;

    poll->count = json_array_size(poll->messages);
    text = response_text(poll, poll->count > 0 ? "success" : "timeout");
    json_decref(poll->messages);
    poll->messages = NULL;
    enter(poll, WRITING);
    poll->number++;
    wsub_http_respond_told(poll->req, 200, "application/json", text,
                           strlen(text), on_written, poll);
    free(text);
}

static void begin(struct hub_pull_poll *poll);

/* Whether the poll takes its next step now; else it pauses, or is over. */
static bool goes_on(struct hub_pull_poll *poll, enum wsub_err err,
                    enum wsub_pull_result result)
{
    if (err == WSUB_OK && result == WSUB_PULL_BUSY) {
        pause(poll);
        return false;
    }
    if (err == WSUB_OK && result != WSUB_PULL_UNKNOWN)
        return true;
    if (err != WSUB_OK)
        hub_pull_refuse_unavailable(poll->req);
    else
        hub_pull_refuse_unknown(poll->req);
    poll_free(poll);
    return false;
}

static void on_taken(enum wsub_err err, enum wsub_pull_result result, void *arg)
{
    struct hub_pull_poll *poll = arg;

    hub_pull_gate_leave(poll->pull->gate, &poll->pass);
    if (err == WSUB_OK && result == WSUB_PULL_DONE) {
        hand_out(poll);
        return;
    }
    drop_messages(poll);
    if (!goes_on(poll, err, result))
        return;
    enter(poll, BEGINNING);
    begin(poll);
}

static json_t *messages_of(struct hub_pull_poll *poll)
{
    json_t *messages = json_array();
    struct hub_pull_event *const *events;
    size_t count;

    events = hub_pull_follower_events(poll->follower, &count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(messages,
                              hub_pull_message(events[i], poll->o.as_object));
    poll->last[0] = '\0';
    if (count > 0)
        wsub_place_text(&events[count - 1]->place, poll->last);
    return messages;
}

/* Takes what was gathered.  With explicit ack it is not received before it is
 * acknowledged. */
static void take(struct hub_pull_poll *poll)
{
    struct wsub_pull_store *store = poll->pull->subscriptions;
    struct wsub_pull_cursors taken, before;
    bool keeps = poll->explicit_ack;

    enter(poll, TAKING);
    wsub_timer_stop(&poll->timer);
    poll->messages = messages_of(poll);
    poll->missed = hub_pull_follower_missed(poll->follower);
    hub_pull_follower_cursors(poll->follower, &taken, &before);
    stop_gathering(poll);
    poll->received = keeps ? before : taken;
    store->ops->take(store,
                     &(struct wsub_pull_take){
                         .id = poll->id,
                         .token = poll->token,
                         .number = poll->number,
                         .cursors = &taken,
                     },
                     on_taken, poll);
    wsub_pull_cursors_done(keeps ? &taken : &before);
}

static void take_or_end(struct hub_pull_poll *poll)
{
    size_t count;

    hub_pull_follower_events(poll->follower, &count);
    if (!poll->gone && !poll->failed &&
        (count > 0 || hub_pull_follower_missed(poll->follower) > 0))
        take(poll);
    else
        end_empty(poll);
}

/* More may be gathered until it may take, or end. */
static void stop_soon(struct hub_pull_poll *poll)
{
    hub_pull_gate_enter(poll->pull->gate, &poll->pass);
}

static void on_settled(enum wsub_err err, void *arg)
{
    struct hub_pull_poll *poll = arg;
    size_t count;

    poll->failed = err != WSUB_OK;
    hub_pull_follower_events(poll->follower, &count);
    if (poll->failed || count > 0 || is_over(poll))
        stop_soon(poll);
}

/* `again`: behind all that was handed out (subscription_store.h). */
static void gather(struct hub_pull_poll *poll,
                   const struct wsub_pull_begun *begun, bool again)
{
    struct hub_pull *pull = poll->pull;
    uint64_t now_ms = wsub_now_ms();
    bool waits = !is_over(poll);

    enter(poll, GATHERING);
    poll->number = begun->number;
    poll->explicit_ack = begun->subscription.explicit_ack;
    poll->is_behind_others = poll->explicit_ack && again;
    hub_pull_topics_init(&poll->topics, pull->store,
                         begun->subscription.topics);
    if (poll->o.may_have != NULL &&
        !poll->o.may_have(poll->req, &poll->topics, poll->o.arg)) {
        poll->req = NULL;
        stop_gathering(poll);
        end(poll, NULL);
        return;
    }
    hub_pull_interests_note(pull->interests, &poll->topics,
                            begun->subscription.ttl_s);
    poll->follower = hub_pull_follower_new(&(struct hub_pull_follower_options){
        .store = pull->store,
        .feeds = pull->feeds,
        .config = pull->config,
        .topics = &poll->topics,
        .cursors = begun->cursors,
        .live = waits,
        .max_events = poll->o.max,
        .max_bytes = pull->config->max_body_bytes,
        .on_settled = on_settled,
        .arg = poll,
    });
    if (waits)
        wsub_timer_start_ms(&poll->timer, poll->deadline_ms - now_ms);
}

static void on_begun(enum wsub_err err, enum wsub_pull_result result,
                     const struct wsub_pull_begun *begun, void *arg)
{
    struct hub_pull_poll *poll = arg;
    bool again = poll->begun;

    hub_pull_gate_leave(poll->pull->gate, &poll->pass);
    poll->begun = true;
    if (goes_on(poll, err, result))
        gather(poll, begun, again);
}

static void send_begin(struct hub_pull_poll *poll)
{
    struct wsub_pull_store *store = poll->pull->subscriptions;

    store->ops->begin(store,
                      &(struct wsub_pull_begin){
                          .id = poll->id,
                          .token = poll->token,
                          .wait_ms = poll->o.timeout_ms + SLACK_MS,
                          .again = poll->begun,
                          .after = poll->o.has_after ? &poll->o.after : NULL,
                      },
                      on_begun, poll);
}

static void begin(struct hub_pull_poll *poll)
{
    hub_pull_gate_enter(poll->pull->gate, &poll->pass);
}

static void on_passed(struct hub_pull_pass *pass)
{
    struct hub_pull_poll *poll =
        wsub_container_of(pass, struct hub_pull_poll, pass);

    if (poll->state == BEGINNING)
        send_begin(poll);
    else
        take_or_end(poll);
}

/* What is held is waited for a little, also by who would not wait. */
static void go_on(struct hub_pull_poll *poll)
{
    uint64_t latest_ms =
        poll->deadline_ms +
        (poll->o.timeout_ms < BUSY_LEAST_MS ? BUSY_LEAST_MS : 0);

    if (poll->gone || poll->pull->draining || wsub_now_ms() >= latest_ms) {
        end(poll, NULL);
        return;
    }
    enter(poll, BEGINNING);
    begin(poll);
}

static void on_timer(void *arg)
{
    struct hub_pull_poll *poll = arg;

    if (poll->state == PAUSING)
        go_on(poll);
    else
        stop_soon(poll);
}

static void stop_waiting(struct hub_pull_poll *poll)
{
    if (poll->state == PAUSING)
        end(poll, NULL);
    else if (poll->state == GATHERING)
        stop_soon(poll);
}

static void on_gone(void *arg)
{
    struct hub_pull_poll *poll = arg;

    poll->gone = true;
    stop_waiting(poll);
}

void hub_pull_poll_start(struct hub_pull *pull, struct wsub_http_request *req,
                         const struct hub_pull_poll_options *options)
{
    struct hub_pull_poll *poll = wsub_calloc(1, sizeof(*poll));

    poll->pull = pull;
    poll->req = req;
    poll->o = *options;
    poll->o.id = NULL;
    poll->id = wsub_strdup(options->id);
    poll->pass.on_passed = on_passed;
    poll->deadline_ms = wsub_now_ms() + options->timeout_ms;
    wsub_random_hex(TOKEN_BYTES, poll->token);
    wsub_timer_init(&poll->timer, pull->base, on_timer, poll);
    LIST_INSERT_HEAD(&pull->polls, poll, others);
    if (options->timeout_ms > 0) {
        count_waiting(poll, true);
        poll->gone = !wsub_http_watch(req, on_gone, poll);
    }
    begin(poll);
}

void hub_pull_polls_drain(struct hub_pull *pull)
{
    struct hub_pull_poll *poll, *after;

    for (poll = LIST_FIRST(&pull->polls); poll != NULL; poll = after) {
        after = LIST_NEXT(poll, others);
        stop_waiting(poll);
    }
}

void hub_pull_polls_free(struct hub_pull *pull)
{
    struct hub_pull_poll *poll;

    while ((poll = LIST_FIRST(&pull->polls)) != NULL) {
        if (poll->req != NULL)
            hub_pull_refuse_unavailable(poll->req);
        poll_free(poll);
    }
}
