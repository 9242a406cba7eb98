#include "hub/instance_record.h"

#include <stdlib.h>
#include <string.h>

#include "common/store/instance_list.h"

#define FORMAT_VERSION 1

static const char *const roles[] = {"hub", "spreader", "deliver", "unknown"};

/* The first ones are what a record may say. */
static const char *const states[] = {"healthy", "degraded", "failed",
                                     "unreachable", "error"};

#define ROLES (sizeof(roles) / sizeof(roles[0]))
#define RECORD_ROLES (ROLES - 1)
#define STATES (sizeof(states) / sizeof(states[0]))
#define RECORD_STATES 3

/* What is shown of a record; null where it has no such member. */
static const char *const members[] = {
    "role",
    "site",
    "host",
    "pid",
    "incarnation",
    "status",
    "listen",
    "version",
    "started_ms",
    "shards",
    "consecutive_failures",
    "last_successful_registration_ms",
};

static const char *find(const char *const list[], size_t count,
                        const json_t *member)
{
    const char *text = json_string_value(member);

    for (size_t i = 0; text != NULL && i < count; i++)
        if (strcmp(list[i], text) == 0)
            return list[i];
    return NULL;
}

struct record {
    json_t *object;     /* owned; NULL: it can't be read */
    const char *role;   /* const; NULL likewise */
    const char *health; /* const; the same */
};

static struct record read_record(const struct wsub_instance_row *row)
{
    struct record record = {0};
    json_t *object =
        row->record != NULL ? json_loads(row->record, 0, NULL) : NULL;

    record.role = find(roles, RECORD_ROLES, json_object_get(object, "role"));
    record.health =
        find(states, RECORD_STATES, json_object_get(object, "health"));
    if (json_integer_value(json_object_get(object, "v")) == FORMAT_VERSION &&
        record.role != NULL && record.health != NULL) {
        record.object = object;
        return record;
    }
    json_decref(object);
    return (struct record){0};
}

static const char *state_of(const struct wsub_instance_row *row,
                            const struct record *record, uint32_t timeout_ms)
{
    if (record->object == NULL)
        return "error";
    if (row->role == NULL || llabs(row->heartbeat_age_ms) > timeout_ms)
        return "unreachable";
    return record->health;
}

json_t *hub_instance_json(const struct wsub_instance_row *row,
                          uint32_t timeout_ms)
{
    struct record record = read_record(row);
    json_t *json = json_pack("{s:s, s:s}", "name", row->name, "health",
                             state_of(row, &record, timeout_ms));

    json_object_set_new(json, "heartbeat_age_ms",
                        row->role != NULL
                            ? json_integer((json_int_t)row->heartbeat_age_ms)
                            : json_null());
    if (record.object == NULL)
        return json;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *member = json_object_get(record.object, members[i]);

        json_object_set(json, members[i],
                        member != NULL ? member : json_null());
    }
    json_decref(record.object);
    return json;
}

static json_t *no_counts(void)
{
    json_t *root = json_object();

    for (size_t i = 0; i < ROLES; i++) {
        json_t *counts = json_object();

        for (size_t k = 0; k < STATES; k++)
            json_object_set_new(counts, states[k], json_integer(0));
        json_object_set_new(root, roles[i], counts);
    }
    return root;
}

static void count_row(const struct wsub_instance_row *row, uint32_t timeout_ms,
                      json_t *root)
{
    struct record record = read_record(row);
    const char *role = record.role != NULL ? record.role
                       : row->role != NULL ? row->role
                                           : "unknown";
    json_t *number = json_object_get(json_object_get(root, role),
                                     state_of(row, &record, timeout_ms));

    json_integer_set(number, json_integer_value(number) + 1);
    json_decref(record.object);
}

json_t *hub_instance_counts(const struct wsub_instance_row *rows, size_t count,
                            uint32_t timeout_ms)
{
    json_t *root = no_counts();

    for (size_t i = 0; i < count; i++)
        count_row(&rows[i], timeout_ms, root);
    return root;
}
