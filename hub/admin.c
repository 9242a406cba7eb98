/* admin.c - see admin.h.
 *
 *   check -> walk of deny.c -> 200 {"denied": N}
 *                         '--> 503   a repetition goes on
 */
#include "hub/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/http/respond.h"
#include "hub/deny.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/params.h"

struct order {
    struct wsub_buf topic, callback; /* owned; normalized */
    const char *reason;              /* borrowed from the form; NULL: none */
    char cd[WSUB_DIGEST_LEN + 1];    /* "": every callback */
};

static void take_callback(const struct hub *hub, const struct wsub_form *form,
                          struct hub_errors *errors, struct order *order)
{
    const char *given;

    if (wsub_form_find(form, "hub.callback", NULL) > 0 &&
        hub_param_callback(hub, form, errors, &given, &order->callback))
        wsub_digest(order->callback.data, order->callback.len, order->cd);
}

static void take(const struct hub *hub, const struct wsub_form *form,
                 struct hub_errors *errors, struct order *order)
{
    const char *given;

    hub_param_topic(hub, form, WSUB_TOPIC_SUBSCRIBE, errors, &given,
                    &order->topic);
    take_callback(hub, form, errors, order);
    if (hub_param_optional(form, "hub.reason", HUB_FAULT_REASON, errors,
                           &order->reason) &&
        order->reason != NULL && strlen(order->reason) > HUB_REASON_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_REASON, "hub.reason",
                       "hub.reason must be at most %d bytes.",
                       HUB_REASON_MAX_BYTES);
}

static void on_denied(enum wsub_err err, uint64_t ended, void *arg)
{
    struct wsub_http_request *req = arg;
    char body[64];

    if (err != WSUB_OK) {
        hub_refuse_unavailable(req);
        return;
    }
    snprintf(body, sizeof(body), "{\"denied\":%" PRIu64 "}\n", ended);
    wsub_http_respond(req, 200, "application/json", body, strlen(body));
}

static void deny(struct hub *hub, struct wsub_http_request *req,
                 const struct order *order)
{
    hub_deny(hub->store, order->topic.data,
             order->cd[0] != '\0' ? order->cd : NULL,
             order->reason != NULL ? order->reason : "", on_denied, req);
}

void hub_admin_deny(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct order order = {0};
    struct wsub_form form = {0};

    if (hub_params_form(req, &errors, &form))
        take(hub, &form, &errors, &order);
    if (!hub_errors_respond(&errors, req))
        deny(hub, req, &order);
    wsub_form_done(&form);
    wsub_buf_done(&order.topic);
    wsub_buf_done(&order.callback);
}
