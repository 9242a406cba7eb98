/* instance_list.c - see instance_list.h.
 *
 *   records, then heartbeats -> sorted by name -> those of one name are one */
#include "common/store/instance_list.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"

static const char *const roles[] = {"hub", "spreader", "deliver"};

#define ROLES (sizeof(roles) / sizeof(roles[0]))
#define RECORDS_AT 1 /* in the reply */
#define HEARTBEATS_AT 2

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct wsub_instance_row *)a)->name,
                  ((const struct wsub_instance_row *)b)->name);
}

static size_t take_records(const struct redisReply *records,
                           struct wsub_instance_row *rows)
{
    size_t count = records->elements / 2;

    for (size_t i = 0; i < count; i++)
        rows[i] = (struct wsub_instance_row){
            .name = records->element[2 * i]->str,
            .record = records->element[2 * i + 1]->str,
        };
    return count;
}

static size_t take_heartbeats(const struct redisReply *beats, const char *role,
                              uint64_t now_ms, struct wsub_instance_row *rows)
{
    size_t count = beats->elements / 2;

    for (size_t i = 0; i < count; i++) {
        uint64_t at_ms = strtoull(beats->element[2 * i + 1]->str, NULL, 10);

        rows[i] = (struct wsub_instance_row){
            .name = beats->element[2 * i]->str,
            .role = role,
            .heartbeat_age_ms = (int64_t)(now_ms - at_ms),
        };
    }
    return count;
}

/* Of two heartbeats the later one counts. */
static void merge(struct wsub_instance_row *into,
                  const struct wsub_instance_row *row)
{
    if (row->record != NULL)
        into->record = row->record;
    if (row->role == NULL ||
        (into->role != NULL && into->heartbeat_age_ms <= row->heartbeat_age_ms))
        return;
    into->role = row->role;
    into->heartbeat_age_ms = row->heartbeat_age_ms;
}

/* Returns how many names there are. */
static size_t merge_all(struct wsub_instance_row *rows, size_t count)
{
    size_t names = 0;

    for (size_t i = 0; i < count; i++)
        if (names > 0 && strcmp(rows[names - 1].name, rows[i].name) == 0)
            merge(&rows[names - 1], &rows[i]);
        else
            rows[names++] = rows[i];
    return names;
}

static size_t row_count(const struct redisReply *reply)
{
    size_t count = reply->element[RECORDS_AT]->elements / 2;

    for (size_t i = 0; i < ROLES; i++)
        count += reply->element[HEARTBEATS_AT + i]->elements / 2;
    return count;
}

static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_instance_list_cb *on_list = (wsub_instance_list_cb *)cb;
    struct wsub_instance_row *rows;
    uint64_t now_ms;
    size_t count;

    if (err != WSUB_OK) {
        on_list(err, NULL, 0, arg);
        return;
    }
    rows = wsub_calloc(row_count(reply) + 1, sizeof(*rows));
    now_ms = strtoull(reply->element[0]->str, NULL, 10);
    count = take_records(reply->element[RECORDS_AT], rows);
    for (size_t i = 0; i < ROLES; i++)
        count += take_heartbeats(reply->element[HEARTBEATS_AT + i], roles[i],
                                 now_ms, rows + count);
    qsort(rows, count, sizeof(*rows), compare);
    on_list(WSUB_OK, rows, merge_all(rows, count), arg);
    free(rows);
}

void wsub_instance_list(struct wsub_store *store, wsub_instance_list_cb *cb,
                        void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER,
                      WSUB_SCRIPT_INSTANCE_LIST);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_list,
                    (wsub_store_cb *)cb, arg);
}
