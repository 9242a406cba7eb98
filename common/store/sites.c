#include "common/store/sites.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/owners.h"
#include "common/store/store.h"

static void parse_put(enum wsub_err err, const struct redisReply *reply,
                      wsub_store_cb *cb, void *arg)
{
    uint64_t version = 0;
    bool is_new = false;

    if (err == WSUB_OK) {
        version = strtoull(reply->element[0]->str, NULL, 10);
        is_new = reply->element[1]->integer == 1;
    }
    ((wsub_site_put_cb *)cb)(err, version, is_new, arg);
}

void wsub_site_put(struct wsub_store *store, const struct wsub_site_put *put,
                   wsub_site_put_cb *cb, void *arg)
{
    const struct wsub_config *config = wsub_store_config(store);
    struct wsub_owned owned = {WSUB_SHARD_CLUSTER, put->epoch};
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, &owned, WSUB_SCRIPT_SITE_PUT);
    wsub_cmd_str(&cmd, config->cluster_events_topic);
    wsub_cmd_u64(&cmd, config->cluster_events_kept);
    wsub_cmd_str(&cmd, put->site);
    wsub_cmd_str(&cmd, put->public_url);
    for (size_t i = 0; i < put->hub_count; i++) {
        wsub_cmd_str(&cmd, put->hubs[i].name);
        wsub_cmd_str(&cmd, put->hubs[i].address);
    }
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_put,
                    (wsub_store_cb *)cb, arg);
}

static void parse_sites(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    size_t count = err == WSUB_OK ? reply->elements / 2 : 0;
    struct wsub_site_row *rows = wsub_calloc(count + 1, sizeof(*rows));

    for (size_t i = 0; i < count; i++)
        rows[i] = (struct wsub_site_row){
            .name = reply->element[2 * i]->str,
            .record = reply->element[2 * i + 1]->str,
        };
    ((wsub_sites_cb *)cb)(err, rows, count, arg);
    free(rows);
}

void wsub_sites_read(struct wsub_store *store, wsub_sites_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGETALL");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_SITES, NULL);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_sites,
                    (wsub_store_cb *)cb, arg);
}
