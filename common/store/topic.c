#include "common/store/topic.h"

#include <string.h>

#include "common/redis/redis.h"

struct wsub_topic_ref wsub_topic_ref(const struct wsub_redis *redis,
                                     const char *topic)
{
    struct wsub_topic_ref ref;

    wsub_digest(topic, strlen(topic), ref.digest);
    ref.shard = wsub_redis_shard_of(redis, ref.digest);
    return ref;
}
