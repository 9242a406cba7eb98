/* api.c - which request goes where; docs/PROTOCOL.md has the whole table.
 *
 * A form request is parsed here and handed to the mode's own file. */
#include "hub/api.h"

#include <string.h>
#include <strings.h>

#include "common/base/loop.h"
#include "common/http/form.h"
#include "common/http/status.h"
#include "common/redis/redis.h"
#include "hub/hub.h"
#include "hub/page.h"
#include "hub/publish.h"
#include "hub/push.h"
#include "hub/subscribe.h"

#define FIELDS_MAX 256 /* two hundred hub.url and what clients add */

typedef void mode_handler(struct hub *hub, struct wsub_http_request *req,
                          const struct wsub_form *form);

static const struct {
    const char *name;
    mode_handler *handle;
} modes[] = {
    {"subscribe", hub_subscribe},
    {"unsubscribe", hub_unsubscribe},
    {"publish", hub_publish},
};

static bool is_form(const struct wsub_http_request *req)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const char *given = wsub_http_header(req, "Content-Type");
    size_t len = sizeof(type) - 1;

    return given != NULL && strncasecmp(given, type, len) == 0 &&
           (given[len] == '\0' || strchr("; \t", given[len]) != NULL);
}

static void dispatch(struct hub *hub, struct wsub_http_request *req,
                     const struct wsub_form *form)
{
    const char *mode = NULL;
    size_t count = wsub_form_find(form, "hub.mode", &mode);

    if (count != 1 || mode[0] == '\0') {
        hub_reply_refused(req, 400, "hub.mode %s.",
                          count > 1 ? "is given more than once"
                                    : "is missing");
        return;
    }
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].name, mode) == 0) {
            modes[i].handle(hub, req, form);
            return;
        }
    }
    hub_reply_refused(req, 400,
                      "hub.mode must be subscribe, unsubscribe or publish.");
}

static void on_form(struct wsub_http_request *req, void *arg)
{
    struct wsub_form form;
    enum wsub_err err;
    size_t len;
    const char *body = wsub_http_body(req, &len);

    if (!is_form(req)) {
        hub_reply_refused(req, 415,
                          "Send application/x-www-form-urlencoded.");
        return;
    }
    err = wsub_form_parse(body, len, FIELDS_MAX, &form);
    if (err == WSUB_ERR_TOO_LARGE) {
        hub_reply_refused(req, 400, "The form has more than %d fields.",
                          FIELDS_MAX);
    } else if (err != WSUB_OK) {
        hub_reply_refused(req, 400, "The form is not valid: its text must "
                                    "be percent-encoded UTF-8.");
    } else {
        dispatch(arg, req, &form);
        wsub_form_done(&form);
    }
}

static bool is_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct hub *hub = arg;

    if (wsub_loop_draining(hub->loop))
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "draining");
    else if (!wsub_redis_up(hub->redis))
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "Redis is not reached");
    else
        return true;
    return false;
}

static void on_health(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_status_health(req);
}

static void on_ready(struct wsub_http_request *req, void *arg)
{
    struct wsub_status_source source = {.ready = is_ready, .arg = arg};

    wsub_status_ready(req, &source);
}

static void on_metrics(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    wsub_status_metrics(req);
}

const struct wsub_http_route hub_routes[] = {
    {"POST", "/", on_form},
    {"POST", "/subscriptions", on_form},
    {"POST", "/publish", hub_push},
    {"GET", "/", hub_page},
    {"GET", "/healthz", on_health},
    {"GET", "/readyz", on_ready},
    {"GET", "/metrics", on_metrics},
    {0},
};
