#include "hub/operator.h"

#include "common/store/store.h"
#include "hub/access.h"
#include "hub/params.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 200 /* rows in one response; each may cost five commands */

bool hub_operator_may_post(struct wsub_http_request *req, void *hub)
{
    return hub_access_admin(req, hub) && hub_check_form(req);
}

static bool parse_limit(const char *text, size_t *ret_limit)
{
    size_t limit = 0;

    for (; *text >= '0' && *text <= '9' && limit <= LIMIT_MAX; text++)
        limit = limit * 10 + (size_t)(*text - '0');
    *ret_limit = limit;
    return *text == '\0' && limit >= 1 && limit <= LIMIT_MAX;
}

void hub_operator_add_stray(struct hub_errors *errors, const char *name)
{
    hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                   "%s is none that this hub has given.", name);
}

bool hub_operator_place(const struct hub *hub, const struct wsub_form *form,
                        const char *name, struct hub_errors *errors,
                        bool *ret_given, struct wsub_place *ret_place)
{
    const char *text = NULL;

    *ret_given = false;
    if (!hub_param_optional(form, name, HUB_FAULT_REQUEST, errors, &text))
        return false;
    if (text == NULL)
        return true;
    *ret_given = true;
    if (wsub_place_parse(text, wsub_store_shards(hub->store), ret_place))
        return true;
    hub_operator_add_stray(errors, name);
    return false;
}

void hub_operator_stream_id(const struct wsub_form *form, const char *name,
                            struct hub_errors *errors, bool *ret_given,
                            struct wsub_place *ret_place)
{
    const char *text = NULL;

    *ret_given = false;
    if (!hub_param_optional(form, name, HUB_FAULT_REQUEST, errors, &text) ||
        text == NULL)
        return;
    *ret_given = wsub_place_parse_id(text, ret_place);
    if (!*ret_given)
        hub_operator_add_stray(errors, name);
}

void hub_operator_limit(const struct wsub_form *query,
                        struct hub_errors *errors, size_t *ret_limit)
{
    static const char name[] = "limit";
    size_t limit = LIMIT_DEFAULT;
    const char *text = NULL;

    if (hub_param_optional(query, name, HUB_FAULT_REQUEST, errors, &text) &&
        text != NULL && !parse_limit(text, &limit))
        hub_errors_add(errors, HUB_FAULT_REQUEST, name,
                       "%s must be from 1 to %d.", name, LIMIT_MAX);
    *ret_limit = limit;
}

void hub_operator_page(const struct hub *hub, const struct wsub_form *query,
                       struct hub_errors *errors, struct hub_page *ret_page)
{
    struct hub_page page = {0};

    hub_operator_place(hub, query, "from", errors, &page.continued, &page.from);
    hub_operator_limit(query, errors, &page.limit);
    *ret_page = page;
}

void hub_operator_list(struct hub *hub, struct wsub_http_request *req,
                       const struct hub_filter_row *filters,
                       void (*start)(struct hub *hub,
                                     struct wsub_http_request *req,
                                     const struct hub_page *page))
{
    struct hub_errors errors = {0};
    struct wsub_form query = {0};
    struct hub_page page = {0};

    if (hub_params_query(req, &errors, &query)) {
        hub_operator_page(hub, &query, &errors, &page);
        page.filter = hub_filter_new(&query, filters, &errors);
    }
    if (!hub_errors_respond(&errors, req))
        start(hub, req, &page);
    else
        hub_filter_free(page.filter);
    wsub_form_done(&query);
}
