/* admin_letters.c - see admin_letters.h.
 *
 *   token -> check -> walk of dead_letters.c -> 200
 *                                          '--> 503   a repetition goes on
 */
#include "hub/admin_letters.h"

#include <string.h>

#include "common/base/log.h"
#include "hub/dead_letters.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/params.h"

struct wish {
    struct wsub_buf topic, callback; /* owned; normalized */
    const char *callback_given;      /* borrowed from the form; or NULL */
    bool by_id;
    struct wsub_place id;
    size_t count; /* how many filters are given */
};

static void wish_done(struct wish *wish)
{
    wsub_buf_done(&wish->topic);
    wsub_buf_done(&wish->callback);
}

static struct hub_letters_filter wish_filter(const struct wish *wish)
{
    return (struct hub_letters_filter){
        .id = wish->by_id ? &wish->id : NULL,
        .topic = wish->topic.data,
        .callback = wish->callback_given,
    };
}

/* Takes the filters that are there. */
static void take_filters(const struct hub *hub, const struct wsub_form *form,
                         struct hub_errors *errors, struct wish *wish)
{
    const char *given;

    hub_operator_place(hub, form, "id", errors, &wish->by_id, &wish->id);
    wish->count = wish->by_id;
    if (wsub_form_find(form, "hub.topic", NULL) > 0) {
        hub_param_topic(hub, form, WSUB_TOPIC_PUSH, errors, &given,
                        &wish->topic);
        wish->count++;
    }
    if (wsub_form_find(form, "hub.callback", NULL) > 0) {
        hub_param_callback(hub, form, errors, &wish->callback_given,
                           &wish->callback);
        wish->count++;
    }
}

static void want_at_most_one(const struct wish *wish, struct hub_errors *errors)
{
    if (wish->count > 1)
        hub_errors_add(errors, HUB_FAULT_REQUEST, NULL,
                       "More than one choice of dead letters is given.");
}

static void on_list(enum wsub_err err, const struct hub_letters_result *result,
                    void *arg)
{
    struct wsub_http_request *req = arg;
    json_t *root;

    if (err != WSUB_OK) {
        hub_refuse_unavailable(req);
        return;
    }
    root = json_pack("{s:O}", "dead_letters", result->letters);
    if (result->more)
        json_object_set_new(root, "next", hub_json_place(&result->next));
    hub_json_respond(req, root);
}

static const struct hub_filter_row filters[] = {
    {"host", "callback", HUB_FILTER_HOST, {NULL}},
    {"why", "why", HUB_FILTER_BEGINS, {NULL}},
    {0},
};

void hub_admin_letters(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct wish wish = {0};
    struct hub_page page = {0};

    if (hub_params_query(req, &errors, &query)) {
        take_filters(hub, &query, &errors, &wish);
        hub_operator_page(hub, &query, &errors, &page);
        page.filter = hub_filter_new(&query, filters, &errors);
    }
    if (hub_errors_respond(&errors, req)) {
        hub_filter_free(page.filter);
    } else {
        struct hub_letters_filter filter = wish_filter(&wish);

        hub_letters_list(hub->store, &filter, &page, on_list, req);
    }
    wish_done(&wish);
    wsub_form_done(&query);
}

static void respond_number(struct wsub_http_request *req, enum wsub_err err,
                           const char *name, uint64_t number)
{
    if (err != WSUB_OK)
        hub_refuse_unavailable(req);
    else
        hub_json_respond(req, json_pack("{s:I}", name, (json_int_t)number));
}

static void on_count(enum wsub_err err, const struct hub_letters_result *result,
                     void *arg)
{
    respond_number(arg, err, "count", result->count);
}

void hub_admin_letters_count(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct wish wish = {0};

    if (hub_params_query(req, &errors, &query)) {
        take_filters(hub, &query, &errors, &wish);
        want_at_most_one(&wish, &errors);
    }
    if (!hub_errors_respond(&errors, req)) {
        struct hub_letters_filter filter = wish_filter(&wish);

        hub_letters_walk(hub->store, WSUB_LETTERS_COUNT, &filter, on_count,
                         req);
    }
    wish_done(&wish);
    wsub_form_done(&query);
}

/* Takes all=true, which stands where the filters do. */
static void take_all(const struct wsub_form *form, struct hub_errors *errors,
                     struct wish *wish)
{
    static const char name[] = "all";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL)
        return;
    if (strcmp(text, "true") != 0)
        hub_errors_add(errors, HUB_FAULT_REQUEST, name, "%s must be true.",
                       name);
    wish->count++;
}

static void take_choice(const struct hub *hub, const struct wsub_form *form,
                        struct hub_errors *errors, struct wish *wish)
{
    take_filters(hub, form, errors, wish);
    take_all(form, errors, wish);
    want_at_most_one(wish, errors);
    if (wish->count == 0 && errors->count == 0)
        hub_errors_add(errors, HUB_FAULT_MISSING, NULL,
                       "Give one of id, hub.topic, hub.callback and "
                       "all=true.");
}

/* Replays or purges the chosen letters. */
static void order(struct wsub_http_request *req, struct hub *hub,
                  enum wsub_letters_act act, hub_letters_cb *done)
{
    struct hub_errors errors = {0};
    struct wsub_form form = {0};
    struct wish wish = {0};

    if (hub_params_form(req, &errors, &form))
        take_choice(hub, &form, &errors, &wish);
    if (!hub_errors_respond(&errors, req)) {
        struct hub_letters_filter filter = wish_filter(&wish);

        hub_letters_walk(hub->store, act, &filter, done, req);
    }
    wish_done(&wish);
    wsub_form_done(&form);
}

static void on_replayed(enum wsub_err err,
                        const struct hub_letters_result *result, void *arg)
{
    wsub_log_info("dead-letters-replayed", WSUB_KU("count", result->count));
    respond_number(arg, err, "replayed", result->count);
}

void hub_admin_letters_replay(struct wsub_http_request *req, void *hub)
{
    order(req, hub, WSUB_LETTERS_REPLAY, on_replayed);
}

static void on_purged(enum wsub_err err,
                      const struct hub_letters_result *result, void *arg)
{
    wsub_log_info("dead-letters-purged", WSUB_KU("count", result->count));
    respond_number(arg, err, "purged", result->count);
}

void hub_admin_letters_purge(struct wsub_http_request *req, void *hub)
{
    order(req, hub, WSUB_LETTERS_PURGE, on_purged);
}
