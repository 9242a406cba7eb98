#include "common/store/rejected_list.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/stream_reader.h"

static void row_done(void *item)
{
    struct wsub_rejected_row *row = item;

    free(row->from);
    free(row->id);
    free(row->why);
    free(row->topic);
}

static bool read_row(const struct redisReply *fields, void *item)
{
    struct wsub_rejected_row *row = item;
    const char *from = wsub_stream_field(fields, "from", NULL);
    const char *id = wsub_stream_field(fields, "id", NULL);
    const char *why = wsub_stream_field(fields, "why", NULL);
    const char *topic = wsub_stream_field(fields, "t", NULL);

    if (from == NULL || id == NULL || why == NULL)
        return false;
    row->from = wsub_strdup(from);
    row->id = wsub_strdup(id);
    row->why = wsub_strdup(why);
    row->topic = wsub_strdup(topic != NULL ? topic : "");
    return true;
}

void wsub_rejected_list(struct wsub_store *store,
                        const struct wsub_place *after, size_t limit,
                        wsub_newest_cb *cb, void *arg)
{
    static const struct wsub_newest_kind kind = {
        .stream = WSUB_KEY_REJECTED,
        .item_bytes = sizeof(struct wsub_rejected_row),
        .read = read_row,
        .done = row_done,
    };

    wsub_newest_list(store, &kind, after, limit, cb, arg);
}
