#include "deliver/replicas.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/buf.h"
#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/record.h"
#include "common/store/records.h"
#include "common/store/requests.h"

/* One change on its way. */
struct flow {
    struct deliver_replicas *replicas;
    struct deliver_replicas_change change;
    struct wsub_buf record; /* owned */
    uint64_t expires_s;
    struct wsub_countdown all;
    void (*on_done)(void *arg);
    void *arg;
    LIST_ENTRY(flow) next;
};

struct deliver_replicas {
    struct wsub_store *store; /* borrowed */
    LIST_HEAD(, flow) flows;  /* owned */
};

struct deliver_replicas *deliver_replicas_new(struct wsub_store *store)
{
    struct deliver_replicas *replicas = wsub_calloc(1, sizeof(*replicas));

    replicas->store = store;
    LIST_INIT(&replicas->flows);
    return replicas;
}

static void flow_free(struct flow *flow)
{
    LIST_REMOVE(flow, next);
    wsub_buf_done(&flow->record);
    free(flow);
}

void deliver_replicas_free(struct deliver_replicas *replicas)
{
    if (replicas == NULL)
        return;
    while (!LIST_EMPTY(&replicas->flows))
        flow_free(LIST_FIRST(&replicas->flows));
    free(replicas);
}

static void finish(void *arg)
{
    struct flow *flow = arg;
    void (*on_done)(void *arg) = flow->on_done;
    void *done_arg = flow->arg;

    flow_free(flow);
    if (on_done != NULL)
        on_done(done_arg);
}

static void on_replicated(void *arg)
{
    struct flow *flow = arg;

    wsub_countdown_off(&flow->all);
}

static void update_all(struct flow *flow)
{
    struct wsub_store *store = flow->replicas->store;
    struct wsub_replica replica = {
        .td = flow->change.td,
        .cd = flow->change.cd,
        .subscribed = flow->change.subscribed,
        .generation = flow->change.generation,
        .record = wsub_buf_cstr(&flow->record),
        .record_len = flow->record.len,
        .expires_s = flow->expires_s,
    };

    wsub_countdown_start(&flow->all, finish, flow);
    for (unsigned i = 0; i < wsub_store_shards(store); i++) {
        if (i == flow->change.home)
            continue;
        wsub_countdown_add(&flow->all);
        wsub_requests_replicate(store, i, &replica, on_replicated, flow);
    }
    wsub_countdown_off(&flow->all);
}

/* True when home still has what was confirmed: a newer request may have
 * changed it meanwhile, and sees to the replicas itself. */
static bool is_current(struct flow *flow, const char *line, size_t len)
{
    struct wsub_record record;
    char *copy;
    bool current;

    if (line == NULL)
        return false;
    copy = wsub_memdup(line, len);
    current = wsub_record_parse(copy, len, &record) == WSUB_OK &&
              record.generation == flow->change.generation;
    if (current) {
        flow->expires_s = record.expires_s;
        wsub_buf_add(&flow->record, line, len);
    }
    free(copy);
    return current;
}

static void on_home(const char *record, size_t len, void *arg)
{
    struct flow *flow = arg;

    if (is_current(flow, record, len))
        update_all(flow);
    else
        finish(flow);
}

static void read_home(struct flow *flow)
{
    struct wsub_records_get get;

    wsub_records_begin(&get, flow->replicas->store, flow->change.home,
                       flow->change.td);
    wsub_records_add(&get, flow->change.cd);
    wsub_records_send(&get, on_home, flow);
}

void deliver_replicas_update(struct deliver_replicas *replicas,
                             const struct deliver_replicas_change *change,
                             void (*on_done)(void *arg), void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->replicas = replicas;
    flow->change = *change;
    flow->on_done = on_done;
    flow->arg = arg;
    LIST_INSERT_HEAD(&replicas->flows, flow, next);
    if (change->subscribed)
        read_home(flow);
    else
        update_all(flow);
}
