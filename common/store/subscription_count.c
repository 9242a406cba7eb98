#include "common/store/subscription_count.h"

#include "common/store/keys.h"
#include "common/store/store.h"

static void write_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                      unsigned shard)
{
    wsub_cmd_init(cmd, "HGET");
    wsub_store_key(cmd, store, shard, WSUB_KEY_COUNTS, NULL);
    wsub_cmd_str(cmd, "s");
}

void wsub_subscription_count(struct wsub_store *store, wsub_shard_sum_cb *cb,
                             void *arg)
{
    wsub_shard_sum(store, write_cmd, cb, arg);
}
