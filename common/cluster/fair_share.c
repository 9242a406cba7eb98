#include "common/cluster/fair_share.h"

size_t wsub_fair_share(size_t shards, size_t spreaders)
{
    return spreaders == 0 ? shards : (shards + spreaders - 1) / spreaders;
}

static size_t count_mine(const enum wsub_shard_view shards[], size_t count)
{
    size_t mine = 0;

    for (size_t i = 0; i < count; i++)
        mine += shards[i] == WSUB_SHARD_MINE;
    return mine;
}

size_t wsub_fair_share_claims(const enum wsub_shard_view shards[], size_t count,
                              size_t share, size_t first, unsigned ret_claims[])
{
    size_t mine = count_mine(shards, count), claims = 0;

    for (size_t i = 0; i < count && mine + claims < share; i++) {
        size_t shard = (first + i) % count;

        if (shards[shard] == WSUB_SHARD_FREE)
            ret_claims[claims++] = (unsigned)shard;
    }
    return claims;
}

int wsub_fair_share_surplus(const enum wsub_shard_view shards[], size_t count,
                            size_t share)
{
    if (count_mine(shards, count) <= share)
        return -1;
    for (size_t i = count; i > 0; i--)
        if (shards[i - 1] == WSUB_SHARD_MINE)
            return (int)(i - 1);
    return -1;
}
