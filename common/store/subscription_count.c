#include "common/store/subscription_count.h"

#include <stdlib.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

struct counting {
    struct wsub_countdown all;
    enum wsub_err err;
    uint64_t count; /* so far */
    wsub_subscription_count_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static void on_counted(void *arg)
{
    struct counting *counting = arg;

    counting->cb(counting->err, counting->count, counting->arg);
    free(counting);
}

/* A shard without any has no count. */
static void parse_count(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct counting *counting = arg;

    (void)cb;
    if (err != WSUB_OK)
        counting->err = err;
    else if (reply->str != NULL)
        counting->count += strtoull(reply->str, NULL, 10);
    wsub_countdown_off(&counting->all);
}

void wsub_subscription_count(struct wsub_store *store,
                             wsub_subscription_count_cb *cb, void *arg)
{
    struct counting *counting = wsub_calloc(1, sizeof(*counting));

    counting->cb = cb;
    counting->arg = arg;
    wsub_countdown_start(&counting->all, on_counted, counting);
    for (unsigned i = 0; i < wsub_store_shards(store); i++) {
        struct wsub_cmd cmd;

        wsub_cmd_init(&cmd, "HGET");
        wsub_store_key(&cmd, store, i, WSUB_KEY_COUNTS, NULL);
        wsub_cmd_str(&cmd, "s");
        wsub_countdown_add(&counting->all);
        wsub_store_once(store, i, &cmd, parse_count, NULL, counting);
    }
    wsub_countdown_off(&counting->all);
}
