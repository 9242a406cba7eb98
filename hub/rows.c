#include "hub/rows.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "hub/json.h"

struct row {
    struct hub_rows *rows;
    struct hub_subscription_key key;
    json_t *object; /* borrowed from the list */
};

struct hub_rows {
    struct hub *hub;
    struct row *row; /* owned */
    size_t count;
    json_t *list; /* owned */
    size_t due;   /* rows to look up, and one for the asking itself */
    enum wsub_err err;
    hub_rows_fill_cb *fill;
    hub_rows_cb *done;
    void *arg; /* borrowed; given to done */
};

struct hub_rows *hub_rows_new(struct hub *hub)
{
    struct hub_rows *rows = wsub_calloc(1, sizeof(*rows));

    rows->hub = hub;
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

void hub_rows_add(struct hub_rows *rows, const struct hub_subscription_key *key,
                  json_t *row)
{
    rows->row =
        wsub_realloc(rows->row, (rows->count + 1) * sizeof(rows->row[0]));
    rows->row[rows->count++] =
        (struct row){.rows = rows, .key = *key, .object = row};
    json_array_append_new(rows->list, row);
}

static void count_off(struct hub_rows *rows, enum wsub_err err)
{
    if (err != WSUB_OK)
        rows->err = err;
    if (--rows->due > 0)
        return;
    if (rows->err == WSUB_OK)
        rows->done(WSUB_OK, json_incref(rows->list), rows->arg);
    else
        rows->done(rows->err, NULL, rows->arg);
    hub_rows_free(rows);
}

static void on_found(enum wsub_err err, const struct hub_subscription *found,
                     void *arg)
{
    struct row *row = arg;
    const char *callback = found->active ? found->record.callback : NULL;

    json_object_set_new(row->object, "topic", hub_json_text(found->topic));
    json_object_set_new(row->object, "callback", hub_json_text(callback));
    if (row->rows->fill != NULL)
        row->rows->fill(row->object, found);
    count_off(row->rows, err);
}

void hub_rows_finish(struct hub_rows *rows, hub_rows_fill_cb *fill,
                     hub_rows_cb *done, void *arg)
{
    rows->fill = fill;
    rows->done = done;
    rows->arg = arg;
    rows->due = rows->count + 1;
    for (size_t i = 0; i < rows->count; i++)
        hub_subscription_find(rows->hub, &rows->row[i].key, on_found,
                              &rows->row[i]);
    count_off(rows, WSUB_OK);
}
