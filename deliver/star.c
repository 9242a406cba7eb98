#include "deliver/star.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/store.h"
#include "common/store/record.h"
#include "deliver/deliver.h"

#define REMOVED_LASTS_S 3600 /* as long as a request may wait */

struct flow {
    struct deliver *d;
    struct deliver_star_change change;
    struct wsub_buf record; /* owned */
    uint64_t expires_s;
    unsigned due; /* answers, and one for the sending itself */
    enum wsub_err err;
    void (*on_done)(enum wsub_err err, void *arg);
    void *arg;
};

static void finish(struct flow *flow)
{
    flow->on_done(flow->err, flow->arg);
    wsub_buf_done(&flow->record);
    free(flow);
}

/* One of the answers, or the sending itself, is through. */
static void count_off(struct flow *flow)
{
    if (--flow->due == 0)
        finish(flow);
}

static void on_copied(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("copy-refused", WSUB_KV("error", reply->str));
    if (err != WSUB_OK)
        flow->err = WSUB_ERR_UNAVAILABLE;
    count_off(flow);
}

static void copy_to(struct flow *flow, unsigned shard)
{
    const struct deliver_star_change *change = &flow->change;
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, flow->d->store, shard, WSUB_SCRIPT_REPLICATE);
    wsub_cmd_str(&cmd, change->td);
    wsub_cmd_str(&cmd, change->cd);
    wsub_cmd_str(&cmd, change->subscribe ? "s" : "u");
    wsub_cmd_u64(&cmd, change->generation);
    wsub_cmd_arg(&cmd, wsub_buf_cstr(&flow->record), flow->record.len);
    wsub_cmd_u64(&cmd, flow->expires_s);
    wsub_cmd_u64(&cmd, REMOVED_LASTS_S);
    if (wsub_store_send(flow->d->store, shard, &cmd, on_copied, flow) ==
        WSUB_OK)
        flow->due++;
    else
        flow->err = WSUB_ERR_UNAVAILABLE;
}

static void copy_to_all(struct flow *flow)
{
    flow->due = 1;
    for (unsigned i = 0; i < wsub_store_shards(flow->d->store); i++)
        if (i != flow->change.home)
            copy_to(flow, i);
    count_off(flow);
}

/* True when home still has what was confirmed: a newer request may have
 * changed it meanwhile, and sees to the copies itself. */
static bool is_current(struct flow *flow, const struct redisReply *reply)
{
    struct wsub_record record;
    char *line;
    bool current;

    if (reply->type != REDIS_REPLY_STRING)
        return false;
    line = wsub_memdup(reply->str, reply->len);
    current = wsub_record_parse(line, reply->len, &record) == WSUB_OK &&
              record.generation == flow->change.generation;
    if (current) {
        flow->expires_s = record.expires_s;
        wsub_buf_add(&flow->record, reply->str, reply->len);
    }
    free(line);
    return current;
}

static void on_home(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct flow *flow = arg;

    if (err != WSUB_OK) {
        flow->err = WSUB_ERR_UNAVAILABLE;
        finish(flow);
    } else if (is_current(flow, reply)) {
        copy_to_all(flow);
    } else {
        finish(flow);
    }
}

static void read_home(struct flow *flow)
{
    struct wsub_store *store = flow->d->store;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGET");
    wsub_store_key(&cmd, store, flow->change.home, "sub", flow->change.td);
    wsub_cmd_str(&cmd, flow->change.cd);
    if (wsub_store_send(store, flow->change.home, &cmd, on_home, flow) !=
        WSUB_OK) {
        flow->err = WSUB_ERR_UNAVAILABLE;
        finish(flow);
    }
}

void deliver_star_copy(struct deliver *d,
                       const struct deliver_star_change *change,
                       void (*on_done)(enum wsub_err err, void *arg), void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    flow->d = d;
    flow->change = *change;
    flow->on_done = on_done;
    flow->arg = arg;
    if (change->subscribe)
        read_home(flow);
    else
        copy_to_all(flow);
}
