/* suspended.c - see suspended.h.
 *
 *   token -> check -> ZCARD of every shard -> a page of one shard after the
 *                                             other -> rows -> 200
 *
 * A place in the list is N-SINCE-SKIP: shard N, from time SINCE on without the
 * first SKIP of that very time, so that what leaves the list meanwhile moves
 * nothing that is still to come out of its page. */
#include "hub/suspended.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/operator.h"
#include "hub/rows.h"

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    size_t limit;
    struct hub_place at;   /* what is read next */
    struct hub_rows *rows; /* owned until they are finished */
    bool more;
    uint64_t total;
    size_t due; /* counts to come, and one for the asking itself */
    enum wsub_err err;
};

static void finish(struct flow *flow, json_t *list)
{
    json_t *root;

    if (list == NULL) {
        hub_refuse_unavailable(flow->req);
    } else {
        root = json_pack("{s:I, s:o}", "count", (json_int_t)flow->total,
                         "subscriptions", list);
        if (flow->more)
            json_object_set_new(root, "next", hub_place_json(&flow->at));
        hub_json_reply(flow->req, root);
    }
    free(flow);
}

static void fail(struct flow *flow)
{
    hub_rows_free(flow->rows);
    finish(flow, NULL);
}

static void fill(json_t *row, const struct hub_subscription *found)
{
    json_object_set_new(row, "missed", json_integer((json_int_t)found->missed));
}

static void on_rows(enum wsub_err err, json_t *list, void *arg)
{
    (void)err;
    finish(arg, list);
}

/* Takes a subscription off the front of what is left of the shard. */
static void take_row(struct flow *flow, const char *name, uint64_t since_ms)
{
    struct hub_subscription_key key;

    if (flow->at.ms != since_ms) {
        flow->at.ms = since_ms;
        flow->at.seq = 0;
    }
    flow->at.seq++;
    if (hub_subscription_key_parse(name, flow->at.shard, &key))
        hub_rows_add(flow->rows, &key,
                     json_pack("{s:I}", "since_ms", (json_int_t)since_ms));
}

static void read_page(struct flow *flow);

/* The reply is name, score, name, score ... */
static void on_page(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct flow *flow = arg;
    size_t room = flow->limit - hub_rows_count(flow->rows);

    if (err != WSUB_OK) {
        fail(flow);
        return;
    }
    flow->more = reply->elements / 2 > room;
    for (size_t i = 0; i + 1 < reply->elements && i / 2 < room; i += 2)
        take_row(flow, reply->element[i]->str,
                 strtoull(reply->element[i + 1]->str, NULL, 10));
    if (!flow->more) {
        flow->at = (struct hub_place){.shard = flow->at.shard + 1};
        if (flow->at.shard < wsub_store_shards(flow->hub->store)) {
            read_page(flow);
            return;
        }
    }
    hub_rows_finish(flow->rows, fill, on_rows, flow);
}

/* One more than there is room for tells whether there are more. */
static void read_page(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "ZRANGEBYSCORE");
    wsub_store_key(&cmd, store, flow->at.shard, "suspended", NULL);
    wsub_cmd_u64(&cmd, flow->at.ms);
    wsub_cmd_str(&cmd, "+inf");
    wsub_cmd_str(&cmd, "WITHSCORES");
    wsub_cmd_str(&cmd, "LIMIT");
    wsub_cmd_u64(&cmd, flow->at.seq);
    wsub_cmd_u64(&cmd, flow->limit - hub_rows_count(flow->rows) + 1);
    if (wsub_store_send(store, flow->at.shard, &cmd, on_page, flow) != WSUB_OK)
        fail(flow);
}

static void count_off(struct flow *flow)
{
    if (--flow->due > 0)
        return;
    if (flow->err == WSUB_OK)
        read_page(flow);
    else
        fail(flow);
}

static void on_count(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        flow->total += (uint64_t)reply->integer;
    else
        flow->err = err;
    count_off(flow);
}

static void count_all(struct flow *flow)
{
    struct wsub_store *store = flow->hub->store;
    unsigned shards = wsub_store_shards(store);

    flow->due = 1;
    for (unsigned i = 0; i < shards; i++) {
        struct wsub_cmd cmd;

        wsub_cmd_init(&cmd, "ZCARD");
        wsub_store_key(&cmd, store, i, "suspended", NULL);
        if (wsub_store_send(store, i, &cmd, on_count, flow) == WSUB_OK)
            flow->due++;
        else
            flow->err = WSUB_ERR_UNAVAILABLE;
    }
    count_off(flow);
}

static void start(struct hub *hub, struct wsub_http_request *req,
                  const struct hub_page *page)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    flow->limit = page->limit;
    flow->at = page->from;
    flow->rows = hub_rows_new(hub);
    count_all(flow);
}

void hub_suspended(struct wsub_http_request *req, void *arg)
{
    hub_operator_list(arg, req, start);
}
