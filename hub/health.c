/* health.c - see health.h.
 *
 *   token -> JSON -> asked, or read -> 200, 202
 *              |          |'-> 404  no report yet, nothing of the kind is wrong
 *              |          |'-> 409  an fsck is under way
 *              |          '--> 503
 *              '-> 400, 415 */
#include "hub/health.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/log.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/store/health/asks.h"
#include "common/store/store.h"
#include "hub/access.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/media.h"

bool hub_health_may_send(struct wsub_http_request *req, void *hub)
{
    return hub_access_admin(req, hub) && hub_check_json(req);
}

/* The body as an object, which the caller ends; NULL: responded. */
static json_t *take_body(struct wsub_http_request *req)
{
    size_t len = 0;
    const char *text = wsub_http_body(req, &len);
    json_t *body = json_loadb(text, len, JSON_ALLOW_NUL, NULL);

    if (json_is_object(body))
        return body;
    json_decref(body);
    hub_refuse(req, HUB_FAULT_REQUEST, NULL, "The body is not a JSON object.");
    return NULL;
}

/* Takes the boolean `name` of a body that has nothing else; false: responded. */
static bool take_switch(struct wsub_http_request *req, const char *name,
                        bool *ret_is_on)
{
    json_t *body = take_body(req);
    const json_t *field = json_object_get(body, name);
    bool is_valid = json_is_boolean(field) && json_object_size(body) == 1;

    if (body == NULL)
        return false;
    *ret_is_on = json_is_true(field);
    json_decref(body);
    if (!is_valid)
        hub_refuse(req, HUB_FAULT_REQUEST, NULL,
                   "The body must have %s, true or false, and nothing else.",
                   name);
    return is_valid;
}

/* Checks and reports. */

static void on_check_asked(enum wsub_err err, uint64_t number, void *arg)
{
    struct wsub_http_request *req = arg;

    if (err == WSUB_OK)
        hub_json_respond_status(
            req, 202, json_pack("{s:I}", "check", (json_int_t)number));
    else
        hub_refuse_unavailable(req);
}

void hub_health_check(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_health_ask_check(hub->store, on_check_asked, req);
}

static void on_last(enum wsub_err err, const char *report, void *arg)
{
    struct wsub_http_request *req = arg;

    if (err != WSUB_OK)
        hub_refuse_unavailable(req);
    else if (report == NULL)
        hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL,
                   "There was no health check yet.");
    else
        wsub_http_respond(req, 200, "application/json", report, strlen(report));
}

void hub_health_last(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_health_last(hub->store, on_last, req);
}

/* Mending. */

static void on_enabled(enum wsub_err err, uint64_t number, void *arg)
{
    struct wsub_http_request *req = arg;

    (void)number;
    if (err == WSUB_OK)
        hub_json_respond(req, json_pack("{s:b}", "enabled", 1));
    else
        hub_refuse_unavailable(req);
}

static void on_disabled(enum wsub_err err, uint64_t number, void *arg)
{
    struct wsub_http_request *req = arg;

    (void)number;
    if (err == WSUB_OK)
        hub_json_respond(req, json_pack("{s:b}", "enabled", 0));
    else
        hub_refuse_unavailable(req);
}

void hub_health_switch(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    bool enabled;

    if (!take_switch(req, "enabled", &enabled))
        return;
    wsub_health_ask_cleanup(hub->store, enabled,
                            enabled ? on_enabled : on_disabled, req);
}

static void on_cleanup(enum wsub_err err, const char *said, void *arg)
{
    struct wsub_http_request *req = arg;
    json_t *enabled = json_null();

    if (said != NULL)
        enabled = json_boolean(strcmp(said, "1") == 0);
    if (err == WSUB_OK)
        hub_json_respond(req, json_pack("{s:o}", "enabled", enabled));
    else
        hub_refuse_unavailable(req);
}

void hub_health_cleanup(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_health_cleanup(hub->store, on_cleanup, req);
}

