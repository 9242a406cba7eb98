/* subscription.c - see subscription.h.
 *
 *   check -> its row -> its work -> 200
 *                |  '--> 404   there is no such subscription
 *                '--> 503
 */
#include "hub/subscription.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/subscription_list.h"
#include "common/store/subscription_work.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"
#include "hub/subscription_row.h"

#define UTF8_MAX 4 /* bytes of a character */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
    json_t *root; /* owned; NULL until the row has come */
};

static json_t *place_json(const struct flow *flow,
                          const struct wsub_place *place)
{
    struct wsub_place in_shard = *place;

    in_shard.shard = flow->ref.shard;
    return hub_json_place(&in_shard);
}

/* NULL for what is no UTF-8; the last character of a body that was cut may lack
 * some of its bytes, and is left out then. */
static json_t *text_of(const struct wsub_attempt *attempt)
{
    size_t most = attempt->body_len == WSUB_ATTEMPT_BODY_MAX ? UTF8_MAX : 1;
    json_t *text = NULL;

    for (size_t cut = 0; text == NULL && cut < most; cut++)
        text = json_stringn(attempt->body, attempt->body_len - cut);
    return text;
}

/* As text, or else in base64; nothing where none is kept. */
static void add_body(json_t *object, const struct wsub_attempt *attempt)
{
    json_t *text;

    if (attempt->body_len == 0)
        return;
    text = text_of(attempt);
    if (text != NULL)
        json_object_set_new(object, "body", text);
    else
        json_object_set_new(object, "body_base64",
                            hub_json_base64(attempt->body, attempt->body_len));
}

static json_t *attempt_json(const struct flow *flow,
                            const struct wsub_attempt *attempt)
{
    const struct wsub_place event = {.ms = attempt->event_ms,
                                     .seq = attempt->event_seq};
    json_t *object = json_pack(
        "{s:I, s:o, s:i, s:i, s:o, s:I, s:I}", "at_ms",
        (json_int_t)attempt->at_ms, "event", place_json(flow, &event),
        "attempt", (int)attempt->number, "status", (int)attempt->status,
        "error", hub_json_text(wsub_attempt_error_word(attempt->error)),
        "duration_ms", (json_int_t)attempt->duration_ms, "bytes",
        (json_int_t)attempt->bytes);

    add_body(object, attempt);
    return object;
}

static int newest_first(const void *left, const void *right)
{
    uint64_t a = ((const struct wsub_attempt *)left)->at_ms;
    uint64_t b = ((const struct wsub_attempt *)right)->at_ms;

    return (a < b) - (a > b);
}

/* Several processes have noted them, each at a time of its own. */
static void add_log(const struct flow *flow, const struct wsub_attempt_log *log)
{
    struct wsub_attempt_log sorted = *log;
    json_t *attempts = json_array();

    qsort(sorted.attempts, sorted.count, sizeof(*sorted.attempts),
          newest_first);
    for (unsigned i = 0; i < sorted.count; i++)
        json_array_append_new(attempts,
                              attempt_json(flow, &sorted.attempts[i]));
    json_object_set_new(flow->root, "delivered",
                        json_integer((json_int_t)log->delivered));
    json_object_set_new(flow->root, "failed",
                        json_integer((json_int_t)log->failed));
    json_object_set_new(flow->root, "bytes",
                        json_integer((json_int_t)log->bytes));
    json_object_set_new(flow->root, "attempts", attempts);
}

static json_t *gap_json(const struct flow *flow,
                        const struct wsub_subscription_work *work)
{
    if (work->gap_ms == 0)
        return json_null();
    return json_pack(
        "{s:I, s:I, s:o, s:o}", "at_ms", (json_int_t)work->gap_ms, "count",
        (json_int_t)work->gap_count, "from", place_json(flow, &work->gap_from),
        "to", work->has_gap_to ? place_json(flow, &work->gap_to) : json_null());
}

static void add_work(const struct flow *flow,
                     const struct wsub_subscription_work *work)
{
    add_log(flow, &work->log);
    json_object_set_new(flow->root, "waiting",
                        json_integer((json_int_t)work->waiting));
    json_object_set_new(flow->root, "next_attempt_at_ms",
                        work->next_ms > 0
                            ? json_integer((json_int_t)work->next_ms)
                            : json_null());
    json_object_set_new(flow->root, "cursor",
                        work->has_cursor ? place_json(flow, &work->cursor)
                                         : json_null());
    json_object_set_new(flow->root, "gap", gap_json(flow, work));
}

static void flow_free(struct flow *flow)
{
    json_decref(flow->root);
    free(flow);
}

static void on_work(enum wsub_err err,
                    const struct wsub_subscription_work *work, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK) {
        add_work(flow, work);
        hub_json_respond(flow->req, json_incref(flow->root));
    } else {
        hub_refuse_unavailable(flow->req);
    }
    flow_free(flow);
}

static void on_row(enum wsub_err err, const char *after,
                   const struct wsub_subscription_row *rows, size_t count,
                   void *arg)
{
    struct flow *flow = arg;

    (void)after;
    if (err == WSUB_OK && count > 0) {
        flow->root = hub_subscription_row(&rows[0]);
        wsub_subscription_work(flow->hub->store, flow->ref.shard,
                               flow->ref.digest, flow->cd, on_work, flow);
        return;
    }
    if (err == WSUB_OK)
        hub_refuse(flow->req, HUB_FAULT_NOT_FOUND, NULL,
                   "There is no such subscription.");
    else
        hub_refuse_unavailable(flow->req);
    flow_free(flow);
}

static void look_up(struct hub *hub, struct wsub_http_request *req,
                    const struct wsub_buf *topic,
                    const struct wsub_buf *callback)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->ref = wsub_topic_ref(hub->store, topic->data);
    wsub_digest(callback->data, callback->len, flow->cd);
    wsub_subscription_find(hub->store, flow->ref.shard, flow->ref.digest,
                           flow->cd, on_row, flow);
}

void hub_subscription(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct wsub_buf topic = {0}, callback = {0};
    const char *given;

    if (hub_params_query(req, &errors, &query)) {
        hub_param_topic(hub, &query, WSUB_TOPIC_SUBSCRIBE, &errors, &given,
                        &topic);
        hub_param_callback(hub, &query, &errors, &given, &callback);
    }
    if (!hub_errors_respond(&errors, req))
        look_up(hub, req, &topic, &callback);
    wsub_form_done(&query);
    wsub_buf_done(&topic);
    wsub_buf_done(&callback);
}
