/* gaps.c - see gaps.h.
 *
 *   token -> check -> XREVRANGE of every shard -> merge, cut -> rows -> 200
 *
 * Gaps are ordered by their id, those of one id by their shard; a page begins
 * behind the last one of the page before. */
#include "hub/gaps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/rows.h"

struct gap {
    struct hub_place place;
    struct hub_subscription_key key;
    json_t *row; /* owned until it is one of the rows */
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct hub_page page;
    struct gap *gaps; /* owned */
    size_t count;
    size_t due; /* shards to answer, and one for the asking itself */
    enum wsub_err err;
    bool more;
    struct hub_place last; /* in this page */
};

struct shard_read {
    struct flow *flow;
    unsigned shard;
};

/* The fields of an entry, in the order of `names` below. */
enum { TD, CD, FROM, TO, COUNT, FIELDS_MAX_ };

static void finish(struct flow *flow, json_t *list)
{
    json_t *root;

    if (list == NULL) {
        hub_refuse_unavailable(flow->req);
    } else {
        root = json_pack("{s:o}", "gaps", list);
        if (flow->more)
            json_object_set_new(root, "next", hub_place_json(&flow->last));
        hub_json_reply(flow->req, root);
    }
    for (size_t i = 0; i < flow->count; i++)
        json_decref(flow->gaps[i].row);
    free(flow->gaps);
    free(flow);
}

static void on_rows(enum wsub_err err, json_t *list, void *arg)
{
    (void)err;
    finish(arg, list);
}

static int newest_first(const void *a, const void *b)
{
    const struct hub_place *x = &((const struct gap *)a)->place;
    const struct hub_place *y = &((const struct gap *)b)->place;

    if (x->ms != y->ms)
        return x->ms < y->ms ? 1 : -1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? 1 : -1;
    return (x->shard < y->shard) - (x->shard > y->shard);
}

static void reply_page(struct flow *flow)
{
    struct hub_rows *rows = hub_rows_new(flow->hub);

    if (flow->count > 1)
        qsort(flow->gaps, flow->count, sizeof(flow->gaps[0]), newest_first);
    flow->more = flow->count > flow->page.limit;
    for (size_t i = 0; i < flow->count && i < flow->page.limit; i++) {
        struct gap *gap = &flow->gaps[i];

        flow->last = gap->place;
        hub_rows_add(rows, &gap->key, json_incref(gap->row));
    }
    hub_rows_finish(rows, NULL, on_rows, flow);
}

/* One of the shards, or the asking itself, is through. */
static void count_off(struct flow *flow)
{
    if (--flow->due > 0)
        return;
    if (flow->err == WSUB_OK)
        reply_page(flow);
    else
        finish(flow, NULL);
}

static bool read_fields(const struct redisReply *flat,
                        const char *ret_fields[FIELDS_MAX_])
{
    static const char *const names[FIELDS_MAX_] = {"td", "cd", "from", "to",
                                                   "n"};

    hub_entry_fields(flat, names, FIELDS_MAX_, ret_fields);
    for (size_t at = 0; at < FIELDS_MAX_; at++)
        if (ret_fields[at] == NULL)
            return false;
    return true;
}

/* null for `-` */
static json_t *event_json(unsigned shard, const char *id)
{
    struct hub_place place = hub_place_of(shard, id);

    return strcmp(id, "-") != 0 ? hub_place_json(&place) : json_null();
}

static void take_gap(struct flow *flow, unsigned shard,
                     const struct redisReply *entry)
{
    const char *fields[FIELDS_MAX_] = {0};
    struct gap gap = {.key.shard = shard};

    if (!read_fields(entry->element[1], fields))
        return;
    gap.place = hub_place_of(shard, entry->element[0]->str);
    snprintf(gap.key.td, sizeof(gap.key.td), "%s", fields[TD]);
    snprintf(gap.key.cd, sizeof(gap.key.cd), "%s", fields[CD]);
    gap.row = json_pack(
        "{s:I, s:I, s:o, s:o}", "at_ms", (json_int_t)gap.place.ms, "count",
        strtoll(fields[COUNT], NULL, 10), "from",
        event_json(shard, fields[FROM]), "to", event_json(shard, fields[TO]));
    flow->gaps =
        wsub_realloc(flow->gaps, (flow->count + 1) * sizeof(flow->gaps[0]));
    flow->gaps[flow->count++] = gap;
}

static void on_gaps(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct shard_read *read = arg;
    struct flow *flow = read->flow;

    if (err != WSUB_OK)
        flow->err = err;
    for (size_t i = 0; err == WSUB_OK && i < reply->elements; i++)
        take_gap(flow, read->shard, reply->element[i]);
    free(read);
    count_off(flow);
}

/* Adds the newest id that the page may hold of a shard. */
static void add_bound(struct wsub_cmd *cmd, const struct flow *flow,
                      unsigned shard)
{
    const struct hub_place *from = &flow->page.from;
    char bound[48];

    if (flow->page.continued)
        snprintf(bound, sizeof(bound), "%s%" PRIu64 "-%" PRIu64,
                 shard < from->shard ? "" : "(", from->ms, from->seq);
    else
        snprintf(bound, sizeof(bound), "+");
    wsub_cmd_str(cmd, bound);
}

/* One more than the page holds tells whether there are more. */
static void read_shard(struct flow *flow, unsigned shard)
{
    struct wsub_store *store = flow->hub->store;
    struct shard_read *read = wsub_calloc(1, sizeof(*read));
    struct wsub_cmd cmd;

    read->flow = flow;
    read->shard = shard;
    wsub_cmd_init(&cmd, "XREVRANGE");
    wsub_store_key(&cmd, store, shard, "gaps", NULL);
    add_bound(&cmd, flow, shard);
    wsub_cmd_str(&cmd, "-");
    wsub_cmd_str(&cmd, "COUNT");
    wsub_cmd_u64(&cmd, flow->page.limit + 1);
    if (wsub_store_send(store, shard, &cmd, on_gaps, read) == WSUB_OK) {
        flow->due++;
    } else {
        flow->err = WSUB_ERR_UNAVAILABLE;
        free(read);
    }
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->page = *page;
    flow->due = 1;
    for (unsigned i = 0; i < wsub_store_shards(hub->store); i++)
        read_shard(flow, i);
    count_off(flow);
}

void hub_gaps(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, start);
}
