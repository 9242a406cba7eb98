/* publish.c - see publish.h.
 *
 *   check all -> XADD pings, one a topic -> all answered -> 202
 *                                     '--> one failed    -> 503
 *
 * After a 503 some topics may have been noted; announcing them again, as the
 * publisher will, is harmless. */
#include "hub/publish.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/topic.h"
#include "hub/params.h"
#include "hub/stats.h"

#define TOPICS_MAX 100 /* in one request */

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_buf topics[TOPICS_MAX]; /* owned; normalized */
    size_t count;
    size_t due; /* answers of Redis, and one for the sending itself */
    enum wsub_err err;
};

static void flow_free(struct flow *flow)
{
    for (size_t i = 0; i < TOPICS_MAX; i++)
        wsub_buf_done(&flow->topics[i]);
    free(flow);
}

static void finish(struct flow *flow)
{
    if (flow->err == WSUB_OK) {
        hub_stat_add(HUB_STAT_PUBLISH);
        wsub_http_reply(flow->req, 202, NULL, NULL, 0);
    } else {
        hub_reply_unavailable(flow->req);
    }
    flow_free(flow);
}

static void on_noted(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("ping-refused", WSUB_KV("error", reply->str));
    if (err != WSUB_OK)
        flow->err = err;
    if (--flow->due == 0)
        finish(flow);
}

static void note(struct flow *flow)
{
    struct wsub_redis *redis = flow->hub->redis;

    flow->due = 1;
    for (size_t i = 0; i < flow->count; i++) {
        const struct wsub_buf *topic = &flow->topics[i];
        struct wsub_topic_ref ref = wsub_topic_ref(redis, topic->data);
        struct wsub_cmd cmd;

        wsub_cmd_init(&cmd, "XADD");
        wsub_cmd_key(&cmd, redis, ref.shard, "pings", NULL);
        wsub_cmd_str(&cmd, "*");
        wsub_cmd_str(&cmd, "v");
        wsub_cmd_str(&cmd, "1");
        wsub_cmd_str(&cmd, "t");
        wsub_cmd_arg(&cmd, topic->data, topic->len);
        if (wsub_redis_send(redis, ref.shard, &cmd, on_noted, flow) ==
            WSUB_OK)
            flow->due++;
        else
            flow->err = WSUB_ERR_UNAVAILABLE;
    }
    on_noted(flow->err, NULL, flow);
}

static bool is_topic(const struct wsub_form_field *field)
{
    return strcmp(field->name, "hub.url") == 0 ||
           strcmp(field->name, "hub.topic") == 0;
}

/* False when a bad topic was answered. */
static bool take_topics(struct flow *flow, const struct wsub_form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct wsub_form_field *field = &form->fields[i];

        if (!is_topic(field))
            continue;
        if (flow->count == TOPICS_MAX) {
            hub_reply_refused(flow->req, 400,
                              "More than %d topics in one request.",
                              TOPICS_MAX);
            return false;
        }
        if (!hub_check_url(flow->hub, flow->req, field->name, field->value,
                           &flow->topics[flow->count]))
            return false;
        flow->count++;
    }
    if (flow->count == 0)
        hub_reply_refused(flow->req, 400, "hub.url is missing.");
    return flow->count > 0;
}

void hub_publish(struct hub *hub, struct wsub_http_request *req,
                 const struct wsub_form *form)
{
    struct flow *flow;

    if (!hub_check_token(req, hub->config->publish_token))
        return;
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    if (take_topics(flow, form))
        note(flow);
    else
        flow_free(flow);
}
