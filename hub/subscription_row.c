#include "hub/subscription_row.h"

#include <string.h>

#include "common/crypto/hmac.h"
#include "hub/json.h"

static const char *signature_of(const struct wsub_choices *choices)
{
    return choices->has_hash ? wsub_hash_name(choices->hash) : NULL;
}

static const char *headers_of(const struct wsub_choices *choices)
{
    if (!choices->has_headers)
        return NULL;
    return choices->headers == WSUB_HEADERS_STANDARD ? "standard" : "websub";
}

json_t *hub_subscription_row(const struct wsub_subscription_row *row)
{
    const struct wsub_record *record = &row->record;
    json_t *since = row->since_ms > 0 ? json_integer((json_int_t)row->since_ms)
                                      : json_null();

    return json_pack(
        "{s:o, s:o, s:s, s:b, s:I, s:I, s:b, s:o, s:o, s:o, s:I}", "topic",
        hub_json_text(row->topic[0] != '\0' ? row->topic : NULL), "callback",
        hub_json_text(record->callback), "state", row->state, "ordered",
        (int)record->ordered, "lease_ends_at", (json_int_t)record->expires_s,
        "generation", (json_int_t)record->generation, "has_secret",
        (int)(record->secret_len > 0), "signature",
        hub_json_text(signature_of(&record->choices)), "headers",
        hub_json_text(headers_of(&record->choices)), "since_ms", since,
        "missed", (json_int_t)row->missed);
}

/* What its subscriber did not choose is not in the line. */
static void add_choice(json_t *line, const char *name, const char *choice)
{
    if (choice != NULL)
        json_object_set_new(line, name, json_string(choice));
}

json_t *hub_subscription_line(const struct wsub_subscription_row *row)
{
    const struct wsub_record *record = &row->record;
    json_t *line = json_pack(
        "{s:o, s:o, s:I, s:b, s:b}", "topic", hub_json_text(row->topic),
        "callback", hub_json_text(record->callback), "lease_ends_at",
        (json_int_t)record->expires_s, "ordered", (int)record->ordered,
        "has_secret", (int)(record->secret_len > 0));

    add_choice(line, "signature", signature_of(&record->choices));
    add_choice(line, "headers", headers_of(&record->choices));
    if (strcmp(row->state, "paused") == 0)
        json_object_set_new(line, "paused", json_true());
    return line;
}
