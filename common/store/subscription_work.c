#include "common/store/subscription_work.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/store/store.h"

/* The reply, in its order. */
enum { LOG, WAITING, NEXT, CURSOR, GAP, GAP_FROM, GAP_TO, GAP_COUNT };

/* The places are those of shard 0 as yet. */
static void read_work(struct redisReply **fields,
                      struct wsub_subscription_work *work)
{
    if (fields[LOG]->len > 0 &&
        wsub_attempt_log_read(fields[LOG]->str, fields[LOG]->len, &work->log) !=
            WSUB_OK)
        wsub_log_warn("attempt-log-unreadable");
    work->waiting = (uint64_t)fields[WAITING]->integer;
    work->next_ms = strtoull(fields[NEXT]->str, NULL, 10);
    work->has_cursor = fields[CURSOR]->len > 0;
    work->cursor = wsub_place_of(0, fields[CURSOR]->str);
    work->gap_ms = strtoull(fields[GAP]->str, NULL, 10);
    work->gap_from = wsub_place_of(0, fields[GAP_FROM]->str);
    work->has_gap_to = strcmp(fields[GAP_TO]->str, "-") != 0;
    work->gap_to = wsub_place_of(0, fields[GAP_TO]->str);
    work->gap_count = strtoull(fields[GAP_COUNT]->str, NULL, 10);
}

static void parse_work(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_subscription_work_cb *on_work = (wsub_subscription_work_cb *)cb;
    struct wsub_subscription_work work = {0};

    if (err != WSUB_OK) {
        on_work(err, NULL, arg);
        return;
    }
    read_work(reply->element, &work);
    on_work(WSUB_OK, &work, arg);
}

void wsub_subscription_work(struct wsub_store *store, unsigned shard,
                            const char *td, const char *cd,
                            wsub_subscription_work_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_SUBSCRIPTION_WORK);
    wsub_cmd_str(&cmd, td);
    wsub_cmd_str(&cmd, cd);
    wsub_store_once(store, shard, &cmd, parse_work, (wsub_store_cb *)cb, arg);
}
