#include "hub/queues.h"

#include "common/store/waiting.h"
#include "hub/operator.h"
#include "hub/shard_list.h"

static json_t *queue_json(const struct wsub_queue_waiting *waiting)
{
    json_t *found = json_pack("{s:I}", "entries", (json_int_t)waiting->entries);

    hub_shard_row_number(found, "oldest_ms", waiting->oldest_ms >= 0,
                         (uint64_t)waiting->oldest_ms);
    return found;
}

static json_t *shard_json(unsigned shard, const struct wsub_waiting *waiting)
{
    json_t *row = json_pack("{s:i}", "shard", (int)shard);

    for (size_t i = 0; i < WSUB_QUEUE_MAX_; i++)
        json_object_set_new(row, wsub_queue_name((enum wsub_queue)i),
                            queue_json(&waiting->queues[i]));
    return row;
}

static void on_waiting(enum wsub_err err, const struct wsub_waiting *waiting,
                       void *arg)
{
    struct hub_shard_row *row = arg;

    hub_shard_row_done(row, err == WSUB_OK
                                ? shard_json(hub_shard_row_shard(row), waiting)
                                : NULL);
}

static void look(struct wsub_store *store, unsigned shard,
                 struct hub_shard_row *row)
{
    wsub_waiting(store, shard, on_waiting, row);
}

static const struct hub_filter_row filters[] = {
    {"queue",
     NULL,
     HUB_FILTER_FILLED,
     {"log", "open", "pings", "fetches", "validations", "outbox", "bulk",
      "verify", "retry_due", "retry_later", "parked", "held", "dead",
      "suspended", "paused", "pull", NULL}},
    {0},
};

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    hub_shard_list(hub, req, page, "queues", look);
}

void hub_queues(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, filters, start);
}
