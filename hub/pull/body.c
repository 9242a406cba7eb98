#include "hub/pull/body.h"

#include <math.h>
#include <string.h>

#include "common/http/request.h"
#include "common/store/pull/subscription.h"
#include "common/store/store.h"
#include "hub/pull/refusal.h"
#include "hub/pull/topic_check.h"

json_t *hub_pull_body(struct wsub_http_request *req)
{
    size_t len = 0;
    const char *text = wsub_http_body(req, &len);
    json_error_t error;
    json_t *body = json_loadb(text, len, JSON_ALLOW_NUL, &error);

    if (body == NULL)
        hub_pull_refuse(req, 400, "the body is not JSON: line %d, column %d",
                        error.line, error.column);
    else if (!json_is_object(body))
        hub_pull_refuse(req, 400, "the body is not a JSON object");
    else
        return body;
    json_decref(body);
    return NULL;
}

bool hub_pull_is_word(const json_t *field, const char *word)
{
    const char *text = json_string_value(field);

    return text != NULL && strcmp(text, word) == 0 &&
           json_string_length(field) == strlen(word);
}

/* The field; NULL when it is absent, or null. */
static const json_t *find(const json_t *body, const char *name)
{
    const json_t *field = json_object_get(body, name);

    return json_is_null(field) ? NULL : field;
}

static bool is_control(unsigned char first, unsigned char second)
{
    return first < ' ' || first == 0x7f ||
           (first == 0xc2 && second >= 0x80 && second < 0xa0);
}

bool hub_pull_is_id(const json_t *field)
{
    const char *id = json_string_value(field);
    size_t len = json_string_length(field), chars = 0;

    for (size_t i = 0; i < len; i++) {
        if (is_control((unsigned char)id[i], (unsigned char)id[i + 1]))
            return false;
        chars += ((unsigned char)id[i] & 0xc0) != 0x80;
    }
    return id != NULL && chars >= 1 && chars <= WSUB_PULL_ID_CHARS_MAX;
}

bool hub_pull_body_id(struct wsub_http_request *req, const json_t *body,
                      const char **ret_id)
{
    const json_t *field = find(body, "id");

    if (field == NULL)
        hub_pull_refuse(req, 400, "missing 'id' field");
    else if (!hub_pull_is_id(field))
        hub_pull_refuse(req, 400,
                        "invalid id: it must be a string of 1 to %d printable "
                        "characters",
                        WSUB_PULL_ID_CHARS_MAX);
    else
        *ret_id = json_string_value(field);
    return field != NULL && hub_pull_is_id(field);
}

/* Adds one topic; what is wrong with it as the end of a sentence, or NULL. */
static const char *add_topic(const struct hub *hub, const json_t *item,
                             struct wsub_buf *text)
{
    const char *topic = json_string_value(item);

    if (topic == NULL || strlen(topic) != json_string_length(item))
        return "is no string";
    return hub_pull_topic_check(hub, topic, text);
}

bool hub_pull_body_topics(struct wsub_http_request *req, const struct hub *hub,
                          const json_t *body, bool *ret_given,
                          struct wsub_buf *ret_text)
{
    const json_t *field = find(body, "topics");
    size_t count = json_array_size(field);
    const char *fault;

    *ret_given = field != NULL;
    if (field == NULL)
        return true;
    if (!json_is_array(field) || count == 0 || count > WSUB_PULL_TOPICS_MAX) {
        hub_pull_refuse(req, 400,
                        "invalid topics: they must be an array of 1 to %d "
                        "topics",
                        WSUB_PULL_TOPICS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        fault = add_topic(hub, json_array_get(field, i), ret_text);
        if (fault != NULL) {
            hub_pull_refuse(req, 400, "invalid topics: topic %zu %s", i + 1,
                            fault);
            return false;
        }
    }
    return true;
}

bool hub_pull_body_number(struct wsub_http_request *req, const json_t *body,
                          const char *name, uint32_t max, uint32_t *ret_number)
{
    const json_t *field = find(body, name);
    double number = json_number_value(field);

    if (field == NULL)
        return true;
    if (!json_is_number(field) || number != floor(number) || number < 1 ||
        number > max) {
        hub_pull_refuse(req, 400,
                        "invalid %s: it must be a whole number from 1 to %u",
                        name, max);
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}

bool hub_pull_body_timeout(struct wsub_http_request *req, const json_t *body,
                           uint64_t *ret_ms)
{
    const json_t *field = find(body, "timeout");
    double seconds = json_number_value(field);

    *ret_ms = 0;
    if (field == NULL)
        return true;
    if (!json_is_number(field) || seconds < 0 ||
        seconds > HUB_PULL_TIMEOUT_MAX_S) {
        hub_pull_refuse(req, 400,
                        "invalid timeout: it must be from 0 to %d seconds",
                        HUB_PULL_TIMEOUT_MAX_S);
        return false;
    }
    *ret_ms = (uint64_t)ceil(seconds * 1000);
    return true;
}

bool hub_pull_body_choice(struct wsub_http_request *req, const json_t *body,
                          const char *name, const char *no, const char *yes,
                          bool *ret_is_yes)
{
    const json_t *field = find(body, name);

    *ret_is_yes = hub_pull_is_word(field, yes);
    if (field == NULL || *ret_is_yes || hub_pull_is_word(field, no))
        return true;
    hub_pull_refuse(req, 400, "invalid %s: it must be \"%s\" or \"%s\"", name,
                    no, yes);
    return false;
}

bool hub_pull_body_event(struct wsub_http_request *req, const struct hub *hub,
                         const json_t *body, const char *name,
                         const char *or_else, bool *ret_given,
                         struct wsub_place *ret_event)
{
    const json_t *field = find(body, name);
    const char *id = json_string_value(field);

    *ret_given = field != NULL;
    if (field == NULL ||
        (id != NULL && strlen(id) == json_string_length(field) &&
         wsub_place_parse(id, wsub_store_shards(hub->store), ret_event)))
        return true;
    hub_pull_refuse(req, 400, "invalid %s: it must be %sthe id of an event",
                    name, or_else);
    return false;
}
