#include "common/groups/group.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/config.h"
#include "common/base/hex.h"
#include "common/base/mem.h"
#include "common/groups/fields.h"

#define FORMAT_VERSION 1

static bool parse_digest(const char *text,
                         unsigned char ret_digest[WSUB_TOKEN_DIGEST_BYTES])
{
    size_t mark = strlen(WSUB_GROUP_DIGEST_MARK);

    if (text == NULL || strncmp(text, WSUB_GROUP_DIGEST_MARK, mark) != 0 ||
        strlen(text) != mark + WSUB_GROUP_DIGEST_HEX)
        return false;
    for (size_t i = 0; i < WSUB_TOKEN_DIGEST_BYTES; i++) {
        int high = wsub_hex_digit(text[mark + 2 * i]);
        int low = wsub_hex_digit(text[mark + 2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret_digest[i] = (unsigned char)(16 * high + low);
    }
    return true;
}

/* A token that can't be read lets nobody in. */
static void take_tokens(const json_t *list, struct wsub_policy_tokens *tokens)
{
    size_t index;
    const json_t *item;

    if (!json_is_array(list))
        return;
    tokens->said = true;
    tokens->digests =
        wsub_calloc(json_array_size(list) + 1, sizeof(*tokens->digests));
    json_array_foreach(list, index, item)
    {
        if (parse_digest(json_string_value(item),
                         tokens->digests[tokens->count]))
            tokens->count++;
    }
}

static bool take_number(const struct wsub_group_field *field,
                        const json_t *value, char *at)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < field->min || number > field->max)
        return false;
    *(uint32_t *)(void *)at = (uint32_t)number;
    return true;
}

static void take_field(const struct wsub_group_field *field,
                       const json_t *value, struct wsub_policy *policy)
{
    char *at = (char *)policy + field->offset;
    bool is_taken = false;

    if (field->kind == WSUB_GROUP_TOKENS)
        take_tokens(value, (struct wsub_policy_tokens *)(void *)at);
    else if (field->kind == WSUB_GROUP_NUMBER)
        is_taken = take_number(field, value, at);
    else if (field->kind == WSUB_GROUP_SWITCH && json_is_boolean(value))
        *(bool *)(void *)at = json_is_true(value);
    if (is_taken && field->said_offset != 0)
        *(bool *)(void *)((char *)policy + field->said_offset) = true;
}

/* No sites: all of them. */
static bool names_site(const json_t *sites, const char *site)
{
    size_t index;
    const json_t *item;

    if (!json_is_array(sites))
        return true;
    json_array_foreach(sites, index, item)
    {
        const char *name = json_string_value(item);

        if (name != NULL && strcmp(name, site) == 0)
            return true;
    }
    return false;
}

static bool says(const json_t *root, const char *name)
{
    return json_is_integer(json_object_get(root, name));
}

/* What the group says stands; a value of the settings moves to agree with it. */
static void agree(const json_t *root, struct wsub_policy *policy)
{
    if (policy->lease_max_s < policy->lease_min_s) {
        if (says(root, "lease_max_s"))
            policy->lease_min_s = policy->lease_max_s;
        else
            policy->lease_max_s = policy->lease_min_s;
    }
    if (policy->lease_default_s < policy->lease_min_s)
        policy->lease_default_s = policy->lease_min_s;
    if (policy->lease_default_s > policy->lease_max_s)
        policy->lease_default_s = policy->lease_max_s;
    if (policy->retry_cap_ms >= policy->retry_base_ms)
        return;
    if (says(root, "retry_cap_ms"))
        policy->retry_base_ms = policy->retry_cap_ms;
    else
        policy->retry_cap_ms = policy->retry_base_ms;
}

static void take_all(const json_t *root, const struct wsub_config *config,
                     struct wsub_group *group)
{
    struct wsub_policy *policy = &group->policy;

    group->is_deleted = json_is_true(json_object_get(root, "deleted"));
    group->is_here = names_site(json_object_get(root, "sites"), config->site);
    wsub_policy_of_config(config, policy);
    for (size_t i = 0; i < wsub_group_field_count; i++)
        take_field(&wsub_group_fields[i],
                   json_object_get(root, wsub_group_fields[i].name), policy);
    agree(root, policy);
    policy->group = group->id;
    policy->version = group->version;
    policy->is_deleted = group->is_deleted;
}

enum wsub_err wsub_group_parse(const char *record,
                               const struct wsub_config *config,
                               struct wsub_group *ret_group)
{
    json_t *root = json_loads(record, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "id"));
    const char *prefix = json_string_value(json_object_get(root, "prefix"));
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    enum wsub_err err = WSUB_ERR_INVALID;

    if (json_integer_value(json_object_get(root, "v")) == FORMAT_VERSION &&
        version > 0 && id != NULL && prefix != NULL) {
        *ret_group = (struct wsub_group){
            .id = wsub_strdup(id),
            .prefix = wsub_strdup(prefix),
            .version = (uint64_t)version,
        };
        take_all(root, config, ret_group);
        err = WSUB_OK;
    }
    json_decref(root);
    return err;
}

void wsub_group_done(struct wsub_group *group)
{
    wsub_policy_done(&group->policy);
    free(group->id);
    free(group->prefix);
    *group = (struct wsub_group){0};
}
