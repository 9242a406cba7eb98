#include "common/groups/body.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/hex.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/fields.h"
#include "common/groups/policy.h"
#include "common/groups/prefix.h"

#define NAME_MAX_BYTES 128 /* of an id, or a site */

struct check {
    const json_t *body;
    const struct wsub_config *config;
    wsub_group_wrong_cb *on_wrong;
    void *arg;
    bool is_fine;
    json_t *members; /* owned; what the record will say */
};

static void wrong(struct check *check, const char *field, const char *what)
{
    check->is_fine = false;
    check->on_wrong(field, what, check->arg);
}

bool wsub_group_is_id(const char *id)
{
    size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return len > 0 && len <= NAME_MAX_BYTES && id[len] == '\0';
}

/* The text of a string without zero bytes in it; NULL for anything else. */
static const char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) == json_string_length(value) ? text
                                                                     : NULL;
}

/* What is null is not said. */
static const json_t *find(const struct check *check, const char *name)
{
    const json_t *value = json_object_get(check->body, name);

    return json_is_null(value) ? NULL : value;
}

static void check_prefix(struct check *check, struct wsub_buf *ret_prefix)
{
    const json_t *value = find(check, "prefix");
    const char *text = text_of(value), *fault;

    if (value == NULL) {
        wrong(check, "prefix", "is missing");
        return;
    }
    fault = text == NULL ? "must be a string"
                         : wsub_group_prefix_parse(text, ret_prefix);
    if (fault != NULL)
        wrong(check, "prefix", fault);
}

static void check_number(struct check *check,
                         const struct wsub_group_field *field,
                         const json_t *value)
{
    json_int_t number = json_integer_value(value);
    char what[96];

    snprintf(what, sizeof(what),
             "must be a whole number from %" PRIu32 " to %" PRIu32, field->min,
             field->max);
    if (!json_is_integer(value) || number < field->min || number > field->max)
        wrong(check, field->name, what);
    else
        json_object_set_new(check->members, field->name, json_integer(number));
}

static bool is_digest(const char *text)
{
    size_t mark = strlen(WSUB_GROUP_DIGEST_MARK), digits = 0;

    if (strncmp(text, WSUB_GROUP_DIGEST_MARK, mark) != 0)
        return false;
    while (wsub_hex_digit(text[mark + digits]) >= 0)
        digits++;
    return digits == WSUB_GROUP_DIGEST_HEX && text[mark + digits] == '\0';
}

static bool is_token(const char *text)
{
    size_t len = 0;

    while (text[len] > ' ' && text[len] <= '~')
        len++;
    return len > 0 && len <= WSUB_GROUP_TOKEN_MAX_BYTES && text[len] == '\0';
}

/* A token as its digest, which is what a GET shows. */
static json_t *digest_json(const char *token)
{
    char text[sizeof(WSUB_GROUP_DIGEST_MARK) + WSUB_GROUP_DIGEST_HEX];
    unsigned char digest[WSUB_TOKEN_DIGEST_BYTES];
    size_t len = strlen(WSUB_GROUP_DIGEST_MARK);

    if (is_digest(token))
        return json_string(token);
    wsub_sha256(token, strlen(token), digest);
    memcpy(text, WSUB_GROUP_DIGEST_MARK, len);
    for (size_t i = 0; i < sizeof(digest); i++)
        len += (size_t)snprintf(text + len, 3, "%02x", digest[i]);
    return json_string(text);
}

/* A list of strings, each of which is `fits`; NULL when it is none. */
static json_t *take_list(const json_t *value, size_t most,
                         bool (*fits)(const char *text),
                         json_t *(*make)(const char *text))
{
    json_t *list = json_array();
    const json_t *item;
    size_t index;

    if (!json_is_array(value) || json_array_size(value) > most) {
        json_decref(list);
        return NULL;
    }
    json_array_foreach(value, index, item)
    {
        const char *text = text_of(item);

        if (text == NULL || !fits(text)) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, make(text));
    }
    return list;
}

