/* subscriptions.c - see subscriptions.h.
 *
 *   check -> a page of a shard, of the next one ... -> 200
 *                                                '--> 503
 */
#include "hub/subscriptions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/quota.h"
#include "common/store/store.h"
#include "common/store/subscription_list.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/index_page.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"
#include "hub/subscription_row.h"

struct flow {
    struct hub *hub;
    struct hub_index_page page;
    char td[WSUB_DIGEST_LEN + 1], cd[WSUB_DIGEST_LEN + 1]; /* "": all */
    char host[WSUB_QUOTA_HOST_BYTES];
    char state[16];
    char all_td[WSUB_DIGEST_LEN + 1]; /* of `*` */
    unsigned all_shard;               /* where its subscriptions are told of */
};

static void flow_free(struct flow *flow)
{
    hub_index_page_done(&flow->page);
    free(flow);
}

static void read_page(struct flow *flow);

static void on_page(enum wsub_err err, const char *after,
                    const struct wsub_subscription_row *rows, size_t count,
                    void *arg)
{
    struct flow *flow = arg;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(flow->page.rows, hub_subscription_row(&rows[i]));
    if (hub_index_page_goes_on(&flow->page, err, after))
        read_page(flow);
    else
        flow_free(flow);
}

static void read_page(struct flow *flow)
{
    const struct hub_index_page *page = &flow->page;

    wsub_subscription_list(
        flow->hub->store,
        &(struct wsub_subscription_query){
            .shard = page->at.shard,
            .after = page->at.after,
            .td = flow->td,
            .prefix = page->prefix,
            .cd = flow->cd,
            .host = flow->host,
            .state = flow->state,
            .other_than = page->at.shard == flow->all_shard ? "" : flow->all_td,
            .most = hub_index_page_room(page),
        },
        on_page, flow);
}

static void take_topic(struct flow *flow, const struct wsub_form *query,
                       struct hub_errors *errors)
{
    struct wsub_buf topic = {0};
    const char *given;
    struct wsub_topic_ref ref;

    if (wsub_form_find(query, "hub.topic", NULL) > 0 &&
        hub_param_topic(flow->hub, query, WSUB_TOPIC_SUBSCRIBE, errors, &given,
                        &topic)) {
        ref = wsub_topic_ref(flow->hub->store, topic.data);
        flow->page.at.shard = flow->page.last_shard = ref.shard;
        snprintf(flow->td, sizeof(flow->td), "%s", ref.digest);
    }
    wsub_buf_done(&topic);
}

static void take_callback(struct flow *flow, const struct wsub_form *query,
                          struct hub_errors *errors)
{
    struct wsub_buf callback = {0};
    const char *given;

    if (wsub_form_find(query, "hub.callback", NULL) > 0 &&
        hub_param_callback(flow->hub, query, errors, &given, &callback))
        wsub_digest(callback.data, callback.len, flow->cd);
    wsub_buf_done(&callback);
}

static void take_state(struct flow *flow, const struct wsub_form *query,
                       struct hub_errors *errors)
{
    static const char name[] = "state";
    static const char *const states[] = {"active", "paused", "suspended",
                                         "backfill", "ordered"};
    const char *text = NULL;

    if (!hub_param_optional(query, name, HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL)
        return;
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
        if (strcmp(text, states[i]) == 0) {
            snprintf(flow->state, sizeof(flow->state), "%s", text);
            return;
        }
    hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                   "%s must be active, paused, suspended, backfill or ordered.",
                   name);
}

static void take(struct flow *flow, const struct wsub_form *query,
                 struct hub_errors *errors)
{
    take_topic(flow, query, errors);
    take_callback(flow, query, errors);
    hub_param_host(query, "host", errors, flow->host);
    take_state(flow, query, errors);
    hub_index_page_take(&flow->page, query, errors);
}

static struct flow *flow_new(struct hub *hub, struct wsub_http_request *req)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct wsub_topic_ref all = wsub_topic_ref(hub->store, WSUB_TOPIC_ALL);

    flow->hub = hub;
    hub_index_page_init(&flow->page, hub, req, "subscriptions");
    flow->all_shard = all.shard;
    snprintf(flow->all_td, sizeof(flow->all_td), "%s", all.digest);
    return flow;
}

void hub_subscriptions(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = flow_new(arg, req);
    struct hub_errors errors = {0};
    struct wsub_form query = {0};

    if (hub_params_query(req, &errors, &query))
        take(flow, &query, &errors);
    if (hub_errors_respond(&errors, req))
        flow_free(flow);
    else
        read_page(flow);
    wsub_form_done(&query);
}
