#include "common/store/prefixes.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/store/calls.h"

void wsub_prefixes_init(struct wsub_prefixes *prefixes, const char *key_prefix,
                        unsigned shards)
{
    struct wsub_buf text = {0};

    prefixes->shards = shards;
    prefixes->of_shard = wsub_calloc(shards, sizeof(*prefixes->of_shard));
    for (unsigned i = 0; i < shards; i++) {
        wsub_buf_printf(&text, "%s:{%u}:", key_prefix, i);
        prefixes->of_shard[i] = wsub_buf_take(&text);
    }
    wsub_buf_printf(&text, "%s:{c}:", key_prefix);
    prefixes->cluster = wsub_buf_take(&text);
    wsub_buf_printf(&text, "%s:meta", key_prefix);
    prefixes->meta = wsub_buf_take(&text);
}

void wsub_prefixes_done(struct wsub_prefixes *prefixes)
{
    for (unsigned i = 0; i < prefixes->shards; i++)
        free(prefixes->of_shard[i]);
    free(prefixes->of_shard);
    free(prefixes->cluster);
    free(prefixes->meta);
}

const char *wsub_prefixes_of(const struct wsub_prefixes *prefixes,
                             unsigned shard)
{
    return shard == WSUB_SHARD_CLUSTER ? prefixes->cluster
                                       : prefixes->of_shard[shard];
}
