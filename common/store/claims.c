#include "common/store/claims.h"

#include "common/base/log.h"

void wsub_claims_args(struct wsub_cmd *cmd, const struct wsub_claim *claims,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_str(cmd, claims[i].stream);
        wsub_cmd_str(cmd, claims[i].entry);
    }
}

void wsub_claims_renew(struct wsub_store *store, unsigned shard,
                       const char *group, const char *consumer,
                       const struct wsub_claim *claims, size_t count)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_RENEW);
    wsub_cmd_str(&cmd, group);
    wsub_cmd_str(&cmd, consumer);
    wsub_claims_args(&cmd, claims, count);
    if (wsub_store_try(store, shard, &cmd, wsub_store_parse_done, NULL, NULL) !=
        WSUB_OK)
        wsub_log_debug("renew-unsent", WSUB_KU("shard", shard));
}
