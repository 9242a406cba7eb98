#include "common/store/quota.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/http/url.h"
#include "common/redis/cmd.h"
#include "common/store/store.h"

void wsub_quota_host(const char *callback, char ret_host[WSUB_QUOTA_HOST_BYTES])
{
    struct wsub_url url = {0};
    char name[sizeof(url.host) + 2];
    size_t len;

    if (wsub_url_parse(callback, NULL, &url) != WSUB_URL_FINE)
        url.host[0] = '\0';
    snprintf(name, sizeof(name), strchr(url.host, ':') != NULL ? "[%s]" : "%s",
             url.host);
    len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        len--;
    wsub_sha1_hex(name, len, (WSUB_QUOTA_HOST_BYTES - 1) / 2, ret_host);
}

uint32_t wsub_quota_part(const struct wsub_store *store, uint32_t bound)
{
    unsigned shards = wsub_store_shards(store);

    return bound / shards + (bound % shards > 0);
}

void wsub_quota_args(struct wsub_cmd *cmd, const struct wsub_store *store)
{
    const struct wsub_config *config = wsub_store_config(store);

    wsub_cmd_u64(cmd, wsub_quota_part(store, config->max_subscriptions));
    wsub_cmd_u64(cmd, config->max_subscriptions_per_host);
    wsub_cmd_u64(cmd, config->max_subscriptions_per_topic);
}