static void check_list(struct check *check,
                       const struct wsub_group_field *field,
                       const json_t *value)
{
    bool is_tokens = field->kind == WSUB_GROUP_TOKENS;
    json_t *list = is_tokens ? take_list(value, WSUB_GROUP_TOKENS_MAX, is_token,
                                         digest_json)
                             : take_list(value, WSUB_GROUP_SITES_MAX,
                                         wsub_group_is_id, json_string);

    if (list != NULL)
        json_object_set_new(check->members, field->name, list);
    else if (is_tokens)
        wrong(check, field->name,
              "must be a list of at most 100 tokens, each of 1 to 256 visible "
              "ASCII characters");
    else
        wrong(check, field->name,
              "must be a list of at most 100 names of sites");
}

static void check_field(struct check *check,
                        const struct wsub_group_field *field)
{
    const json_t *value = find(check, field->name);

    if (value == NULL)
        return;
    if (field->kind == WSUB_GROUP_NUMBER)
        check_number(check, field, value);
    else if (field->kind != WSUB_GROUP_SWITCH)
        check_list(check, field, value);
    else if (json_is_boolean(value))
        json_object_set_new(check->members, field->name,
                            json_boolean(json_is_true(value)));
    else
        wrong(check, field->name, "must be true or false");
}

static bool is_known(const char *name)
{
    static const char *const others[] = {"prefix", "id", "version"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i], name) == 0)
            return true;
    for (size_t i = 0; i < wsub_group_field_count; i++)
        if (strcmp(wsub_group_fields[i].name, name) == 0)
            return true;
    return false;
}

static void check_names(struct check *check, const char *id)
{
    const json_t *said = find(check, "id");
    const char *text = text_of(said);
    void *at = json_object_iter((json_t *)(uintptr_t)check->body);

    if (said != NULL && (text == NULL || strcmp(text, id) != 0))
        wrong(check, "id", "is not that of the path");
    for (; at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)check->body, at))
        if (!is_known(json_object_iter_key(at)))
            wrong(check, json_object_iter_key(at), "is no field of a group");
}

/* Of a pair that contradicts each other; where one is not said it moves. */
static void check_order(struct check *check, const char *less, const char *more)
{
    const json_t *low = json_object_get(check->members, less);
    const json_t *high = json_object_get(check->members, more);
    char what[64];

    if (low == NULL || high == NULL ||
        json_integer_value(low) <= json_integer_value(high))
        return;
    snprintf(what, sizeof(what), "is more than %s", more);
    wrong(check, less, what);
}

static void check_orders(struct check *check)
{
    const json_t *bytes = json_object_get(check->members, "max_body_bytes");

    check_order(check, "lease_min_s", "lease_max_s");
    check_order(check, "lease_min_s", "lease_default_s");
    check_order(check, "lease_default_s", "lease_max_s");
    check_order(check, "retry_base_ms", "retry_cap_ms");
    if (json_integer_value(bytes) > check->config->max_body_bytes)
        wrong(check, "max_body_bytes", "is more than the setting of the hub");
}

static void add_members(const struct check *check, struct wsub_buf *out)
{
    char *text = json_dumps(check->members, JSON_COMPACT);

    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    if (strcmp(text, "{}") != 0)
        wsub_buf_char(out, ',');
    wsub_buf_str(out, text + 1);
    free(text);
}

bool wsub_group_body(const json_t *body, const char *id,
                     const struct wsub_config *config,
                     wsub_group_wrong_cb *on_wrong, void *arg,
                     struct wsub_buf *ret_prefix, struct wsub_buf *ret_members)
{
    struct check check = {
        .body = body,
        .config = config,
        .on_wrong = on_wrong,
        .arg = arg,
        .is_fine = true,
        .members = json_object(),
    };

    check_names(&check, id);
    check_prefix(&check, ret_prefix);
    for (size_t i = 0; i < wsub_group_field_count; i++)
        check_field(&check, &wsub_group_fields[i]);
    check_orders(&check);
    if (check.is_fine)
        add_members(&check, ret_members);
    json_decref(check.members);
    return check.is_fine;
}
