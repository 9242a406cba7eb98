/* replays.c - see replays.h.
 *
 *   token -> a list of each shard -> rows, one for each id -> 200
 *                                          |'-> 404   there is none of that id
 *                                          '--> 503
 *   cancel: each shard where it runs -> 200, or 404, or 409: it has ended
 */
#include "hub/replays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/http/request.h"
#include "common/store/place.h"
#include "common/store/replays.h"
#include "common/store/store.h"
#include "hub/errors.h"
#include "hub/filter.h"
#include "hub/hub.h"
#include "hub/json.h"
#include "hub/params.h"

#define ID_SEGMENT 2 /* of /admin/replay/ID */
#define IN_ALL "all-"

/* What is told of a replay, of all its shards together. */
struct row {
    char id[WSUB_REPLAY_ID_BYTES];
    json_t *json; /* owned until it is in the list; what is the same in each */
    bool runs, cancelled, trimmed;
    uint64_t events, deliveries, began_ms, ended_ms;
    uint64_t percent; /* of all shards, added up */
    unsigned shards;
    char position[WSUB_PLACE_BYTES]; /* "": of more than one shard */
};

struct flow {
    struct hub *hub;
    struct wsub_http_request *req;
    struct wsub_countdown all;
    enum wsub_err err;             /* the first one */
    char id[WSUB_REPLAY_ID_BYTES]; /* "": all of them */
    struct hub_filter *filter;     /* owned; of a list */
    struct row *rows;              /* owned */
    size_t count;
    unsigned cancelled, ended; /* shards where it was cancelled, or had ended */
};

struct part {
    struct flow *flow;
    unsigned shard;
};

bool hub_replay_shards(const struct hub *hub, const char *id,
                       struct hub_replay_shards *ret_shards)
{
    unsigned count = wsub_store_shards(hub->store);
    char *end;
    unsigned long shard;

    *ret_shards = (struct hub_replay_shards){.end = count};
    if (strncmp(id, IN_ALL, strlen(IN_ALL)) == 0)
        return true;
    if (id[0] < '0' || id[0] > '9')
        return false;
    shard = strtoul(id, &end, 10);
    if (*end != '-' || shard >= count)
        return false;
    ret_shards->first = (unsigned)shard;
    ret_shards->end = (unsigned)shard + 1;
    return true;
}

static uint64_t ms_of(const char *id)
{
    return strtoull(id[0] == '(' ? id + 1 : id, NULL, 10);
}

/* How far it has come, by the times of events. */
static uint64_t percent_of(const struct wsub_replay *replay)
{
    uint64_t first = ms_of(replay->first), last = ms_of(replay->last),
             at = ms_of(replay->at);

    if (strcmp(replay->state, "running") != 0)
        return 100;
    if (at <= first || last <= first)
        return 0;
    return at >= last ? 99 : (at - first) * 100 / (last - first);
}

static struct row *find_row(struct flow *flow, const struct wsub_replay *replay)
{
    struct row *row;

    for (size_t i = 0; i < flow->count; i++)
        if (strcmp(flow->rows[i].id, replay->id) == 0)
            return &flow->rows[i];
    flow->rows =
        wsub_realloc(flow->rows, (flow->count + 1) * sizeof(*flow->rows));
    row = &flow->rows[flow->count++];
    *row = (struct row){.began_ms = replay->began_ms};
    snprintf(row->id, sizeof(row->id), "%s", replay->id);
    row->json = json_pack(
        "{s:s, s:o, s:o, s:o, s:o}", "id", row->id, "topic",
        hub_json_text(replay->topic), "callback",
        hub_json_text(replay->callback[0] != '\0' ? replay->callback : NULL),
        "from", hub_json_text(replay->from), "to",
        hub_json_text(replay->to[0] != '\0' ? replay->to : NULL));
    return row;
}

static void note_position(struct row *row, unsigned shard, const char *at)
{
    struct wsub_place place;

    row->position[0] = '\0';
    if (row->shards == 1 && at[0] == '(') {
        place = wsub_place_of(shard, at + 1);
        wsub_place_text(&place, row->position);
    }
}

static void add(struct flow *flow, unsigned shard,
                const struct wsub_replay *replay)
{
    struct row *row = find_row(flow, replay);

    row->shards++;
    row->runs = row->runs || strcmp(replay->state, "running") == 0;
    row->cancelled = row->cancelled || strcmp(replay->state, "cancelled") == 0;
    row->trimmed = row->trimmed || replay->trimmed;
    row->events += replay->events;
    row->deliveries += replay->deliveries;
    row->percent += percent_of(replay);
    if (replay->began_ms < row->began_ms)
        row->began_ms = replay->began_ms;
    if (replay->ended_ms > row->ended_ms)
        row->ended_ms = replay->ended_ms;
    note_position(row, shard, replay->at);
}

/* Takes the row's object. */
static json_t *row_json(struct row *row)
{
    json_t *json = row->json;

    json_object_set_new(json, "state",
                        json_string(row->runs        ? "running"
                                    : row->cancelled ? "cancelled"
                                                     : "done"));
    json_object_set_new(json, "percent",
                        json_integer((json_int_t)(row->percent / row->shards)));
    json_object_set_new(json, "events", json_integer((json_int_t)row->events));
    json_object_set_new(json, "deliveries",
                        json_integer((json_int_t)row->deliveries));
    json_object_set_new(
        json, "position",
        hub_json_text(row->position[0] != '\0' ? row->position : NULL));
    json_object_set_new(json, "trimmed", json_boolean(row->trimmed));
    json_object_set_new(json, "began_ms",
                        json_integer((json_int_t)row->began_ms));
    json_object_set_new(json, "ended_ms",
                        row->runs ? json_null()
                                  : json_integer((json_int_t)row->ended_ms));
    row->json = NULL;
    return json;
}

