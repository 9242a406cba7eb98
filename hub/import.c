/* import.c - see import.h.
 *
 *   part -> a line: JSON -> form -> check -> enroll.h --> next line --> next part ...
 *    '<---------.              '-> an error of that line      |            |
 *               '---------------------------------------------'            '-> 200
 *
 * Some lines are on their way at a time, and all those of a part are done before the
 * next one is asked for.  When Redis fails no further line begins, and the response is
 * 503: the list may be sent again. */
#include "hub/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/http/parts.h"
#include "common/http/request.h"
#include "common/store/store.h"
#include "hub/access.h"
#include "hub/enroll.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/lines.h"
#include "hub/media.h"
#include "hub/order_body.h"
#include "hub/policy.h"
#include "hub/subscription_json.h"
#include "hub/subscription_params.h"

#define PART_BYTES 32768
#define UNDER_WAY_MAX 32
#define ERRORS_MAX 1000 /* in a response */

/* What an export has beside the members of a new subscription. */
static const char *const others[] = {"lease_ends_at", "has_secret"};
#define OTHERS (sizeof(others) / sizeof(*others))

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct hub_lines lines; /* that are not read; owned */
    uint64_t line;          /* that was read last, counted from 1 */
    size_t under_way;
    bool is_reading; /* read_lines() is on the stack */
    bool has_failed;
    uint64_t imported, unchanged, refused;
    json_t *errors; /* owned */
};

bool hub_import_may_send(struct wsub_http_request *req, void *hub)
{
    if (!hub_access_admin(req, hub))
        return false;
    if (!hub_is_media(req, HUB_MEDIA_LINES)) {
        hub_refuse(req, HUB_FAULT_MEDIA_TYPE, NULL,
                   "Send " HUB_MEDIA_LINES ".");
        return false;
    }
    wsub_http_take_parts(req, PART_BYTES);
    return true;
}

static void end(struct flow *flow)
{
    hub_lines_done(&flow->lines);
    json_decref(flow->errors);
    free(flow);
}

static void respond(struct flow *flow)
{
    if (flow->has_failed)
        hub_refuse_unavailable(flow->req);
    else
        hub_json_respond(flow->req,
                         json_pack("{s:I, s:I, s:I, s:O}", "imported",
                                   (json_int_t)flow->imported, "unchanged",
                                   (json_int_t)flow->unchanged, "refused",
                                   (json_int_t)flow->refused, "errors",
                                   flow->errors));
    end(flow);
}

static void add_error(struct flow *flow, const char *detail)
{
    flow->refused++;
    if (json_array_size(flow->errors) < ERRORS_MAX)
        json_array_append_new(flow->errors,
                              json_pack("{s:I, s:o}", "line",
                                        (json_int_t)flow->line, "detail",
                                        hub_json_text(detail)));
}

static void add_length_error(struct flow *flow)
{
    char text[64];

    snprintf(text, sizeof(text), "The line is longer than %d KiB.",
             HUB_LINE_MAX_BYTES / 1024);
    add_error(flow, text);
}

/* All that is wrong with the line, in one sentence behind the other. */
static void add_errors(struct flow *flow, struct hub_errors *errors)
{
    struct wsub_buf text = {0};

    hub_errors_text(errors, &text);
    add_error(flow, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

/* The lease goes on as it was: what is left of it. */
static void take_lease(const struct flow *flow, json_t *object,
                       struct hub_errors *errors)
{
    const json_t *field = json_object_get(object, "lease_ends_at");
    json_int_t ends_s = json_integer_value(field);
    json_int_t now_s =
        (json_int_t)(wsub_store_time_ms(flow->hub->store) / 1000);

    if (field == NULL || json_is_null(field))
        return;
    if (!json_is_integer(field))
        hub_errors_add(errors, HUB_FAULT_LEASE, "lease_ends_at",
                       "lease_ends_at must be a Unix time.");
    else if (ends_s <= now_s)
        hub_errors_add(errors, HUB_FAULT_LEASE, "lease_ends_at",
                       "Its lease has ended.");
    else
        json_object_set_new(object, "lease_seconds",
                            json_integer(ends_s - now_s));
}

static bool is_member(const char *name)
{
    for (size_t i = 0; i < hub_subscription_member_count; i++)
        if (strcmp(hub_subscription_members[i], name) == 0)
            return true;
    for (size_t i = 0; i < OTHERS; i++)
        if (strcmp(others[i], name) == 0)
            return true;
    return false;
}

static void check_members(json_t *object, struct hub_errors *errors)
{
    const char *secret = json_string_value(json_object_get(object, "secret"));
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value) if (!is_member(name))
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "The line has a member that is none of a "
                       "subscription.");
    if (hub_order_switch(object, "has_secret", false, errors) &&
        (secret == NULL || secret[0] == '\0'))
        hub_errors_add(errors, HUB_FAULT_SECRET, "secret",
                       "Its secret is not in the line: export with secrets.");
}

