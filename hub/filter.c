#include "hub/filter.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/store/quota.h"
#include "common/store/topic.h"
#include "hub/params.h"

#define NUMBER_MAX_BYTES 9 /* of what is counted: shards, statuses */

struct hub_filter {
    const struct hub_filter_row *rows; /* borrowed; const */
    char **values;                     /* owned, as are they; NULL: any */
};

/* Writes the text as it is compared; false when it is none of its kind. */
static bool normalize(enum hub_filter_way way, const char *text,
                      struct wsub_buf *ret_normal)
{
    struct wsub_url url;

    switch (way) {
    case HUB_FILTER_TOPIC:
        return wsub_topic_parse(text, WSUB_TOPIC_SUBSCRIBE, ret_normal, &url) ==
               NULL;
    case HUB_FILTER_CALLBACK:
    case HUB_FILTER_HOST:
        return wsub_url_parse(text, ret_normal, &url) == WSUB_URL_FINE;
    default:
        wsub_buf_str(ret_normal, text);
        return true;
    }
}

static bool is_number(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= NUMBER_MAX_BYTES &&
           strspn(text, "0123456789") == len;
}

static bool is_choice(const struct hub_filter_row *row, const char *text)
{
    if (row->choices[0] == NULL)
        return true;
    for (size_t i = 0; row->choices[i] != NULL; i++)
        if (strcmp(row->choices[i], text) == 0)
            return true;
    return false;
}

static void refuse(const struct hub_filter_row *row, struct hub_errors *errors)
{
    struct wsub_buf list = {0};

    for (size_t i = 0; row->choices[i] != NULL; i++)
        wsub_buf_printf(&list, "%s%s",
                        i == 0                        ? ""
                        : row->choices[i + 1] != NULL ? ", "
                                                      : " or ",
                        row->choices[i]);
    hub_errors_add(errors, HUB_FAULT_REQUEST, row->name, "%s must be %s.",
                   row->name, wsub_buf_cstr(&list));
    wsub_buf_done(&list);
}

/* As a topic or URL is refused elsewhere. */
static void refuse_text(const struct hub_filter_row *row,
                        struct hub_errors *errors)
{
    bool is_topic = row->way == HUB_FILTER_TOPIC;

    hub_errors_add(errors, is_topic ? HUB_FAULT_TOPIC : HUB_FAULT_CALLBACK,
                   row->name, "%s must be %s.", row->name,
                   is_topic ? "a topic" : "an absolute http or https URL");
}

/* The value as rows are compared with it; NULL when there is none. */
static char *take(const struct wsub_form *query,
                  const struct hub_filter_row *row, struct hub_errors *errors)
{
    struct wsub_buf normal = {0};
    char host[WSUB_QUOTA_HOST_BYTES] = "", *value = NULL;
    const char *text = NULL;

    if (row->way == HUB_FILTER_HOST) {
        hub_param_host(query, row->name, errors, host);
        return host[0] != '\0' ? wsub_strdup(host) : NULL;
    }
    if (!hub_param_optional(query, row->name, HUB_FAULT_REQUEST, errors,
                            &text) ||
        text == NULL)
        return NULL;
    if (!is_choice(row, text))
        refuse(row, errors);
    else if (row->way == HUB_FILTER_NUMBER && !is_number(text))
        hub_errors_add(errors, HUB_FAULT_REQUEST, row->name,
                       "%s must be a number.", row->name);
    else if (normalize(row->way, text, &normal))
        value = wsub_strdup(wsub_buf_cstr(&normal));
    else
        refuse_text(row, errors);
    wsub_buf_done(&normal);
    return value;
}

struct hub_filter *hub_filter_new(const struct wsub_form *query,
                                  const struct hub_filter_row *rows,
                                  struct hub_errors *errors)
{
    struct hub_filter *filter = wsub_calloc(1, sizeof(*filter));
    size_t count = 0;

    while (rows[count].name != NULL)
        count++;
    filter->rows = rows;
    filter->values = wsub_calloc(count + 1, sizeof(*filter->values));
    for (size_t i = 0; i < count; i++)
        filter->values[i] = take(query, &rows[i], errors);
    return filter;
}

void hub_filter_free(struct hub_filter *filter)
{
    if (filter == NULL)
        return;
    for (size_t i = 0; filter->rows[i].name != NULL; i++)
        free(filter->values[i]);
    free(filter->values);
    free(filter);
}

static bool is_same_text(enum hub_filter_way way, const char *text,
                         const char *value)
{
    struct wsub_buf normal = {0};
    char host[WSUB_QUOTA_HOST_BYTES];
    bool is_it = normalize(way, text, &normal);

    if (is_it && way == HUB_FILTER_HOST) {
        wsub_quota_host(normal.data, host);
        is_it = strcmp(host, value) == 0;
    } else if (is_it) {
        is_it = strcmp(wsub_buf_cstr(&normal), value) == 0;
    }
    wsub_buf_done(&normal);
    return is_it;
}

static bool matches(const struct hub_filter_row *row, const char *value,
                    const json_t *of)
{
    const json_t *member = json_object_get(
        of, row->way == HUB_FILTER_FILLED ? value : row->member);
    const char *text = json_string_value(member);

    switch (row->way) {
    case HUB_FILTER_NUMBER:
        return json_is_integer(member) &&
               json_integer_value(member) == strtoll(value, NULL, 10);
    case HUB_FILTER_SWITCH:
        return json_is_true(member) == (strcmp(value, "true") == 0);
    case HUB_FILTER_FILLED:
        return json_integer_value(json_object_get(member, "entries")) > 0;
    case HUB_FILTER_BEGINS:
        return text != NULL && strncmp(text, value, strlen(value)) == 0;
    default:
        return is_same_text(row->way, text != NULL ? text : "", value);
    }
}

bool hub_filter_wants(const struct hub_filter *filter, const json_t *row)
{
    for (size_t i = 0; filter->rows[i].name != NULL; i++)
        if (filter->values[i] != NULL &&
            !matches(&filter->rows[i], filter->values[i], row))
            return false;
    return true;
}

void hub_filter_apply(const struct hub_filter *filter, json_t *list)
{
    for (size_t i = json_array_size(list); i > 0; i--)
        if (!hub_filter_wants(filter, json_array_get(list, i - 1)))
            json_array_remove(list, i - 1);
}