static void on_item_asked(enum wsub_err err, uint64_t number, void *arg)
{
    struct wsub_http_request *req = arg;

    (void)number;
    if (err == WSUB_OK)
        hub_json_respond_status(req, 202, json_pack("{s:b}", "accepted", 1));
    else if (err == WSUB_ERR_NOT_FOUND)
        hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL,
                   "No health check has found that this action is needed "
                   "there.");
    else
        hub_refuse_unavailable(req);
}

/* A string without a zero byte in it; NULL for none. */
static const char *text_of(const json_t *object, const char *name)
{
    const json_t *field = json_object_get(object, name);
    const char *text = json_string_value(field);

    return text != NULL && strlen(text) == json_string_length(field) ? text
                                                                     : NULL;
}

/* The number of a shard, or null for the cluster's slot. */
static bool take_shard(const struct hub *hub, const json_t *target,
                       unsigned *ret_shard)
{
    const json_t *field = json_object_get(target, "shard");
    json_int_t number = json_integer_value(field);

    *ret_shard = json_is_null(field) ? WSUB_SHARD_CLUSTER : (unsigned)number;
    return json_is_null(field) ||
           (json_is_integer(field) && number >= 0 &&
            number < (json_int_t)wsub_store_shards(hub->store));
}

/* A member may have any bytes. */
static bool take_issue(const struct hub *hub, const json_t *body,
                       struct wsub_health_issue *ret_issue)
{
    const json_t *target = json_object_get(body, "target");
    const json_t *member = json_object_get(target, "member");
    const char *key = text_of(target, "key");

    ret_issue->action = text_of(body, "action");
    if (ret_issue->action == NULL || key == NULL || key[0] == '\0' ||
        !take_shard(hub, target, &ret_issue->shard) ||
        !(member == NULL || json_is_string(member)))
        return false;
    ret_issue->key = (struct wsub_health_text){key, strlen(key)};
    ret_issue->member = (struct wsub_health_text){
        member != NULL ? json_string_value(member) : "",
        json_string_length(member)};
    return strchr(key, '\n') == NULL && strchr(ret_issue->action, '\n') == NULL;
}

void hub_health_clean(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct wsub_health_issue issue = {0};
    json_t *body = take_body(req);

    if (body == NULL)
        return;
    if (take_issue(hub, body, &issue))
        wsub_health_ask_item(hub->store, &issue, on_item_asked, req);
    else
        hub_refuse(req, HUB_FAULT_REQUEST, NULL,
                   "The body must have action and target, with shard, key and "
                   "maybe member, as a report has them.");
    json_decref(body);
}

/* Everything. */

static void on_fsck_asked(enum wsub_err err, uint64_t number, void *arg)
{
    struct wsub_http_request *req = arg;

    if (err == WSUB_OK)
        hub_json_respond_status(req, 202,
                                json_pack("{s:I}", "fsck", (json_int_t)number));
    else if (err == WSUB_ERR_NOT_FOUND)
        hub_refuse(req, HUB_FAULT_CONFLICT, NULL, "An fsck is under way.");
    else
        hub_refuse_unavailable(req);
}

void hub_fsck_start(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    bool repair;

    if (!take_switch(req, "repair", &repair))
        return;
    wsub_log_info("fsck-requested", WSUB_KV("repair", repair ? "yes" : "no"));
    wsub_health_ask_fsck(hub->store, repair, on_fsck_asked, req);
}

static void on_fsck(enum wsub_err err, const struct wsub_health_fsck *fsck,
                    void *arg)
{
    struct wsub_http_request *req = arg;
    json_t *progress;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(req);
        return;
    }
    if (fsck->state == NULL) {
        hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL, "There was no fsck yet.");
        return;
    }
    progress =
        fsck->progress != NULL ? json_loads(fsck->progress, 0, NULL) : NULL;
    hub_json_respond(
        req, json_pack("{s:I, s:s, s:b, s:o}", "fsck", (json_int_t)fsck->number,
                       "state", fsck->state, "repair", fsck->repairs,
                       "progress", progress != NULL ? progress : json_null()));
}

void hub_fsck(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_health_fsck(hub->store, on_fsck, req);
}
