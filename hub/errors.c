#include "hub/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/http/accept.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/stats.h"

static const struct {
    int status;
    const char *code;
    const char *title;
} faults[HUB_FAULT_MAX_] = {
    [HUB_FAULT_PATH] = {404, "not-found", "Not found"},
    [HUB_FAULT_METHOD] = {405, "method-not-allowed", "Method not allowed"},
    [HUB_FAULT_MEDIA_TYPE] = {415, "unsupported-media-type",
                              "Unsupported media type"},
    [HUB_FAULT_REQUEST] = {400, "bad-request", "Bad request"},
    [HUB_FAULT_MODE] = {400, "unknown-mode-error", "Unknown mode"},
    [HUB_FAULT_TOKEN] = {401, "unauthorized", "Unauthorized"},
    [HUB_FAULT_CLOSED] = {403, "forbidden", "Forbidden"},
    [HUB_FAULT_MISSING] = {400, "missing-attributes-error",
                           "Missing parameter"},
    [HUB_FAULT_TOPIC] = {400, "topic-validation-error", "Invalid topic"},
    [HUB_FAULT_CALLBACK] = {400, "callback-url-validation-error",
                            "Invalid callback"},
    [HUB_FAULT_LEASE] = {400, "lease-seconds-validation-error",
                         "Invalid lease"},
    [HUB_FAULT_SECRET] = {400, "secret-validation-error", "Invalid secret"},
    [HUB_FAULT_ORDERED] = {400, "ordered-validation-error", "Invalid ordering"},
    [HUB_FAULT_SIGNATURE] = {400, "signature-validation-error",
                             "Invalid signature"},
    [HUB_FAULT_HEADERS] = {400, "headers-validation-error", "Invalid headers"},
    [HUB_FAULT_VERIFY_TOKEN] = {400, "verify-token-validation-error",
                                "Invalid verify token"},
    [HUB_FAULT_REASON] = {400, "reason-validation-error", "Invalid reason"},
    [HUB_FAULT_IDEMPOTENCY_KEY] = {400, "idempotency-key-validation-error",
                                   "Invalid Idempotency-Key"},
    [HUB_FAULT_NOT_FOUND] = {404, "not-found", "Not found"},
    [HUB_FAULT_GONE] = {410, "gone", "Gone"},
    [HUB_FAULT_CONFLICT] = {409, "conflict", "Conflict"},
    [HUB_FAULT_TOO_MANY] = {429, "too-many-requests", "Too many requests"},
    [HUB_FAULT_UNAVAILABLE] = {503, "service-unavailable",
                               "Service unavailable"},
};

/* Makes room for one more, behind those that are told before it. */
static struct hub_error *insert(struct hub_errors *errors, enum hub_fault fault)
{
    size_t at = errors->count;

    while (at > 0 && errors->list[at - 1].fault > fault)
        at--;
    errors->list = wsub_realloc(errors->list,
                                (errors->count + 1) * sizeof(errors->list[0]));
    memmove(&errors->list[at + 1], &errors->list[at],
            (errors->count - at) * sizeof(errors->list[0]));
    errors->count++;
    return &errors->list[at];
}

__attribute__((format(printf, 4, 0))) static void
add(struct hub_errors *errors, enum hub_fault fault, const char *parameter,
    const char *format, va_list args)
{
    struct hub_error *error = insert(errors, fault);

    error->fault = fault;
    error->parameter = parameter;
    vsnprintf(error->detail, sizeof(error->detail), format, args);
}

void hub_errors_add(struct hub_errors *errors, enum hub_fault fault,
                    const char *parameter, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(errors, fault, parameter, format, args);
    va_end(args);
}

void hub_errors_done(struct hub_errors *errors)
{
    free(errors->list);
    *errors = (struct hub_errors){0};
}

static json_t *to_json(const struct hub_error *error)
{
    json_t *item =
        json_pack("{s:i, s:s, s:s, s:s}", "status", faults[error->fault].status,
                  "code", faults[error->fault].code, "title",
                  faults[error->fault].title, "detail", error->detail);

    if (error->parameter != NULL)
        json_object_set_new(item, "source",
                            json_pack("{s:s}", "parameter", error->parameter));
    return item;
}

void hub_errors_json(const struct hub_errors *errors, struct wsub_buf *out)
{
    json_t *list = json_array(), *root = json_pack("{s:o}", "errors", list);
    char *text;

    for (size_t i = 0; i < errors->count; i++)
        json_array_append_new(list, to_json(&errors->list[i]));
    text = json_dumps(root, JSON_COMPACT);
    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    wsub_buf_str(out, text);
    free(text);
    json_decref(root);
}

void hub_errors_text(const struct hub_errors *errors, struct wsub_buf *out)
{
    for (size_t i = 0; i < errors->count; i++) {
        wsub_buf_str(out, i > 0 ? " " : "");
        wsub_buf_str(out, errors->list[i].detail);
    }
}

int hub_errors_status(const struct hub_errors *errors)
{
    return faults[errors->list[0].fault].status;
}

static void respond_json(const struct hub_errors *errors,
                         struct wsub_http_request *req)
{
    struct wsub_buf body = {0};

    hub_errors_json(errors, &body);
    wsub_buf_char(&body, '\n');
    wsub_http_respond(req, hub_errors_status(errors), "application/json",
                      body.data, body.len);
    wsub_buf_done(&body);
}

/* One line for each. */
static void respond_text(const struct hub_errors *errors,
                         struct wsub_http_request *req)
{
    struct wsub_buf body = {0};

    for (size_t i = 0; i < errors->count; i++)
        wsub_buf_printf(&body, "%s\n", errors->list[i].detail);
    wsub_http_respond(req, hub_errors_status(errors),
                      "text/plain; charset=utf-8", body.data, body.len);
    wsub_buf_done(&body);
}

bool hub_errors_respond(struct hub_errors *errors,
                        struct wsub_http_request *req)
{
    enum hub_stat stat;

    if (errors->count == 0)
        return false;
    stat = hub_errors_status(errors) == 503 ? HUB_STAT_UNAVAILABLE
                                            : HUB_STAT_REFUSED;
    wsub_metric_add(&hub_stats[stat], 1);
    if (wsub_accept_prefers_json(wsub_http_header(req, "Accept")))
        respond_json(errors, req);
    else
        respond_text(errors, req);
    hub_errors_done(errors);
    return true;
}

void hub_refuse(struct wsub_http_request *req, enum hub_fault fault,
                const char *parameter, const char *format, ...)
{
    struct hub_errors errors = {0};
    va_list args;

    va_start(args, format);
    add(&errors, fault, parameter, format, args);
    va_end(args);
    hub_errors_respond(&errors, req);
}

void hub_refuse_unavailable(struct wsub_http_request *req)
{
    wsub_http_respond_header(req, "Retry-After", HUB_RETRY_AFTER_S);
    hub_refuse(
        req, HUB_FAULT_UNAVAILABLE, NULL,
        "The hub cannot store the request now; try again in " HUB_RETRY_AFTER_S
        " seconds.");
}

void hub_refuse_stray(struct wsub_http_request *req, int status,
                      const char *sentence, void *hub)
{
    (void)hub;
    hub_refuse(req, status == 405 ? HUB_FAULT_METHOD : HUB_FAULT_PATH, NULL,
               "%s", sentence);
}
