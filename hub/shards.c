#include "hub/shards.h"

#include "common/store/shard_status.h"
#include "common/store/store.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/shard_list.h"

static json_t *position_json(unsigned shard, const char *id)
{
    struct wsub_place place;

    if (id == NULL)
        return json_null();
    place = wsub_place_of(shard, id);
    return hub_json_place(&place);
}

static json_t *status_json(unsigned shard,
                           const struct wsub_shard_status *status)
{
    bool owned = status->owner != NULL;
    json_t *row = json_pack("{s:i, s:o}", "shard", (int)shard, "owner",
                            hub_json_text(status->owner));

    hub_shard_row_number(row, "incarnation", owned, status->incarnation);
    hub_shard_row_number(row, "epoch", owned, status->epoch);
    hub_shard_row_number(row, "lease_ms", owned, status->lease_ms);
    json_object_set_new(row, "position",
                        position_json(shard, status->position));
    hub_shard_row_number(row, "begun", true, status->begun);
    hub_shard_row_number(row, "lag", true, status->lag);
    hub_shard_row_number(row, "open", true, status->open);
    hub_shard_row_number(row, "bulk", true, status->bulk);
    hub_shard_row_number(row, "outbox", true, status->outbox);
    hub_shard_row_number(row, "oldest_ms", status->has_oldest,
                         status->oldest_ms);
    return row;
}

static void on_status(enum wsub_err err, const struct wsub_shard_status *status,
                      void *arg)
{
    struct hub_shard_row *row = arg;

    hub_shard_row_done(row, err == WSUB_OK
                                ? status_json(hub_shard_row_shard(row), status)
                                : NULL);
}

static void look(struct wsub_store *store, unsigned shard,
                 struct hub_shard_row *row)
{
    wsub_shard_status(store, shard, on_status, row);
}

static const struct hub_filter_row filters[] = {
    {"owner", "owner", HUB_FILTER_SAME, {NULL}},
    {0},
};

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    hub_shard_list(hub, req, page, "shards", look);
}

void hub_shards(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
