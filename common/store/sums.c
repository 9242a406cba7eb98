#include "common/store/sums.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"

/* Names of fields are short, since there are thousands; `h` and a number is a
 * bucket of the delays, `w:NAME` and `o:NAME` are what waits by process. */
static const char *const fields[WSUB_SUM_MAX_] = {
    [WSUB_SUM_ACCEPTED] = "a",  [WSUB_SUM_BEGUN] = "f",
    [WSUB_SUM_DELIVERED] = "d", [WSUB_SUM_RETRIED] = "r",
    [WSUB_SUM_DEAD] = "x",      [WSUB_SUM_ENDED] = "e",
};

static size_t count_changed(const struct wsub_sums *sums)
{
    size_t count = 0;

    for (size_t i = 0; i < WSUB_SUM_MAX_; i++)
        count += sums->counts[i] > 0;
    for (size_t i = 0; i <= WSUB_BUCKETS_MAX; i++)
        count += sums->delays[i] > 0;
    return count;
}

static void add_counts(struct wsub_cmd *cmd, const struct wsub_sums *sums)
{
    char name[8];

    for (size_t i = 0; i < WSUB_SUM_MAX_; i++) {
        if (sums->counts[i] == 0)
            continue;
        wsub_cmd_str(cmd, fields[i]);
        wsub_cmd_u64(cmd, sums->counts[i]);
    }
    for (size_t i = 0; i <= WSUB_BUCKETS_MAX; i++) {
        if (sums->delays[i] == 0)
            continue;
        snprintf(name, sizeof(name), "h%zu", i);
        wsub_cmd_str(cmd, name);
        wsub_cmd_u64(cmd, sums->delays[i]);
    }
}

static void add_waiting(struct wsub_cmd *cmd, const struct wsub_store *store,
                        const struct wsub_sums_waiting *waiting)
{
    const char *name = wsub_store_config(store)->instance_name;
    struct wsub_buf field = {0};

    wsub_buf_printf(&field, "w:%s", name);
    wsub_cmd_str(cmd, field.data);
    wsub_cmd_u64(cmd, waiting->entries);
    field.data[0] = 'o';
    wsub_cmd_str(cmd, field.data);
    wsub_cmd_u64(cmd, waiting->oldest_ms);
    wsub_buf_done(&field);
}

enum wsub_err wsub_sums_add(struct wsub_store *store,
                            const struct wsub_sums *sums,
                            const struct wsub_sums_waiting *waiting)
{
    size_t changed = count_changed(sums);
    struct wsub_cmd cmd;

    if (changed == 0 && waiting == NULL)
        return WSUB_OK;
    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_SUMS_ADD);
    wsub_cmd_u64(&cmd, changed);
    add_counts(&cmd, sums);
    if (waiting != NULL)
        add_waiting(&cmd, store, waiting);
    return wsub_store_try(store, WSUB_SHARD_CLUSTER, &cmd,
                          wsub_store_parse_done, NULL, NULL);
}

/* False for a field that this version does not know. */
static bool read_count(struct wsub_sums *sums, const char *name, uint64_t value)
{
    size_t bucket;

    for (size_t i = 0; i < WSUB_SUM_MAX_; i++)
        if (strcmp(fields[i], name) == 0) {
            sums->counts[i] = value;
            return true;
        }
    if (sscanf(name, "h%zu", &bucket) != 1 || bucket > WSUB_BUCKETS_MAX)
        return false;
    sums->delays[bucket] = value;
    return true;
}

static void read_field(struct wsub_sums_row *row, const char *name,
                       uint64_t value)
{
    if (read_count(&row->sums, name, value))
        return;
    if (strncmp(name, "w:", 2) == 0)
        row->waiting.entries += value;
    else if (strncmp(name, "o:", 2) == 0 && value > row->waiting.oldest_ms)
        row->waiting.oldest_ms = value;
}

static void read_row(const struct redisReply *number,
                     const struct redisReply *values, struct wsub_sums_row *row)
{
    row->number = strtoull(number->str, NULL, 10);
    for (size_t i = 0; i + 1 < values->elements; i += 2)
        read_field(row, values->element[i]->str,
                   strtoull(values->element[i + 1]->str, NULL, 10));
}

static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_sums_cb *on_list = (wsub_sums_cb *)cb;
    struct wsub_sums_row *rows;
    size_t count;

    if (err != WSUB_OK) {
        on_list(err, 0, NULL, 0, arg);
        return;
    }
    count = (reply->elements - 1) / 2;
    rows = wsub_calloc(count + 1, sizeof(*rows));
    for (size_t i = 0; i < count; i++)
        read_row(reply->element[2 * i + 1], reply->element[2 * i + 2],
                 &rows[i]);
    on_list(WSUB_OK, strtoull(reply->element[0]->str, NULL, 10), rows, count,
            arg);
    free(rows);
}

void wsub_sums_list(struct wsub_store *store, unsigned length_s,
                    uint64_t newest, size_t count, wsub_sums_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_SUMS_LIST);
    wsub_cmd_u64(&cmd, length_s);
    if (newest > 0)
        wsub_cmd_u64(&cmd, newest);
    else
        wsub_cmd_str(&cmd, "-");
    wsub_cmd_u64(&cmd, count < WSUB_SUMS_PAGE ? count : WSUB_SUMS_PAGE);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_list,
                    (wsub_store_cb *)cb, arg);
}
