/* export.c - see export.h.
 *
 *   check -> stream -> a page of a shard -> lines -> the next page ... -> end
 *                          ^                  |
 *                          '-- client reads --'
 *
 * When Redis fails, or a secret can't be opened, the stream is cut: a client sees a
 * response that is not complete, never one that lacks a subscription. */
#include "hub/export.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/hmac.h"
#include "common/crypto/seal.h"
#include "common/http/request.h"
#include "common/http/stream.h"
#include "common/store/store.h"
#include "common/store/subscription_list.h"
#include "common/store/topic.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"
#include "hub/subscription_row.h"

#define PAGE_ROWS 200
#define UNSENT_MAX 262144 /* then the client is to read first */

struct flow {
    struct hub *hub;
    struct wsub_http_stream *stream; /* borrowed; NULL: the client is gone */
    bool with_secrets;
    bool is_reading; /* a page is on its way */
    unsigned shard;
    char after[WSUB_SUBSCRIPTION_AFTER_BYTES];
    struct wsub_topic_ref all; /* `*`, which each shard has a replica of */
    uint64_t lines;
};

static void flow_free(struct flow *flow)
{
    free(flow);
}

static void cut(struct flow *flow, const char *why)
{
    wsub_log_warn("export-cut", WSUB_KE("why", why),
                  WSUB_KU("subscriptions", flow->lines));
    wsub_http_stream_cut(flow->stream);
    flow_free(flow);
}

/* False when it can't be opened. */
static bool add_secret(const struct flow *flow,
                       const struct wsub_subscription_row *row, json_t *line)
{
    char context[2 * WSUB_DIGEST_LEN + 2];
    struct wsub_buf secret = {0};
    json_t *text;
    bool is_open;

    if (!flow->with_secrets || row->record.secret_len == 0)
        return true;
    snprintf(context, sizeof(context), "%s:%s", row->td, row->cd);
    is_open = wsub_open(flow->hub->ring, context, row->record.secret,
                        row->record.secret_len, &secret) == WSUB_OK;
    text = is_open ? json_stringn(wsub_buf_cstr(&secret), secret.len) : NULL;
    if (secret.data != NULL)
        explicit_bzero(secret.data, secret.len);
    wsub_buf_done(&secret);
    if (text == NULL)
        return false;
    json_object_set_new(line, "secret", text);
    return true;
}

static bool send_line(struct flow *flow,
                      const struct wsub_subscription_row *row)
{
    json_t *line = hub_subscription_line(row);
    bool is_whole = add_secret(flow, row, line);
    char *text = is_whole ? json_dumps(line, JSON_COMPACT) : NULL;

    json_decref(line);
    if (text == NULL)
        return false;
    wsub_http_stream_send(flow->stream, text, strlen(text));
    wsub_http_stream_send(flow->stream, "\n", 1);
    explicit_bzero(text, strlen(text));
    free(text);
    flow->lines++;
    return true;
}

static void read_page(struct flow *flow);

/* Moves on; false when all shards are through. */
static bool move(struct flow *flow, const char *after)
{
    snprintf(flow->after, sizeof(flow->after), "%s", after);
    if (after[0] == '\0')
        flow->shard++;
    return flow->shard < wsub_store_shards(flow->hub->store);
}

static void on_page(enum wsub_err err, const char *after,
                    const struct wsub_subscription_row *rows, size_t count,
                    void *arg)
{
    struct flow *flow = arg;

    flow->is_reading = false;
    if (flow->stream == NULL) {
        flow_free(flow);
        return;
    }
    if (err != WSUB_OK) {
        cut(flow, "Redis failed");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!send_line(flow, &rows[i])) {
            cut(flow, "a secret can't be opened");
            return;
        }
    if (!move(flow, after)) {
        wsub_http_stream_end(flow->stream);
        flow_free(flow);
    } else if (wsub_http_stream_unsent(flow->stream) < UNSENT_MAX) {
        read_page(flow);
    } /* else on_drained() goes on */
}

static void read_page(struct flow *flow)
{
    flow->is_reading = true;
    wsub_subscription_list(flow->hub->store,
                           &(struct wsub_subscription_query){
                               .shard = flow->shard,
                               .after = flow->after,
                               .td = "",
                               .prefix = "",
                               .cd = "",
                               .host = "",
                               .state = "",
                               .other_than = flow->shard == flow->all.shard
                                                 ? ""
                                                 : flow->all.digest,
                               .most = PAGE_ROWS,
                           },
                           on_page, flow);
}

static void on_gone(void *arg)
{
    struct flow *flow = arg;

    flow->stream = NULL;
    if (!flow->is_reading)
        flow_free(flow);
}

static void on_drained(void *arg)
{
    struct flow *flow = arg;

    if (!flow->is_reading)
        read_page(flow);
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  bool with_secrets)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->with_secrets = with_secrets;
    flow->all = wsub_topic_ref(hub->store, WSUB_TOPIC_ALL);
    flow->stream = wsub_http_stream_start(req, "application/x-ndjson",
                                          &(struct wsub_http_stream_events){
                                              .on_gone = on_gone,
                                              .on_drained = on_drained,
                                              .arg = flow,
                                          });
    if (flow->stream != NULL)
        read_page(flow);
    else
        flow_free(flow);
}

static bool take_secrets(const struct wsub_form *query,
                         struct hub_errors *errors)
{
    static const char name[] = "secrets";
    const char *text = NULL;

    if (!hub_param_optional(query, name, HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL || strcmp(text, "false") == 0)
        return false;
    if (strcmp(text, "true") != 0)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be true or false.", name);
    return true;
}

void hub_export(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    bool with_secrets = false;

    if (hub_params_query(req, &errors, &query))
        with_secrets = take_secrets(&query, &errors);
    if (errors.count == 0 && with_secrets &&
        !hub_access_shows(hub, req, HUB_TOKEN_ADMIN))
        hub_errors_add(&errors, HUB_FAULT_CLOSED, NULL,
                       "This token is for reading only: secrets are not for "
                       "it.");
    if (errors.count == 0 && !wsub_store_up(hub->store))
        hub_refuse_unavailable(req);
    else if (!hub_errors_respond(&errors, req))
        start(hub, req, with_secrets);
    wsub_form_done(&query);
}