static void read_lines(struct flow *flow);

static void on_enrolled(enum hub_enrolled enrolled, void *arg)
{
    struct flow *flow = arg;

    flow->under_way--;
    flow->has_failed |= enrolled == HUB_ENROLLED_FAILED;
    flow->imported +=
        enrolled == HUB_ENROLLED_NEW || enrolled == HUB_ENROLLED_RENEWED;
    flow->unchanged += enrolled == HUB_ENROLLED_UNCHANGED;
    if (!flow->is_reading)
        read_lines(flow);
}

static void take_params(struct flow *flow, const struct wsub_form *form,
                        bool is_paused, struct hub_errors *errors)
{
    struct hub_subscription_params params = {0};
    enum hub_fault fault;
    const char *sentence = NULL;

    hub_subscription_params_take(flow->hub, form, true, errors, &params);
    if (errors->count == 0)
        sentence = hub_enroll_fault(flow->hub, &params, &fault);
    if (sentence != NULL)
        hub_errors_add(errors, fault, NULL, "%s", sentence);
    if (errors->count == 0) {
        flow->under_way++;
        hub_enroll(flow->hub, &params,
                   &(struct hub_enroll_options){.only_new = true,
                                                .is_paused = is_paused},
                   on_enrolled, flow);
    }
    hub_subscription_params_done(&params);
}

static void take_line(struct flow *flow, const char *line, size_t len)
{
    struct hub_errors errors = {0};
    json_t *object = hub_order_object(line, len, "The line", &errors);
    struct wsub_form form = {0};
    bool is_paused;

    if (object != NULL) {
        check_members(object, &errors);
        take_lease(flow, object, &errors);
        hub_subscription_form(object, &errors, &form);
        is_paused = hub_subscription_is_paused(object, &errors);
        take_params(flow, &form, is_paused, &errors);
    }
    if (errors.count > 0)
        add_errors(flow, &errors);
    hub_errors_done(&errors);
    wsub_form_done(&form);
    json_decref(object);
}

/* Returns whether there was one. */
static bool read_line(struct flow *flow)
{
    const char *line;
    size_t len;
    enum hub_line found = hub_lines_next(&flow->lines, &line, &len);

    if (found == HUB_LINE_NONE)
        return false;
    flow->line++;
    if (found == HUB_LINE_TOO_LONG)
        add_length_error(flow);
    else if (len > 0)
        take_line(flow, line, len);
    return true;
}

static void on_part(struct wsub_http_request *req, void *arg);

static void on_cut(void *arg)
{
    end(arg);
}

static void go_on(struct flow *flow)
{
    if (flow->has_failed || flow->lines.is_whole)
        respond(flow);
    else
        wsub_http_next_part(flow->req,
                            &(struct wsub_http_parts){on_part, on_cut, flow});
}

static void read_lines(struct flow *flow)
{
    flow->is_reading = true;
    while (!flow->has_failed && flow->under_way < UNDER_WAY_MAX)
        if (!read_line(flow))
            break;
    flow->is_reading = false;
    if (flow->under_way == 0)
        go_on(flow);
}

static void on_part(struct wsub_http_request *req, void *arg)
{
    struct flow *flow = arg;
    size_t len;
    const char *part = wsub_http_body(req, &len);

    hub_lines_add(&flow->lines, part, len, wsub_http_is_last_part(req));
    read_lines(flow);
}

void hub_import(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct flow *flow;

    if (!hub_policy_ready(hub, req))
        return;
    flow = wsub_calloc(1, sizeof(*flow));
    flow->hub = hub;
    flow->req = req;
    flow->errors = json_array();
    on_part(req, flow);
}