static int newest_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->began_ms != y->began_ms)
        return x->began_ms < y->began_ms ? 1 : -1;
    return strcmp(x->id, y->id);
}

static void refuse_unknown(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL,
               "There is no replay of this id.");
}

static void respond_list(struct flow *flow)
{
    json_t *list = json_array();

    if (flow->count > 0)
        qsort(flow->rows, flow->count, sizeof(*flow->rows), newest_first);
    for (size_t i = 0; i < flow->count; i++)
        json_array_append_new(list, row_json(&flow->rows[i]));
    hub_filter_apply(flow->filter, list);
    hub_json_respond(flow->req, json_pack("{s:o}", "replays", list));
}

static void free_flow(struct flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        json_decref(flow->rows[i].json);
    free(flow->rows);
    hub_filter_free(flow->filter);
    free(flow);
}

static void on_all_listed(void *arg)
{
    struct flow *flow = arg;

    if (flow->err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    else if (flow->id[0] == '\0')
        respond_list(flow);
    else if (flow->count == 0)
        refuse_unknown(flow->req);
    else
        hub_json_respond(flow->req, row_json(&flow->rows[0]));
    free_flow(flow);
}

static void on_list(enum wsub_err err, const struct wsub_replay *list,
                    size_t count, void *arg)
{
    struct part *part = arg;
    struct flow *flow = part->flow;

    if (err != WSUB_OK && flow->err == WSUB_OK)
        flow->err = err;
    for (size_t i = 0; i < count; i++)
        add(flow, part->shard, &list[i]);
    free(part);
    wsub_countdown_off(&flow->all);
}

static struct part *part_new(struct flow *flow, unsigned shard)
{
    struct part *part = wsub_calloc(1, sizeof(*part));

    part->flow = flow;
    part->shard = shard;
    wsub_countdown_add(&flow->all);
    return part;
}

static struct flow *flow_new(struct hub *hub, struct wsub_http_request *req)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->hub = hub;
    flow->req = req;
    return flow;
}

static void look(struct flow *flow, const struct hub_replay_shards *shards)
{
    wsub_countdown_start(&flow->all, on_all_listed, flow);
    for (unsigned n = shards->first; n < shards->end; n++)
        wsub_replay_list(flow->hub->store, n,
                         flow->id[0] != '\0' ? flow->id : NULL, on_list,
                         part_new(flow, n));
    wsub_countdown_off(&flow->all);
}

static const struct hub_filter_row filters[] = {
    {"hub.topic", "topic", HUB_FILTER_TOPIC, {NULL}},
    {"hub.callback", "callback", HUB_FILTER_CALLBACK, {NULL}},
    {"state", "state", HUB_FILTER_SAME, {"running", "done", "cancelled", NULL}},
    {0},
};

void hub_replays(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    struct hub_replay_shards shards = {.end = wsub_store_shards(hub->store)};
    struct flow *flow = flow_new(hub, req);
    struct hub_errors errors = {0};
    struct wsub_form query = {0};

    if (hub_params_query(req, &errors, &query))
        flow->filter = hub_filter_new(&query, filters, &errors);
    if (hub_errors_respond(&errors, req))
        free_flow(flow);
    else
        look(flow, &shards);
    wsub_form_done(&query);
}

/* The id of the path, and where it runs; NULL: responded. */
static struct flow *take_id(struct hub *hub, struct wsub_http_request *req,
                            struct hub_replay_shards *ret_shards)
{
    struct flow *flow = flow_new(hub, req);

    if (wsub_http_route_segment(req, ID_SEGMENT, flow->id, sizeof(flow->id)) &&
        hub_replay_shards(hub, flow->id, ret_shards))
        return flow;
    refuse_unknown(req);
    free_flow(flow);
    return NULL;
}

void hub_replay(struct wsub_http_request *req, void *hub)
{
    struct hub_replay_shards shards;
    struct flow *flow = take_id(hub, req, &shards);

    if (flow != NULL)
        look(flow, &shards);
}

static void on_all_cancelled(void *arg)
{
    struct flow *flow = arg;

    if (flow->err != WSUB_OK)
        hub_refuse_unavailable(flow->req);
    else if (flow->cancelled > 0)
        hub_json_respond(flow->req, json_pack("{s:s}", "state", "cancelled"));
    else if (flow->ended > 0)
        hub_refuse(flow->req, HUB_FAULT_CONFLICT, NULL,
                   "The replay has ended before.");
    else
        refuse_unknown(flow->req);
    free_flow(flow);
}

static void on_cancelled(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        flow->cancelled++;
    else if (err == WSUB_ERR_FULL)
        flow->ended++;
    else if (err != WSUB_ERR_NOT_FOUND)
        flow->err = err;
    wsub_countdown_off(&flow->all);
}

void hub_replay_cancel(struct wsub_http_request *req, void *hub)
{
    struct hub_replay_shards shards;
    struct flow *flow = take_id(hub, req, &shards);

    if (flow == NULL)
        return;
    wsub_countdown_start(&flow->all, on_all_cancelled, flow);
    for (unsigned n = shards.first; n < shards.end; n++) {
        wsub_countdown_add(&flow->all);
        wsub_replay_cancel(flow->hub->store, n, flow->id, on_cancelled, flow);
    }
    wsub_countdown_off(&flow->all);
}
