#include "hub/rows.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "hub/json.h"

struct row {
    struct hub_rows *rows;
    struct wsub_subscription_key key;
    json_t *object; /* borrowed from the list */
};

struct hub_rows {
    struct wsub_store *store; /* borrowed; outlives the rows */
    struct row *row;          /* owned */
    size_t count;
    json_t *list; /* owned */
    struct wsub_countdown all;
    enum wsub_err err;
    hub_rows_fill_cb *fill;
    hub_rows_cb *done;
    void *arg; /* borrowed; given to done */
};

struct hub_rows *hub_rows_new(struct wsub_store *store)
{
    struct hub_rows *rows = wsub_calloc(1, sizeof(*rows));

    rows->store = store;
    rows->list = json_array();
    return rows;
}

void hub_rows_free(struct hub_rows *rows)
{
    json_decref(rows->list);
    free(rows->row);
    free(rows);
}

size_t hub_rows_count(const struct hub_rows *rows)
{
    return rows->count;
}

void hub_rows_add(struct hub_rows *rows,
                  const struct wsub_subscription_key *key, json_t *row)
{
    rows->row =
        wsub_realloc(rows->row, (rows->count + 1) * sizeof(rows->row[0]));
    rows->row[rows->count++] =
        (struct row){.rows = rows, .key = *key, .object = row};
    json_array_append_new(rows->list, row);
}

static void on_all_found(void *arg)
{
    struct hub_rows *rows = arg;

    if (rows->err == WSUB_OK)
        rows->done(WSUB_OK, json_incref(rows->list), rows->arg);
    else
        rows->done(rows->err, NULL, rows->arg);
    hub_rows_free(rows);
}

static void fill(struct row *row, const struct wsub_subscription *found)
{
    const char *callback = found->active ? found->record.callback : NULL;

    json_object_set_new(row->object, "topic", hub_json_text(found->topic));
    json_object_set_new(row->object, "callback", hub_json_text(callback));
    if (row->rows->fill != NULL)
        row->rows->fill(row->object, found);
}

static void on_found(enum wsub_err err, const struct wsub_subscription *found,
                     void *arg)
{
    struct row *row = arg;

    if (err == WSUB_OK)
        fill(row, found);
    else
        row->rows->err = err;
    wsub_countdown_off(&row->rows->all);
}

void hub_rows_finish(struct hub_rows *rows, hub_rows_fill_cb *on_fill,
                     hub_rows_cb *done, void *arg)
{
    rows->fill = on_fill;
    rows->done = done;
    rows->arg = arg;
    wsub_countdown_start(&rows->all, on_all_found, rows);
    for (size_t i = 0; i < rows->count; i++) {
        wsub_countdown_add(&rows->all);
        wsub_subscriptions_find(rows->store, &rows->row[i].key, on_found,
                                &rows->row[i]);
    }
    wsub_countdown_off(&rows->all);
}
