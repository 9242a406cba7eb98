#include "hub/pull/refusal.h"

#include <stdarg.h>

#include "common/base/buf.h"
#include "common/http/respond.h"
#include "hub/errors.h"
#include "hub/json.h"
#include "hub/stats.h"

static void respond(struct wsub_http_request *req, int status,
                    const char *sentence)
{
    json_t *root = json_object();

    wsub_metric_add(
        &hub_stats[status == 503 ? HUB_STAT_UNAVAILABLE : HUB_STAT_REFUSED], 1);
    json_object_set_new(root, "error", hub_json_text(sentence));
    hub_json_respond_status(req, status, root);
}

void hub_pull_refuse(struct wsub_http_request *req, int status,
                     const char *format, ...)
{
    struct wsub_buf text = {0};
    va_list args;

    va_start(args, format);
    wsub_buf_vprintf(&text, format, args);
    va_end(args);
    respond(req, status, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

void hub_pull_refuse_unknown(struct wsub_http_request *req)
{
    respond(req, 404, "subscription not found");
}

void hub_pull_refuse_unavailable(struct wsub_http_request *req)
{
    wsub_http_respond_header(req, "Retry-After", HUB_RETRY_AFTER_S);
    respond(req, 503,
            "Redis is not available now; try again in " HUB_RETRY_AFTER_S
            " seconds");
}

void hub_pull_refuse_limit(struct wsub_http_request *req, enum hub_limit limit,
                           const char *client)
{
    respond(req, 503, hub_limit_note(req, limit, 0, client));
}
